"""A process that is killed at any step leaves a log that converges by running again."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from clerestory.ledger.checkpoint import read_signed_checkpoint
from tests.migrated import into
from tests.simulators import merkle

STEPS = (
    "payload.temporary",
    "payload.synced",
    "payload.renamed",
    "payload.durable",
    "evidence.written",
    "unit.before_commit",
    "sequencer.grown",
    "sequencer.before_commit",
    "sequencer.after_commit",
    "sequencer.signed",
    "sequencer.stored",
)
LOST = STEPS[:6]
ROOT = Path(__file__).parents[2]


def run(home: Path, step: str) -> int:
    """Run the crashing program on a data folder and return how it ended."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "CLERESTORY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "clerestory.settings",
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.store.crash", step], env=environment, cwd=ROOT, check=False, capture_output=True
    ).returncode


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Give a data folder with an organisation, to be copied."""
    home = tmp_path_factory.mktemp("prepared")
    into(home)
    assert run(home, "prepare") == 0
    return home


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_log_converges_and_acknowledged_evidence_stays(prepared, tmp_path, step):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    assert run(tmp_path, step) == -9
    assert run(tmp_path, "nowhere") == 0
    base = sqlite3.connect(tmp_path / "clerestory.sqlite3")
    places = [p for (p,) in base.execute("select position from store_logentry order by position")]
    assert places == list(range(3 if step in LOST else 4))
    leaves = [bytes(leaf) for (leaf,) in base.execute("select leaf from store_logentry order by position")]
    size, root, note = base.execute("select size, root, note from store_signedcheckpoint order by size desc").fetchone()
    assert (size, root) == (len(leaves), merkle.tree_hash(leaves).hex())
    assert read_signed_checkpoint(note.encode())[0].root.hex() == root
    files = {path.name for path in (tmp_path / "payloads").rglob("*") if path.is_file()}
    kept = {Path(name).name for (name,) in base.execute("select file from store_payload where file != ''")}
    assert kept <= files
    assert len(kept) == (1 if step in LOST else 2)
    base.close()
