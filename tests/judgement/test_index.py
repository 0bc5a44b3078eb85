"""What later entries do to earlier ones: revoke, supersede, approve, erase; and what the index refuses."""

from dataclasses import replace

import pytest

from clerestory.judgement.applicability import applicability
from clerestory.judgement.index import EntryTwice, FactIndex
from clerestory.terms.ids import PersonId, RequirementId
from clerestory.terms.status import Conformity
from tests.judgement.facts import AUTHOR, NOON, SECOND, TOOL, days, person
from tests.judgement.one_rule import DATA, MODEL, ORGANISATION, START, SYSTEM, book, need, rule, status
from tests.judgement.stories import whole

SIGNED = rule(need("record.impact_assessment", approved=True, second_person=True))
MEASURED = rule(need("check", check="provenance.dataset-lineage", verdict_pass=True), for_each="dataset_version")


def test_the_same_entry_twice_changes_nothing_and_another_under_its_id_is_refused() -> None:
    facts = book().facts
    index = FactIndex.of(whole(), [*facts, facts[0]])
    assert len(index.rows) == len(facts)
    with pytest.raises(EntryTwice, match="entry-1"):
        index.add(replace(facts[0], policy_version="2"))


def test_a_revoked_record_counts_until_it_was_revoked_and_is_a_lapse_from_then_on() -> None:
    made = book()
    record = made.write("record.impact_assessment", SYSTEM, at=START, approved_by=SECOND)
    made.write("record.revocation", SYSTEM, {"revokes": (record.entry_id,)}, at=NOON - days(10))
    assert status(SIGNED, made.facts, NOON - days(11)).conformity is Conformity.CONFORMS
    now = status(SIGNED, made.facts)
    assert now.conformity is Conformity.STALE
    assert "was revoked by entry entry-6" in now.missing[0].text


def test_a_revocation_that_arrives_before_what_it_revokes_revokes_it_all_the_same() -> None:
    made = book()
    record = made.write("record.impact_assessment", SYSTEM, at=START, approved_by=SECOND)
    made.write("record.revocation", SYSTEM, {"revokes": (record.entry_id,)}, at=NOON)
    assert status(SIGNED, reversed(made.facts)).conformity is Conformity.STALE


def test_an_approval_as_an_entry_of_its_own_counts_from_its_receipt_and_not_by_the_author() -> None:
    made = book()
    record = made.write("record.impact_assessment", SYSTEM, at=START)
    values = {"approved_leaf": f"sha256:{record.leaf_hash}", "approver_id": AUTHOR}
    made.write("approval.document", SYSTEM, values, at=NOON - days(3), by=person(AUTHOR, "top_management"))
    assert status(SIGNED, made.facts).conformity is Conformity.NOT_EVIDENCED
    values = {"approved_leaf": record.leaf_hash, "approver_id": SECOND}
    made.write("approval.document", SYSTEM, values, at=NOON - days(2), by=person(SECOND, "top_management"))
    assert status(SIGNED, made.facts, NOON - days(3)).conformity is Conformity.NOT_EVIDENCED
    assert status(SIGNED, made.facts).conformity is Conformity.CONFORMS


def test_an_approval_that_a_machine_wrote_or_that_names_another_person_does_not_count() -> None:
    made = book()
    record = made.write("record.impact_assessment", SYSTEM, at=START)
    values = {"approved_leaf": record.leaf_hash, "approver_id": SECOND}
    made.write("approval.document", SYSTEM, values, at=NOON, by=TOOL)
    made.write("approval.document", SYSTEM, {**values, "approver_id": AUTHOR}, at=NOON, by=person(SECOND, "owner"))
    assert status(SIGNED, made.facts).conformity is Conformity.NOT_EVIDENCED


