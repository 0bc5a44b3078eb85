"""Several processes write and place entries of one log at the same moment, and it stays one linear log."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.migrated import into

ROOT = Path(__file__).parents[2]
WORKERS = 3
EACH = 12
LOOK = """
import django; django.setup()
from clerestory.store import sequencer
from tests.store.test_recheck import looked
from clerestory.store.models import LogEntry
import json, sys
organisation = sys.argv[1]
sequencer.sequence(organisation)
entries = LogEntry.objects.filter(organisation_id=organisation).order_by("position")
rows = list(entries.values_list("position", "entity"))
print(json.dumps({"rows": rows, "misfits": [m.problem for m in looked(organisation).misfits]}))
"""


def address() -> str:
    """Return the address of the test database where other processes can reach it; else an empty one of their own."""
    if connection.vendor == "sqlite":
        return ""
    held = connection.settings_dict
    return f"postgresql://{held['USER']}:{held['PASSWORD']}@/{held['NAME']}?host={held['HOST']}&port={held['PORT']}"


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_once_give_one_log_without_gap_or_double(tmp_path):
    import json

    home = tmp_path if connection.vendor == "sqlite" else settings.CLERESTORY_HOME
    if connection.vendor == "sqlite":
        into(home)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "CLERESTORY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "clerestory.settings",
        "DATABASE_URL": address(),
    }

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    organisation, _ = start("-m", "tests.store.worker", "found").communicate()
    running = [start("-m", "tests.store.worker", "append", organisation, str(n), str(EACH)) for n in range(WORKERS)]
    ended = [(process.communicate()[1], process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * WORKERS, ended
    answer, errors = start("-c", LOOK, organisation).communicate()
    found = json.loads(answer or errors)
    assert found["misfits"] == []
    assert [place for place, _ in found["rows"]] == list(range(WORKERS * EACH + 2))
    assert len({entity for _, entity in found["rows"]}) == WORKERS * EACH + 2
