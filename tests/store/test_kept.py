"""What was counted stays until the log grows, for the organisation whose log it is; what was undone is never kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils.translation import override

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.judgement.evaluate import Judgement
from clerestory.registers.risk.queries import risk_counts
from clerestory.report.board import HOME
from clerestory.store.facts import forget, judged, judging, one_reading
from clerestory.store.log import Kept
from clerestory.store.unit import atomic
from clerestory.terms.ids import OrganisationId
from tests.organisation import NOW
from tests.store.test_evidence import made, write

TODAY = NOW.date()


@pytest.fixture
def ask() -> Callable[[OrganisationId, str], int]:
    """Return how often was counted until now, as what was counted."""
    kept, counted = Kept[int](), [0]

    def count() -> int:
        counted[0] += 1
        return counted[0]

    return lambda organisation, what: kept.get(organisation, what, count)


def test_it_is_counted_once_and_anew_after_each_entry_and_when_entries_are_placed(organisation, place, ask):
    place()
    assert [ask(organisation, "open"), ask(organisation, "open"), ask(organisation, "late")] == [1, 1, 2]
    write(organisation, made())
    assert [ask(organisation, "open"), ask(organisation, "open")] == [3, 3]
    place()
    assert [ask(organisation, "open"), ask(organisation, "open")] == [4, 4]


def test_another_organisation_is_another_count(organisation, place, ask):
    place()
    assert [ask(organisation, "open"), ask(OrganisationId("elsewhere"), "open")] == [1, 2]


def test_what_was_counted_in_a_transaction_that_was_undone_is_not_taken_for_what_came_after(organisation, place, ask):
    place()

    class Undone(Exception):
        """Undoes the transaction."""

    def undo() -> None:
        with atomic():
            write(organisation, made())
            assert ask(organisation, "open") == 1
            raise Undone

    with pytest.raises(Undone):
        undo()
    write(organisation, made())
    assert ask(organisation, "open") == 2


def test_the_second_time_one_query_tells_that_nothing_changed(organisation, place, actor, django_assert_num_queries):
    place()
    risk_counts(actor, NOW.date())
    with django_assert_num_queries(1):
        risk_counts(actor, NOW.date())


def test_what_is_forgotten_is_counted_anew(organisation, place, ask):
    place()
    assert [ask(organisation, "open"), ask(organisation, "open")] == [1, 1]
    forget()
    assert ask(organisation, "open") == 2


def test_what_only_shows_looks_once_where_the_log_stands(organisation, place, ask, django_assert_num_queries):
    place()
    with one_reading(), django_assert_num_queries(1):
        assert [ask(organisation, "open"), ask(organisation, "late"), ask(organisation, "open")] == [1, 2, 1]
    write(organisation, made())
    with one_reading():
        assert [ask(organisation, "open"), ask(organisation, "late")] == [3, 4]


def test_duties_are_gathered_once_for_each_member_day_and_language_until_the_log_grows(organisation, place, actor):
    place()
    gathered = []

    @until_the_log_grows
    def duties(asker: Actor, on: date) -> tuple[Duty, ...]:
        gathered.append((asker.person_id, on))
        return (Duty(topic="risk", title=str(len(gathered)), url="/", why=""),)

    def first(asker: Actor, on: date = TODAY) -> str:
        return duties(asker, on)[0].title

    assert [first(actor), first(actor)] == ["1", "1"]
    assert [first(replace(actor, access="auditor")), first(actor, TODAY + timedelta(days=1))] == ["2", "3"]
    with override("de"):
        assert first(actor) == "4"
    assert first(actor) == "1"
    write(organisation, made())
    assert [first(actor), first(actor)] == ["5", "5"]


def test_a_past_day_is_judged_once_and_anew_after_each_entry(organisation, place):
    write(organisation, made())
    place()
    day = NOW - timedelta(days=30)

    def past() -> Judgement:
        with judging(organisation) as index:
            return judged(organisation, HOME, index, at=day, live=False)

    first = past()
    assert past() is first
    write(organisation, made())
    place()
    again = past()
    assert again is not first
    assert past() is again
