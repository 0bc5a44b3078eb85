"""6.1.1 to 6.1.3, 8.2 and 8.3 reach CONFORMS through commands alone, and fall again by time, level and criteria."""

from dataclasses import replace

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.judgement.status import State
from clerestory.registers.context import commands as context
from clerestory.registers.context.rules.party import Decision as Taken
from clerestory.registers.context.rules.party import Need
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.risk import commands
from clerestory.registers.risk.queries.plan import planning_inputs, trial_record
from clerestory.registers.risk.queries.record import risk_record, steps_of
from clerestory.registers.risk.rules.planning import Action, Sort
from clerestory.registers.risk.rules.risk import Done, Nature, NewTask, Treatment, Trigger
from clerestory.registers.risk.rules.scale import Level
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.context.surroundings import REVIEW, issue, party
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


def test_a_risk_that_one_person_rated_down_is_analysed_only_once_another_approved_that(actor, boss, in_force):
    rule = "6.1.2/each-risk-analysed"
    identified(actor, VERY_HIGH, at=NOW + HOUR)
    approve_all(boss, NOW + HOUR)
    assert state(actor, rule, NOW + HOUR) is State.HOLDS
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=LOW, reason=REASON, expected_version=version(actor), now=NOW + DAY
    )
    assert state(actor, rule, NOW + DAY) is State.LAPSED
    approve_all(boss, NOW + DAY + HOUR)
    assert state(actor, rule, NOW + DAY + HOUR) is State.HOLDS


def test_a_risk_that_one_person_rated_down_is_still_to_be_accepted_until_another_approved_that(actor, boss, in_force):
    rule = "6.1.3/residual-risk-accepted"
    identified(actor, VERY_HIGH, at=NOW + HOUR)
    approve_all(boss, NOW + HOUR)
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=LOW, reason=REASON, expected_version=version(actor), now=NOW + DAY
    )
    assert state(actor, rule, NOW + DAY) is State.MISSING
    approve_all(boss, NOW + DAY + HOUR)
    (applies,) = [one for one in judged(actor, "6.1.3", NOW + DAY + HOUR).rules if one.rule.endswith("risk-accepted")]
    assert not applies.applicable, "no risk is over the criteria any more"


def test_what_was_rated_decided_and_accepted_of_one_text_says_nothing_of_another(actor, boss, in_force):
    rules = ("6.1.2/each-risk-analysed", "6.1.3/residual-risk-accepted")
    identified(actor, at=NOW + HOUR)
    decided(actor, at=NOW + HOUR)
    signed = acceptance((NOW + 100 * DAY).date())
    commands.accept_risk(
        actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW + 2 * HOUR
    )
    approve_all(boss, NOW + 3 * HOUR)
    assert [state(actor, rule, NOW + 3 * HOUR) for rule in rules] == [State.HOLDS, State.HOLDS]
    cause = replace(risk_record(actor, "R-1").risk, cause="Too few women among those who were granted a loan")
    commands.update_risk(actor=actor, risk_id="R-1", risk=cause, expected_version=version(actor), now=NOW + DAY)
    assert [state(actor, rule, NOW + DAY) for rule in rules] == [State.HOLDS, State.HOLDS]
    other = replace(cause, event="Nobody is granted a loan any more")
    commands.update_risk(actor=actor, risk_id="R-1", risk=other, expected_version=version(actor), now=NOW + 2 * DAY)
    assert [state(actor, rule, NOW + 2 * DAY) for rule in rules] == [State.LAPSED, State.LAPSED]


def test_what_the_owner_before_accepted_the_new_one_did_not(actor, boss, in_force, member):
    rule = "6.1.3/residual-risk-accepted"
    identified(actor, at=NOW + HOUR)
    decided(actor, at=NOW + HOUR)
    approve_all(boss, NOW + HOUR)
    signed = acceptance((NOW + 100 * DAY).date())
    commands.accept_risk(
        actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW + 2 * HOUR
    )
    approve_all(boss, NOW + 3 * HOUR)
    assert state(actor, rule, NOW + 3 * HOUR) is State.HOLDS
    commands.assign_owner(actor=actor, risk_ids=("R-1",), owner=member().person_id, now=NOW + DAY)
    assert state(actor, rule, NOW + DAY) is State.LAPSED


def test_residual_risk_within_the_criteria_asks_for_no_acceptance_and_a_closed_one_neither(actor, boss, in_force):
    rule = "6.1.3/residual-risk-accepted"
    identified(actor, MEDIUM, at=NOW + HOUR)
    assert judged(actor, "6.1.3", NOW + HOUR).rules[-1].rule.endswith("residual-risk-accepted")
    assert state(actor, rule, NOW + HOUR) is State.HOLDS, "no risk is over the criteria, so none is to accept"
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


