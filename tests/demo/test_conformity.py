"""Clauses 4.1 to 6.1.4 and A.2 to A.5 in the demo: what proves each, what is missing, and how each falls again.

Nothing here is appended past a register: records come from the registers' commands, results from checks that ran.
"""

import json
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need
from clerestory.demo.northlight import fill
from clerestory.demo.people import PEOPLE, Staff, signed_in
from clerestory.desk.approval import approve, revoke
from clerestory.intake.manifest import read
from clerestory.intake.receive import receive
from clerestory.intake.run import run_check
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.status import RequirementStatus, State
from clerestory.registers.policy.commands import amend
from clerestory.registers.policy.queries import acts
from clerestory.registers.risk.commands import accept_risk, decide_treatment, propose_plan
from clerestory.registers.risk.queries.record import risk_record
from clerestory.registers.risk.rules.risk import Acceptance, Decision, Nature, Treatment
from clerestory.store import clock, log, sequencer
from clerestory.store.facts import fact_index
from clerestory.terms.evidence import Person
from clerestory.terms.ids import EntryId, FrameworkId, RequirementId
from clerestory.terms.status import Conformity
from tests.registers.conformity import ISO42001

pytestmark = pytest.mark.django_db(transaction=True)
Judged = Mapping[RequirementId, RequirementStatus]
FAIRNESS, PRIVACY, EXPLAINED = "fairness.*", "privacy.*", "explainability.*"
PROVES = {
    "4.1": "record.context_review decision.ai_role",
    "4.2": "record.interested_party_review record.obligation_review record.expectation_trace",
    "4.3": "record.scope_statement inventory.discovery-reconciliation decision.scope_membership",
    "4.4": "record.aims_description record.process_run",
    "5.1": "record.leadership_act record.management_review",
    "5.2": "record.ai_policy record.policy_publication record.policy_acknowledgement",
    "5.3": "decision.role_assignment record.role_acceptance record.performance_report",
    "6.1.1": "record.risk_criteria record.risk_and_opportunity_plan record.action_effectiveness",
    "6.1.2": "record.risk_method record.comparability_trial record.risk_analysis",
    "6.1.3": "record.treatment_process decision.applicability record.applicability_trace record.treatment_plan"
    " decision.treatment approval.residual_risk",
    "6.1.4": "record.impact_method record.impact_to_risk_trace decision.impact_disclosure",
    "A.2.2": "record.ai_policy record.policy_acknowledgement",
    "A.2.3": "record.policy_alignment_review record.policy_amendment",
    "A.2.4": "record.policy_review decision.policy_review_outcome",
    "A.3.2": "decision.system_duties record.role_acceptance",
    "A.3.3": "record.concern_procedure record.channel_trial record.concern_outcome",
    "A.4.2": "record.resource_description inventory.discovery-reconciliation inventory.bill-of-materials",
    "A.4.3": "record.datasheet data_quality.profile provenance.dataset-lineage privacy.personal-data-scan",
    "A.4.4": "record.tooling_description supply_chain.vulnerabilities supply_chain.model-file-scan"
    " supply_chain.licence",
    "A.4.5": "record.computing_description resources.environment-capture resources.energy-use",
    "A.4.6": "record.staffing_description record.staffing_check",
    "A.5.2": "record.impact_method approval.release record.impact_assessment",
    "A.5.3": "record.impact_assessment record.retention_rule records.retention",
    "A.5.4": f"record.impact_assessment {FAIRNESS} {PRIVACY} {EXPLAINED} performance.subgroup",
    "A.5.5": "record.impact_assessment resources.energy-use security.abuse-scenarios",
}
"""What a requirement asks for: kinds of records that registers bring, and checks that are run."""
LACKS = {
    "5.1": (Conformity.NOT_EVIDENCED, "record.management_review"),
    "6.1.3": (Conformity.STALE, "decision.treatment approval.residual_risk"),
    "A.2.3": (Conformity.NOT_EVIDENCED, "record.policy_amendment"),
    "A.4.3": (Conformity.NOT_EVIDENCED, PROVES["A.4.3"]),
    "A.4.4": (Conformity.NOT_EVIDENCED, "supply_chain.vulnerabilities supply_chain.licence"),
    "A.5.4": (Conformity.NONCONFORMING, f"{FAIRNESS} {PRIVACY} {EXPLAINED} performance.subgroup"),
}
"""What the story of the demo leaves open, and exactly what is missing; everything else conforms."""
CONFORM = set(PROVES) - set(LACKS)
TAKEN_BACK = {
    "4.1": "decision.ai_role",
    "4.2": "record.obligation_review",
    "4.4": "record.aims_description",
    "5.3": "record.performance_report",
    "6.1.1": "record.risk_and_opportunity_plan",
    "6.1.2": "record.risk_analysis",
    "6.1.4": "decision.impact_disclosure",
    "A.2.4": "decision.policy_review_outcome",
    "A.3.2": "decision.system_duties",
    "A.3.3": "record.concern_procedure",
    "A.4.5": "record.computing_description",
    "A.4.6": "record.staffing_description",
    "A.5.2": "approval.release",
    "A.5.5": "record.impact_assessment",
    "5.2": "record.policy_publication",
    "A.2.2": "record.policy_acknowledgement",
}
"""Which record is taken back, one after another; A.2.2 and A.5.5 come after what rests on the same records."""
FAILED = ("4.3", "A.4.2", "A.5.3")
"""What rests on a search for AI and for reports that is made again and fails."""


