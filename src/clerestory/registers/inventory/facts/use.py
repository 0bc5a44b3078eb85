"""Evidence of questions about uses, of joined and explained duplicates, and of the fast lane."""

from datetime import date, datetime

from clerestory.registers.inventory.facts.record import system_subject
from clerestory.registers.inventory.rules.use import Answer, Answered, Question
from clerestory.terms.evidence import Author, Evidence, FactValue, Person, Subject
from clerestory.terms.ids import EntryId, OrganisationId


def question_evidence(
    question: Question,
    said: Answered,
    *,
    of: OrganisationId,
    by: Person,
    at: datetime,
    number: int,
    policy: str,
    rules_version: str,
    same_as: str = "",
) -> Evidence:
    """Return the evidence that a question with its answer is; the words of the asker are its content."""
    subject = system_subject(question.system_id) if question.system_id else Subject("organisation", of)
    values: dict[str, FactValue] = {
        "answer": str(said.answer),
        "marks": question.marks,
        "conditions": said.conditions,
        "reasons": tuple(f"{because} ({source})" for because, source in said.reasons),
        "use_policy": policy,
        "use_rules": rules_version,
    }
    if same_as:
        values["same_as"] = same_as
    entity = f"use_request/use-{number}"
    return Author(subject, by, at).evidence("record.use_request", entity, 1, values, text=question.purpose)


def approval_evidence(
    question: Question, said: Answered, *, by: Person, at: datetime, number: int, until: date, asked: EntryId
) -> Evidence:
    """Return the evidence of a use of a system as it is put to a person; it counts once that person approved it."""
    outcome = "approved with conditions" if said.conditions or said.answer is Answer.CONDITIONS else "approved"
    return Author(system_subject(question.system_id), by, at).evidence(
        "decision.use_approval",
        f"use_approval/use-{number}",
        1,
        {"outcome": outcome, "conditions": said.conditions, "valid_until": until.isoformat()},
        answers=(asked,),
    )


def duplicate_evidence(
    system_id: str, other: str, *, joined: bool, reason: str, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence that two likely duplicates were joined, or explained; it is about the one that is retired."""
    return Author(system_subject(system_id), by, at).evidence(
        "decision.duplicate",
        f"duplicate/{system_id}/{other}",
        version,
        {"outcome": "joined" if joined else "explained", "other": other, "reason": reason},
        links=(system_subject(other),),
    )


def lane_evidence(system_id: str, *, taken: bool, rests_on: str, policy: str, author: Author, version: int) -> Evidence:
    """Return the evidence that a system took the fast lane, or dropped out of it."""
    values = {"outcome": "taken" if taken else "dropped out", "rests_on": rests_on, "use_policy": policy}
    entity = f"fast_lane/{system_id}"
    return author.evidence("decision.fast_lane", entity, version, values, subject=system_subject(system_id))
