"""Evidence about impact: method, thresholds, assessments with what they cover, and what followed from them."""

from collections.abc import Sequence
from datetime import datetime

from clerestory.registers.impact.rules.assessment import Assessment, Nature
from clerestory.registers.impact.rules.method import Method
from clerestory.registers.impact.rules.outcome import Carried, Condition, Consultation, Disclosure, Proceeding
from clerestory.registers.impact.rules.question import BY_NAME
from clerestory.registers.impact.rules.threshold import Depth, Thresholds
from clerestory.terms.evidence import Author, Evidence, Person, Subject
from clerestory.terms.ids import OrganisationId


class Writer:
    """Makes the evidence of one person at one moment for one organisation, about it or about one of its systems."""

    def __init__(self, organisation_id: OrganisationId, by: Person, at: datetime, system_id: str = "") -> None:
        self._system = system_id
        subject = Subject("ai_system", system_id) if system_id else Subject("organisation", organisation_id)
        self._author = Author(subject, by, at)

    def method(self, method: Method, version: int) -> Evidence:
        """Return the evidence of one version of the method; it covers the parts that it speaks of."""
        told = [f"{part}\n{text}" for part, text in method.texts.items()]
        told += [f"{name}: {', '.join(steps)}" for name, steps in method.scales.items()]
        return self._author.evidence(
            "record.impact_method",
            "impact_method/main",
            version,
            {"version": str(version), "triggers": method.triggers},
            covers=method.parts_covered(),
            text="\n\n".join(told),
        )

    def thresholds(self, said: Thresholds, version: int) -> Evidence:
        """Return the evidence of one version of the thresholds."""
        weighed = {name: str(weight) for name, weight in (*said.weights.items(), *said.own)}
        return self._author.evidence(
            "record.impact_thresholds",
            "impact_thresholds/main",
            version,
            {"version": str(version), "weights": weighed},
            text=said.reason,
        )

    def retention(self, years: int, citation: str, version: int) -> Evidence:
        """Return the evidence of how long reports of assessments are kept."""
        return self._author.evidence(
            "record.retention_rule",
            "retention_rule/impact-assessment",
            version,
            {"covers_class": "impact assessment", "keep_for": f"P{years}Y", "citation": citation},
        )

    def answers(self, said: Assessment, part: str, version: int) -> Evidence:
        """Return the evidence of what somebody wrote or judged in the assessment of a system."""
        return self._author.evidence(
            "record.impact_answers",
            f"impact_answers/{self._system}",
            version,
            {"version": str(version), "part": part, "effects_judged": len(said.effects)},
            text=report_text(said),
        )

    def assessment(
        self, said: Assessment, method: Method, depth: Depth, *, people_heard: bool, trigger: str, version: int
    ) -> Evidence:
        """Return the evidence of one version of an assessment, with findings and misuse that others are counted by."""
        return self._author.evidence(
            "record.impact_assessment",
            f"impact_assessment/{self._system}",
            version,
            {
                "version": str(version),
                "affected_groups": said.listed("affected_groups"),
                "severity_highest": method.step("severity", said.severity_highest) or "none",
                "people_heard": people_heard,
                "trigger": trigger,
            },
            covers=said.covers(approved_method=True),
            lists={"impact_findings": said.findings(method), "misuse_scenarios": said.listed("misuse_scenarios")},
            text=f"{report_text(said)}\n\n{depth.weight}",
        )

    def consultation(self, said: Consultation, number: int) -> Evidence:
        """Return the evidence that affected people were heard; what they said is its content."""
        return self._author.evidence(
            "record.impact_consultation",
            f"impact_consultation/{self._system}/{number}",
            1,
            {"group": said.group, "held_on": said.held_on.isoformat(), "way": str(said.way), "people": said.people},
            text=f"{said.said}\n\n{said.done}",
        )

    def proceeding(self, said: Proceeding, assessed: str, version: int) -> Evidence:
        """Return the evidence of the decision to proceed; ``assessed`` names the version that it rests on."""
        return self._author.evidence(
            "decision.impact_proceed",
            f"impact_proceed/{self._system}",
            version,
            {"outcome": str(said.outcome), "conditions": len(said.conditions), "assessment": assessed},
            text="\n".join([said.reason, *(f"- {c.text} ({c.due_on})" for c in said.conditions)]),
        )

    def condition_met(self, condition: Condition, place: int, decision: int, how: str) -> Evidence:
        """Return the evidence that a condition of a decision was met."""
        return self._author.evidence(
            "record.impact_condition",
            f"impact_condition/{self._system}/{decision}/{place}",
            1,
            {"condition": condition.text, "due_on": condition.due_on.isoformat()},
            text=how,
        )

    def trace(self, rows: Sequence[Carried], version: int) -> Evidence:
        """Return the evidence of where each finding stands in the risk register, or why nowhere."""
        told = [f"- {row.finding}: {', '.join(row.risks) or row.reason}" for row in rows]
        return self._author.evidence(
            "record.impact_to_risk_trace",
            f"impact_to_risk_trace/{self._system}",
            version,
            {"findings_traced": len(rows)},
            covers=tuple(row.finding for row in rows),
            text="\n".join(told),
        )

    def disclosure(self, said: Disclosure, version: int) -> Evidence:
        """Return the evidence of to whom the results are told."""
        return self._author.evidence(
            "decision.impact_disclosure",
            f"impact_disclosure/{self._system}",
            version,
            {"disclosed_to": said.audiences, "justification": said.justification.strip()},
        )


def report_text(said: Assessment) -> str:
    """Return an assessment as plain text, question by question and line by line."""
    told = [f"{name}: {said.said(name)}" for name in BY_NAME if said.said(name)]
    for effect in said.effects:
        head = f"{effect.topic}, {effect.nature}"
        if effect.nature is Nature.NONE:
            told.append(f"{head}: {effect.reason}")
            continue
        rated = f"{effect.severity} x {effect.likelihood}, reversibility {effect.reversibility}"
        left = f"; {effect.measure} -> {effect.remaining_severity} x {effect.remaining_likelihood}"
        told.append(f"{head} ({effect.who}): {effect.what} [{rated}] {effect.reason}{left if effect.measure else ''}")
    return "\n\n".join(told)
