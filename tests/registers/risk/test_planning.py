"""Planned actions, their plan, and trials of the method: what is refused, who judges, and who sees what."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sklearn.metrics import cohen_kappa_score

from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.context import commands as context
from clerestory.registers.risk import commands
from clerestory.registers.risk.queries.plan import (
    PlanningUnknown,
    action_record,
    planned_actions,
    planning_inputs,
    trial_record,
)
from clerestory.registers.risk.rules.agreement import TrialRefused, agreement, weighted_kappa
from clerestory.registers.risk.rules.planning import Action, PlanningRefused, Sort
from clerestory.registers.risk.rules.scale import RatingRefused
from clerestory.store import log
from tests.organisation import NOW, found
from tests.registers.context.surroundings import REVIEW, issue
from tests.registers.risk.risks import DAY, HIGH, HOUR, LOW, MEDIUM, VERY_HIGH

ISSUE = "issue-1 Law comes in steps"
CASES = tuple(f"Case {n}: something goes wrong" for n in range(1, 17))
SPREAD = (LOW, MEDIUM, HIGH, VERY_HIGH) * 4


def action(owner, **changes) -> Action:
    plain = Action(
        sort=Sort.OPPORTUNITY, about="Models that explain themselves win customers", action="Publish what scores mean",
        meant="Fewer questions about refusals", owner=owner.person_id, evaluate_by=(NOW + 30 * DAY).date(),
        inputs=(ISSUE,),
    )  # fmt: skip
    return replace(plain, **changes)


@pytest.fixture
def weighed(actor):
    """Weigh one issue of the context, so that there is something to plan for."""
    context.note_issue(actor=actor, said=issue("Law comes in steps"), now=NOW)
    context.review_context(actor=actor, review=REVIEW, now=NOW)


def test_what_is_planned_for_is_what_the_review_of_the_context_took_on(actor, weighed):
    assert planning_inputs(actor) == (ISSUE,)
    assert planning_inputs(found("Southlight Bank", email="other@example.org")) == ()


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"evaluate_by": (NOW - DAY).date()}, PlanningRefused),
        ({"evaluate_by": (NOW + 2000 * DAY).date()}, PlanningRefused),
        ({"inputs": ("issue-9 Nobody knows",)}, PlanningRefused),
        ({"action": "  "}, Exception),
        ({"meant": ""}, Exception),
        ({"owner": "person-none"}, Exception),
    ],
)
def test_an_action_that_lacks_something_is_refused_and_nothing_is_written(actor, weighed, changes, error):
    with pytest.raises(error):
        commands.plan_action(actor=actor, said=action(actor, **changes), now=NOW)
    assert planned_actions(actor) == ()


def test_whoever_owns_or_planned_an_action_does_not_judge_it(actor, second, member, weighed):
    third = member("editor", (), "third@example.org")
    commands.plan_action(actor=actor, said=action(second), now=NOW)
    said = {"action_id": "PA-1", "effective": True, "judged_by": "Questions per month fell", "expected_version": 1}
    for involved in (actor, second):
        with pytest.raises(PlanningRefused, match="somebody who did neither"):
            commands.judge_action(actor=involved, now=NOW + HOUR, **said)
    with pytest.raises(ChangedMeanwhile):
        commands.judge_action(actor=third, now=NOW + HOUR, **{**said, "expected_version": 2})
    commands.judge_action(actor=third, now=NOW + HOUR, **said)
    record = action_record(actor, "PA-1")
    assert (record.state, record.effective, record.judge) == ("judged", True, third.person_id)
    with pytest.raises(PlanningRefused, match="judged already"):
        commands.judge_action(actor=third, now=NOW + HOUR, **{**said, "expected_version": 2})


def test_a_day_that_passed_is_not_moved_and_the_second_editor_sees_the_conflict(actor, second, weighed):
    commands.plan_action(actor=actor, said=action(actor), now=NOW)
    later = replace(action(actor), evaluate_by=(NOW + 60 * DAY).date())
    commands.change_action(actor=actor, action_id="PA-1", said=later, expected_version=1, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        commands.change_action(actor=second, action_id="PA-1", said=later, expected_version=1, now=NOW)
    with pytest.raises(PlanningRefused, match="not moved"):
        commands.change_action(
            actor=actor, action_id="PA-1", said=replace(later, evaluate_by=(NOW + 90 * DAY).date()),
            expected_version=2, now=NOW + 61 * DAY,
        )  # fmt: skip
    assert action_record(actor, "PA-1").is_late((NOW + 61 * DAY).date())


def test_a_plan_needs_actions_and_declines_only_what_no_action_answers(actor, weighed):
    with pytest.raises(PlanningRefused, match="No action"):
        commands.propose_action_plan(actor=actor, statements={}, now=NOW)
    commands.plan_action(actor=actor, said=action(actor), now=NOW)
    with pytest.raises(PlanningRefused, match="An action answers"):
        commands.propose_action_plan(actor=actor, statements={ISSUE: "It does not matter to us"}, now=NOW)
    with pytest.raises(PlanningRefused, match="no factor"):
        commands.propose_action_plan(actor=actor, statements={"weather": "It does not matter to us"}, now=NOW)
    made = commands.propose_action_plan(actor=actor, statements={}, now=NOW)
    assert log.entry(actor.organisation_id, made.entry_id).fact.covers == (ISSUE,)


def test_what_is_not_there_and_whoever_only_reads_is_told_so(actor, member, weighed):
    viewer = member("viewer", (), "viewer@example.org")
    for wrong in ("PA-1", "PA-x", "1", "PA-99999999999"):
        with pytest.raises(PlanningUnknown):
            action_record(actor, wrong)
    with pytest.raises(NotPermitted):
        commands.plan_action(actor=viewer, said=action(actor), now=NOW)
    with pytest.raises(PlanningUnknown):
        trial_record(actor, "CT-1")


def begun(actor, other, **changes):
    said = {"cases": CASES, "first": actor.person_id, "second": other.person_id} | changes
    return commands.begin_trial(actor=actor, now=NOW, **said).record_id


def test_weighted_kappa_is_that_of_scikit_learn_and_its_error_that_of_sas_and_r():
    skin = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
    identity = [[float(i == j) for j in range(4)] for i in range(4)]
    linear = [[1 - abs(i - j) / 3 for j in range(4)] for i in range(4)]
    value, error, *_ = weighted_kappa(skin, identity)
    assert (round(value, 4), round(error, 4)) == (0.3449, 0.0724), "SAS/STAT user's guide, PROC FREQ, agreement study"
    fun = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
    value, error, *_ = weighted_kappa(fun, linear)
    assert (round(value, 4), round(error, 4)) == (0.2374, 0.0783), "Agresti's SexualFun, R package vcd, Kappa()"
    cohen = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    disagreement = [[1 - w / 6 for w in row] for row in ((0, 1, 3), (1, 0, 6), (3, 6, 0))]
    assert round(weighted_kappa(cohen, disagreement)[0], 3) == 0.348, "Cohen 1968, table 1"
    one, other = [1, 2, 3, 4, 4, 2, 1, 3], [1, 2, 4, 4, 3, 2, 2, 3]
    assert agreement(one, other, 4).value == pytest.approx(cohen_kappa_score(one, other, weights="linear"), abs=1e-4)


def test_perfect_agreement_on_few_cases_is_not_certain_and_on_one_level_cannot_be_said():
    levels = [1, 2, 3, 4] * 3
    perfect = agreement(levels, levels, 4)
    assert perfect.value == 1 and perfect.low < 0.8 and perfect.high == 1
    nothing = agreement([2] * 12, [2] * 12, 4)
    assert nothing.value is None and not nothing.is_within(0.2)


@pytest.mark.parametrize(
    "changes, problem",
    [
        ({"cases": CASES[:5]}, "5 cases"),
        ({"cases": (*CASES, CASES[0].upper())}, "the same"),
        ({"second": "first"}, "twice"),
        ({"tolerance": 0.1}, "would be enough"),
    ],
)
def test_a_trial_of_too_few_cases_or_one_person_is_refused(actor, second, changes, problem):
    if changes.get("second") == "first":
        changes = {"second": actor.person_id}
    with pytest.raises(TrialRefused, match=problem):
        begun(actor, second, **changes)


def test_nobody_sees_the_others_ratings_until_both_are_done(actor, second, member):
    third = member("admin", (), "third@example.org")
    trial_id = begun(actor, second)
    commands.rate_cases(actor=actor, trial_id=trial_id, ratings=SPREAD, now=NOW + HOUR)
    assert set(trial_record(actor, trial_id).ratings) == {actor.person_id}
    for other in (second, third):
        record = trial_record(other, trial_id)
        assert record.ratings == {} and record.done == (actor.person_id,) and record.levels() == ()
    with pytest.raises(TrialRefused, match="already"):
        commands.rate_cases(actor=actor, trial_id=trial_id, ratings=SPREAD, now=NOW + HOUR)
    with pytest.raises(TrialRefused, match="not one of the two"):
        commands.rate_cases(actor=third, trial_id=trial_id, ratings=SPREAD, now=NOW + HOUR)
    with pytest.raises(TrialRefused, match="every case"):
        commands.rate_cases(actor=second, trial_id=trial_id, ratings=SPREAD[:3], now=NOW + HOUR)
    wrong = (replace(LOW, likelihood=9), *SPREAD[1:])
    with pytest.raises(RatingRefused):
        commands.rate_cases(actor=second, trial_id=trial_id, ratings=wrong, now=NOW + HOUR)
    commands.rate_cases(actor=second, trial_id=trial_id, ratings=SPREAD, now=NOW + 2 * HOUR)
    record = trial_record(third, trial_id)
    assert len(record.levels()) == 16 and record.result["within"] is True
    fact = log.entry(actor.organisation_id, record.entry_id).fact
    assert fact.values["within_tolerance"] is True and set(fact.values["assessors"]) == set(record.assessors)


def test_assessors_who_differ_are_outside_the_tolerance(actor, second):
    trial_id = begun(actor, second)
    commands.rate_cases(actor=actor, trial_id=trial_id, ratings=SPREAD, now=NOW + HOUR)
    turned = SPREAD[1:] + SPREAD[:1]
    commands.rate_cases(actor=second, trial_id=trial_id, ratings=turned, now=NOW + timedelta(hours=2))
    record = trial_record(actor, trial_id)
    assert record.result["within"] is False and record.result["value"] < 0.4