def test_what_proves_each_clause_is_what_its_rules_ask_for_and_what_the_demo_holds(northlight: Path) -> None:
    staff = filled(northlight)
    status = judged(staff, clock.now())
    assert asked() == {requirement: set(names.split()) for requirement, names in PROVES.items()}
    found = {requirement: status[RequirementId(requirement)] for requirement in PROVES}
    assert {requirement for requirement, one in found.items() if one.conformity is Conformity.CONFORMS} == CONFORM
    assert {r: (found[r].conformity, lacking(found[r])) for r in LACKS} == {
        requirement: (conformity, set(names.split())) for requirement, (conformity, names) in LACKS.items()
    }
    assert "record.management_review" in load().not_yet_produced.kinds
    facts = {fact.entry_id: fact for fact in log.facts(staff.lead.organisation_id)}
    for requirement in CONFORM:
        for need, entries in shown(found[requirement]):
            for fact in (facts[entry] for entry in entries):
                assert isinstance(fact.produced_by, Person) is not need.measured, (requirement, fact.kind)
    for requirement, one in judged(staff, clock.now() + timedelta(days=400)).items():
        assert requirement not in CONFORM or one.conformity is not Conformity.CONFORMS, f"{requirement} never expires"


def test_what_the_demo_leaves_open_can_be_closed_and_every_clause_falls_when_its_record_is_taken_back(
    northlight: Path,
) -> None:
    staff = filled(northlight)
    decide_anew(staff)
    amend_the_conflict(staff)
    status = judged(staff, clock.now())
    for requirement in ("6.1.3", "A.2.3"):
        one = status[RequirementId(requirement)]
        assert one.conformity is Conformity.CONFORMS, [str(missing) for missing in one.missing]
    for requirement, kind in {"6.1.3": "approval.residual_risk", "A.2.3": "record.policy_alignment_review"}.items():
        falls(staff, requirement, kind)
    for requirement, kind in TAKEN_BACK.items():
        falls(staff, requirement, kind)
    assert {*TAKEN_BACK, *FAILED} == CONFORM
    for requirement in FAILED:
        assert status[RequirementId(requirement)].conformity is Conformity.CONFORMS
    bring_in_what_nobody_registered(staff, northlight)
    status = judged(staff, clock.now())
    assert {status[RequirementId(requirement)].conformity for requirement in FAILED} == {Conformity.NONCONFORMING}


def filled(folder: Path) -> Staff:
    """Return the people of the filled demo, each signed in anew."""
    logins = fill(folder, clock=clock.now)
    people: dict[str, Any] = {key: signed_in(login) for (key, *_), login in zip(PEOPLE, logins, strict=True)}
    return Staff(**people, logins=logins)


def judged(staff: Staff, at: datetime) -> Judged:
    """Judge every requirement at one moment."""
    sequencer.sequence(staff.lead.organisation_id)
    return evaluate(load(), FrameworkId(ISO42001), fact_index(staff.lead.organisation_id), at=at)


