"""Reads of the statement: all 38 controls, undecided ones included, own controls in force, and versions of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.applicability import models
from clerestory.registers.applicability.queries.own import (
    OWN_GROUP,
    ControlUnknown,
    OwnRecord,
    own_controls,
    own_versions,
)
from clerestory.registers.applicability.rules import Decision, Ground, Line, own_number
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, FrameworkId, PersonId, RequirementId

FRAMEWORK = FrameworkId("iso42001-2023")


class StatementUnknown(ClerestoryError):
    """The statement has no such version."""


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
    is_own: bool = False

    @classmethod
    def of_own(cls, record: OwnRecord) -> "StatementRow":
        """Return an own control as a row of the statement."""
        decided = DecisionRecord(
            record.control.decision(record.control_id),
            record.version,
            record.decided_by,
            record.decided_at,
            record.entry_id,
        )
        return cls(record.control_id, record.control.title, OWN_GROUP, decided, is_own=True)

    @property
    def line(self) -> Line:
        """The decided control as a line of the statement; raises `ControlUnknown` where nobody decided."""
        if self.newest is None:
            raise ControlUnknown(
                sentence.gettext("{control} is undecided.", control=self.control),
                sentence.gettext("Decide on it first."),
            )
        said = self.newest.decision
        return Line(
            control=self.control,
            included=said.included,
            justification=said.justification,
            ground=said.ground,
            risks=said.risks,
            impacts=said.impacts,
            obligations=said.obligations,
            version=self.newest.version,
            entry_id=self.newest.entry_id,
            own_title=self.title if self.is_own else "",
        )


@dataclass(frozen=True, slots=True)
class StatementVersion:
    """One version of the whole statement; ``decisions`` are triples of control, version and entry."""

    version: int
    issued_by: PersonId
    issued_at: datetime
    entry_id: EntryId
    included: int
    excluded: int
    decisions: list[list[object]]
    lines: tuple[Line, ...] = ()
    own: tuple[OwnRecord, ...] = ()
    """The own controls among its lines, as they stood."""


def annex(actor: Actor) -> tuple[StatementRow, ...]:
    """Return all controls of Annex A in order with their newest decisions, in one query."""
    permit(actor, "read", "applicability")
    rows = models.Decision.objects.filter(organisation_id=actor.organisation_id).order_by("version")
    newest = {row.control: _record(row) for row in rows}
    return tuple(
        StatementRow(r.id, gettext(r.title), r.group, newest.get(r.id))
        for r in load().frameworks[FRAMEWORK].requirements
        if r.kind == "control" and r.assessable
    )


def statement(actor: Actor) -> tuple[StatementRow, ...]:
    """Return all rows of the statement in two queries: the controls of Annex A, then own controls in force."""
    permit(actor, "read", "applicability")
    own = (StatementRow.of_own(record) for record in own_controls(actor) if not record.retired)
    return (*annex(actor), *own)


def decisions(actor: Actor, control: str) -> tuple[DecisionRecord, ...]:
    """Return all versions of the decision on one control, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Decision.objects.filter(organisation_id=actor.organisation_id, control=control).order_by("-version")
    return tuple(_record(row) for row in rows)


def statement_row(actor: Actor, control: str) -> StatementRow:
    """Return one control with its newest decision."""
    permit(actor, "read", "applicability")
    return control_decided(actor, control)[0]


def control_decided(actor: Actor, control: str) -> tuple[StatementRow, tuple[DecisionRecord, ...]]:
    """Return one control of Annex A and all versions of the decision on it, newest first, in one query.

    Raises:
        ControlUnknown: Annex A has no such control.
    """
    permit(actor, "read", "applicability")
    known = load().frameworks[FRAMEWORK].requirements
    asked = next((r for r in known if r.id == control and r.kind == "control" and r.assessable), None)
    if asked is None:
        raise ControlUnknown(
            sentence.gettext("There is no control {control!r}.", control=control),
            sentence.gettext("Choose one of Annex A, such as A.7.4."),
        )
    versions = decisions(actor, control)
    return StatementRow(asked.id, gettext(asked.title), asked.group, next(iter(versions), None)), versions


def newest_lines(actor: Actor) -> tuple[Line, ...]:
    """Return the newest decision on each decided control, Annex A first, in two queries."""
    permit(actor, "read", "applicability")
    return tuple(row.line for row in statement(actor) if row.newest is not None)


def statement_versions(actor: Actor) -> tuple[StatementVersion, ...]:
    """Return all versions of the statement without their lines, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Statement.objects.filter(organisation_id=actor.organisation_id).order_by("-version")
    return tuple(map(_statement_version, rows))


def newest_statement(actor: Actor) -> StatementVersion | None:
    """Return the newest version without its lines, or None before the first."""
    permit(actor, "read", "applicability")
    row = models.Statement.objects.filter(organisation_id=actor.organisation_id).order_by("-version").first()
    return None if row is None else _statement_version(row)


def statement_version(actor: Actor, version: int) -> StatementVersion:
    """Return one version with its lines as they stood, in three queries at most.

    Raises:
        StatementUnknown: there is no such version.
    """
    permit(actor, "read", "applicability")
    return statements(actor, (version,))[0]


def statements(actor: Actor, versions: Sequence[int]) -> tuple[StatementVersion, ...]:
    """Return some versions with their lines as they stood, in the order asked for, in three queries at most.

    Raises:
        StatementUnknown: there is no such version.
    """
    permit(actor, "read", "applicability")
    rows = models.Statement.objects.filter(organisation_id=actor.organisation_id, version__in=versions)
    found = {row.version: row for row in rows}
    for version in versions:
        if version not in found:
            raise StatementUnknown(
                sentence.gettext("The statement has no version {version}.", version=version),
                sentence.gettext("Choose one of the list of versions."),
            )
    keys = [key for row in found.values() for key in row.decisions]
    entries = [entry_id for _control, _version, entry_id in keys]
    decided = models.Decision.objects.filter(organisation_id=actor.organisation_id, entry_id__in=entries)
    by_entry = {
        each.entry_id: StatementRow(RequirementId(each.control), "", "", _record(each)).line for each in decided
    }
    beside = own_versions(actor, entries) if any(own_number(control) for control, _version, _entry in keys) else ()
    own = {record.entry_id: record for record in beside}
    by_entry |= {entry: StatementRow.of_own(record).line for entry, record in own.items()}
    return tuple(
        replace(
            _statement_version(found[version]),
            lines=tuple(by_entry[entry] for _c, _v, entry in found[version].decisions),
            own=tuple(own[entry] for _c, _v, entry in found[version].decisions if entry in own),
        )
        for version in versions
    )


def _statement_version(row: models.Statement) -> StatementVersion:
    return StatementVersion(
        row.version,
        PersonId(row.issued_by),
        row.issued_at,
        EntryId(row.entry_id),
        row.included,
        row.excluded,
        row.decisions,
    )


def _record(row: models.Decision) -> DecisionRecord:
    decision = Decision(
        control=RequirementId(row.control),
        included=row.included,
        justification=row.justification,
        ground=Ground(row.ground),
        risks=tuple(row.risks),
        impacts=tuple(row.impacts),
        obligations=tuple(row.obligations),
    )
    return DecisionRecord(decision, row.version, PersonId(row.decided_by), row.decided_at, EntryId(row.entry_id))
