"""A log whose rows were edited is judged nowhere: every shell names the problem and its remedy instead of a status."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from clerestory.cli.server.doctor import Finding, examine
from clerestory.cli.shell import WRONG, errors_shown
from clerestory.desk.actor import NO_ROLE
from clerestory.report.pack.compose import LogInconsistent
from clerestory.store import clock, evidence, keys, log
from clerestory.store.evidence.payload import PayloadAltered
from clerestory.store.facts import forget
from clerestory.store.log.reading import LogAltered
from clerestory.store.models import EntryWord, LogEntry, Payload
from clerestory.store.unit import atomic
from clerestory.store.upkeep import prepare
from clerestory.terms.evidence import Person
from clerestory.terms.ids import EntryId
from tests.cli.server.test_commands import call, document
from tests.web.conftest import Place, found, system_of

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/requirements/", "/systems/credit-scoring/", "/api/v1/status")


@pytest.fixture
def furnished() -> Place:
    forget()
    made = found("Northlight Bank", "northlight.example")
    system_of(made)
    return made


def system_row(place: Place) -> LogEntry:
    return LogEntry.objects.get(organisation_id=place.organisation_id, kind="register.ai_system")


def delete(row: LogEntry) -> None:
    EntryWord.objects.filter(entry=row).delete()
    row.delete()
    forget()


def test_a_deleted_entry_is_a_problem_with_a_remedy_in_every_shell(furnished, tmp_path):
    browser = furnished.client("viewer")
    row = system_row(furnished)
    delete(row)
    for address in PAGES:
        answer = browser.get(address)
        said = answer.content.decode()
        assert answer.status_code == 503, said
        assert f"no entry at place {row.position}" in said
        assert "Restore the newest backup" in said
        assert "CONFORMS" not in said
    with pytest.raises(LogAltered):
        call("status")
    with pytest.raises(LogInconsistent):
        call("pack", "create", str(tmp_path / "pack.zip"))
    assert not (tmp_path / "pack.zip").exists()


def test_a_deleted_entry_is_noticed_at_start_up_and_by_the_doctor(furnished):
    assert prepare() == {}
    delete(system_row(furnished))
    assert "placed" in prepare()[furnished.organisation_id].problem or prepare()[furnished.organisation_id].remedy
    (state,) = document("ledger", "status", code=1)["logs"]
    assert state["problem"]
    (found_it,) = [c for c in document("doctor", code=1)["checks"] if c["name"] == "Logs"]
    assert not found_it["ok"]
    assert found_it["remedy"] == log.status(furnished.organisation_id).remedy != ""


def test_a_database_without_its_cache_is_a_problem_with_a_remedy_and_no_fault(furnished):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")
    try:
        (found_it,) = [c for c in document("doctor", code=1)["checks"] if c["name"] == "Tables"]
        assert (found_it["ok"], found_it["remedy"]) == (False, "python -m clerestory.jobs.migrate")
        with pytest.raises(SystemExit) as ended, errors_shown(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM cache")
        assert ended.value.code == WRONG
    finally:
        call_command("createcachetable", verbosity=0)


def test_edited_facts_are_a_problem_with_a_remedy(furnished):
    browser = furnished.client("viewer")
    row = system_row(furnished)
    body = bytes(row.facts.body).replace(b'"high"', b'"low"')
    Payload.objects.filter(pk=row.facts_id).update(body=body)
    forget()
    for address in PAGES:
        answer = browser.get(address)
        assert answer.status_code == 503
        assert row.entry_id in answer.content.decode()
    with pytest.raises(PayloadAltered):
        call("status")


def doctors_word(name: str) -> Finding:
    """Return what the doctor says of one thing."""
    (said,) = [finding for finding in examine() if finding.name == name]
    return said


def test_the_doctor_says_that_the_clock_is_behind_the_newest_entry(furnished):
    assert doctors_word("Clock").ok
    ahead = clock.now() + timedelta(days=1)
    with atomic():
        evidence.revoke(
            EntryId(system_row(furnished).entry_id),
            reason="Registered by mistake",
            person=Person(furnished.actor("editor").person_id, NO_ROLE),
            organisation_id=furnished.organisation_id,
            now=ahead,
        )
    behind = doctors_word("Clock")
    assert not behind.ok
    assert f"the newest entry is of {ahead:%Y-%m-%d %H:%M} UTC" in behind.detail
    assert "Set the clock right" in behind.remedy


def test_the_doctor_names_a_signing_key_that_is_missing_exposed_or_none(furnished):
    path = keys.key_path(furnished.organisation_id)
    kept = path.read_bytes()
    assert doctors_word("Signing keys").ok
    path.chmod(0o644)
    exposed = doctors_word("Signing keys")
    assert (exposed.ok, exposed.remedy) == (False, f"Run: chmod 600 {path}")
    path.chmod(0o600)
    path.write_bytes(b"no key\n")
    assert not doctors_word("Signing keys").ok
    path.unlink()
    missing = doctors_word("Signing keys")
    assert "is missing" in missing.detail
    assert "Restore the keys folder" in missing.remedy
    assert not path.exists()
    path.write_bytes(kept)
    path.chmod(0o600)