def test_criteria_and_plan_and_judged_actions_bring_6_1_1_to_conforms_and_it_falls_again(actor, boss, in_force, member):
    third = member("editor", (), "third@example.org")
    context.note_issue(actor=actor, said=issue("Law comes in steps"), now=NOW + HOUR)
    context.note_issue(actor=actor, said=issue("Few people know the models", "inside"), now=NOW + HOUR)
    need = Need(text="reasons for a refusal", decision=Taken.ADOPTED, answered_by=("A.8.2",))
    context.note_party(actor=actor, said=party(need), now=NOW + HOUR)
    context.review_context(actor=actor, review=REVIEW, now=NOW + HOUR)
    weighed = commands.propose_method(actor=actor, method=method(), now=NOW + HOUR)
    commands.approve_method(actor=boss, version=weighed.version, now=NOW + HOUR)
    inputs = planning_inputs(actor)
    assert inputs == (
        "issue-1 Law comes in steps", "issue-2 Few people know the models", "Applicants: reasons for a refusal",
    )  # fmt: skip
    said = Action(
        sort=Sort.RISK, about="The law changes under us", action="Read the law each month", meant="No surprise",
        owner=actor.person_id, evaluate_by=(NOW + 30 * DAY).date(), inputs=inputs[:1],
    )  # fmt: skip
    commands.plan_action(actor=actor, said=said, now=NOW + 2 * HOUR)
    commands.propose_action_plan(actor=actor, statements={}, now=NOW + 2 * HOUR)
    approve_all(boss, NOW + 2 * HOUR)
    assert conformity(actor, "6.1.1", NOW + 2 * HOUR) is Conformity.NOT_EVIDENCED, "two inputs are not answered"
    better = replace(said, sort=Sort.OPPORTUNITY, about="Reasons win trust", inputs=inputs[2:])
    commands.plan_action(actor=actor, said=better, now=NOW + 3 * HOUR)
    none = {inputs[1]: "Two more people join in spring, which is enough"}
    plan = commands.propose_action_plan(actor=actor, statements=none, now=NOW + 3 * HOUR)
    assert conformity(actor, "6.1.1", NOW + 3 * HOUR) is not Conformity.CONFORMS, "nobody approved the plan"
    approve_all(boss, NOW + 3 * HOUR)
    judge = {"effective": True, "judged_by": "Minutes of four meetings", "expected_version": 1}
    commands.judge_action(actor=third, action_id="PA-1", now=NOW + 4 * HOUR, **judge)
    assert conformity(actor, "6.1.1", NOW + 4 * HOUR) is not Conformity.CONFORMS, "a judgement counts once approved"
    approve_all(boss, NOW + 4 * HOUR)
    status = judged(actor, "6.1.1", NOW + 4 * HOUR)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert plan.entry_id in status.because
    late = NOW + 32 * DAY
    assert conformity(actor, "6.1.1", late) is Conformity.STALE, "nobody judged the second action by its day"
    commands.judge_action(actor=third, action_id="PA-2", now=NOW + 29 * DAY, **judge)
    approve_all(boss, NOW + 29 * DAY)
    status = judged(actor, "6.1.1", late)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    context.note_issue(actor=actor, said=issue("A new regulator looks at scores"), now=late)
    assert conformity(actor, "6.1.1", late + MINUTE) is Conformity.STALE, "the context changed"


def test_a_trial_of_the_method_completes_6_1_2_which_falls_with_another_method(actor, boss, in_force, member):
    one, other = member(), member()
    identified(actor, at=NOW + HOUR)
    approve_all(boss, NOW + HOUR)
    assert conformity(actor, "6.1.2", NOW + HOUR) is Conformity.NOT_EVIDENCED
    cases = tuple(f"Case {n}: something goes wrong" for n in range(1, 17))
    made = commands.begin_trial(
        actor=actor, cases=cases, first=one.person_id, second=other.person_id, now=NOW + 2 * HOUR
    )
    for assessor in (one, other):
        commands.rate_cases(
            actor=assessor, trial_id=made.record_id, ratings=(LOW, MEDIUM, HIGH, VERY_HIGH) * 4, now=NOW + 3 * HOUR
        )
    status = judged(actor, "6.1.2", NOW + 3 * HOUR)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert trial_record(actor, made.record_id).entry_id in status.because
    again = commands.propose_method(actor=actor, method=method(acceptable=Level.LOW), now=NOW + DAY)
    commands.approve_method(actor=boss, version=again.version, now=NOW + DAY + MINUTE)
    assert conformity(actor, "6.1.2", NOW + DAY + HOUR) is Conformity.STALE
