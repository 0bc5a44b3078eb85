"""A process killed while a failed check is followed up does no harm: the next run ends with one of everything."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrated import into

ROOT = Path(__file__).parents[2]


def run(home: Path, step: str) -> subprocess.CompletedProcess[str]:
    """Run the program on a data folder."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "CLERESTORY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "clerestory.settings",
    }
    command = [sys.executable, "-m", "tests.jobs.killed", step]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Give a data folder with a failed check that nobody followed up."""
    home = tmp_path_factory.mktemp("failed")
    into(home)
    made = run(home, "prepare")
    assert made.returncode == 0, made.stderr
    return home


@pytest.mark.parametrize("step", ["unit.before_commit", "sequencer.after_commit", "handover.followed"])
def test_killed_at_any_step_a_failed_check_opens_one_nonconformity(prepared, tmp_path, step):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    assert run(tmp_path, step).returncode == -9
    again = run(tmp_path, "nowhere")
    assert (again.returncode, again.stdout) == (0, "1"), again.stderr
    base = sqlite3.connect(tmp_path / "clerestory.sqlite3")
    opened = base.execute("select count(*) from store_logentry where kind = 'register.nonconformity'").fetchone()
    told = base.execute("select count(*) from desk_notice where key = 'NC-1 opened'").fetchone()
    assert (opened, told) == ((1,), (1,))
    base.close()
