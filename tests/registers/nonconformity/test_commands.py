"""What the commands refuse: steps out of order, days that cannot be, and people who judge their own action."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.people import NotAMember, change_membership
from clerestory.desk.permit import NotAuthenticatedAnew, NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.nonconformity import commands
from clerestory.registers.nonconformity.queries import (
    NonconformityUnknown,
    duties,
    nonconformities_of_system,
    nonconformity,
    nonconformity_counts,
)
from clerestory.registers.nonconformity.rules import (
    Action,
    Days,
    Grade,
    NonconformityRefused,
    NotIndependent,
    Step,
    StepRefused,
    default_days,
)
from clerestory.store import directory, log
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.nonconformity.walk import TODAY, acted, analysed, confirmed, corrected, opened, opening
from tests.registers.records import register

DAY = timedelta(days=1)


@pytest.fixture
def third(member):
    """Give somebody who confirms effects."""
    return member("editor", (), "third@example.org")


def test_it_is_known_to_other_registers_with_its_owner(actor):
    opened(actor)
    record = directory.known(actor.organisation_id, "nonconformity", "NC-1")
    assert record is not None
    assert (record.url, record.owner) == ("/nonconformity/NC-1/", actor.person_id)


def test_steps_are_taken_in_their_order_only(actor, second, third):
    opened(actor)
    for early in (
        lambda: analysed(actor, None),
        lambda: acted(actor, None, third),
        lambda: confirmed(third),
    ):
        with pytest.raises(StepRefused):
            early()
    corrected(actor)
    with pytest.raises(StepRefused):
        corrected(actor)
    analysed(actor, None)
    with pytest.raises(StepRefused, match="not the next"):
        acted(actor, None, third)


def test_a_proposal_that_waits_is_written_anew_and_replaces_the_one_before(actor, second):
    opened(actor)
    corrected(actor)
    first = analysed(actor, None)
    newer = analysed(actor, None)
    assert log.entry(actor.organisation_id, newer.entry_id).fact.supersedes == (first.entry_id,)
    detail = nonconformity(actor, "NC-1")
    assert [made.standing.is_open for made in detail.taken(Step.CAUSE)] == [False, True]


@pytest.mark.parametrize("how", ["owner", "recorded", "answers"])
def test_nobody_confirms_an_action_that_they_answer_for(actor, second, third, how):
    opened(second if how == "owner" else actor)
    corrected(actor)
    analysed(actor, second)
    said = Action(
        action="An alarm watches the disk.",
        done_on=TODAY,
        responsible=(second if how == "answers" else actor).person_id,
        confirmer=third.person_id,
    )
    recorder = second if how == "recorded" else actor
    made = commands.take_action(actor=recorder, nonconformity_id="NC-1", action=said, now=NOW)
    from clerestory.desk.approval import approve

    approve(actor=third, entry_id=made.entry_id, now=NOW + timedelta(days=30))
    with pytest.raises(NotIndependent):
        confirmed(second)
    confirmed(third)


def test_to_hand_it_on_takes_nobody_out_of_answering_for_the_action(actor, second, third):
    opened(actor)
    corrected(actor)
    analysed(actor, second)
    acted(second, actor, third)
    commands.name_owner(actor=actor, ids=["NC-1"], owner=third.person_id, now=NOW)
    with pytest.raises(NotIndependent, match="owned this nonconformity"):
        confirmed(actor)


def test_to_have_the_action_written_anew_takes_nobody_out_of_answering_for_it(actor, second, third):
    opened(actor)
    corrected(actor)
    analysed(actor, second)
    acted(second, None, third)
    acted(actor, third, third)
    with pytest.raises(NotIndependent, match="recorded the action"):
        confirmed(second)


def test_whoever_is_named_to_look_at_the_effect_does_not_answer_for_the_action(actor, second):
    opened(actor)
    corrected(actor)
    analysed(actor, second)
    with pytest.raises(NotIndependent):
        acted(actor, second, actor)


def test_an_effect_is_confirmed_by_a_person_who_signed_in_anew(actor, second, third):
    opened(actor)
    corrected(actor)
    analysed(actor, second)
    acted(actor, second, third)
    with pytest.raises(NotAuthenticatedAnew):
        confirmed(replace(third, authentication_id=None))
    with pytest.raises(NotPermitted):
        confirmed(replace(third, scopes=frozenset({"read", "write"})))
    made = confirmed(third)
    said_by = log.entry(actor.organisation_id, made.entry_id).fact.produced_by
    assert said_by.responsible is False


@pytest.mark.parametrize(
    "days",
    [
        Days(correct_by=TODAY - DAY, cause_by=TODAY, act_by=TODAY, confirm_by=TODAY),
        Days(correct_by=TODAY + 2 * DAY, cause_by=TODAY + DAY, act_by=TODAY + 3 * DAY, confirm_by=TODAY + 4 * DAY),
        replace(default_days(Grade.MINOR, TODAY), confirm_by=TODAY + 800 * DAY),
    ],
)
def test_days_in_the_past_out_of_order_or_years_away_are_refused(actor, days):
    with pytest.raises(NonconformityRefused):
        opened(actor, days=days)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"title": "x" * 201},
        {"statement": "\x00"},
        {"requirement": "A.99"},
        {"found_on": TODAY + DAY},
        {"found_on": TODAY - 400 * DAY},
        {"owner": ""},
    ],
)
def test_an_opening_that_says_nothing_usable_is_refused(actor, wrong):
    with pytest.raises((NonconformityRefused, TextUnusable)):
        opened(actor, **wrong)


def test_what_was_done_lies_between_the_finding_and_today(actor):
    opened(actor)
    for day in (TODAY - DAY, TODAY + DAY):
        with pytest.raises(NonconformityRefused):
            corrected(actor, done_on=day)


def test_an_owner_who_left_cannot_be_named_and_a_new_one_takes_over(actor, second, third):
    opened(second)
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, ended_at=NOW)
    row = nonconformity(actor, "NC-1").row
    assert row.owner_left and row.owner == second.person_id
    with pytest.raises(NotAMember):
        opened(actor, owner=second.person_id)
    assert commands.name_owner(actor=actor, ids=["NC-1"], owner=third.person_id, now=NOW) == 1
    assert nonconformity(actor, "NC-1").row.owner == third.person_id
    assert [duty.title for duty in duties(third, TODAY)] == ["NC-1 Logs were not kept"]


def test_a_major_one_is_not_made_less_of_and_nobody_overwrites_unseen(actor):
    opened(actor, grade=Grade.MAJOR)

    def change(grade, version, *, later=1):
        days = nonconformity(actor, "NC-1").days
        commands.change_nonconformity(
            actor=actor,
            nonconformity_id="NC-1",
            grade=grade,
            owner=actor.person_id,
            days=replace(days, confirm_by=days.confirm_by + later * DAY),
            reason="More time is needed for the audit.",
            expected_version=version,
            now=NOW,
        )

    with pytest.raises(NonconformityRefused, match="not made less"):
        change(Grade.MINOR, 1)
    change(Grade.MAJOR, 1)
    assert nonconformity(actor, "NC-1").row.version == 2
    with pytest.raises(NonconformityRefused, match="Nothing was changed"):
        change(Grade.MAJOR, 2, later=0)
    with pytest.raises(ChangedMeanwhile):
        change(Grade.MAJOR, 1)


def test_a_day_that_has_passed_is_not_moved(actor):
    opened(actor)
    detail, later = nonconformity(actor, "NC-1"), NOW + 20 * DAY
    said = {
        "actor": actor,
        "nonconformity_id": "NC-1",
        "grade": detail.row.grade,
        "owner": actor.person_id,
        "reason": "More time is needed.",
        "expected_version": 1,
        "now": later,
    }
    with pytest.raises(NonconformityRefused, match="a day that has passed is not moved"):
        commands.change_nonconformity(days=replace(detail.days, correct_by=later.date() + 5 * DAY), **said)
    commands.change_nonconformity(days=replace(detail.days, cause_by=later.date() + 15 * DAY), **said)


def test_counts_and_duties_say_what_is_next_and_what_is_late(actor, second, third):
    register(actor)
    opened(actor, system_id="credit-scoring")
    opened(actor, title="Another")
    corrected(actor, "NC-2")
    late = nonconformity_counts(actor, TODAY + 15 * DAY)
    assert (late.open, late.late) == (2, 1)
    assert dict(late.by_step) == {"correction": 1, "cause": 1, "action": 0, "effect": 0}
    assert [row.nonconformity_id for row in nonconformities_of_system(actor, "credit-scoring")] == ["NC-1"]
    assert [duty.due_on for duty in duties(actor, TODAY)] == [TODAY + 14 * DAY, TODAY + 30 * DAY]
    analysed(actor, second, "NC-2")
    acted(actor, second, third, "NC-2")
    assert [duty.url for duty in duties(third, TODAY)] == ["/nonconformity/NC-2/"]
    confirmed(third, "NC-2")
    assert nonconformity_counts(actor, TODAY).closed_effective == 1


def test_readers_and_other_organisations_change_and_see_nothing(actor, member):
    opened(actor)
    viewer = member("viewer")
    with pytest.raises(NotPermitted):
        corrected(viewer)
    other = found("Southlight Bank", email="other@example.org")
    with pytest.raises(NonconformityUnknown):
        corrected(other)
    with pytest.raises(NonconformityUnknown):
        opened(actor, system_id="unknown-system")
    assert duties(viewer, TODAY) == ()
    assert opening(actor).owner == actor.person_id


def test_one_that_somebody_changed_since_it_was_seen_is_not_given_away_in_bulk(actor, second, third):
    opened(actor)
    commands.name_owner(actor=actor, ids=["NC-1"], owner=third.person_id, expected={"NC-1": 1}, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        commands.name_owner(actor=actor, ids=["NC-1"], owner=second.person_id, expected={"NC-1": 1}, now=NOW)
    assert nonconformity(actor, "NC-1").row.owner == third.person_id
