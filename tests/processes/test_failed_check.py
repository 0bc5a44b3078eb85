"""A failed check opens one nonconformity, in the product's own name; later results are noted, and close nothing."""

from datetime import timedelta

import pytest

from clerestory.desk.models import ACCESS_LEVELS, Notice
from clerestory.desk.people import change_membership
from clerestory.jobs.reminders import remind
from clerestory.registers.inventory.commands import change_owner
from clerestory.registers.nonconformity.commands import name_owner
from clerestory.registers.nonconformity.queries import nonconformity, nonconformity_counts
from clerestory.registers.nonconformity.rules import FoundBy, Grade, RecheckMissing, Step
from clerestory.store import log, sequencer, trace
from clerestory.store.evidence import append
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Machine
from clerestory.terms.moment import Period
from clerestory.terms.status import Conformity
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.processes.conftest import HOUR, entry_of, followed
from tests.registers.conformity import conformity
from tests.registers.nonconformity.walk import acted, analysed, confirmed, corrected

DAY = timedelta(days=1)


def counts(actor):
    return nonconformity_counts(actor, NOW.date())


@pytest.fixture
def third(member):
    """Give somebody who confirms effects."""
    return member("editor", (), "third@example.org")


def test_a_failed_check_opens_a_nonconformity_that_no_person_wrote(actor, push):
    receipt = push(40)
    detail = nonconformity(actor, "NC-1")
    assert detail.row.found_by is FoundBy.CHECK and detail.row.step is Step.CORRECTION
    assert (detail.row.owner, detail.row.system_id) == (actor.person_id, "credit-scoring")
    assert (detail.row.requirement, detail.row.grade) == ("A.7.4", Grade.MINOR)
    failed = log.entry(actor.organisation_id, entry_of(receipt))
    fact = log.entry(actor.organisation_id, detail.row.entry_id).fact
    assert isinstance(fact.produced_by, Machine) and fact.produced_by.tool == "clerestory"
    assert fact.caused_by == (failed.leaf_hash,)
    links = trace.links_from(actor.organisation_id, "nonconformity", "NC-1")
    assert ("opened by", "entry", entry_of(receipt)) in {(x.relation, x.to_kind, x.to_id) for x in links}
    told = Notice.objects.get(organisation_id=actor.organisation_id, key="NC-1 opened")
    assert told.person_id == actor.person_id and told.url == "/nonconformity/NC-1/"


def test_handing_an_entry_on_twice_opens_nothing_twice(actor, push):
    from clerestory.store.models import Handover

    push(40)
    Handover.objects.filter(organisation_id=actor.organisation_id).update(position=0)
    followed(actor)
    assert counts(actor).open == 1
    assert Notice.objects.filter(organisation_id=actor.organisation_id, key="NC-1 opened").count() == 1
    links = trace.links_to(actor.organisation_id, "nonconformity", "NC-1")
    assert not [link for link in links if link.relation == "re-checks"]


def test_a_second_failure_of_the_same_check_is_noted_with_the_open_one(actor, push):
    push(40)
    again = push(60, at=NOW + HOUR)
    assert counts(actor).open == 1
    links = trace.links_to(actor.organisation_id, "nonconformity", "NC-1")
    assert [link.from_id for link in links if link.relation == "re-checks"] == [entry_of(again)]


def test_a_passing_check_opens_nothing(actor, push):
    push(0)
    assert counts(actor).open == 0


def test_a_later_pass_is_offered_as_the_re_check_and_closes_nothing(actor, second, third, push):
    push(40)
    corrected(actor, now=NOW + HOUR)
    analysed(actor, second, now=NOW + HOUR)
    acted(actor, second, third, now=NOW + HOUR)
    with pytest.raises(RecheckMissing):
        confirmed(third, now=NOW + 2 * HOUR)
    passed = entry_of(push(0, at=NOW + 2 * HOUR))
    detail = nonconformity(actor, "NC-1")
    assert detail.row.step is Step.EFFECT
    assert detail.rechecks == (passed,)
    told = Notice.objects.get(organisation_id=actor.organisation_id, key=f"NC-1 passed {passed}")
    assert told.person_id == third.person_id
    confirmed(third, now=NOW + 3 * HOUR, recheck=(passed,))
    assert nonconformity(actor, "NC-1").row.step is Step.CLOSED
    assert conformity(actor, "10.2", NOW + 4 * HOUR) is Conformity.CONFORMS


def test_an_effect_is_not_confirmed_against_a_newer_failure(actor, second, third, push):
    push(40)
    corrected(actor, now=NOW + HOUR)
    analysed(actor, second, now=NOW + HOUR)
    acted(actor, second, third, now=NOW + HOUR)
    passed = entry_of(push(0, at=NOW + 2 * HOUR))
    push(60, at=NOW + 3 * HOUR)
    with pytest.raises(RecheckMissing):
        confirmed(third, now=NOW + 4 * HOUR, recheck=(passed,), without_recheck="It takes too long.")


def test_an_inconclusive_run_hides_no_failure_from_the_confirmation(actor, second, third, push):
    push(40)
    corrected(actor, now=NOW + HOUR)
    analysed(actor, second, now=NOW + HOUR)
    acted(actor, second, third, now=NOW + HOUR)
    passed = entry_of(push(0, at=NOW + 2 * HOUR))
    failed = push(60, at=NOW + 3 * HOUR)
    same_result(actor, entry_of(failed), "INCONCLUSIVE", at=NOW + 4 * HOUR)
    with pytest.raises(RecheckMissing, match="newest result"):
        confirmed(third, now=NOW + 5 * HOUR, recheck=(passed,))


