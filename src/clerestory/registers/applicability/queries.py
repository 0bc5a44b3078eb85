"""Reads of applicability: the statement over all 38 controls, undecided ones included."""

from dataclasses import dataclass
from datetime import date, datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.applicability import models
from clerestory.registers.applicability.rules import Decision, Ground, Loosening
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, FrameworkId, PersonId, RequirementId

FRAMEWORK = FrameworkId("iso42001-2023")


class ControlUnknown(ClerestoryError):
    """Annex A has no such control."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One version of a decision, who made it, and its entry."""

    decision: Decision
    version: int
    decided_by: PersonId
    decided_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One control with its newest decision, or None where nobody decided yet."""

    control: RequirementId
    title: str
    group: str
    newest: DecisionRecord | None


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """A rule that is loosened for a time."""

    exception_id: str
    loosening: Loosening
    subject: str
    owner: PersonId
    decided_at: datetime
    entry_id: EntryId

    def is_over(self, on: date) -> bool:
        """Whether its last day has passed."""
        return on > self.loosening.valid_until


def statement(actor: Actor) -> tuple[StatementRow, ...]:
    """Return all controls of Annex A in order with their newest decisions, in one query."""
    permit(actor, "read", "applicability")
    rows = models.Decision.objects.filter(organisation_id=actor.organisation_id).order_by("version")
    newest = {row.control: _record(row) for row in rows}
    return tuple(
        StatementRow(r.id, r.title, r.group, newest.get(r.id))
        for r in load().frameworks[FRAMEWORK].requirements
        if r.kind == "control" and r.assessable
    )


def decisions(actor: Actor, control: str) -> tuple[DecisionRecord, ...]:
    """Return all versions of the decision on one control, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Decision.objects.filter(organisation_id=actor.organisation_id, control=control).order_by("-version")
    return tuple(_record(row) for row in rows)


def statement_row(actor: Actor, control: str) -> StatementRow:
    """Return one control with its newest decision."""
    permit(actor, "read", "applicability")
    for row in statement(actor):
        if row.control == control:
            return row
    raise ControlUnknown(f"There is no control {control!r}.", "Choose one of Annex A, such as A.7.4.")


def exceptions(actor: Actor) -> tuple[ExceptionRecord, ...]:
    """Return loosened rules, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Loosening.objects.filter(organisation_id=actor.organisation_id).order_by("-id")
    return tuple(
        ExceptionRecord(
            row.exception_id,
            Loosening(rule=row.rule, justification=row.justification, valid_until=row.valid_until),
            f"{row.subject_kind}:{row.subject_id}",
            PersonId(row.owner),
            row.decided_at,
            EntryId(row.entry_id),
        )
        for row in rows
    )


def _record(row: models.Decision) -> DecisionRecord:
    decision = Decision(
        control=RequirementId(row.control),
        included=row.included,
        justification=row.justification,
        ground=Ground(row.ground),
        risks=tuple(row.risks),
    )
    return DecisionRecord(decision, row.version, PersonId(row.decided_by), row.decided_at, EntryId(row.entry_id))
