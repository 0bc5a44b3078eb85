"""Reads of the organisation register: frozen values of one organisation, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.lists.standing import state_of
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.desk.record.less import said_less
from clerestory.registers.organisation import models
from clerestory.registers.organisation.facts import (
    AIMS_CHANGE,
    AIMS_DESCRIPTION,
    CHANGE_PLAN,
    CHANGE_REVIEW,
    INTEGRATED_PART,
    LEADERSHIP_ACT,
    NIL_RETURN,
)
from clerestory.registers.organisation.rules import CLAUSE_FAMILIES, RUN_OUTCOMES, Process, Profile
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, OrganisationId

AREA = "organisation"


class ProcessUnknown(ClerestoryError):
    """The organisation has no such process."""


class OrganisationUnknown(ClerestoryError):
    """The organisation does not exist."""


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """The organisation with the version of its profile and the entry of that version."""

    organisation_id: OrganisationId
    profile: Profile
    version: int
    entry_id: EntryId
    founded_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A process with the version of its record and the entry of that version."""

    process: Process
    version: int
    entry_id: EntryId
    changed_at: datetime
    less: Mapping[str, Any]
    """What was said to ask less of it, as its row keeps it."""
    owner_name: str = ""

    @property
    def waits(self) -> dict[str, Any]:
        """What is said and asks for less, until a second person approved it."""
        return said_less(self.less)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a process."""

    run_id: str
    outcome: str
    criteria_met: bool
    planned_for: date
    ran_at: datetime
    recorded_by: str
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record about the management system."""

    record_id: str
    kind: str
    title: str
    values: Mapping[str, object]
    recorded_at: datetime
    recorded_by: str
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A record with where its approval stands, for a list; ``may_sign``: the reader could approve it."""

    line: RecordLine
    standing: Standing | None
    may_sign: bool
    who: str = ""


PROCESS_COLUMNS = (
    Column(
        name="name",
        label=_("Name"),
        searched=True,
        kind="link",
        value=lambda r: r.process.name,
        url=lambda r: reverse("organisation-process", args=[r.process.process_id]),
    ),
    Column(name="process_id", label=_("Id"), searched=True, optional=True, value=lambda r: r.process.process_id),
    Column(
        name="clause_family",
        label=_("Clause"),
        filtered=True,
        options=tuple((c, c) for c in CLAUSE_FAMILIES),
        value=lambda r: r.process.clause_family,
    ),
    Column(
        name="owner",
        label=_("Owner"),
        kind="person",
        filtered=True,
        sortable=False,
        value=lambda r: r.owner_name or r.process.owner,
    ),
    Column(name="interval", label=_("Interval"), value=lambda r: r.process.interval),
    Column(name="changed_at", label=_("Changed"), kind="day", value=lambda r: r.changed_at),
)
RUN_COLUMNS = (
    Column(name="planned_for", label=_("Planned for")),
    Column(name="outcome", label=_("Outcome"), filtered=True, options=tuple((o, o) for o in RUN_OUTCOMES)),
    Column(name="criteria_met", label=_("Criteria met")),
    Column(name="ran_at", label=_("Ran at")),
    Column(name="recorded_by", label=_("Recorded by")),
)
RECORD_KINDS = (
    (AIMS_DESCRIPTION, _("Description")),
    (LEADERSHIP_ACT, _("Act of top management")),
    (NIL_RETURN, _("Nothing to report")),
    (AIMS_CHANGE, _("Change")),
    (CHANGE_PLAN, _("Plan of a change")),
    (CHANGE_REVIEW, _("Review of a change")),
    (INTEGRATED_PART, _("Shared part")),
)
RECORD_COLUMNS = (
    Column(
        name="title",
        label=_("Title"),
        searched=True,
        kind="link",
        value=lambda r: r.line.title,
        url=lambda r: reverse("evidence-entry", args=[r.line.entry_id]),
    ),
    Column(name="kind", label=_("Kind"), filtered=True, value=lambda r: r.line.kind, options=RECORD_KINDS),
    Column(name="recorded_at", label=_("Recorded"), kind="day", value=lambda r: r.line.recorded_at),
    Column(
        name="recorded_by",
        label=_("Recorded by"),
        kind="person",
        sortable=False,
        value=lambda r: r.who or r.line.recorded_by,
    ),
    Column(
        name="standing",
        label=_("Where it stands"),
        kind="part",
        part="organisation/stand.html",
        sortable=False,
        exported=False,
    ),
    Column(
        name="state",
        label=_("Where it stands"),
        listed=False,
        sortable=False,
        value=lambda r: "" if r.standing is None else state_of(r.standing),
    ),
)


def organisation(actor: Actor) -> OrganisationRecord:
    """Return the actor's organisation."""
    permit(actor, "read", AREA)
    row = models.Organisation.objects.filter(id=actor.organisation_id).first()
    if row is None:
        raise OrganisationUnknown(
            sentence.gettext("The organisation does not exist."), sentence.gettext("Found it with a first-owner link.")
        )
    profile = Profile(
        name=row.name,
        units=tuple(row.units),
        sites=tuple(row.sites),
        jurisdictions=tuple(row.jurisdictions),
        time_zone=row.time_zone,
    )
    return OrganisationRecord(
        OrganisationId(row.id), profile, row.version, EntryId(row.entry_id), row.founded_at, row.changed_at
    )


