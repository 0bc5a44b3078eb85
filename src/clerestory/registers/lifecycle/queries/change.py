"""Reads of change requests."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.people import names_of
from clerestory.desk.permit import may, permit
from clerestory.registers.lifecycle import models
from clerestory.registers.lifecycle.rules import Aspect, Assessment, Change, Level, Renewal, State
from clerestory.store import directory
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId

AREA = "lifecycle"
_MOST = 20


class LifecycleUnknown(ClerestoryError):
    """The organisation has no such change, system or process."""


class VersionUnknown(LifecycleUnknown):
    """The inventory holds no such version of the system."""


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A change request as it stands; ``decision_id`` is the entry of its newest decision."""

    change_id: str
    change: Change
    system_name: str
    state: State
    assessment: Assessment | None
    outcome: str
    decision_id: EntryId
    approved_at: datetime | None
    made_on: date | None
    asked_by: str
    asked_at: datetime
    version: int
    entry_id: EntryId


STATES = {
    State.ASKED: _("to be assessed"),
    State.WAITING: _("waits for approval"),
    State.APPROVED: _("may be made"),
    State.REFUSED: _("refused"),
    State.MADE: _("made"),
    State.UNREVIEWED: _("made, not reviewed"),
    State.REVIEWED: _("reviewed afterwards"),
}
TONES = {
    State.ASKED: "open",
    State.WAITING: "open",
    State.APPROVED: "good",
    State.REFUSED: "old",
    State.MADE: "good",
    State.UNREVIEWED: "bad",
    State.REVIEWED: "accent",
}
ASPECTS = {
    Aspect.MODEL: _("model"),
    Aspect.DATA: _("data"),
    Aspect.PROMPT: _("prompt"),
    Aspect.TOOLS: _("tools and autonomy"),
    Aspect.PURPOSE: _("purpose"),
    Aspect.SUPPLIER: _("supplier"),
    Aspect.THRESHOLD: _("threshold"),
    Aspect.DEPLOYMENT: _("place of use"),
}
RENEWALS = {
    Renewal.IMPACT: _("impact assessment"),
    Renewal.RISK: _("risk assessment"),
    Renewal.CLASS: _("class under the law"),
    Renewal.TESTS: _("tests and checks"),
    Renewal.THREATS: _("threat model"),
    Renewal.INFORMATION: _("information for users"),
    Renewal.SUPPLIER: _("review of the supplier"),
}
LEVELS = {
    Level.LOW: _("low"),
    Level.MEDIUM: _("medium"),
    Level.HIGH: _("high"),
    Level.VERY_HIGH: _("very high"),
}

CHANGE_COLUMNS = (
    Column(
        name="title",
        label=_("Change"),
        searched=True,
        kind="link",
        value=lambda row: row.change.title,
        url=lambda row: reverse("lifecycle-change", args=[row.change_id]),
        note=lambda row: row.change_id,
    ),
    Column(name="system", label=_("AI system"), searched=True, value=lambda row: row.system_name),
    Column(
        name="aspects",
        label=_("What of it"),
        kind="list",
        sortable=False,
        value=lambda row: tuple(str(ASPECTS[aspect]) for aspect in row.change.aspects),
    ),
    Column(
        name="state",
        label=_("State"),
        kind="tag",
        filtered=True,
        options=tuple((str(state), word) for state, word in STATES.items()),
        value=lambda row: str(row.state),
        tone=lambda row: TONES[row.state],
        note=lambda row: _("emergency") if row.change.emergency else "",
    ),
    Column(name="decide_by", label=_("Decide by"), kind="day", value=lambda row: row.change.decide_by),
    Column(name="asked_by", label=_("Asked by"), kind="person", sortable=False, value=lambda row: row.asked_by),
)


def changes(actor: Actor, query: ListQuery) -> Page[ChangeRecord]:
    """Return one page of change requests, newest first, in four queries."""
    permit(actor, "read", AREA)
    rows = models.Change.objects.filter(organisation_id=actor.organisation_id).order_by("-number")
    page = paginate(rows, query, CHANGE_COLUMNS, _record)
    names = names_of(actor.organisation_id, (row.asked_by for row in page.rows))
    systems = directory.find(actor.organisation_id, "ai_system", {row.change.system_id for row in page.rows})
    labels = {record.id: record.label for record in systems}
    return replace(page, rows=tuple(_named(row, names, labels) for row in page.rows))


def change(actor: Actor, change_id: str) -> ChangeRecord:
    """Return one change request.

    Raises:
        LifecycleUnknown: the organisation has none of that id.
    """
    permit(actor, "read", AREA)
    number = change_id.removeprefix("change-")
    rows = models.Change.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(number=int(number)).first() if number.isdecimal() and len(number) < 10 else None
    if row is None:
        raise LifecycleUnknown(
            sentence.gettext("There is no change {change_id!r}.", change_id=change_id),
            sentence.gettext("Choose one of the list."),
        )
    record = _record(row)
    known = directory.known(actor.organisation_id, "ai_system", row.system)
    labels = {row.system: known.label} if known else {}
    return _named(record, names_of(actor.organisation_id, (record.asked_by,)), labels)


@until_the_log_grows
def duties(actor: Actor, on: date) -> tuple[Duty, ...]:  # noqa: ARG001
    """Return the changes that the member asked for and that wait for a next step, in one query."""
    permit(actor, "read", AREA)
    if not may(actor, "write", AREA):
        return ()
    wanted = {
        str(State.ASKED): _("Say what this change does, so that it can be approved."),
        str(State.UNREVIEWED): _("This change was made and is to be reviewed."),
    }
    rows = models.Change.objects.filter(
        organisation_id=actor.organisation_id, asked_by=actor.person_id, state__in=wanted
    ).order_by("decide_by")[:_MOST]
    return tuple(
        Duty(topic="lifecycle", title=row.title, url=f"/lifecycle/change/change-{row.number}/",
             why=wanted[row.state], due_on=row.decide_by)
        for row in rows
    )  # fmt: skip


# house: allow permit-first: its caller asks
def assessment_of(stored: dict[str, object]) -> Assessment | None:
    """Return a stored assessment as the rules take it; None where nobody assessed yet."""
    if not stored:
        return None
    renew = stored["renew"]
    return Assessment(
        renew=tuple(Renewal(name) for name in renew) if isinstance(renew, list) else (),
        nothing_to_renew=bool(stored["nothing_to_renew"]),
        risk_before=Level(str(stored["risk_before"])),
        risk_after=Level(str(stored["risk_after"])),
        effect=str(stored["effect"]),
        rollback=str(stored["rollback"]),
    )


def _record(row: models.Change) -> ChangeRecord:
    said = Change(
        system_id=row.system,
        title=row.title,
        aspects=tuple(Aspect(name) for name in row.aspects),
        why=row.why,
        decide_by=row.decide_by,
        planned=row.planned,
        emergency=row.emergency,
        seen=tuple(EntryId(entry) for entry in row.seen),
    )
    return ChangeRecord(
        change_id=f"change-{row.number}",
        change=said,
        system_name=row.system,
        state=State(row.state),
        assessment=assessment_of(row.assessment),
        outcome=row.outcome,
        decision_id=EntryId(row.decision_id),
        approved_at=row.approved_at,
        made_on=row.made_on,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        version=row.version,
        entry_id=EntryId(row.entry_id),
    )


def _named(record: ChangeRecord, names: dict[str, str], labels: dict[str, str]) -> ChangeRecord:
    return replace(
        record,
        asked_by=names.get(record.asked_by, record.asked_by),
        system_name=labels.get(record.change.system_id, record.change.system_id),
    )
