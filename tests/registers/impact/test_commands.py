"""What the commands of impact take, refuse and write: nothing half, nothing twice, nothing of others."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils.translation import override

from clerestory.desk.approval import ApprovalRefused, approve, open_proposals
from clerestory.desk.people import NotAMember
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.impact import commands, queries
from clerestory.registers.impact.queries import ImpactUnknown
from clerestory.registers.impact.queries.method import shipped_method
from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.outcome import Carried, Condition, Disclosure, Outcome, Proceeding
from clerestory.registers.impact.rules.threshold import Thresholds, Weight
from clerestory.registers.inventory import commands as inventory
from clerestory.store import evidence, log, sequencer, trace
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Machine, Subject
from clerestory.terms.moment import Period
from tests.organisation import NOW, found
from tests.registers.impact.surroundings import HARM, HEARD, MINUTE, SYSTEM, method_in_force, proposed, written
from tests.registers.records import model, register
from tests.registers.risk.risks import identified

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def second(member):
    """Give a second person who signs for top management."""
    return member("editor", ("designated_management", "top_management"), "second@example.org")


@pytest.fixture
def system(actor):
    """Register the credit scoring system."""
    register(actor, in_scope=True, affected_groups=("applicants",))


def entries(actor):
    return log.search(actor.organisation_id, log.Search()).total


def test_it_begins_with_what_the_inventory_knows_and_keeps_what_others_wrote(actor, second, system):
    sequencer.sequence(actor.organisation_id)
    commands.answer(actor=actor, system_id=SYSTEM, answers={"oversight": "An officer"}, now=NOW)
    said = queries.assessed(actor, SYSTEM).assessment
    assert said.said("purpose") == "Rank loan applications for an officer's decision"
    assert said.listed("affected_groups") == ("applicants",)
    commands.answer(actor=second, system_id=SYSTEM, answers={"failures": "It stops"}, expected_version=1, now=NOW)
    before = entries(actor)
    with pytest.raises(ChangedMeanwhile):
        commands.answer(actor=actor, system_id=SYSTEM, answers={"oversight": "x"}, expected_version=1, now=NOW)
    assert entries(actor) == before
    said = queries.assessed(actor, SYSTEM).assessment
    assert (said.said("oversight"), said.said("failures")) == ("An officer", "It stops")


def test_lines_are_numbered_once_changed_taken_out_and_no_number_is_used_for_two(actor, system):
    for _ in range(2):
        commands.judge_effect(actor=actor, system_id=SYSTEM, effect=HARM, now=NOW)
    commands.judge_effect(actor=actor, system_id=SYSTEM, effect=replace(HARM, effect_id="E2", who="all"), now=NOW)
    commands.drop_effect(actor=actor, system_id=SYSTEM, effect_id="E1", now=NOW)
    commands.judge_effect(actor=actor, system_id=SYSTEM, effect=HARM, now=NOW)
    assert [(e.effect_id, e.who) for e in queries.assessed(actor, SYSTEM).assessment.effects] == [
        ("E2", "all"), ("E3", HARM.who),
    ]  # fmt: skip
    with pytest.raises(ImpactUnknown):
        commands.drop_effect(actor=actor, system_id=SYSTEM, effect_id="E1", now=NOW)


@pytest.mark.parametrize(
    "write, word",
    [
        (lambda a: commands.answer(actor=a, system_id="nothing", answers={}), "nothing"),
        (lambda a: commands.answer(actor=a, system_id=SYSTEM, answers={"colour": "red"}), "colour"),
        (lambda a: commands.mark_use(actor=a, system_id=SYSTEM, marks=("weather",), reason="x"), "weather"),
        (lambda a: commands.mark_use(actor=a, system_id=SYSTEM, marks=(), reason=" "), "empty"),
        (lambda a: commands.judge_effect(actor=a, system_id=SYSTEM, effect=replace(HARM, severity=0)), "severity"),
        (lambda a: commands.rule_out_effects(actor=a, system_id=SYSTEM, reasons={}), "No topic"),
        (lambda a: commands.propose_assessment(actor=a, system_id=SYSTEM), "Nothing is written"),
        (lambda a: commands.hear_people(actor=a, system_id=SYSTEM, said=replace(HEARD, said="")), "empty"),
        (
            lambda a: commands.hear_people(
                actor=a, system_id=SYSTEM, said=replace(HEARD, held_on=date(2099, 1, 1)), now=NOW
            ),
            "to come",
        ),
        (
            lambda a: commands.hear_people(
                actor=a, system_id=SYSTEM, said=replace(HEARD, held_on=date(1, 1, 1)), now=NOW
            ),
            "day on which people were heard is 0001-01-01",
        ),
        (
            lambda a: commands.decide(
                actor=a, system_id=SYSTEM, said=Proceeding(outcome=Outcome.PROCEED, reason="x"), seen=1, now=NOW
            ),
            "not proposed",
        ),
        (lambda a: commands.trace_findings(actor=a, system_id=SYSTEM, rows=[], seen=1), "not proposed"),
        (lambda a: commands.meet_condition(actor=a, system_id=SYSTEM, decision=1, place=1, how="x"), "no condition"),
        (
            lambda a: commands.disclose(
                actor=a, system_id=SYSTEM, said=Disclosure(audiences=(), justification=""), seen=1
            ),
            "empty",
        ),
        (lambda a: commands.propose_method(actor=a, method=replace(shipped_method(), triggers=())), "triggers"),
        (lambda a: commands.propose_thresholds(actor=a, said=Thresholds()), "empty"),
        (lambda a: commands.keep_reports(actor=a, years=0, citation="x"), "0 years"),
    ],
)
def test_what_is_refused_names_the_problem_and_writes_nothing(actor, system, write, word):
    before = entries(actor)
    with pytest.raises(Exception, match=word):
        write(actor)
    assert entries(actor) == before


def test_nothing_is_proposed_without_an_approved_method_or_with_something_open(actor, second, system):
    written(actor)
    with pytest.raises(ImpactRefused, match="No method"):
        commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    made = commands.propose_method(actor=actor, method=shipped_method(), now=LATER)
    approve(actor=second, entry_id=made.entry_id, now=LATER)
    commands.answer(actor=actor, system_id=SYSTEM, answers={"failures": ""}, now=LATER)
    with pytest.raises(ImpactRefused, match="failures"):
        commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)


def test_an_assessment_begun_with_one_scale_keeps_it_when_the_method_changes(actor, second, system):
    method_in_force(actor, second)
    written(actor)
    short = replace(
        shipped_method(), scales=dict.fromkeys(("severity", "likelihood", "reversibility"), ("low", "high")),
        treat_from=2,
    )  # fmt: skip
    made = commands.propose_method(actor=actor, method=short, now=LATER)
    approve(actor=second, entry_id=made.entry_id, now=LATER)
    found_now = queries.assessed(actor, SYSTEM)
    assert len(found_now.method.scales["severity"]) == 5
    commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    again = queries.assessed(actor, SYSTEM)
    assert [reason.kind for reason in again.reasons(LATER.date())] == ["method"]


def longer_method_in_force(actor, second, now):
    """Bring a method into force whose scales have more steps, so that a step of the shipped ones would mean less."""
    steps = tuple(f"step {n}" for n in range(1, 8))
    scales = dict.fromkeys(("severity", "likelihood", "reversibility"), steps)
    made = commands.propose_method(actor=actor, method=replace(shipped_method(), scales=scales, treat_from=40), now=now)
    approve(actor=second, entry_id=made.entry_id, now=now)


def test_what_was_judged_before_a_method_was_approved_is_not_read_by_its_other_scales(actor, second, system):
    written(actor)
    longer_method_in_force(actor, second, LATER)
    begun = queries.assessed(actor, SYSTEM)
    assert len(begun.method.scales["severity"]) == 5
    assert begun.assessment.to_treat(begun.method)
    with pytest.raises(ImpactRefused, match="other scales"):
        commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    commands.judge_effect(actor=actor, system_id=SYSTEM, effect=replace(HARM, effect_id="E1"), now=LATER)
    with pytest.raises(ImpactRefused, match="is not judged"):
        commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    for line in queries.assessed(actor, SYSTEM).assessment.effects:
        if line.who:
            again = replace(line, severity=6, likelihood=7, reversibility=7 if line.measure else 0)
            left = replace(again, remaining_severity=2, remaining_likelihood=2) if line.measure else again
            commands.judge_effect(actor=actor, system_id=SYSTEM, effect=left, now=LATER)
    commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    newest = queries.assessed(actor, SYSTEM).newest
    assert newest.said["method_version"] == 1


def test_a_new_round_by_a_method_with_other_scales_asks_for_every_step_again(actor, second, system):
    proposed(actor, second)
    longer_method_in_force(actor, second, LATER)
    before = queries.assessed(actor, SYSTEM)
    assert before.assessment.to_treat(before.method)
    commands.answer(actor=actor, system_id=SYSTEM, answers={"remaining": "Fewer"}, now=LATER)
    after = queries.assessed(actor, SYSTEM)
    assert {effect.severity for effect in after.assessment.effects} == {0}
    assert [effect.what for effect in after.assessment.effects] == [effect.what for effect in before.assessment.effects]
    assert after.newest.said["method_version"] == 1
    with pytest.raises(ImpactRefused, match="is not judged"):
        commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)


def test_a_method_approved_as_shipped_in_another_language_keeps_what_was_judged(actor, second, system):
    written(actor)
    with override("de"):
        made = commands.propose_method(actor=actor, method=shipped_method(), now=LATER)
    approve(actor=second, entry_id=made.entry_id, now=LATER)
    commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    assert queries.assessed(actor, SYSTEM).newest.said["method_version"] == 1


def test_nobody_approves_their_own_and_a_restricted_use_waits_for_top_management(actor, second, member, system):
    other = member("editor", (), "other@example.org")
    method_in_force(actor, second)
    written(actor)
    commands.mark_use(actor=actor, system_id=SYSTEM, marks=("law enforcement",), reason="Police ask.", now=LATER)
    made = commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    for who in (actor, other):
        with pytest.raises(ApprovalRefused):
            approve(actor=who, entry_id=made.entry_id, now=LATER)
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=LATER)
    assert queries.assessed(actor, SYSTEM).approved is not None


def test_a_use_that_thresholds_refuse_does_not_proceed_until_they_are_changed_by_two(actor, second, system):
    method_in_force(actor, second)
    written(actor)
    commands.mark_use(actor=actor, system_id=SYSTEM, marks=("social scoring",), reason="It scores.", now=LATER)
    commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    wanted = Proceeding(outcome=Outcome.PROCEED, reason="We want it.")
    with pytest.raises(ImpactRefused, match="social scoring"):
        commands.decide(actor=actor, system_id=SYSTEM, said=wanted, seen=1, now=LATER)
    weights = {**Thresholds().weights, "social scoring": Weight.RESTRICTED}
    made = commands.propose_thresholds(actor=actor, said=Thresholds(weights=weights, reason="Anew"), now=LATER)
    with pytest.raises(ImpactRefused, match="social scoring"):
        commands.decide(actor=actor, system_id=SYSTEM, said=wanted, seen=1, now=LATER)
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=LATER)
    commands.decide(actor=actor, system_id=SYSTEM, said=wanted, seen=1, now=LATER)
    stop = replace(wanted, outcome=Outcome.STOP)
    assert commands.decide(actor=actor, system_id=SYSTEM, said=stop, seen=1, now=LATER).version == 2


def test_what_was_assessed_decides_who_decides_whatever_is_written_since(actor, second, system):
    method_in_force(actor, second)
    written(actor)
    commands.mark_use(actor=actor, system_id=SYSTEM, marks=("social scoring",), reason="It scores.", now=LATER)
    commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    commands.mark_use(actor=actor, system_id=SYSTEM, marks=(), reason="It scores nobody.", now=LATER)
    wanted = Proceeding(outcome=Outcome.PROCEED, reason="We want it.")
    with pytest.raises(ImpactRefused, match="social scoring"):
        commands.decide(actor=actor, system_id=SYSTEM, said=wanted, seen=1, now=LATER)
    stopped = commands.decide(
        actor=actor, system_id=SYSTEM, said=replace(wanted, outcome=Outcome.STOP), seen=1, now=LATER
    )
    (waiting,) = [one for one in open_proposals(second) if one.entry_id == stopped.entry_id]
    assert waiting.approver_role == "top_management"


def test_an_area_that_the_inventory_names_is_a_characteristic_of_the_use_that_nobody_leaves_out(actor, second):
    register(actor, in_scope=True, use_areas=("law enforcement",))
    sequencer.sequence(actor.organisation_id)
    method_in_force(actor, second)
    written(actor)
    commands.mark_use(actor=actor, system_id=SYSTEM, marks=(), reason="Nothing special.", now=LATER)
    depth = queries.assessed(actor, SYSTEM).depth
    assert (str(depth.weight), depth.approver_role, depth.met[0].name) == (
        "restricted", "top_management", "law enforcement",
    )  # fmt: skip


def test_conditions_have_owners_days_and_are_met_once(actor, second, system):
    proposed(actor, second)
    condition = Condition(text="Four eyes", owner=actor.person_id, due_on=LATER.date() + timedelta(days=9))
    said = Proceeding(outcome=Outcome.CONDITIONS, reason="It helps.", conditions=(condition,))
    for wrong, word in (
        (replace(said, conditions=()), "No condition"),
        (replace(said, outcome=Outcome.PROCEED), "another decision"),
        (replace(said, conditions=(replace(condition, due_on=date(2020, 1, 1)),)), "has passed"),
    ):
        with pytest.raises(ImpactRefused, match=word):
            commands.decide(actor=actor, system_id=SYSTEM, said=wrong, seen=1, now=LATER)
    left = replace(said, conditions=(replace(condition, owner="person-gone"),))
    with pytest.raises(NotAMember):
        commands.decide(actor=actor, system_id=SYSTEM, said=left, seen=1, now=LATER)
    commands.decide(actor=actor, system_id=SYSTEM, said=said, seen=1, now=LATER)
    (duty,) = queries.duties(actor, LATER.date())
    assert (duty.title, duty.due_on) == ("Four eyes", condition.due_on)
    assert queries.duties(second, LATER.date()) == ()
    commands.meet_condition(actor=actor, system_id=SYSTEM, decision=1, place=1, how="In force since Monday.", now=LATER)
    assert queries.duties(actor, LATER.date()) == ()
    with pytest.raises(ImpactRefused, match="met before"):
        commands.meet_condition(actor=actor, system_id=SYSTEM, decision=1, place=1, how="Again", now=LATER)


def test_findings_lead_to_risks_that_are_there_or_to_a_reason_and_links_follow(actor, second, system):
    proposed(actor, second)
    risk = identified(actor, at=LATER)
    (finding,) = queries.assessed(actor, SYSTEM).assessment.findings(shipped_method())
    for row, word in (
        (Carried(finding="other", reason="x"), "no finding"),
        (Carried(finding=finding, risks=("R-9",)), "R-9"),
        (Carried(finding=finding), "says why"),
    ):
        with pytest.raises(ImpactRefused, match=word):
            commands.trace_findings(actor=actor, system_id=SYSTEM, rows=[row], seen=1, now=LATER)
    commands.trace_findings(
        actor=actor, system_id=SYSTEM, rows=[Carried(finding=finding, risks=(risk,))], seen=1, now=LATER
    )
    (link,) = trace.links_from(actor.organisation_id, "impact_assessment", SYSTEM)
    assert (link.relation, link.to_kind, link.to_id) == ("leads to", "risk", risk)
    commands.trace_findings(
        actor=actor,
        system_id=SYSTEM,
        rows=[Carried(finding=finding, reason="It is below the appetite.")],
        seen=1,
        now=LATER,
    )
    assert trace.links_from(actor.organisation_id, "impact_assessment", SYSTEM) == ()


def test_people_heard_are_recorded_and_stand_in_the_next_version(actor, second, system):
    method_in_force(actor, second)
    written(actor)
    (heard,) = queries.assessed(actor, SYSTEM).acts("consultation")
    assert (heard.said["group"], heard.said["people"], heard.said["done"]) == (HEARD.group, 8, HEARD.done)
    made = commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.values["people_heard"], fact.values["trigger"]) == (True, "first")
    assert fact.values["severity_highest"] == "major"
    assert fact.lists["misuse_scenarios"] == ("score of a tenant", "score bought by a broker")


def test_a_new_model_version_is_named_as_the_reason_and_the_next_version_takes_it_in(actor, second, system):
    made = proposed(actor, second)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 4 * MINUTE)
    inventory.register_model_version(actor=actor, model=model(), now=LATER)
    sequencer.sequence(actor.organisation_id)
    found_now = queries.assessed(actor, SYSTEM)
    (reason,) = found_now.reasons(LATER.date())
    assert (reason.kind, reason.now, found_now.state(LATER.date())) == ("models", model().version_id, "again")
    again = commands.propose_assessment(actor=actor, system_id=SYSTEM, now=LATER)
    assert log.entry(actor.organisation_id, again.entry_id).fact.values["trigger"] == "change"
    assert queries.assessed(actor, SYSTEM).reasons(LATER.date()) == ()


def measured(actor, value, verdict, at):
    """Log a result of fairness on the model of the system, as an intake of results does."""
    values = {
        "check": "fairness.selection-rate-ratio", "family": "fairness", "criterion": ">= 0.8",
        "threshold_source": "own", "value": value, "low": value, "high": value, "n": 60, "verdict": verdict,
        "reason": "", "slice": "", "run_mode": "server", "reproduced_by": (), "tool_version": "clerestory 1",
        "config_digest": "sha256:" + "a" * 64, "input_digests": (),
        "declared": ("fairness.selection-rate-ratio|>= 0.8|",),
    }  # fmt: skip
    made = Evidence(
        kind="check", subject=Subject("model_version", model().version_id), produced_by=Machine("clerestory", "1"),
        observed=Period.at(at), values=values, entity=f"check/{value}", links=(Subject("ai_system", SYSTEM),),
    )  # fmt: skip
    with atomic():
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=at)
    sequencer.sequence(actor.organisation_id)
    return entry.entry_id


def test_a_version_stays_linked_to_what_was_measured_and_says_when_a_newer_result_came(actor, second, system):
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    first = measured(actor, "0.9", "PASS", NOW)
    known = queries.assessed(actor, SYSTEM).known
    assert [(r.entry_id, r.topic, r.value) for r in known.results] == [(first, "fairness", "0.9")]
    commands.judge_effect(actor=actor, system_id=SYSTEM, effect=replace(HARM, rests_on=(first,)), now=NOW)
    with pytest.raises(ImpactRefused, match="no measured result"):
        commands.judge_effect(actor=actor, system_id=SYSTEM, effect=replace(HARM, rests_on=("entry-x",)), now=NOW)
    proposed(actor, second)
    (link,) = queries.assessed(actor, SYSTEM).results
    assert (link.result.entry_id, link.stale) == (first, False)
    newer = measured(actor, "0.7", "FAIL", LATER)
    after = queries.assessed(actor, SYSTEM)
    (link,) = after.results
    assert (link.result.entry_id, link.newer.entry_id, link.newer.verdict) == (first, newer, "FAIL")
    assert [reason.kind for reason in after.reasons(LATER.date())] == ["measured"]


def test_the_page_of_a_whole_assessment_asks_as_often_whatever_there_is(
    actor, second, system, django_assert_max_num_queries
):
    made = proposed(actor, second)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 4 * MINUTE)
    with django_assert_max_num_queries(6):
        queries.assessed(actor, SYSTEM)
    for _ in range(5):
        commands.hear_people(actor=actor, system_id=SYSTEM, said=HEARD, now=LATER)
    sequencer.sequence(actor.organisation_id)
    queries.assessed(actor, SYSTEM)
    with django_assert_max_num_queries(6):
        queries.assessed(actor, SYSTEM)
    with django_assert_max_num_queries(9):
        queries.listed(actor)
    with django_assert_max_num_queries(2):  # where the index stands, and where the log stands
        queries.listed(actor)


def test_readers_write_nothing_and_others_see_nothing(actor, second, member, system):
    viewer = member("viewer", (), "viewer@example.org")
    with pytest.raises(NotPermitted):
        commands.answer(actor=viewer, system_id=SYSTEM, answers={})
    commands.answer(actor=actor, system_id=SYSTEM, answers={}, now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    with pytest.raises(ImpactUnknown):
        queries.assessed(stranger, SYSTEM)
    assert queries.listed(stranger) == ()


def reassessed(actor, at=LATER):
    """Propose the next version of an assessment, of a use that is restricted."""
    commands.mark_use(actor=actor, system_id=SYSTEM, marks=("law enforcement",), reason="Police ask.", now=at)
    commands.propose_assessment(actor=actor, system_id=SYSTEM, now=at)


def test_nobody_decides_tells_or_carries_on_what_they_did_not_see(actor, second, system):
    proposed(actor, second)
    reassessed(actor)
    before, (finding,) = entries(actor), queries.assessed(actor, SYSTEM).assessment.findings(shipped_method())
    wanted = Proceeding(outcome=Outcome.PROCEED, reason="It helps.")
    told = Disclosure(audiences=(), justification="Nobody asks.")
    rows = [Carried(finding=finding, reason="It is below the appetite.")]
    for act in (
        lambda seen: commands.decide(actor=actor, system_id=SYSTEM, said=wanted, seen=seen, now=LATER),
        lambda seen: commands.disclose(actor=actor, system_id=SYSTEM, said=told, seen=seen, now=LATER),
        lambda seen: commands.trace_findings(actor=actor, system_id=SYSTEM, rows=rows, seen=seen, now=LATER),
    ):
        for seen in (0, 1, 3):
            with pytest.raises(ChangedMeanwhile, match=f"is 2, and this rests on version {seen}"):
                act(seen)
        assert entries(actor) == before
        assert act(2).version == 1
        before = entries(actor)


def test_a_condition_of_a_decision_that_was_replaced_is_not_met_for_the_next(actor, second, system):
    proposed(actor, second)
    condition = Condition(text="Four eyes", owner=actor.person_id, due_on=LATER.date() + timedelta(days=9))
    for text in ("Four eyes", "A sample each week"):
        said = Proceeding(outcome=Outcome.CONDITIONS, reason="It helps.", conditions=(replace(condition, text=text),))
        commands.decide(actor=actor, system_id=SYSTEM, said=said, seen=1, now=LATER)
    with pytest.raises(ChangedMeanwhile, match="is version 2, and this is about version 1"):
        commands.meet_condition(actor=actor, system_id=SYSTEM, decision=1, place=1, how="Two look.", now=LATER)
    commands.meet_condition(actor=actor, system_id=SYSTEM, decision=2, place=1, how="Ten a week.", now=LATER)
