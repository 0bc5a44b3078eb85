"""A process that is killed in the middle of a command leaves nothing half-written, on SQLite and PostgreSQL."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrated import into
from tests.postgres import database

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Give what was found after each command was killed at its first, a middle and its last statement."""
    home = tmp_path_factory.mktemp("killed") / "home"
    into(home)
    with database(os.environ.get("DATABASE_URL", ""), migrated=True) as url:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CLERESTORY_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "clerestory.settings",
            **({"DATABASE_URL": url} if url else {}),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.registers.killed", str(home), "few"],
            env=environment, cwd=ROOT, check=False, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: dict[str, dict[str, object]] = {}
    for line in done.stdout.splitlines():
        said |= json.loads(line)
    return said


@pytest.mark.parametrize(
    "command",
    [
        "identify a risk",
        "decide on a treatment with tasks",
        "propose a version of a policy",
        "approve a version of a policy",
        "import systems",
        "approve the statement",
        "join duplicates",
    ],
)
def test_a_command_that_is_killed_is_done_whole_or_not_at_all_and_the_next_one_works(found, command):
    assert found[command]["problems"] == []
    assert found[command]["tried"] == 3