def test_a_revoked_approval_no_longer_counts() -> None:
    made = book()
    record = made.write("record.impact_assessment", SYSTEM, at=START)
    values = {"approved_leaf": record.leaf_hash, "approver_id": SECOND}
    approval = made.write("approval.document", SYSTEM, values, at=START, by=person(SECOND, "owner"))
    assert status(SIGNED, made.facts).conformity is Conformity.CONFORMS
    made.write("record.revocation", SYSTEM, {"revokes": (approval.entry_id,)}, at=NOON)
    assert status(SIGNED, made.facts).conformity is Conformity.NOT_EVIDENCED


def test_two_ids_of_one_person_are_no_second_person_wherever_it_was_said() -> None:
    made = book()
    made.write("record.impact_assessment", SYSTEM, at=START, approved_by=SECOND)
    assert status(SIGNED, made.facts).conformity is Conformity.CONFORMS
    alias = person(AUTHOR, same_person_as=(PersonId("person-alias"),))
    made.write("record.design_record", MODEL, at=NOON, by=alias)
    also = person("person-alias", same_person_as=(SECOND,))
    made.write("record.design_record", MODEL, at=NOON, by=also)
    assert status(SIGNED, made.facts).conformity is Conformity.NOT_EVIDENCED


def test_a_pass_of_another_key_cannot_supersede_a_failure() -> None:
    made = book()
    failed = made.check("provenance.dataset-lineage", DATA, at=START, verdict="FAIL")
    made.check("provenance.dataset-lineage", DATA, at=NOON, criterion="<= 0.9", supersedes=(failed.entry_id,))
    assert status(MEASURED, made.facts).conformity is Conformity.NONCONFORMING
    made.check("provenance.dataset-lineage", DATA, at=START, supersedes=(failed.entry_id,))
    assert status(MEASURED, made.facts).conformity is Conformity.CONFORMS


def test_a_check_is_known_by_its_older_name() -> None:
    entry = next(check for check in whole().checks.values() if check.aliases and check.emits == "check")
    made = book()
    made.check(entry.aliases[0], DATA, at=NOON)
    asked = rule(need("check", check=entry.name, verdict_pass=True), for_each="dataset_version")
    assert status(asked, made.facts).conformity is Conformity.CONFORMS


def test_a_verdict_that_nobody_knows_is_no_pass() -> None:
    made = book()
    made.check("provenance.dataset-lineage", DATA, at=NOON, verdict="pass")
    assert status(MEASURED, made.facts).conformity is Conformity.NOT_EVIDENCED


def test_evidence_observed_in_the_future_does_not_count_yet() -> None:
    made = book()
    made.check("provenance.dataset-lineage", DATA, at=NOON + days(1), received=NOON - days(1))
    assert status(MEASURED, made.facts).conformity is Conformity.NOT_EVIDENCED
    assert status(MEASURED, made.facts, NOON + days(1)).conformity is Conformity.CONFORMS


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_versions_written_at_one_moment_the_later_version_counts(turned: bool) -> None:
    made = book()
    said = {"control": "A.7.4", "justification": "said twice in one moment", "risks_linked": ()}
    for included in (True, False):
        made.write("decision.applicability", ORGANISATION, {**said, "included": included}, at=NOON, entity="a/A.7.4")
    first, second = (replace(fact, entity_version=n) for n, fact in enumerate(made.facts[-2:], start=1))
    if turned:  # the order of the entry ids says nothing
        first, second = replace(first, entry_id=second.entry_id), replace(second, entry_id=first.entry_id)
    index = FactIndex.of(whole(), [*made.facts[:-2], first, second])
    assert applicability(index, NOON)[RequirementId("A.7.4")].included is False


def test_what_was_made_of_an_index_is_made_anew_once_there_is_another_fact() -> None:
    made = book()
    index = FactIndex.of(whole(), made.facts)
    counts = [index.of_version("entries", lambda: len(index.rows)) for _ in range(2)]
    index.add(made.write("record.impact_assessment", SYSTEM, at=START))
    assert [*counts, index.of_version("entries", lambda: len(index.rows))] == [len(made.facts) - 1] * 2 + [
        len(made.facts)
    ]
