"""Reads of committees and their meetings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.day import day_of
from clerestory.desk.lists import Column, standing_column
from clerestory.desk.permit import permit
from clerestory.desk.standing import newest_in_force
from clerestory.registers.roles import models
from clerestory.registers.roles.rules.committee import Committee, Decision, Item, Minutes, Seat
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

AREA = "roles"


class CommitteeUnknown(ClerestoryError):
    """The organisation has no such committee or meeting."""


@dataclass(frozen=True, slots=True)
class Charter:
    """A version of a committee that counted once: from which day on, and until when where it was taken back."""

    committee: Committee
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class CommitteeRecord:
    """A committee in its newest version, where that stands, what is in force of it, and how often it met.

    ``charters`` are all versions that counted once, newest first.
    """

    committee: Committee
    version: int
    entry_id: EntryId
    changed_at: datetime
    standing: Standing | None
    in_force: Committee | None
    meetings: int
    last_on: date | None
    charters: tuple[Charter, ...]

    def on(self, day: date) -> Committee | None:
        """Return the committee as its charter stood on a day; none before the first, or while the newest was gone."""
        charter = next((one for one in self.charters if one.since <= day), None)
        if charter is None or (charter.until is not None and charter.until < day):
            return None
        return charter.committee

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that its members speak for."""
        return tuple(sorted({seat.function for seat in self.committee.seats}))


@dataclass(frozen=True, slots=True)
class MeetingRecord:
    """A meeting with its agenda, and its newest minutes where they were written."""

    committee_id: str
    committee_name: str
    number: int
    planned_for: date
    agenda: tuple[Item, ...]
    called_by: PersonId
    called_on: date
    minutes: Minutes | None
    quorum: int
    written_by: str
    version: int
    entry_id: EntryId | None
    standing: Standing | None

    @property
    def decided(self) -> tuple[tuple[Item, str], ...]:
        """What was decided, with the point of the agenda."""
        found = self.minutes.decisions if self.minutes else ()
        return tuple((self.agenda[decision.place], decision.text) for decision in found)


def committees(actor: Actor) -> tuple[CommitteeRecord, ...]:
    """Return all committees in their newest versions, by name."""
    permit(actor, "read", AREA)
    return _committees(actor, models.Committee.objects.filter(organisation_id=actor.organisation_id))


def committee(actor: Actor, committee_id: str) -> CommitteeRecord:
    """Return one committee.

    Raises:
        CommitteeUnknown: the organisation has none of that id.
    """
    permit(actor, "read", AREA)
    rows = models.Committee.objects.filter(organisation_id=actor.organisation_id, committee_id=committee_id)
    found = next(iter(_committees(actor, rows)), None)
    if found is None:
        raise CommitteeUnknown(
            sentence.gettext("There is no committee {committee_id!r}.", committee_id=committee_id),
            sentence.gettext("Choose one of the list."),
        )
    return found


def meeting_with_committee(actor: Actor, committee_id: str, number: int) -> tuple[MeetingRecord, CommitteeRecord]:
    """Return one meeting and its committee, in four queries.

    Raises:
        CommitteeUnknown: there is no such committee, or none of its meetings has that number.
    """
    permit(actor, "read", AREA)
    rows = models.Committee.objects.filter(organisation_id=actor.organisation_id, committee_id=committee_id)
    versions = list(_counted(actor, rows))
    met = models.Meeting.objects.filter(organisation_id=actor.organisation_id, committee_id=committee_id)
    row = met.filter(number=number).first()
    if not versions or row is None:
        raise CommitteeUnknown(
            sentence.gettext(
                "There is no meeting {number} of {committee_id!r}.", number=number, committee_id=committee_id
            ),
            sentence.gettext("Choose one of the list."),
        )
    written = models.Minutes.objects.filter(organisation_id=actor.organisation_id, meeting=row.pk)
    minutes = written.order_by("-version").first()
    entries = [one.entry_id for one in versions] + ([minutes.entry_id] if minutes else [])
    stand = standings(actor, [EntryId(entry_id) for entry_id in entries])
    body = _record(actor, versions, stand)
    return replace(_meeting(actor, row, minutes, stand), committee_name=body.committee.name), body


def _committees(actor: Actor, rows: QuerySet[models.Committee]) -> tuple[CommitteeRecord, ...]:
    """Return the newest versions among some rows, each with the one in force, in two queries."""
    versions: dict[str, list[models.Committee]] = {}
    for row in _counted(actor, rows):
        versions.setdefault(row.committee_id, []).append(row)
    every = [EntryId(row.entry_id) for known in versions.values() for row in known]
    stand = standings(actor, every) if every else {}
    found = (_record(actor, known, stand) for known in versions.values())
    return tuple(sorted(found, key=lambda one: one.committee.name))


def _counted(actor: Actor, rows: QuerySet[models.Committee]) -> QuerySet[models.Committee]:
    """Return versions of committees, newest first, each with how often its committee met and when last."""
    met = models.Meeting.objects.filter(organisation_id=actor.organisation_id, committee_id=OuterRef("committee_id"))
    counted = met.order_by().values("committee_id").annotate(n=Count("pk")).values("n")
    last_on = met.order_by("-planned_for").values("planned_for")[:1]
    return rows.annotate(held=Subquery(counted), last_on=Subquery(last_on)).order_by("-version")


