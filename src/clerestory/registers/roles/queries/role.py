"""Reads of roles and duties: frozen values of one organisation, never rows. Members are read through `desk.people`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.duty import Duty
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.desk.record.less import said_less
from clerestory.registers.roles import models
from clerestory.registers.roles.rules import Role, SystemDuties, read_role
from clerestory.store import directory
from clerestory.store.log import Kept
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId


class RoleUnknown(ClerestoryError):
    """The organisation has no such role."""


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """A role with the version of its record and the entry that the version was written to."""

    role: Role
    version: int
    entry_id: EntryId
    changed_at: datetime
    less: Mapping[str, Any]
    """What was said to ask less of it, as its row keeps it."""

    @property
    def waits(self) -> dict[str, Any]:
        """What is said and asks for less, until a second person approved it."""
        return said_less(self.less)


@dataclass(frozen=True, slots=True)
class AssignmentRecord:
    """A duty given to a person, with its entry."""

    assignment_id: str
    role_id: str | None
    duty: str
    holder: PersonId
    assigned_by: PersonId
    assigned_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class AcceptanceRecord:
    """A holder's acceptance of one version of a role."""

    holder: PersonId
    role_version: int
    accepted_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A performance report with its receivers."""

    report_id: str
    received_by: tuple[str, ...]
    topics: tuple[str, ...]
    summary: str
    reported_by: PersonId
    reported_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class DutiesRecord:
    """The newest decision on the duties around one system."""

    duties: SystemDuties
    version: int
    decided_by: PersonId
    decided_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class DutiesRow:
    """A system with the newest decision on its duties and where that stands, or None where nobody decided."""

    system_id: str
    label: str
    newest: DutiesRecord | None
    standing: Standing | None


ROLE_COLUMNS = (
    Column(
        name="name",
        label=_("Role"),
        searched=True,
        kind="link",
        value=lambda row: row.role.name,
        url=lambda row: reverse("roles-role", args=[row.role.role_id]),
    ),
    Column(name="role_id", label=_("Id"), searched=True, optional=True, value=lambda row: row.role.role_id),
    Column(
        name="duties",
        label=_("Duties"),
        searched=True,
        sortable=False,
        kind="list",
        value=lambda row: row.role.duties,
    ),
    Column(
        name="ai",
        label=_("AI duties"),
        filtered=True,
        options=(("yes", _("yes")), ("no", _("no"))),
        value=lambda row: "yes" if row.role.has_ai_duties else "no",
    ),
    Column(name="holders", label=_("Holders"), kind="number", value=lambda row: len(row.role.holders)),
    Column(name="changed_at", label=_("Changed"), kind="day", optional=True, value=lambda row: row.changed_at),
)


def known_system(actor: Actor, system_id: str) -> str:
    """Return the name of an AI system.

    Raises:
        RoleUnknown: the inventory has none with that id.
    """
    permit(actor, "read", "roles")
    record = directory.known(actor.organisation_id, "ai_system", system_id)
    if record is None:
        raise RoleUnknown(
            sentence.gettext("There is no AI system {system_id!r}.", system_id=system_id),
            sentence.gettext("Choose one of the list."),
        )
    return record.label


def roles(actor: Actor) -> tuple[RoleRecord, ...]:
    """Return all roles, by name."""
    permit(actor, "read", "roles")
    return tuple(_role(row) for row in _roles(actor).order_by("name", "role_id"))


def role(actor: Actor, role_id: str) -> RoleRecord:
    """Return one role."""
    permit(actor, "read", "roles")
    row = _roles(actor).filter(role_id=role_id).first()
    if row is None:
        raise RoleUnknown(
            sentence.gettext("There is no role {role_id!r}.", role_id=role_id),
            sentence.gettext("Define it, or choose one of the list."),
        )
    return _role(row)


def assignments(actor: Actor, role_id: str | None = None) -> tuple[AssignmentRecord, ...]:
    """Return the assignments within a role, or towards the organisation; newest first."""
    permit(actor, "read", "roles")
    rows = models.Assignment.objects.filter(organisation_id=actor.organisation_id).select_related("role")
    rows = rows.filter(role=None) if role_id is None else rows.filter(role__role_id=role_id)
    return tuple(
        AssignmentRecord(
            row.assignment_id,
            None if row.role is None else row.role.role_id,
            row.duty,
            PersonId(row.holder),
            PersonId(row.assigned_by),
            row.assigned_at,
            EntryId(row.entry_id),
        )
        for row in rows.order_by("-id")
    )


def acceptances(actor: Actor, role_id: str) -> tuple[AcceptanceRecord, ...]:
    """Return the acceptances of a role; newest first."""
    permit(actor, "read", "roles")
    rows = models.Acceptance.objects.filter(organisation_id=actor.organisation_id, role__role_id=role_id)
    return tuple(
        AcceptanceRecord(PersonId(row.holder), row.role_version, row.accepted_at, EntryId(row.entry_id))
        for row in rows.order_by("-id")
    )


def performance_reports(actor: Actor) -> tuple[ReportRecord, ...]:
    """Return reports to management; newest first."""
    permit(actor, "read", "roles")
    rows = models.PerformanceReport.objects.filter(organisation_id=actor.organisation_id).order_by("-id")
    return tuple(
        ReportRecord(
            row.report_id,
            tuple(row.received_by),
            tuple(row.topics),
            row.summary,
            PersonId(row.reported_by),
            row.reported_at,
            EntryId(row.entry_id),
        )
        for row in rows
    )


def system_duties(actor: Actor, system_id: str | None = None) -> tuple[DutiesRecord, ...]:
    """Return the newest decision per system on who holds its duties, of all systems or of one.

    Those of all are read anew only when the organisation's log has grown.
    """
    permit(actor, "read", "roles")
    rows = models.SystemDuties.objects.filter(organisation_id=actor.organisation_id)
    if system_id is None:
        return _decided.get(actor.organisation_id, "all", lambda: _newest(rows))
    return _newest(rows.filter(system_id=system_id))


def _newest(rows: QuerySet[models.SystemDuties]) -> tuple[DutiesRecord, ...]:
    newest = {row.system_id: row for row in rows.order_by("version")}
    return tuple(_duties(row) for _, row in sorted(newest.items()))


def systems_stood(actor: Actor) -> tuple[DutiesRow, ...]:
    """Return every AI system by name, with the newest decision on its duties and where that stands.

    They are gathered anew only when the organisation's log has grown.
    """
    permit(actor, "read", "roles")
    permit(actor, "read", "proposal")
    return _stood.get(actor.organisation_id, "all", lambda: _stand(actor))


def _stand(actor: Actor) -> tuple[DutiesRow, ...]:
    decided = {record.duties.system_id: record for record in system_duties(actor)}
    stand = standings(actor, [record.entry_id for record in decided.values()])
    found = ((one, decided.get(one.id)) for one in directory.find(actor.organisation_id, "ai_system"))
    return tuple(
        DutiesRow(one.id, one.label, made, None if made is None else stand.get(made.entry_id)) for one, made in found
    )


_decided: Kept[tuple[DutiesRecord, ...]] = Kept(most=16)
_stood: Kept[tuple[DutiesRow, ...]] = Kept(most=16)


def duties(actor: Actor, _on: date) -> tuple[Duty, ...]:
    """Return the roles whose present duties the member has not accepted, in one query."""
    permit(actor, "read", "roles")
    newest = models.Acceptance.objects.filter(
        organisation_id=actor.organisation_id, role=OuterRef("pk"), holder=actor.person_id
    ).order_by("-role_version")
    rows = _roles(actor).annotate(accepted=Subquery(newest.values("role_version")[:1])).order_by("name", "role_id")
    return tuple(
        Duty(
            topic="roles",
            title=row.name,
            url=f"/roles/role/{row.role_id}/",
            why=_("You hold this role. Its duties count as held only once you accept them as they are now."),
        )
        for row in rows
        if actor.person_id in row.holders and row.accepted != row.version
    )


def _roles(actor: Actor) -> QuerySet[models.Role]:
    return models.Role.objects.filter(organisation_id=actor.organisation_id)


def _role(row: models.Role) -> RoleRecord:
    return RoleRecord(read_role(vars(row)), row.version, EntryId(row.entry_id), row.changed_at, row.less)


def _duties(row: models.SystemDuties) -> DutiesRecord:
    held = {duty: PersonId(person) for duty, person in row.held.items()}
    return DutiesRecord(
        SystemDuties(system_id=row.system_id, held=held, accountable=PersonId(row.accountable)),
        row.version,
        PersonId(row.decided_by),
        row.decided_at,
        EntryId(row.entry_id),
    )
