"""Killed at every step around the edges of tiles, log and publication become those of an undisturbed run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clerestory.ledger.tile import bundle_path, tile_path
from tests.migrated import into
from tests.postgres import database

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("size", [254, 255, 256])
def test_t11_killed_at_every_step_at_the_edge_of_a_tile_log_and_publication_converge(tmp_path, size):
    home, url = tmp_path / "home", os.environ.get("DATABASE_URL", "")
    home.mkdir(mode=0o700)
    with database(url, migrated=True) as own:
        if not own:
            into(home)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CLERESTORY_HOME": str(home),
            "CLERESTORY_PUBLISH": str(home / "public"),
            "DJANGO_SETTINGS_MODULE": "clerestory.settings",
            "DATABASE_URL": own,
        }
        run = subprocess.run(
            [sys.executable, "-m", "tests.store.publication.edges", str(size)],
            env=environment, cwd=ROOT, check=False, capture_output=True, text=True,
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    control = said["control"]
    assert (control["size"], control["signed"], control["published"]) == (size + 1,) * 3
    assert control["published_root"] == control["root"]
    wanted = [
        "unit.before_commit", "sequencer.grown", "sequencer.before_commit", "sequencer.after_commit",
        "sequencer.signed", "sequencer.stored", "witness.answered", "witness.kept", "publication.bundle.renamed",
        "publication.tile.written", "publication.tile.renamed", "publication.synced",
        "publication.checkpoint.written", "publication.checkpoint.renamed", "publication.published",
    ]  # fmt: skip
    assert set(wanted) <= set(control["steps"])
    assert [one["step"] for one in said["killed"]] == control["steps"]
    for one in said["killed"]:
        left, after = one["left"], one["after"]
        assert one["died"] is None, one
        assert left["fits"] and left["tiles"] and left["published_fits"], one
        assert left["published"] <= left["signed"] <= left["mark"] <= left["size"], one
        for name in ("size", "root", "signed", "mark", "published", "published_root", "fits", "tiles", "outbox"):
            assert after[name] == control[name], (one["step"], name)
        assert set(control["files"]) <= set(after["files"]), one["step"]
    index, width = divmod(size + 1, 256)
    names = [bundle_path(index - 1), tile_path(0, index - 1)] if not width else []
    names += [bundle_path(index, width), tile_path(0, index, width)] if width else []
    assert {f"{name}" for name in names} <= {path.partition("/")[2] for path in control["files"]}