def processes(actor: Actor, query: ListQuery) -> Page[ProcessRecord]:
    """Return one page of the processes that the query finds."""
    permit(actor, "read", AREA)
    rows = models.Process.objects.filter(organisation_id=actor.organisation_id).order_by("process_id")
    page = paginate(rows, query, PROCESS_COLUMNS, _process)
    names = names_of(actor.organisation_id, {record.process.owner for record in page.rows})
    named = (replace(record, owner_name=names.get(record.process.owner, "")) for record in page.rows)
    return replace(page, rows=tuple(named))


def process_of(actor: Actor, process_id: str) -> ProcessRecord:
    """Return one process.

    Raises:
        ProcessUnknown: the organisation has no such process.
    """
    permit(actor, "read", AREA)
    row = models.Process.objects.filter(organisation_id=actor.organisation_id, process_id=process_id).first()
    if row is None:
        raise ProcessUnknown(
            sentence.gettext("There is no process {process_id!r}.", process_id=process_id),
            sentence.gettext("Register it, or choose one of the list."),
        )
    return _process(row)


def every_process(actor: Actor) -> tuple[Process, ...]:
    """Return all processes, by clause and name."""
    permit(actor, "read", AREA)
    rows = models.Process.objects.filter(organisation_id=actor.organisation_id)
    found = (_process(row).process for row in rows)
    return tuple(sorted(found, key=lambda process: (int(process.clause_family), process.name)))


def process_ids(actor: Actor) -> frozenset[str]:
    """Return the ids of all processes."""
    permit(actor, "read", AREA)
    rows = models.Process.objects.filter(organisation_id=actor.organisation_id)
    return frozenset(rows.values_list("process_id", flat=True))


def runs(actor: Actor, process_id: str, query: ListQuery) -> Page[RunRecord]:
    """Return one page of the runs of a process, the latest first."""
    permit(actor, "read", AREA)
    rows = models.ProcessRun.objects.filter(organisation_id=actor.organisation_id, process__process_id=process_id)
    return paginate(rows.order_by("-planned_for", "-id"), query, RUN_COLUMNS, _run)


def covered_days(actor: Actor, process_id: str) -> frozenset[date]:
    """Return the planned days for which a run was completed."""
    permit(actor, "read", AREA)
    rows = models.ProcessRun.objects.filter(
        organisation_id=actor.organisation_id, process__process_id=process_id, outcome="completed"
    )
    return frozenset(rows.values_list("planned_for", flat=True))


def records(actor: Actor, query: ListQuery) -> Page[RecordLine]:
    """Return one page of the records about the management system, the latest first."""
    permit(actor, "read", AREA)
    rows = models.Record.objects.filter(organisation_id=actor.organisation_id)
    return paginate(rows.order_by("-recorded_at", "-id"), query, RECORD_COLUMNS, _line)


def next_version(actor: Actor) -> str:
    """Return the version that the next description of the management system is."""
    permit(actor, "read", AREA)
    rows = models.Record.objects.filter(organisation_id=actor.organisation_id, kind=AIMS_DESCRIPTION)
    return f"{rows.count() + 1}.0"


def organisations() -> tuple[tuple[OrganisationId, str], ...]:  # house: allow permit-first: asked before sign-in
    """Return id and name of every organisation of this server, for the command line on the server itself."""
    rows = models.Organisation.objects.order_by("founded_at").values_list("id", "name")
    return tuple((OrganisationId(i), name) for i, name in rows)


def _process(row: models.Process) -> ProcessRecord:
    process = Process(
        process_id=row.process_id,
        name=row.name,
        clause_family=row.clause_family,
        owner=row.owner,
        interval=row.interval,
        first_run_on=row.first_run_on,
        externally_provided=row.externally_provided,
        inputs=tuple(row.inputs),
        outputs=tuple(row.outputs),
    )
    return ProcessRecord(process, row.version, EntryId(row.entry_id), row.changed_at, row.less)


def _run(row: models.ProcessRun) -> RunRecord:
    return RunRecord(
        row.run_id, row.outcome, row.criteria_met, row.planned_for, row.ran_at, row.recorded_by, EntryId(row.entry_id)
    )


def _line(row: models.Record) -> RecordLine:
    return RecordLine(
        row.record_id, row.kind, row.title, row.values, row.recorded_at, row.recorded_by, EntryId(row.entry_id)
    )