def test_a_pass_of_an_older_version_shows_no_effect(actor, second, third, push):
    older = push(0)
    push(40, at=NOW + HOUR)
    corrected(actor, now=NOW + 2 * HOUR)
    analysed(actor, second, now=NOW + 2 * HOUR)
    acted(actor, second, third, now=NOW + 2 * HOUR)
    again = same_result(actor, entry_of(older), "PASS", at=NOW + 3 * HOUR)
    detail = nonconformity(actor, "NC-1")
    assert [result.is_of_older for result in detail.results] == [True, False, True]
    assert detail.rechecks == ()
    with pytest.raises(RecheckMissing, match="not passed since"):
        confirmed(third, now=NOW + 4 * HOUR, recheck=(again,))


def test_an_effect_can_rest_on_a_stated_reason_where_the_check_cannot_be_repeated(actor, second, third, push):
    push(40)
    corrected(actor, now=NOW + HOUR)
    analysed(actor, second, now=NOW + HOUR)
    acted(actor, second, third, now=NOW + HOUR)
    with pytest.raises(RecheckMissing, match="not passed since"):
        confirmed(third, now=NOW + 2 * HOUR, without_recheck="n/a")
    with pytest.raises(TextUnusable):
        confirmed(third, now=NOW + 2 * HOUR, without_recheck="The system \u202eis retired.")
    made = confirmed(third, now=NOW + 2 * HOUR, without_recheck="The system was retired.")
    assert b"The system was retired." in log.content(actor.organisation_id, made.entry_id)


def test_a_check_that_fails_again_after_its_effect_was_confirmed_opens_a_major_one_linked_to_the_earlier(
    actor, second, third, push
):
    push(40)
    corrected(actor, now=NOW + HOUR)
    analysed(actor, second, now=NOW + HOUR)
    acted(actor, second, third, now=NOW + HOUR)
    passed = entry_of(push(0, at=NOW + 2 * HOUR))
    confirmed(third, now=NOW + 3 * HOUR, recheck=(passed,))
    push(60, at=NOW + 4 * HOUR)
    later = nonconformity(actor, "NC-2")
    assert (later.earlier_id, later.row.grade) == ("NC-1", Grade.MAJOR)
    earlier = nonconformity(actor, "NC-1")
    assert (earlier.row.step, earlier.later_id) == (Step.CLOSED, "NC-2")


def test_where_the_systems_owner_left_an_administrator_is_asked_to_name_one(actor, second, push):
    push(0)
    change_owner(actor=actor, system_id="credit-scoring", owner=second.person_id, expected_version=1, now=NOW)
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, ended_at=NOW)
    push(40, at=NOW + HOUR)
    assert nonconformity(actor, "NC-1").row.owner == ""
    assert Notice.objects.filter(key="NC-1 opened", person_id=actor.person_id).exists()


def test_inconclusive_opens_nothing_but_is_noted_with_an_open_one(actor, push):
    few = push(0, rows=12)
    assert "INCONCLUSIVE" in {str(item.verdict) for item in few.checks}
    assert counts(actor).open == 0
    failed = push(40, at=NOW + HOUR)
    noted = same_result(actor, entry_of(failed), "INCONCLUSIVE", at=NOW + 2 * HOUR)
    followed(actor, at=NOW + 2 * HOUR)
    links = trace.links_to(actor.organisation_id, "nonconformity", "NC-1")
    assert [link.from_id for link in links if link.relation == "re-checks"] == [noted]
    assert nonconformity(actor, "NC-1").row.step is Step.CORRECTION


def same_result(actor, entry_id, verdict, *, at):
    """Append the result of an entry once more, with another verdict."""
    fact = log.entry(actor.organisation_id, entry_id).fact
    again = Evidence(
        kind=fact.kind,
        subject=fact.subject,
        produced_by=fact.produced_by,
        observed=Period.at(at),
        entity=f"{fact.entity}/again",
        values={**fact.values, "verdict": verdict, "reason": "insufficient data"},
        links=fact.links,
    )
    with atomic():
        entry = append(again, organisation_id=actor.organisation_id, now=at)
    sequencer.sequence(actor.organisation_id)
    return entry.entry_id


def test_another_organisation_sees_and_gets_nothing_of_it(actor, push):
    push(40)
    other = found("Southlight Bank", email="other@example.org")
    assert counts(other).open == 0
    with pytest.raises(Exception, match="NC-1"):
        nonconformity(other, "NC-1")


def test_the_product_itself_signs_nothing(actor, push):
    from clerestory.desk.actor import MachineSignsNothing
    from clerestory.desk.people import itself

    push(40)
    with pytest.raises(MachineSignsNothing):
        corrected(itself(actor.organisation_id), now=NOW + HOUR)
    assert itself(actor.organisation_id).access not in ACCESS_LEVELS


def test_whoever_was_told_that_it_was_opened_is_not_reminded_of_the_same(actor, second, push):
    push(40)
    remind()
    told = Notice.objects.filter(url="/nonconformity/NC-1/")
    assert list(told.values_list("key", "person_id")) == [("NC-1 opened", actor.person_id)]
    name_owner(actor=actor, ids=["NC-1"], owner=second.person_id, now=NOW + HOUR)
    remind()
    remind()
    assert list(told.order_by("id").values_list("person_id", flat=True)) == [actor.person_id, second.person_id]
