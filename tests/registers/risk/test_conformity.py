"""6.1.2, 6.1.3, 8.2 and 8.3 reach CONFORMS through commands alone, and fall again by time, level and criteria."""

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.judgement.status import State
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.risk import commands
from clerestory.registers.risk.queries.record import steps_of
from clerestory.registers.risk.rules.risk import Done, Nature, NewTask, Treatment, Trigger
from clerestory.registers.risk.rules.scale import Level
from tests.organisation import NOW
from tests.registers.conformity import judged
from tests.registers.records import model, register
from tests.registers.risk.risks import (
    DAY,
    HIGH,
    HOUR,
    LOW,
    MEDIUM,
    MINUTE,
    REASON,
    VERY_HIGH,
    acceptance,
    approve_all,
    decided,
    identified,
    method,
    version,
)


def state(actor, rule: str, at) -> State:
    """Return how one rule stands, such as ``6.1.2/each-risk-analysed``."""
    requirement, _, name = rule.partition("/")
    status = judged(actor, requirement, at)
    found = next(result for result in status.rules if result.rule.endswith(f"/{name}") or result.rule == name)
    return found.state


@pytest.fixture
def boss(member):
    """Give top and designated management, who approves."""
    return member("editor", ("top_management", "designated_management"), "boss@example.org")


@pytest.fixture
def in_force(actor, boss):
    """Register the system and put criteria in force."""
    register(actor, in_scope=True)
    made = commands.propose_method(actor=actor, method=method(), now=NOW)
    commands.approve_method(actor=boss, version=made.version, now=NOW + MINUTE)


def test_each_risk_analysed_conforms_once_a_second_person_approved_and_falls_with_time(actor, boss, in_force):
    rule = "6.1.2/each-risk-analysed"
    identified(actor, None, at=NOW + HOUR)
    assert state(actor, rule, NOW + HOUR) is State.MISSING
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=HIGH, reason=REASON, expected_version=1, now=NOW + 2 * HOUR
    )
    assert state(actor, rule, NOW + 2 * HOUR) is State.MISSING
    approve_all(boss, NOW + 3 * HOUR)
    assert state(actor, rule, NOW + 3 * HOUR) is State.HOLDS
    assert state(actor, rule, NOW + 364 * DAY) is State.HOLDS
    assert state(actor, rule, NOW + 367 * DAY) is State.LAPSED


def test_new_criteria_make_an_analysis_lapse_until_it_is_made_again(actor, boss, in_force):
    rule = "6.1.2/each-risk-analysed"
    identified(actor, at=NOW + HOUR)
    approve_all(boss, NOW + HOUR)
    assert state(actor, rule, NOW + HOUR) is State.HOLDS
    made = commands.propose_method(actor=actor, method=method(acceptable=Level.LOW), now=NOW + DAY)
    commands.approve_method(actor=boss, version=made.version, now=NOW + DAY + MINUTE)
    assert state(actor, rule, NOW + DAY + MINUTE) is State.LAPSED
    later = NOW + 2 * DAY
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=HIGH, reason=REASON, expected_version=version(actor), now=later
    )
    approve_all(boss, later)
    assert state(actor, rule, later) is State.HOLDS


def test_residual_risk_accepted_conforms_through_commands_and_falls_by_another_level(actor, boss, in_force):
    rule = "6.1.3/residual-risk-accepted"
    identified(actor, at=NOW + HOUR)
    decided(actor, at=NOW + HOUR)
    approve_all(boss, NOW + HOUR)
    assert state(actor, rule, NOW + HOUR) is State.MISSING
    signed = acceptance((NOW + 100 * DAY).date())
    commands.accept_risk(
        actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW + 2 * HOUR
    )
    assert state(actor, rule, NOW + 2 * HOUR) is State.MISSING, "designated management has not approved it"
    approve_all(boss, NOW + 3 * HOUR)
    assert state(actor, rule, NOW + 3 * HOUR) is State.HOLDS
    assert state(actor, rule, NOW + 99 * DAY) is State.HOLDS
    assert state(actor, rule, NOW + 102 * DAY) is State.LAPSED, "the acceptance ended"
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=VERY_HIGH, reason=REASON, expected_version=version(actor), now=NOW + DAY
    )
    assert state(actor, rule, NOW + DAY) is State.LAPSED