def asked() -> dict[str, set[str]]:
    """Return what the rules of each requirement in question ask for."""
    found: dict[str, set[str]] = {requirement: set() for requirement in PROVES}
    for rule in load().rules[ISO42001]:
        for need in (*rule.needs, *(need for group in rule.any_of for need in group)):
            if rule.requirement in found:
                found[rule.requirement].add(named(need))
    return found


def named(need: Need) -> str:
    """Name what a need asks for: one check, a family of checks, or a kind of record."""
    return need.check or (f"{need.families[0]}.*" if need.families else need.kind)


def lacking(status: RequirementStatus) -> set[str]:
    """Name what does not hold."""
    return {named(one.need) for rule in status.rules for one in rule.needs if one.state is not State.HOLDS}


def shown(status: RequirementStatus) -> list[tuple[Need, tuple[EntryId, ...]]]:
    """Return the entries that each need rests on."""
    return [
        (need.need, tuple(entry for member in need.members for entry in member.because))
        for rule in status.rules
        for need in rule.needs
        if rule.applicable
    ]


def falls(staff: Staff, requirement: str, kind: str) -> None:
    """Take back the newest record of a kind that a requirement rests on, and see that it no longer conforms."""
    before = judged(staff, clock.now())[RequirementId(requirement)]
    assert before.conformity is Conformity.CONFORMS, (requirement, [str(missing) for missing in before.missing])
    facts = {fact.entry_id: fact for fact in log.facts(staff.lead.organisation_id)}
    entries = [entry for need, found in shown(before) if need.kind == kind for entry in found]
    entry = next(entry for entry in reversed(entries) if facts[entry].kind == kind)
    revoke(actor=staff.risk, entry_id=entry, reason="It was about another case", now=clock.now())
    after = judged(staff, clock.now())[RequirementId(requirement)]
    assert after.conformity in (Conformity.STALE, Conformity.NOT_EVIDENCED), requirement
    assert kind in lacking(after), (requirement, lacking(after))


def decide_anew(staff: Staff) -> None:
    """Let the owner of the risk that rose decide and accept again; another person approves both and the plan."""
    risk_id = next(f"R-{n}" for n in range(1, 9) if "change" in of(staff, f"R-{n}").risk.event)
    decision = Decision(
        treatment=Treatment.MODIFY, nature=Nature.ORGANISATIONAL, controls=("A.6.2.6",),
        reason="October's month is not served; the treatment stays and its tasks are brought forward.",
    )  # fmt: skip
    said: dict[str, Any] = {"actor": staff.cards, "risk_id": risk_id}
    made = decide_treatment(**said, decision=decision, expected_version=of(staff, risk_id).version, now=clock.now())
    approve(actor=staff.risk, entry_id=made.entry_id, now=clock.now())
    found = of(staff, risk_id)
    acceptance = Acceptance(
        seen_level=found.level, valid_until=(clock.now() + timedelta(days=20)).date(),
        reason="Nothing is offered by the model until the month passes.",
    )  # fmt: skip
    made = accept_risk(**said, acceptance=acceptance, expected_version=found.version, now=clock.now())
    approve(actor=staff.risk, entry_id=made.entry_id, now=clock.now())
    made = propose_plan(actor=staff.lead, now=clock.now())
    approve(actor=staff.risk, entry_id=made.entry_id, now=clock.now())


def of(staff: Staff, risk_id: str) -> Any:
    """Return a risk as it is now."""
    return risk_record(staff.cards, risk_id)


def amend_the_conflict(staff: Staff) -> None:
    """Amend the other policy, so that the conflict that the comparison found is gone."""
    (conflict,) = acts(staff.lead, "conflict")
    made = amend(actor=staff.lead, number=conflict.number, amended="Credit policy, version 4.1", now=clock.now())
    approve(actor=staff.risk, entry_id=made.entry_id, now=clock.now())


def bring_in_what_nobody_registered(staff: Staff, folder: Path) -> None:
    """Let a model lie where no system of the register is, and lose a report; then search again and push it."""
    (folder / "unregistered").mkdir()
    shutil.copyfile(folder / "credit-scoring" / "model.onnx", folder / "unregistered" / "copied.onnx")
    next((folder / "reports").glob("credit-scoring-*.txt")).unlink()
    run = run_check(read(folder / "estate.toml"), now=clock.now)
    receive(json.loads(run.body()), actor=staff.engineer, now=clock.now())
