"""Full disks, read-only folders and lost databases: refused with a remedy, and nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from clerestory.store import evidence
from clerestory.store.home import HomeNotWritable, SecretExposed, create_secret, open_home, read_secret, secret_key
from clerestory.store.models import LogEntry, Payload
from clerestory.store.unit import NotWritten, atomic
from clerestory.store.upkeep import ORPHAN_AGE, prepare, sweep, waiting_migrations
from clerestory.terms.evidence import Content
from tests.migrated import into
from tests.organisation import NOW, found
from tests.store.test_evidence import content_of, made, write

ROOT = Path(__file__).parents[2]
sqlite_only = pytest.mark.sqlite


def large(organisation: str, size: int = 60_000) -> None:
    write(organisation, made(content=Content(os.urandom(size), "application/pdf")))


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_under_the_database_refuses_the_whole_and_says_so():
    organisation = found().organisation_id
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # earlier tests leave free pages, in which there would be room
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 4}")
    before = (LogEntry.objects.count(), Payload.objects.count())
    try:
        with pytest.raises(NotWritten, match="full"):
            large(organisation)
        assert (LogEntry.objects.count(), Payload.objects.count()) == before
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    large(organisation)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_says_so():
    organisation = found().organisation_id
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1" if sqlite else "SET default_transaction_read_only = on")
    try:
        with pytest.raises(NotWritten):
            large(organisation)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = 0" if sqlite else "SET default_transaction_read_only = off")


FULL = """
import django, os, resource; django.setup()
from pathlib import Path
from tests.organisation import found
from tests.store.test_trouble import large
from clerestory.store.evidence.payload import PayloadNotWritten
from clerestory.store.models import LogEntry, Payload
organisation = found().organisation_id
before = LogEntry.objects.count(), Payload.objects.count()
largest = max(path.stat().st_size for path in Path(os.environ["CLERESTORY_HOME"]).rglob("*") if path.is_file())
room = largest + 1_000_000  # the database and its log still grow; the file that comes does not fit
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
try:
    large(organisation, room + 1_000_000)
except PayloadNotWritten as error:
    print(error.remedy)
assert before == (LogEntry.objects.count(), Payload.objects.count())
large(organisation, 100_000)
"""

BROKEN = """
import django, errno, os; django.setup()
from tests.organisation import found
from tests.store.test_trouble import large
organisation = found().organisation_id
def broken(descriptor):
    raise OSError(errno.EIO, "Input/output error")
os.fsync = broken
large(organisation, 100_000)
"""


def run(program: str, home: Path) -> subprocess.CompletedProcess[str]:
    into(home)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "CLERESTORY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "clerestory.settings",
    }
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, text=True, check=False, capture_output=True
    )


def test_a_full_disk_under_the_files_refuses_the_whole_and_leaves_no_part(tmp_path):
    ended = run(FULL, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "nothing was recorded" in ended.stdout
    assert len([path for path in (tmp_path / "payloads").rglob("*") if path.is_file()]) == 1


def test_a_disk_that_fails_to_sync_stops_the_process(tmp_path):
    ended = run(BROKEN, tmp_path)
    assert ended.returncode == 74
    assert "stopping" in ended.stderr


@pytest.mark.parametrize("place", ["/proc/clerestory", "file/below"])
def test_a_folder_that_cannot_be_written_is_refused_with_a_remedy(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeNotWritable, match="CLERESTORY_HOME"):
        open_home(tmp_path / place)


def test_a_secret_is_created_once_for_its_owner_and_kept(tmp_path):
    key = secret_key(tmp_path)
    assert len(key) > 50
    assert secret_key(tmp_path) == key
    path = tmp_path / "secret_key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert create_secret(path, b"another") == key.encode()
    assert [p.name for p in tmp_path.iterdir()] == ["secret_key"]
    path.chmod(0o644)
    with pytest.raises(SecretExposed, match="0644"):
        read_secret(path)


def test_payload_files_that_nothing_refers_to_go_after_a_day(organisation):
    large(organisation, 70_000)
    kept = content_of(organisation).get().file
    folder = settings.CLERESTORY_HOME / "payloads"
    orphan = folder / organisation / ".sha256-orphan.part"
    orphan.write_bytes(b"half")
    now = orphan.stat().st_mtime
    assert sweep(now) == 0
    assert orphan.exists()
    sweep(now + ORPHAN_AGE + 60)
    assert not orphan.exists()
    assert (folder / kept).exists()


@pytest.mark.django_db(transaction=True)
def test_start_up_makes_everything_ready_and_changes_nothing_the_second_time():
    actor = found()
    assert prepare() == {}
    assert waiting_migrations() == 0
    assert prepare() == {}
    with atomic():
        evidence.append(made(), organisation_id=actor.organisation_id, now=NOW)


@pytest.mark.django_db
def test_the_migrations_make_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    written = {f"{app}.{name}" for app, name in MigrationLoader(connection).disk_migrations}
    assert written == {f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()}
