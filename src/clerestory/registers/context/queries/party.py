"""Reads of interested parties and their needs."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.registers.context import models
from clerestory.registers.context.queries.reading import AREA, ContextUnknown, Made, versions
from clerestory.registers.context.rules.party import Decision, Need, Party
from clerestory.terms import sentence
from clerestory.terms.ids import EntryId


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """A party as it stands: its version and entry, and since when and why it ended."""

    party: Party
    version: int
    entry_id: EntryId
    changed_at: datetime
    ended_at: datetime | None
    ended_reason: str

    @property
    def open_needs(self) -> int:
        """How many needs nothing was decided about."""
        return len(self.party.items(Decision.OPEN))

    @property
    def adopted(self) -> int:
        """How many needs were taken on."""
        return len(self.party.items(Decision.ADOPTED))


PARTY_COLUMNS = (
    Column(
        name="party",
        label=_("Interested party"),
        searched=True,
        kind="link",
        value=lambda row: row.party.name,
        url=lambda row: reverse("context-party", args=[row.party.party_id]),
    ),
    Column(
        name="needs",
        label=_("Needs"),
        kind="list",
        searched=True,
        value=lambda row: tuple(need.text for need in row.party.needs),
    ),
    Column(
        name="decided",
        label=_("Decided"),
        kind="share",
        value=lambda row: (len(row.party.needs) - row.open_needs, len(row.party.needs)),
    ),
    Column(
        name="answered",
        label=_("Answered of those taken on"),
        kind="share",
        value=lambda row: (len(row.party.traced), row.adopted),
    ),
    Column(
        name="standing",
        label=_("Standing"),
        kind="tag",
        filtered=True,
        options=(("open", _("needs undecided")), ("current", _("current")), ("ended", _("ended"))),
        value=lambda row: "ended" if row.ended_at else "open" if row.open_needs else "current",
        tone=lambda row: "old" if row.ended_at else "open" if row.open_needs else "good",
        note=lambda row: row.ended_reason,
    ),
)


def parties(actor: Actor) -> tuple[PartyRecord, ...]:
    """Return all parties by name, ended ones last, in one query."""
    permit(actor, "read", AREA)
    rows = models.Party.objects.filter(organisation_id=actor.organisation_id).order_by("name", "number")
    return tuple(sorted((_record(row) for row in rows), key=lambda record: record.ended_at is not None))


def party(actor: Actor, party_id: str) -> PartyRecord:
    """Return one party.

    Raises:
        ContextUnknown: the organisation has none of that id.
    """
    permit(actor, "read", AREA)
    found = next((record for record in parties(actor) if record.party.party_id == party_id), None)
    if found is None:
        raise ContextUnknown(
            sentence.gettext("There is no interested party {party_id!r}.", party_id=party_id),
            sentence.gettext("Choose one of the list."),
        )
    return found


def party_reviews(actor: Actor) -> tuple[Made, ...]:
    """Return all reviews of the needs, newest first."""
    permit(actor, "read", AREA)
    return versions(actor, "party_review")


def traces(actor: Actor) -> tuple[Made, ...]:
    """Return all traces of where needs are answered, newest first."""
    permit(actor, "read", AREA)
    return versions(actor, "need_trace")


def _record(row: models.Party) -> PartyRecord:
    needs = tuple(
        Need(text=text, decision=Decision(decision), reason=reason, answered_by=tuple(answers))
        for text, decision, reason, answers in row.needs
    )
    said = Party(party_id=f"party-{row.number}", name=row.name, needs=needs)
    return PartyRecord(said, row.version, EntryId(row.entry_id), row.changed_at, row.ended_at, row.ended_reason)
