"""Evidence of nonconformities: one fact for the finding and one for each step, which answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.registers.nonconformity.rules import (
    Action,
    Cause,
    Correction,
    Days,
    Effect,
    FoundBy,
    Grade,
    covered_cases,
)
from clerestory.terms.evidence import Content, Evidence, FactValue, Machine, Person, Subject
from clerestory.terms.ids import EntryId, LeafHash, OrganisationId
from clerestory.terms.moment import Period

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One version of a nonconformity as its fact carries it; the words stand in the content."""

    nonconformity_id: str
    version: int
    grade: Grade
    requirement: str
    found_by: FoundBy
    owner: str
    days: Days
    similar: tuple[str, ...]
    system_id: str
    words: str
    caused_by: tuple[LeafHash, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the fact of a step needs: which entry it answers, which version of the step it is, what it replaces."""

    organisation_id: OrganisationId
    nonconformity_id: str
    answers: EntryId
    version: int
    supersedes: tuple[EntryId, ...] = ()


def nonconformity_evidence(
    said: Stated, organisation_id: OrganisationId, *, by: Machine | Person, at: datetime
) -> Evidence:
    """Return the evidence that a requirement is not fulfilled, with the days for each step."""
    system = bool(said.system_id)
    days = said.days
    return Evidence(
        kind="register.nonconformity",
        subject=Subject("ai_system", said.system_id) if system else Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"nonconformity/{said.nonconformity_id}",
        entity_version=said.version,
        values={
            "grade": said.grade.value,
            "requirement": said.requirement,
            "found_by": said.found_by.value,
            **({"owner": said.owner} if said.owner else {}),
            "correct_by": days.correct_by.isoformat(),
            "cause_by": days.cause_by.isoformat(),
            "act_by": days.act_by.isoformat(),
            "confirm_by": days.confirm_by.isoformat(),
        },
        lists={"similar_cases": said.similar},
        caused_by=said.caused_by,
        content=Content(said.words.encode(), TEXT),
    )


def correction_evidence(said: Correction, to: Answered, *, by: Person, at: datetime) -> Evidence:
    """Return the evidence of what was done at once."""
    values: dict[str, FactValue] = {"action": said.action.strip(), "done_on": said.done_on.isoformat()}
    return _step("record.correction", values, to, by=by, at=at)


def cause_evidence(said: Cause, items: Sequence[str], to: Answered, *, by: Person, at: datetime) -> Evidence:
    """Return the evidence of the cause; it covers the like cases that it speaks of, once a second person approved."""
    found = "\n\n".join(f"{place}\n{text.strip()}" for place, text in said.similar if text.strip())
    return _step(
        "record.cause_analysis",
        {"cause": said.cause.strip(), "method": said.method},
        to,
        by=by,
        at=at,
        covers=covered_cases(items, said.similar),
        words=found,
    )


def action_evidence(said: Action, to: Answered, *, by: Person, at: datetime) -> Evidence:
    """Return the evidence of the corrective action; it counts once a second person approved it."""
    values: dict[str, FactValue] = {
        "action": said.action.strip(),
        "done_on": said.done_on.isoformat(),
        "responsible": said.responsible,
    }
    return _step("record.corrective_action", values, to, by=by, at=at)


def effect_evidence(said: Effect, to: Answered, *, by: Person, at: datetime) -> Evidence:
    """Return the evidence of whether the action worked, by a person who does not answer for it."""
    reason = said.without_recheck.strip()
    words = said.finding.strip() + (f"\n\nWithout a re-check: {reason}" if reason else "")
    values: dict[str, FactValue] = {
        "effective": said.effective,
        "risks_reviewed": said.risks_reviewed,
        "recheck": tuple(said.recheck),
    }
    return _step("record.corrective_action_effectiveness", values, to, by=by, at=at, words=words)


def _step(
    kind: str,
    values: dict[str, FactValue],
    to: Answered,
    *,
    by: Person,
    at: datetime,
    covers: tuple[str, ...] = (),
    words: str = "",
) -> Evidence:
    return Evidence(
        kind=kind,
        subject=Subject("organisation", to.organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"{kind.partition('.')[2]}/{to.nonconformity_id}",
        entity_version=to.version,
        values=values,
        covers=covers,
        answers=(to.answers,),
        supersedes=to.supersedes,
        content=Content(words.encode(), TEXT) if words else None,
    )
