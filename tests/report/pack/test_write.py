"""The pack of a real organisation out of the real store, with the real rules, checked as an auditor would."""

from datetime import timedelta
from pathlib import Path

import pytest

from clerestory.report.pack.write import write
from clerestory.store import evidence, keys
from clerestory.store.log.handover import NothingSigned
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content, Evidence, Person, Subject
from clerestory.terms.ids import PersonId
from clerestory.terms.moment import Period
from clerestory.verify.derivation import derive
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit
from clerestory.verify.verify import verify
from tests.organisation import NOW
from tests.simulators.pack import codes, judged, members_of, places, zip_of

BY = Person(PersonId("person-1"), "accountable_owner")
LATER = NOW + timedelta(hours=1)


def append(organisation: str, number: int, content: Content | None = None) -> evidence.Entry:
    said = Evidence(
        kind="record.process_run",
        subject=Subject("process", "risk-assessment"),
        produced_by=BY,
        observed=Period.at(NOW - timedelta(hours=1)),
        entity=f"process_run/{number}",
        content=content,
        values={"outcome": "completed", "criteria_met": True, "planned_for": "2026-11-20"},
    )
    with atomic():
        return evidence.append(said, organisation_id=organisation, now=NOW)


@pytest.fixture
def trust(organisation: str) -> Trust:
    key = keys.signing_key(organisation).key
    return Trust(keys.origin(organisation), (key,))


def packed(organisation: str, folder: Path, **more: object) -> Path:
    file = folder / "pack.zip"
    write(organisation, file, at=LATER, now=LATER, **more)
    return file


def test_a_pack_of_the_store_follows_in_every_part(organisation, place, trust, tmp_path):
    append(organisation, 1, Content(b"the report", "application/pdf"))
    append(organisation, 2, Content(b"Jane Doe", "text/plain", personal=True))
    gone = append(organisation, 3, Content(b"John Doe", "text/plain", personal=True))
    append(organisation, 4, Content(b"large " * 20_000, "text/csv"))
    place()
    with atomic():
        evidence.erase(
            [gone.entry_id],
            ground="request of the person",
            person=BY,
            organisation_id=organisation,
            now=NOW + timedelta(minutes=1),
        )
    place()
    verdict = verify(packed(organisation, tmp_path, scope="all"), trust)
    assert (verdict.exit_code, verdict.problems) == (Exit.FINE, ())
    content = verdict.integrity["content"]
    assert (content["verified"], content["withheld"], content["failed"]) == (4, 0, 0)  # the profile, too
    assert [item["entry"] for item in content["erased"]] == [gone.entry_id]
    assert verdict.derivation["requirements"] == 70
    data = b"".join(members_of((tmp_path / "pack.zip").read_bytes()).values())
    assert (b"Jane Doe" in data, b"John Doe" in data) == (True, False)


def test_personal_content_stays_out_unless_it_is_asked_for(organisation, place, trust, tmp_path):
    append(organisation, 1, Content(b"Jane Doe", "text/plain", personal=True))
    place()
    verdict = verify(packed(organisation, tmp_path), trust)
    assert (verdict.exit_code, verdict.integrity["content"]["withheld"]) == (Exit.FINE, 1)
    assert b"Jane Doe" not in b"".join(members_of((tmp_path / "pack.zip").read_bytes()).values())


def test_a_claimed_status_edited_in_a_real_pack_is_named(organisation, place, trust, tmp_path):
    append(organisation, 1)
    place()
    members = members_of(packed(organisation, tmp_path).read_bytes())
    statuses = members["statuses.json"].replace(b'"conformity":"NOT_EVIDENCED"', b'"conformity":"CONFORMS"', 1)
    verdict = judged(zip_of(members | {"statuses.json": statuses}), tmp_path, trust=trust, judge=derive)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "E_STATUS" in codes(verdict)
    assert places(verdict, "E_STATUS").startswith("iso42001-2023, ")


def test_entries_that_wait_for_their_place_are_not_in_the_pack(organisation, place, trust, tmp_path):
    append(organisation, 1)
    place()
    before = verify(packed(organisation, tmp_path), trust).integrity["entries"]
    append(organisation, 2)
    assert verify(packed(organisation, tmp_path), trust).integrity["entries"] == before


@pytest.mark.django_db
def test_a_log_that_was_never_signed_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(NothingSigned):
        write("nobody", tmp_path / "pack.zip", at=NOW, now=NOW)
    assert list(tmp_path.iterdir()) == []
