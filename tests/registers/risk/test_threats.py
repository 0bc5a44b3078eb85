"""A threat model from its questions to its review: facts, mitigations, one-click risks, coverage that falls."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clerestory.catalogue.threats.fact import UNKNOWN
from clerestory.desk.approval import ApprovalRefused, approve, revoke
from clerestory.desk.people import NotAMember, change_membership
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.judgement.status import State
from clerestory.registers.applicability import commands as soa
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import DataRole, ModelStatus, Origin
from clerestory.registers.risk import commands
from clerestory.registers.risk.queries.plan import SystemUnknown
from clerestory.registers.risk.queries.record import risk_record
from clerestory.registers.risk.queries.threats import reviews_of, threat_model, threat_page
from clerestory.registers.risk.rules.risk import RiskRefused
from clerestory.registers.risk.rules.threat import ThreatRefused, ThreatState
from clerestory.registers.risk.rules.threat_cover import CheckState, Decided, Measure, Standing
from clerestory.store import evidence, log, sequencer, trace
from clerestory.store.unit import atomic
from clerestory.terms.day import DayUnusable
from clerestory.terms.evidence import Evidence, Machine, Subject
from clerestory.terms.moment import Period
from tests.organisation import NOW, found
from tests.registers.applicability.test_commands import decision
from tests.registers.conformity import judged
from tests.registers.records import dataset, model, register, system
from tests.registers.risk.architectures import AGENT, SCORING
from tests.registers.risk.risks import approve_all

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SYSTEM = "credit-scoring"
IN_PLACE = Decided(measure=Measure.IN_PLACE, reason="Trained against the attacks of last year")
NOT = Decided(measure=Measure.NOT, reason="It costs more than it helps here")


@pytest.fixture
def system_there(actor):
    """Register the credit scoring system with a version of its model."""
    register(actor, in_scope=True)
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    sequencer.sequence(actor.organisation_id)


@pytest.fixture
def begun(actor, system_there):
    """Describe its architecture."""
    commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=SCORING, expected_version=0, now=NOW)


def page(actor, at=NOW):
    sequencer.sequence(actor.organisation_id)
    return threat_page(actor, SYSTEM, at)


def seen(actor):
    return threat_model(actor, SYSTEM).version


def checked(actor, check, verdict, at=NOW, name=SYSTEM):
    """Append a result of a check on the newest version of the model, as the intake does."""
    about = Subject("model_version", model(system_id=name).version_id)
    values = {
        "check": check, "family": check.partition(".")[0], "criterion": "<= 0.1", "threshold_source": "own",
        "value": "0.05", "low": "0.01", "high": "0.09", "n": 500, "verdict": verdict, "reason": "",
        "data_role": "test", "slice": "", "share_unassessable": "0", "run_mode": "pushed", "reproduced_by": (),
        "tool_version": "clerestory 0.1", "config_digest": "sha256:" + "0" * 64, "input_digests": (),
        "declared": (f"{check}|<= 0.1|",),
    }  # fmt: skip
    made = Evidence(
        kind="check", subject=about, produced_by=Machine("clerestory", "0.1.0"), observed=Period.at(at), values=values,
        entity=f"check/{check}/{at.isoformat()}", links=(Subject("ai_system", name),),
    )  # fmt: skip
    with atomic():
        evidence.append(made, organisation_id=actor.organisation_id, now=at)


def decide(actor, mitigation="AML.M0003", said=IN_PLACE, now=NOW):
    return commands.decide_mitigation(
        actor=actor, system_id=SYSTEM, mitigation=mitigation, said=said, expected_version=seen(actor), now=now
    )


def standing(actor, threat="AML.T0015", mitigation="AML.M0003", at=NOW):
    return dict(page(actor, at).of(threat).mitigations)[mitigation]


def test_the_form_begins_with_what_the_inventory_knows(actor, system_there):
    told = system(actor, in_scope=True, autonomy_level=3, architecture_facts={"exposure": "internal"})
    inventory.update_ai_system(actor=actor, system=told, expected_version=1, now=NOW)
    data = dataset("train", DataRole.TRAINING, origin=Origin.SCRAPED, about_people=True)
    inventory.register_dataset_version(actor=actor, dataset=data, now=NOW)
    record = page(actor).record
    assert not record.begun
    first = {name: values for name, values in record.facts.items() if values != (UNKNOWN,)}
    assert first == {
        "exposure": ("internal",), "autonomy_level": ("3",), "training_data_origin": ("scraped",),
        "personal_data": ("yes",),
    }  # fmt: skip
    facts = {**SCORING, "autonomy_level": ("5",), "exposure": ("public_product",), "personal_data": (UNKNOWN,)}
    commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=facts, expected_version=0, now=NOW)
    named = {(one.fact, one.known, one.where) for one in page(actor).contradictions}
    assert named == {
        ("exposure", ("internal",), "system"), ("autonomy_level", ("3",), "autonomy"),
        ("training_data_origin", ("scraped",), "training data"),
    }  # fmt: skip


def test_the_entry_names_every_threat_that_is_to_be_judged(actor, system_there):
    facts = {**SCORING, "tools": (UNKNOWN,)}
    made = commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=facts, expected_version=0, now=NOW)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert fact.kind == "register.threat_model"
    assert fact.values["architecture_facts"]["tools"] == "unknown"
    assert {"AML.T0015", "AML.T0053"} <= set(fact.lists["threats_fired"])
    assert "AML.T0070" not in fact.lists["threats_fired"]
    assert fact.values["threats_applying"] == 8
    assert fact.values["threats_unassessed"] == len(fact.lists["threats_fired"]) - 8


def test_two_systems_have_two_lists(actor, begun):
    register(actor, system_id="helper", name="Helper")
    commands.describe_architecture(actor=actor, system_id="helper", facts=AGENT, expected_version=0, now=NOW)
    own = {t.threat_id for t in threat_model(actor, SYSTEM).threats if t.in_play}
    other = {t.threat_id for t in threat_model(actor, "helper").threats if t.in_play}
    assert own - other
    assert other - own


def test_the_second_writer_sees_the_conflict_and_nothing_is_lost(actor, second, begun):
    version = seen(actor)
    decide(actor)
    with pytest.raises(ChangedMeanwhile):
        commands.describe_architecture(actor=second, system_id=SYSTEM, facts=AGENT, expected_version=version, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        commands.describe_architecture(actor=second, system_id=SYSTEM, facts=AGENT, expected_version=0, now=NOW)
    record = threat_model(actor, SYSTEM)
    assert record.facts == SCORING
    assert record.decided == {"AML.M0003": IN_PLACE}


def test_a_threat_becomes_a_risk_at_once_and_not_twice(actor, begun):
    made = commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    risk = risk_record(actor, made.risk_id).risk
    assert risk.system_id == SYSTEM
    assert risk.owner == actor.person_id
    assert (risk.source, "AML.T0015" in risk.cause, "OWASP-ML-2023:ML01" in risk.cause) == ("C.3.4", True, True)
    assert "tables of features" in risk.cause
    assert risk.consequence
    links = trace.links_from(actor.organisation_id, "risk", made.risk_id)
    assert {(link.relation, link.to_kind, link.to_id) for link in links} == {
        ("concerns", "ai_system", SYSTEM), ("arises from", "threat", f"{SYSTEM}/AML.T0015"),
    }  # fmt: skip
    with pytest.raises(ThreatRefused, match=f"is the risk {made.risk_id} already"):
        commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    assert page(actor).of("AML.T0015").risk_id == made.risk_id
    assert page(actor).of("AML.T0015").judged


def test_a_risk_that_was_closed_no_longer_answers_its_threat_which_can_become_one_again(actor, second, begun):
    made = commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    for version, who in ((1, actor), (2, second)):
        commands.close_risk(
            actor=who, risk_id=made.risk_id, reason="It was raised by mistake", expected_version=version, now=NOW
        )
    assert not page(actor).of("AML.T0015").judged
    again = commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    assert again.risk_id != made.risk_id


def test_the_owner_of_the_system_owns_the_risk_and_one_who_left_does_not(actor, second, begun):
    told = system(actor, in_scope=True, owner=second.person_id)
    inventory.update_ai_system(actor=actor, system=told, expected_version=1, now=NOW)
    made = commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    assert risk_record(actor, made.risk_id).risk.owner == second.person_id
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, ended_at=NOW)
    made = commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0043", now=NOW)
    assert risk_record(actor, made.risk_id).risk.owner == actor.person_id
    with pytest.raises(NotAMember):
        commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0024", owner=second.person_id, now=NOW)


def test_an_unassessed_threat_can_become_a_risk_and_one_that_is_out_cannot(actor, system_there):
    facts = {**SCORING, "tools": (UNKNOWN,)}
    commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=facts, expected_version=0, now=NOW)
    made = commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0053", now=NOW)
    risk = risk_record(actor, made.risk_id).risk
    assert "not known" in risk.cause
    assert risk.source == "C.3.3"
    with pytest.raises(ThreatRefused, match="is not applicable"):
        commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0070", now=NOW)
    with pytest.raises(ThreatRefused, match="no threat 'AML"):
        commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T9999", now=NOW)


def test_a_check_shows_a_mitigation_and_its_failure_lets_the_mitigation_fall(actor, begun):
    decide(actor)
    assert standing(actor) is Standing.UNSHOWN
    checked(actor, "robustness.evasion", "PASS", NOW + MINUTE)
    assert standing(actor, at=NOW + 2 * MINUTE) is Standing.SHOWN
    counted = page(actor, NOW + 2 * MINUTE).figures
    assert (counted.passing, counted.failing, counted.shown) == (1, 0, 2)
    assert standing(actor, at=NOW + 181 * DAY) is Standing.UNSHOWN
    checked(actor, "robustness.evasion", "FAIL", NOW + DAY)
    fallen = page(actor, NOW + DAY)
    assert dict(fallen.of("AML.T0015").mitigations)["AML.M0003"] is Standing.FALLEN
    assert (fallen.figures.fallen, fallen.figures.failing, fallen.figures.shown) == (2, 1, 0)
    assert dict(fallen.of("AML.T0015").checks) == {"robustness.evasion": CheckState.FAIL}


def test_a_result_about_a_withdrawn_version_shows_nothing(actor, second, begun):
    decide(actor)
    checked(actor, "robustness.evasion", "PASS")
    assert standing(actor) is Standing.SHOWN
    inventory.change_model_status(
        actor=actor, version_id=model().version_id, status=ModelStatus.WITHDRAWN, expected_version=1, now=NOW
    )
    assert standing(actor) is Standing.SHOWN, "that it is withdrawn waits for a second person"
    approve_all(second, NOW)
    assert standing(actor) is Standing.UNSHOWN


@pytest.mark.parametrize("control, found", [("A.10.3", Standing.SHOWN), ("A.6.2.3", Standing.FALLEN)])
def test_a_control_shows_a_mitigation_once_it_is_approved_and_lacks_nothing_for_the_system(
    actor, second, begun, control, found
):
    decide(actor, said=replace(IN_PLACE, controls=(control,)))
    made = soa.decide_applicability(actor=actor, decision=decision(control, included=True), now=NOW)
    assert standing(actor) is Standing.UNSHOWN
    approve(actor=second, entry_id=made.entry_id, now=NOW)
    assert standing(actor) is found
    revoke(actor=second, entry_id=made.entry_id, reason="Decided too early", now=NOW)
    assert standing(actor) is Standing.UNSHOWN


@pytest.mark.parametrize(
    "mitigation, said, problem",
    [
        ("AML.M0003", Decided(measure=Measure.NOT), "why the mitigation is not taken"),
        ("AML.M0003", Decided(measure=Measure.PLANNED, due_on=NOW.date() - DAY), "no day to come"),
        ("AML.M0003", Decided(measure=Measure.PLANNED, due_on=date.max), "mitigation is 9999-12-31"),
        ("AML.M0003", replace(IN_PLACE, controls=("A.99",)), "no control 'A.99'"),
        ("AML.M0031", IN_PLACE, "No threat here asks for the mitigation"),
        ("AML.M9999", IN_PLACE, "No threat here asks for the mitigation"),
    ],
)
def test_a_decision_that_says_too_little_changes_nothing(actor, begun, mitigation, said, problem):
    before = seen(actor)
    with pytest.raises((ThreatRefused, DayUnusable), match=problem):
        decide(actor, mitigation, said)
    assert seen(actor) == before


def test_what_applies_can_be_set_aside_with_a_reason_and_taken_up_again(actor, system_there):
    facts = {**SCORING, "tools": (UNKNOWN,)}
    commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=facts, expected_version=0, now=NOW)

    def aside(threat, reason):
        return commands.set_threat_aside(
            actor=actor, system_id=SYSTEM, threat_id=threat, reason=reason, expected_version=seen(actor), now=NOW
        )

    aside("AML.T0100", "Nobody browses the web with it")
    assert page(actor).of("AML.T0100").judged
    aside("AML.T0100", "")
    assert not page(actor).of("AML.T0100").judged
    with pytest.raises(ThreatRefused, match="cannot be set aside"):
        aside("AML.T0053", "We think that it has no tools")
    with pytest.raises(ThreatRefused, match="cannot be set aside"):
        aside("AML.T0070", "It looks nothing up at all")
    with pytest.raises(RiskRefused, match="too short"):
        aside("AML.T0100", "no")


def test_nothing_can_be_done_before_the_architecture_is_described(actor, system_there):
    for command, more in (
        (commands.decide_mitigation, {"mitigation": "AML.M0003", "said": IN_PLACE, "expected_version": 0}),
        (commands.raise_threat, {"threat_id": "AML.T0015"}),
        (commands.review_threats, {"conclusion": "Everything was gone through", "expected_version": 0}),
    ):
        with pytest.raises(ThreatRefused, match="Nobody described the architecture"):
            command(actor=actor, system_id=SYSTEM, now=NOW, **more)
    with pytest.raises(SystemUnknown):
        commands.describe_architecture(actor=actor, system_id="moon", facts=SCORING, expected_version=0, now=NOW)


def test_who_only_reads_changes_nothing(member, actor, begun):
    viewer = member("viewer", (), "viewer@example.org")
    assert threat_page(viewer, SYSTEM, NOW).record.begun
    with pytest.raises(NotPermitted):
        commands.raise_threat(actor=viewer, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    with pytest.raises(NotPermitted):
        commands.describe_architecture(actor=viewer, system_id=SYSTEM, facts=AGENT, expected_version=1, now=NOW)


def judge_everything(actor):
    """Decide about every mitigation that a threat of the system asks for."""
    found = [one for t in threat_model(actor, SYSTEM).threats if t.in_play for one in t.mitigations]
    for mitigation in dict.fromkeys(found):
        decide(actor, mitigation, NOT)


def review(actor, now=NOW + MINUTE):
    return commands.review_threats(
        actor=actor, system_id=SYSTEM, conclusion="Gone through with the team", expected_version=seen(actor), now=now
    )


def need_state(actor, at):
    """Return how the need of A.6.2.3 for a threat review stands."""
    needs = [need for rule in judged(actor, "A.6.2.3", at).rules for need in rule.needs]
    return next(need.state for need in needs if need.need.kind == "record.threat_review")


def test_a_review_counts_once_a_second_person_approved_it_and_every_threat_is_judged(actor, second, begun):
    at = NOW + timedelta(hours=1)
    assert need_state(actor, at) is State.MISSING
    with pytest.raises(ThreatRefused, match="No threat is judged yet"):
        review(actor)
    judge_everything(actor)
    made = review(actor)
    assert need_state(actor, at) is State.MISSING
    with pytest.raises(ApprovalRefused):
        approve(actor=actor, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    assert need_state(actor, at) is State.HOLDS
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert fact.values["threats_judged"] == 8
    assert fact.values["unassessed_facts"] == ()
    revoke(actor=second, entry_id=made.entry_id, reason="One threat was overlooked", now=at)
    assert need_state(actor, at + MINUTE) is State.LAPSED


def test_a_review_that_leaves_threats_unjudged_does_not_count(actor, second, begun):
    decide(actor, said=NOT)
    commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    made = review(actor)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    assert need_state(actor, NOW + timedelta(hours=1)) is State.MISSING
    assert log.entry(actor.organisation_id, made.entry_id).fact.covers == ("AML.T0015",)


@pytest.mark.parametrize("what, after", [("more", State.MISSING), ("fewer", State.LAPSED), ("version", State.LAPSED)])
def test_another_architecture_or_version_makes_a_review_old_and_the_page_says_what_came_and_went(
    actor, second, begun, what, after
):
    judge_everything(actor)
    made = review(actor)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    at = NOW + timedelta(hours=1)
    assert need_state(actor, at) is State.HOLDS
    assert (page(actor).came, page(actor).gone) == ((), ())
    if what == "version":
        inventory.register_model_version(actor=actor, model=model("other weights"), now=at)
    else:
        facts = {**SCORING, "human_review": ("no",), "weights_released": ("yes" if what == "more" else "no",)}
        commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=facts, expected_version=seen(actor), now=at)
        now = page(actor)
        assert now.came == (("AML.T0018", "AML.T0044", "AML.T0054") if what == "more" else ())
        assert now.gone == ("AML.T0067", "AML.T0100", "OWASP-ASI-2026:ASI09")
    assert need_state(actor, at + MINUTE) is after


def test_a_review_is_old_after_half_a_year(actor, second, begun):
    judge_everything(actor)
    made = review(actor)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    assert need_state(actor, NOW + 80 * DAY) is State.HOLDS
    assert need_state(actor, NOW + 200 * DAY) is State.LAPSED


def test_unknown_facts_stand_in_the_review_by_name(actor, second, system_there):
    facts = {**SCORING, "tools": (UNKNOWN,), "tool_side_effects": (UNKNOWN,)}
    commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=facts, expected_version=0, now=NOW)
    judge_everything(actor)
    made = review(actor)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert fact.values["unassessed_facts"] == ("tool_side_effects", "tools")
    (told,) = reviews_of(actor, SYSTEM)
    assert told.threats["AML.T0053"] == ThreatState.UNASSESSED


def test_another_organisation_sees_nothing(actor, begun):
    other = found("Southlight Bank", email="owner@south.example")
    with pytest.raises(SystemUnknown):
        threat_page(other, SYSTEM, NOW)