def test_residual_risk_within_the_criteria_asks_for_no_acceptance_and_a_closed_one_neither(actor, boss, in_force):
    rule = "6.1.3/residual-risk-accepted"
    identified(actor, MEDIUM, at=NOW + HOUR)
    assert judged(actor, "6.1.3", NOW + HOUR).rules[-1].rule.endswith("residual-risk-accepted")
    assert state(actor, rule, NOW + HOUR) is State.MISSING, "no risk over the criteria, so nobody was looked at"
    identified(actor, at=NOW + 2 * HOUR, event="Another thing happens")
    found = next(r for r in judged(actor, "6.1.3", NOW + 2 * HOUR).rules if r.rule.endswith("residual-risk-accepted"))
    assert found.coverage.need == 1
    for who, at in ((actor, NOW + 3 * HOUR), (boss, NOW + 4 * HOUR)):
        commands.close_risk(
            actor=who,
            risk_id="R-2",
            reason="The system was never built",
            expected_version=version(actor, "R-2"),
            now=at,
        )
    found = next(r for r in judged(actor, "6.1.3", NOW + 5 * HOUR).rules if r.rule.endswith("residual-risk-accepted"))
    assert found.coverage.need == 0


def test_a_treatment_plan_covers_the_risks_to_treat_and_a_new_one_over_the_criteria_makes_it_lapse(
    actor, boss, in_force
):
    rule = "6.1.3/plan-approved"
    identified(actor, at=NOW + HOUR)
    decided(actor, at=NOW + HOUR)
    commands.propose_plan(actor=actor, now=NOW + HOUR)
    assert state(actor, rule, NOW + HOUR) is State.MISSING
    approve_all(boss, NOW + HOUR)
    assert state(actor, rule, NOW + HOUR) is State.HOLDS
    identified(actor, at=NOW + DAY, event="Another thing happens")
    assert state(actor, rule, NOW + DAY) is not State.HOLDS


def test_treatment_carried_out_conforms_by_somebody_elses_judgement_and_falls_when_the_task_is_late(
    actor, boss, in_force, member
):
    rule, worker, judge = "8.3/treatment-carried-out", member(), member()
    identified(actor, at=NOW + HOUR)
    decided(actor, at=NOW + HOUR, treatment=Treatment.MODIFY, nature=Nature.ORGANISATIONAL, task=worker)
    assert state(actor, rule, NOW + HOUR) is State.MISSING
    late = NOW + 40 * DAY
    assert state(actor, rule, late) is State.MISSING
    done = Done(done_on=(NOW + DAY).date(), note="Weights are used since today")
    commands.implement_task(actor=worker, task_id="R-1-T1", done=done, expected_version=1, now=NOW + DAY)
    approve_all(boss, NOW + DAY)
    commands.confirm_effectiveness(
        actor=judge,
        risk_id="R-1",
        effective=True,
        judged_by="Selection rates of the month",
        rating=MEDIUM,
        expected_version=version(actor),
        now=NOW + 2 * DAY,
    )
    assert state(actor, rule, NOW + 2 * DAY) is State.HOLDS
    assert state(actor, rule, NOW + 100 * DAY) is State.LAPSED, "the judgement aged at a system judged as high"
    commands.add_task(
        actor=actor,
        risk_id="R-1",
        task=NewTask(action="Repeat", owner=worker.person_id, due_on=(NOW + 5 * DAY).date()),
        now=NOW + 3 * DAY,
    )
    assert state(actor, rule, NOW + 3 * DAY) is State.HOLDS
    assert state(actor, rule, NOW + 7 * DAY) is State.LAPSED


def test_assessed_again_covers_each_source_by_a_risk_or_a_reason_and_falls_with_a_new_model(
    actor, boss, member, in_force
):
    rule, assessor = "8.2/assessed-again", member()
    inventory.register_model_version(actor=actor, model=model(), now=NOW + MINUTE)
    identified(actor, at=NOW + HOUR)
    reasons = {f"C.3.{n}": "Looked at and found nothing" for n in (1, 2, 3, 5, 6)}
    said = {"system_id": "credit-scoring", "trigger": Trigger.FIRST, "summary": "All sources looked at"}
    commands.assess_system(actor=assessor, statements=reasons, now=NOW + HOUR, **said)
    approve_all(boss, NOW + HOUR)
    assert state(actor, rule, NOW + HOUR) is State.MISSING, "C.3.7 is left out"
    reasons["C.3.7"] = "Gradient boosting is well known"
    made = commands.assess_system(actor=assessor, statements=reasons, now=NOW + 2 * HOUR, **said)
    approve_all(boss, NOW + 2 * HOUR)
    assert state(actor, rule, NOW + 2 * HOUR) is State.HOLDS
    inventory.register_model_version(actor=actor, model=model("other weights"), now=NOW + DAY)
    assert state(actor, rule, NOW + DAY) is State.LAPSED
    revoke(actor=boss, entry_id=made.entry_id, reason="for another system", now=NOW + DAY)
    assert state(actor, rule, NOW + DAY + MINUTE) is not State.HOLDS


