"""Criteria that change under a running assessment leave it with its own; what a risk, a task and a plan say besides."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from clerestory.registers.risk import commands
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.risk.queries.counts import movement, objectives_asked, prompts_asked, top_risks
from clerestory.registers.risk.queries.plan import plan_lines
from clerestory.registers.risk.queries.record import risk_with_steps
from clerestory.registers.risk.rules.risk import AcceptanceRefused, NewTask, RiskRefused, Treatment, TreatmentRefused
from clerestory.registers.risk.rules.scale import CriteriaRefused, Level, Step, shipped_method
from tests.organisation import NOW
from tests.registers.records import register
from tests.registers.risk.risks import (
    DAY,
    HIGH,
    HOUR,
    LOW,
    REASON,
    VERY_HIGH,
    acceptance,
    agreed,
    decided,
    identified,
    method,
    version,
)
from tests.registers.risk.test_residual import TREATED, bearings


@pytest.fixture
def boss(member):
    """Give top management."""
    return member("editor", ("top_management", "designated_management"), "boss@example.org")


@pytest.fixture(autouse=True)
def registered(request):
    """Register the credit scoring system."""
    register(request.getfixturevalue("actor"))


def in_force(actor, boss, at, **changes) -> int:
    made = commands.propose_method(actor=actor, method=method(**changes), now=at)
    commands.approve_method(actor=boss, version=made.version, now=at)
    return made.version


def other_scales() -> dict[str, object]:
    shipped = shipped_method().criteria.likelihood
    return {"likelihood": (Step("never seen", "In no year of a hundred"), *shipped[1:])}


def test_a_rating_keeps_the_scales_it_was_made_with_when_others_come_into_force(actor, boss):
    first = in_force(actor, boss, NOW)
    identified(actor, HIGH, at=NOW + HOUR)
    second = in_force(actor, boss, NOW + DAY, **other_scales(), acceptable=Level.LOW)
    record, steps, now = risk_with_steps(actor, "R-1")
    assert (record.level, record.criteria_version, steps[0].criteria_version) == (Level.HIGH, first, first)
    assert now.version == second and record.other_scales, "its page says so"
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=HIGH, reason=REASON, made_with=first, expected_version=version(actor),
        now=NOW + 2 * DAY,
    )  # fmt: skip
    assert risk_record(actor, "R-1").criteria_version == first, "the assessor had begun by the first"
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=HIGH, reason=REASON, expected_version=version(actor), now=NOW + 3 * DAY
    )
    record, _steps, _now = risk_with_steps(actor, "R-1")
    assert record.criteria_version == second and not record.other_scales


def test_another_limit_over_the_same_scales_reads_levels_anew_and_the_move_says_so(actor, boss):
    in_force(actor, boss, NOW)
    identified(actor, HIGH, at=NOW + HOUR)
    matrix = tuple(tuple(Level.VERY_HIGH for _ in row) for row in shipped_method().criteria.matrix)
    in_force(actor, boss, NOW + DAY, matrix=matrix)
    assert risk_record(actor, "R-1").level is Level.VERY_HIGH
    (one,), more = movement(actor, (NOW + DAY).date())
    assert (one.by, one.before, one.level, one.worse, more) == ("criteria", Level.HIGH, Level.VERY_HIGH, True, False)


def test_an_acceptance_is_for_the_criteria_that_its_owner_saw(actor, boss):
    first = in_force(actor, boss, NOW)
    identified(actor)
    decided(actor)
    signed = acceptance((NOW + 90 * DAY).date(), seen_criteria=first)
    in_force(actor, boss, NOW + DAY, acceptable=Level.LOW)
    with pytest.raises(AcceptanceRefused, match="by criteria 1, but 2 are in force"):
        commands.accept_risk(
            actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW + DAY
        )
    commands.accept_risk(
        actor=actor, risk_id="R-1", acceptance=replace(signed, seen_criteria=2), expected_version=version(actor),
        now=NOW + DAY,
    )  # fmt: skip
    assert risk_record(actor, "R-1").accepted_until == signed.valid_until


def test_criteria_that_were_never_in_force_or_are_long_gone_rate_nothing(actor, boss):
    first = in_force(actor, boss, NOW)
    identified(actor, HIGH, at=NOW + HOUR)
    in_force(actor, boss, NOW + DAY, **other_scales())
    said = {"actor": actor, "risk_id": "R-1", "rating": HIGH, "reason": REASON, "expected_version": version(actor)}
    with pytest.raises(CriteriaRefused, match="never in force"):
        commands.analyse_risk(made_with=7, now=NOW + 2 * DAY, **said)
    with pytest.raises(CriteriaRefused, match="were replaced"):
        commands.analyse_risk(made_with=first, now=NOW + 40 * DAY, **said)


def test_movement_shows_where_each_risk_was_and_what_moved_it_last(actor):
    identified(actor, HIGH, at=NOW)
    agreed(actor, **TREATED)
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW + 10 * DAY)
    identified(actor, VERY_HIGH, at=NOW + 11 * DAY, event="Something new")
    commands.note_bearings(actor=actor, bearings=bearings("STALE"), now=NOW + 20 * DAY)
    found, _more = movement(actor, (NOW + 5 * DAY).date())
    assert [(one.risk_id, one.before, one.level, one.by) for one in found] == [
        ("R-2", None, Level.VERY_HIGH, "identified"), ("R-1", Level.HIGH, Level.HIGH, "measure"),
    ]  # fmt: skip
    assert (found[1].from_consequence, found[1].consequence) == (4, 3)
    assert [record.risk_id for record in top_risks(actor)] == ["R-2", "R-1"]
    assert movement(actor, (NOW + 30 * DAY).date()) == ((), False)


def test_prompts_count_risks_by_source_stage_and_objective_and_refuse_what_is_none(actor):
    identified(actor, LOW, stage="deployment", objectives=("C.2.5", "C.2.11"))
    identified(actor, LOW, event="Another", stage="deployment", objectives=("C.2.5",))
    assert prompts_asked(actor) == {("C.3.4", "deployment"): 2}
    assert objectives_asked(actor, "credit-scoring") == {"C.2.5": 2, "C.2.11": 1}
    assert prompts_asked(actor, "other") == {}
    for wrong in ({"stage": "someday"}, {"objectives": ("C.2.99",)}):
        with pytest.raises(RiskRefused):
            identified(actor, LOW, **wrong)


def test_a_plan_has_owner_day_cost_and_controls_and_a_cost_is_no_debt(actor):
    identified(actor, HIGH)
    decided(actor, **TREATED)
    task = NewTask(
        action="Test before release",
        owner=actor.person_id,
        due_on=NOW.date() + timedelta(days=9),
        cost=Decimal("1200.50"),
    )
    commands.add_task(actor=actor, risk_id="R-1", task=task, now=NOW)
    commands.add_task(actor=actor, risk_id="R-1", task=replace(task, cost=Decimal(300)), now=NOW)
    (line,) = plan_lines(actor)
    assert (line.owner, line.cost, line.controls) == (actor.person_id, Decimal("1500.50"), ("A.6.2.4",))
    assert [one.due_on for one in line.tasks] == [task.due_on, task.due_on] and "(costs 300" in line.text()
    with pytest.raises(TreatmentRefused, match="would cost"):
        commands.add_task(actor=actor, risk_id="R-1", task=replace(task, cost=Decimal(-1)), now=NOW)
    assert str(Treatment.MODIFY) == line.treatment
