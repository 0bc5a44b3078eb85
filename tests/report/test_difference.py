"""What changed between two moments, and what caused it: an entry, or time alone."""

from datetime import timedelta

import pytest

from clerestory.desk.actor import Actor
from clerestory.desk.permit import NotPermitted
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from clerestory.report.board import HOME, FrameworkUnknown
from clerestory.report.difference import Difference, NotJudged, PeriodReversed, compare, difference
from clerestory.store import clock
from clerestory.terms.ids import FrameworkId, OrganisationId, PersonId
from clerestory.terms.status import Conformity
from tests.judgement.facts import NOON, Book, days
from tests.judgement.one_rule import need as asks
from tests.judgement.one_rule import rule
from tests.judgement.stories import ORGANISATION, only
from tests.report.question.test_tally import SYSTEM
from tests.web.conftest import Place, result


def compared(book: Book, since: float, until: float = 0) -> Difference:
    """Compare two days by one rule: each system has a passing fairness check of the last ninety days."""
    catalogue = only((rule(asks("check", check="fairness.demographic-parity", verdict_pass=True, max_age=days(90))),))
    index = FactIndex.of(catalogue, book.facts)
    before, after = (evaluate(catalogue, HOME, index, at=NOON - days(ago)) for ago in (since, until))
    return compare(index, before, after, now=NOON)


def history() -> Book:
    from clerestory.catalogue.load import load

    book = Book(load())
    book.write("register.organisation", ORGANISATION, at=NOON - days(400))
    book.write("register.ai_system", SYSTEM, at=NOON - days(300))
    return book


def test_a_status_that_became_better_names_the_entry_that_did_it() -> None:
    book = history()
    made = book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(10))
    (change,) = compared(book, 20).moved
    assert (change.before, change.after, change.better) == (Conformity.NOT_EVIDENCED, Conformity.CONFORMS, True)
    assert [line.entry_id for line in change.causes] == [made.entry_id]
    assert not change.time


def test_a_failure_names_the_failed_result_and_says_what_is_missing_since() -> None:
    book = history()
    book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(40))
    failed = book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(5), verdict="FAIL")
    (change,) = compared(book, 20).moved
    assert (change.before, change.after, change.better) == (Conformity.CONFORMS, Conformity.NONCONFORMING, False)
    assert failed.entry_id in {line.entry_id for line in change.causes}
    assert change.reasons[0].code == "failed"


def test_a_result_that_was_taken_back_names_the_revocation() -> None:
    book = history()
    first = book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(40))
    gone = book.write("record.revocation", ORGANISATION, {"revokes": (first.entry_id,)}, at=NOON - days(5))
    (change,) = compared(book, 20).moved
    assert gone.entry_id in {line.entry_id for line in change.causes}


def test_time_alone_is_named_where_no_entry_came_in() -> None:
    book = history()
    book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(100))
    (change,) = compared(book, 50).moved
    assert (change.before, change.after, change.time) == (Conformity.CONFORMS, Conformity.STALE, True)
    assert change.causes == ()


def test_a_day_to_come_is_a_forecast_in_which_only_time_passes() -> None:
    book = history()
    book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(10))
    found = compared(book, 0, -200)
    assert found.forecast
    assert found.entries == 0
    assert [(change.after, change.time) for change in found.moved] == [(Conformity.STALE, True)]


def test_a_new_system_without_evidence_is_the_cause_of_a_lost_conformity() -> None:
    book = history()
    book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(40))
    new = book.write("register.ai_system", SYSTEM.__class__("ai_system", "new"), at=NOON - days(3))
    (change,) = compared(book, 20).moved
    assert change.after is Conformity.NOT_EVIDENCED
    assert [line.entry_id for line in change.causes] == [new.entry_id]
    assert (change.have_before, change.need_before, change.have_after, change.need_after) == (1, 1, 1, 2)


def test_two_days_alike_have_no_difference() -> None:
    book = history()
    book.check("fairness.demographic-parity", SYSTEM, at=NOON - days(40))
    assert compared(book, 20).changes == ()


@pytest.mark.django_db(transaction=True)
def test_the_difference_of_an_organisation_counts_each_status_of_both_days(furnished: Place) -> None:
    now = clock.now()
    found = difference(furnished.actor("viewer"), HOME, since=now - timedelta(days=300), until=now, now=now)
    assert sum(found.before.values()) == sum(found.after.values()) == len(found.changes) + found.unchanged == 70
    assert found.after["NONCONFORMING"] > found.before["NONCONFORMING"] == 0
    again = difference(furnished.actor("viewer"), HOME, since=now - timedelta(days=300), until=now, now=now)
    assert again is found
    result(furnished, "fairness.demographic-parity", "<= 0.1", "FAIL", 0.3, 0.02, days_ago=0)
    newer = difference(furnished.actor("viewer"), HOME, since=now - timedelta(days=300), until=now, now=now)
    assert newer is not found


@pytest.mark.django_db
def test_nobody_compares_without_access_and_no_nonsense_is_compared(place: Place) -> None:
    now = clock.now()
    stranger = Actor(organisation_id=OrganisationId("x"), person_id=PersonId("p"), user_id=None, access="none")
    with pytest.raises(NotPermitted):
        difference(stranger, HOME, since=now, until=now, now=now)
    actor = place.actor("viewer")
    with pytest.raises(FrameworkUnknown):
        difference(actor, FrameworkId("none"), since=now, until=now, now=now)
    with pytest.raises(NotJudged):
        difference(actor, FrameworkId("iso27001-2022"), since=now, until=now, now=now)
    with pytest.raises(PeriodReversed):
        difference(actor, HOME, since=now, until=now - timedelta(days=1), now=now)
