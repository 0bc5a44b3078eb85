"""Reads of obligations and of their comparison with the law."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.registers.context import models
from clerestory.registers.context.queries.reading import AREA, ContextUnknown, Made, versions
from clerestory.registers.context.rules.obligation import Obligation, Source
from clerestory.terms import sentence
from clerestory.terms.ids import EntryId, PersonId

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ObligationRecord:
    """An obligation as it stands: its version and entry, and since when and why it ended."""

    obligation: Obligation
    version: int
    entry_id: EntryId
    changed_at: datetime
    ended_at: datetime | None
    ended_reason: str

    def standing(self, on: date) -> str:
        """Return in one word whether it binds on a day."""
        if self.ended_at is not None:
            return "ended"
        if on < self.obligation.valid_from:
            return "coming"
        return "in force" if self.obligation.is_in_force(on) else "expired"


SOURCES = {
    Source.LAW: _("law"),
    Source.CONTRACT: _("contract"),
    Source.STANDARD: _("standard"),
    Source.COMMITMENT: _("own commitment"),
}
STANDINGS = {"in force": _("in force"), "coming": _("coming"), "expired": _("expired"), "ended": _("ended")}
_TONES = {"in force": "good", "coming": "open", "expired": "bad", "ended": "old"}


def obligation_columns(actor: Actor, names: Mapping[str, str], on: date) -> tuple[Column, ...]:
    """Return what the list of obligations shows; ``names`` of people, ``on`` the day that it is seen from."""
    permit(actor, "read", AREA)
    return (
        Column(
            name="title",
            label=_("Obligation"),
            searched=True,
            kind="link",
            value=lambda row: row.obligation.title,
            url=lambda row: reverse("context-obligation", args=[row.obligation.obligation_id]),
            note=lambda row: row.obligation.citation,
        ),
        Column(name="citation", label=_("Where it stands written"), listed=False, searched=True,
               value=lambda row: row.obligation.citation),
        Column(
            name="source",
            label=_("Source"),
            filtered=True,
            options=tuple((str(name), label) for name, label in SOURCES.items()),
            value=lambda row: str(row.obligation.source),
        ),
        Column(name="jurisdiction", label=_("Jurisdiction"), value=lambda row: row.obligation.jurisdiction),
        Column(name="valid_from", label=_("In force from"), kind="day", value=lambda row: row.obligation.valid_from),
        Column(
            name="owner",
            label=_("Watched by"),
            kind="person",
            searched=True,
            value=lambda row: names.get(row.obligation.owner, row.obligation.owner),
        ),
        Column(
            name="standing",
            label=_("Standing"),
            kind="tag",
            filtered=True,
            options=tuple(STANDINGS.items()),
            value=lambda row: row.standing(on),
            tone=lambda row: _TONES[row.standing(on)],
        ),
    )  # fmt: skip


def obligations(actor: Actor) -> tuple[ObligationRecord, ...]:
    """Return all obligations by title, ended ones last, in one query."""
    permit(actor, "read", AREA)
    rows = models.Obligation.objects.filter(organisation_id=actor.organisation_id).order_by("title", "number")
    return tuple(sorted((_record(row) for row in rows), key=lambda record: record.ended_at is not None))


def obligation(actor: Actor, obligation_id: str) -> ObligationRecord:
    """Return one obligation.

    Raises:
        ContextUnknown: the organisation has none of that id.
    """
    permit(actor, "read", AREA)
    found = next((record for record in obligations(actor) if record.obligation.obligation_id == obligation_id), None)
    if found is None:
        raise ContextUnknown(
            sentence.gettext("There is no obligation {obligation_id!r}.", obligation_id=obligation_id),
            sentence.gettext("Choose one of the list."),
        )
    return found


def law_reviews(actor: Actor) -> tuple[Made, ...]:
    """Return all comparisons with the law, newest first."""
    permit(actor, "read", AREA)
    return versions(actor, "law_review")


@until_the_log_grows
def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return the obligations that the member watches and that come into force soon, or ran out, in one query."""
    permit(actor, "read", AREA)
    rows = models.Obligation.objects.filter(
        organisation_id=actor.organisation_id, owner=actor.person_id, ended_at=None
    ).order_by("valid_from", "number")
    found: list[Duty] = []
    for record in map(_record, rows):
        said, standing = record.obligation, record.standing(on)
        url = f"/context/obligation/{said.obligation_id}/"
        if standing == "coming" and said.valid_from <= on + SOON:
            why = _("This obligation comes into force soon.")
            found.append(Duty(topic="context", title=said.title, url=url, why=why, due_on=said.valid_from))
        elif standing == "expired":
            why = _("This obligation ran out. Change it to the version in force, or end it.")
            found.append(Duty(topic="context", title=said.title, url=url, why=why, due_on=said.valid_until))
    return tuple(found)


def _record(row: models.Obligation) -> ObligationRecord:
    said = Obligation(
        obligation_id=f"obligation-{row.number}",
        title=row.title,
        citation=row.citation,
        source=Source(row.source),
        jurisdiction=row.jurisdiction,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        owner=PersonId(row.owner),
        what=row.what,
        systems=tuple(row.systems),
    )
    return ObligationRecord(said, row.version, EntryId(row.entry_id), row.changed_at, row.ended_at, row.ended_reason)
