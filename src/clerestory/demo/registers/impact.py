"""What the demo's systems do to people (6.1.4, A.5): method, thresholds, assessments, decisions, what came of them."""

from collections.abc import Mapping

from clerestory.demo.people import Staff
from clerestory.demo.told import Clock, Story, day, story
from clerestory.desk.approval import approve
from clerestory.registers.impact.commands import (
    answer,
    decide,
    disclose,
    hear_people,
    judge_effect,
    keep_reports,
    mark_use,
    meet_condition,
    propose_assessment,
    propose_method,
    propose_thresholds,
    rule_out_effects,
    trace_findings,
)
from clerestory.registers.impact.queries import assessed
from clerestory.registers.impact.queries.method import in_force, shipped_method
from clerestory.registers.impact.rules.assessment import Effect, Nature, Reach
from clerestory.registers.impact.rules.outcome import (
    Carried,
    Condition,
    Consultation,
    Disclosure,
    Outcome,
    Proceeding,
    Way,
)
from clerestory.registers.impact.rules.threshold import Thresholds


def agree_on_method(staff: Staff, clock: Clock) -> None:
    """Bring the shipped method, the bank's own thresholds and the time of keeping into force."""
    told = story("impact")
    limits = Thresholds(severity_from=told["thresholds"]["severity_from"], reason=told["thresholds"]["reason"])
    kept = told["retention"]
    for made in (
        propose_method(actor=staff.lead, method=shipped_method(), now=clock()),
        propose_thresholds(actor=staff.lead, said=limits, now=clock()),
        keep_reports(actor=staff.lead, years=kept["years"], citation=kept["citation"], now=clock()),
    ):
        approve(actor=staff.risk, entry_id=made.entry_id, now=clock())


def assess(staff: Staff, clock: Clock) -> None:
    """Assess every system: answers, effects, people heard; a second person approves each report."""
    for said in story("impact")["assessment"]:
        _write(staff, said, clock)
        made = propose_assessment(actor=staff.lead, system_id=said["system"], now=clock())
        approve(actor=staff.risk, entry_id=made.entry_id, now=clock())


def conclude(staff: Staff, risks: Mapping[str, str], clock: Clock) -> None:
    """Decide whether to proceed, carry what was found into risks, and decide who is told; others approve it."""
    for said in story("impact")["assessment"]:
        system_id, asked = said["system"], said["decision"]
        conditions = tuple(
            Condition(text=one["text"], owner=staff.named(one["owner"]).person_id, due_on=day(clock, one["in_days"]))
            for one in asked["condition"]
        )
        proceeding = Proceeding(outcome=Outcome(asked["outcome"]), reason=asked["reason"], conditions=conditions)
        newest = assessed(staff.lead, system_id).newest
        seen = newest.version if newest is not None else 0
        made = decide(actor=staff.lead, system_id=system_id, said=proceeding, seen=seen, now=clock())
        decided = made.version
        approve(actor=staff.risk, entry_id=made.entry_id, now=clock())
        for place, one in enumerate(asked["condition"], 1):
            if "met" in one:
                owner = staff.named(one["owner"])
                meet_condition(
                    actor=owner, system_id=system_id, decision=decided, place=place, how=one["met"], now=clock()
                )
        rows = _carried(staff, said, risks)
        trace_findings(actor=staff.lead, system_id=system_id, rows=rows, seen=seen, now=clock())
        told = said["disclosure"]
        disclosure = Disclosure(audiences=tuple(told["audiences"]), justification=told["justification"])
        made = disclose(actor=staff.lead, system_id=system_id, said=disclosure, seen=seen, now=clock())
        approve(actor=staff.risk, entry_id=made.entry_id, now=clock())


def _write(staff: Staff, said: Story, clock: Clock) -> None:
    system_id = said["system"]
    answer(actor=staff.lead, system_id=system_id, answers=said["answers"], now=clock())
    mark_use(
        actor=staff.lead,
        system_id=system_id,
        marks=tuple(said["marks"]),
        reason=said["marks_reason"],
        now=clock(),
    )
    for one in said["effect"]:
        judge_effect(actor=staff.lead, system_id=system_id, effect=_effect(one), now=clock())
    rule_out_effects(actor=staff.lead, system_id=system_id, reasons=said["ruled_out"], now=clock())
    for one in said.get("heard", ()):
        heard = Consultation(
            group=one["group"],
            held_on=day(clock, -one["days_ago"]),
            way=Way(one["way"]),
            people=one["people"],
            said=one["said"],
            done=one["done"],
        )
        hear_people(actor=staff.lead, system_id=system_id, said=heard, now=clock())


def _effect(said: Story) -> Effect:
    about = ("risk", "not_risk", "nature", "reach")
    rest = {name: value for name, value in said.items() if name not in about}
    return Effect(effect_id="", nature=Nature(said["nature"]), reach=Reach(said["reach"]), **rest)


def _carried(staff: Staff, said: Story, risks: Mapping[str, str]) -> list[Carried]:
    """Return where each finding went: into the risk that the story names, or nowhere with its reason."""
    findings = assessed(staff.lead, said["system"]).assessment.findings(in_force(staff.lead).method)
    rows = []
    for one in said["effect"]:
        item = next((finding for finding in findings if one["what"][:60] in finding), "")
        if not item:
            continue
        into = (risks[one["risk"]],) if "risk" in one else ()
        rows.append(Carried(finding=item, risks=into, reason=one.get("not_risk", "")))
    left = [finding for finding in findings if finding not in {row.finding for row in rows}]
    return rows + [
        Carried(finding=item, reason="No harm reaches the step from which the method treats.") for item in left
    ]