def test_method_and_process_conform_once_top_management_approved(actor, boss, in_force):
    assert state(actor, "6.1.2/method-approved", NOW + HOUR) is State.HOLDS
    commands.propose_process(actor=actor, steps=("choose options", "name controls"), now=NOW)
    approve_all(boss, NOW + MINUTE)
    status = judged(actor, "6.1.3", NOW + HOUR)
    need = next(r for r in status.rules if r.rule.endswith("every-control-decided")).needs[0]
    assert need.state is State.HOLDS


def test_effectiveness_that_lowered_nothing_does_not_conform(actor, boss, in_force, member):
    worker, judge = member(), member()
    identified(actor, at=NOW + HOUR)
    decided(actor, at=NOW + HOUR, treatment=Treatment.MODIFY, nature=Nature.TECHNICAL, task=worker)
    done = Done(done_on=(NOW + DAY).date(), note="Weights are used since today")
    commands.implement_task(actor=worker, task_id="R-1-T1", done=done, expected_version=1, now=NOW + DAY)
    approve_all(boss, NOW + DAY)
    commands.confirm_effectiveness(
        actor=judge,
        risk_id="R-1",
        effective=False,
        judged_by="Selection rates of the month",
        expected_version=version(actor),
        now=NOW + 2 * DAY,
    )
    assert state(actor, "8.3/treatment-carried-out", NOW + 2 * DAY) is State.MISSING
    assert LOW.consequence == 2


def test_nobody_takes_back_alone_that_a_treatment_did_not_work(actor, boss, in_force, member):
    worker, judge, rule = member(), member(), "8.3/treatment-carried-out"
    identified(actor, at=NOW + HOUR)
    decided(actor, at=NOW + HOUR, treatment=Treatment.MODIFY, nature=Nature.TECHNICAL, task=worker)
    done = Done(done_on=(NOW + DAY).date(), note="Weights are used since today")
    commands.implement_task(actor=worker, task_id="R-1-T1", done=done, expected_version=1, now=NOW + DAY)
    approve_all(boss, NOW + DAY)

    def judge_effect(effective, at):
        said = {"actor": judge, "risk_id": "R-1", "judged_by": "Selection rates of the month"}
        commands.confirm_effectiveness(effective=effective, expected_version=version(actor), now=at, **said)

    judge_effect(True, NOW + 2 * DAY)
    assert state(actor, rule, NOW + 2 * DAY) is State.HOLDS
    judge_effect(False, NOW + 3 * DAY)
    assert state(actor, rule, NOW + 3 * DAY) is not State.HOLDS
    entry_id = next(step.entry_id for step in steps_of(actor, "R-1") if step.kind == "effect")
    gone = revoke(actor=actor, entry_id=entry_id, reason="It looks bad", now=NOW + 4 * DAY)
    assert state(actor, rule, NOW + 4 * DAY) is not State.HOLDS
    approve(actor=boss, entry_id=gone, now=NOW + 5 * DAY)
    assert state(actor, rule, NOW + 5 * DAY) is State.HOLDS


def test_a_new_risk_that_calls_for_no_control_leaves_decisions_on_controls_as_they_are_and_one_that_does_not(
    actor, boss, in_force
):
    from clerestory.registers.applicability import commands as applicability
    from clerestory.registers.applicability.rules import Decision, Ground
    from clerestory.terms.ids import RequirementId

    identified(actor, at=NOW + HOUR)
    said = Decision(
        control=RequirementId("A.7.4"), included=True, justification="Our systems rest on data.", ground=Ground.LAW
    )
    made = applicability.decide_applicability(actor=actor, decision=said, now=NOW + 2 * HOUR)
    approve_all(boss, NOW + 2 * HOUR)

    def covered(at) -> int:
        rule = next(r for r in judged(actor, "6.1.3", at).rules if r.rule.endswith("every-control-decided"))
        return sum(made.entry_id in member.because for member in rule.needs[1].members)

    assert covered(NOW + 3 * HOUR) == 1
    identified(actor, at=NOW + 4 * HOUR, event="Another thing happens")
    assert covered(NOW + 4 * HOUR) == 1
    decided(actor, at=NOW + 5 * HOUR, risk_id="R-2", controls=("A.6.2.4",))
    assert covered(NOW + 5 * HOUR) == 0