def meetings(actor: Actor, committee_id: str) -> tuple[MeetingRecord, ...]:
    """Return the meetings of a committee, newest first, in three queries."""
    permit(actor, "read", AREA)
    rows = models.Meeting.objects.filter(organisation_id=actor.organisation_id, committee_id=committee_id)
    written = models.Minutes.objects.filter(organisation_id=actor.organisation_id, meeting__committee_id=committee_id)
    minutes = {row.meeting_id: row for row in written.order_by("version")}
    stand = standings(actor, [EntryId(row.entry_id) for row in minutes.values()]) if minutes else {}
    newest = models.Committee.objects.filter(organisation_id=actor.organisation_id, committee_id=committee_id)
    rows = rows.annotate(committee_name=Subquery(newest.order_by("-version").values("name")[:1]))
    return tuple(_meeting(actor, row, minutes.get(row.pk), stand) for row in rows.order_by("-number"))


def meeting(actor: Actor, committee_id: str, number: int) -> MeetingRecord:
    """Return one meeting.

    Raises:
        CommitteeUnknown: the committee has none of that number.
    """
    permit(actor, "read", AREA)
    found = next((one for one in meetings(actor, committee_id) if one.number == number), None)
    if found is None:
        raise CommitteeUnknown(
            sentence.gettext(
                "There is no meeting {number} of {committee_id!r}.", number=number, committee_id=committee_id
            ),
            sentence.gettext("Choose one of the list."),
        )
    return found


def committee_columns(actor: Actor, names: Mapping[str, str]) -> tuple[Column, ...]:
    """Return what the list of committees shows."""
    permit(actor, "read", AREA)
    return (
        Column(
            name="name",
            label=_("Committee"),
            searched=True,
            kind="link",
            value=lambda row: row.committee.name,
            url=lambda row: reverse("roles-committee", args=[row.committee.committee_id]),
        ),
        Column(
            name="members",
            label=_("Members"),
            kind="list",
            sortable=False,
            searched=True,
            value=lambda row: tuple(names.get(seat.person, seat.person) for seat in row.committee.seats),
        ),
        Column(name="functions", label=_("Functions"), kind="list", sortable=False, value=lambda row: row.functions),
        Column(name="quorum", label=_("Quorum"), kind="number", value=lambda row: row.committee.quorum),
        Column(name="meetings", label=_("Meetings"), kind="number"),
        Column(name="last_on", label=_("Last called for"), kind="day"),
        standing_column("standing", _("Charter"), lambda row: row.standing, names=names),
    )


def _record(actor: Actor, versions: Sequence[models.Committee], stand: Mapping[EntryId, Standing]) -> CommitteeRecord:
    """Return a committee out of its versions, newest first."""
    newest = versions[0]
    in_force = newest_in_force((row, stand.get(EntryId(row.entry_id))) for row in versions)
    held, last_on = newest.held or 0, newest.last_on  # type: ignore[attr-defined]  # annotated where they are read
    entry = EntryId(newest.entry_id)
    return CommitteeRecord(
        _said(newest), newest.version, entry, newest.changed_at, stand.get(entry),
        None if in_force is None else _said(in_force), held, last_on,
        tuple(_charters(actor, ((row, stand.get(EntryId(row.entry_id))) for row in versions))),
    )  # fmt: skip


def _charters(actor: Actor, versions: Iterable[tuple[models.Committee, Standing | None]]) -> Iterator[Charter]:
    for row, standing in versions:
        if standing is None or not standing.was_approved:
            continue
        ends = [standing.revoked_at, *(one.revoked_at for one in standing.approvals if not standing.done)]
        until = min((day_of(actor, end) for end in ends if end is not None), default=None)
        yield Charter(_said(row), day_of(actor, min(one.approved_at for one in standing.approvals)), until)


def _said(row: models.Committee) -> Committee:
    return Committee(
        committee_id=row.committee_id,
        name=row.name,
        charter=row.charter,
        seats=tuple(Seat(PersonId(person), function) for person, function in row.seats),
        quorum=row.quorum,
    )


def _meeting(
    actor: Actor, row: models.Meeting, minutes: models.Minutes | None, stand: Mapping[EntryId, Standing]
) -> MeetingRecord:
    entry = None if minutes is None else EntryId(minutes.entry_id)
    return MeetingRecord(
        committee_id=row.committee_id,
        committee_name=getattr(row, "committee_name", "") or row.committee_id,
        number=row.number,
        planned_for=row.planned_for,
        agenda=tuple(Item(*item) for item in row.agenda),
        called_by=PersonId(row.called_by),
        called_on=day_of(actor, row.called_at),
        minutes=None
        if minutes is None
        else Minutes(
            held_on=minutes.held_on,
            present=tuple(PersonId(person) for person in minutes.present),
            text=minutes.text,
            decisions=tuple(Decision(place, text) for place, text in minutes.decisions),
        ),
        quorum=0 if minutes is None else minutes.quorum,
        written_by="" if minutes is None else minutes.written_by,
        version=0 if minutes is None else minutes.version,
        entry_id=entry,
        standing=None if entry is None else stand.get(entry),
    )
