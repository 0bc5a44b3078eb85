"""Relations around one record, as they are drawn and walked: by name, bounded at large fan-out, both ways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.desk.record.known import labels
from clerestory.desk.record.link import heading_of
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.store import directory, trace
from clerestory.store.trace import Fan
from clerestory.terms import sentence

AREA = "inventory"
PERSON = "person"
NAMED = ("tool", "supplier")
"""Kinds that are known by their name alone, as the records name them that link to them."""
MOST_DRAWN, MOST_LISTED = 7, 50
ANSWERS, ANSWERED = _("Answers for"), _("Answered for by")


@dataclass(frozen=True, slots=True)
class Thing:
    """One record in the picture: what it is, what it is called, its own page, and the address that centres it."""

    kind: str
    id: str
    label: str
    url: str
    around: str


@dataclass(frozen=True, slots=True)
class Around:
    """Things with one relation to the centre: the first of them, and how many there are. ``key`` asks for all."""

    key: str
    heading: str | Promise
    kind: str
    outward: bool
    things: tuple[Thing, ...]
    total: int

    @property
    def left_out(self) -> int:
        """How many are not shown."""
        return self.total - len(self.things)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A record and what is around it."""

    centre: Thing
    groups: tuple[Around, ...]


def neighbourhood(actor: Actor, kind: str, record_id: str) -> Neighbourhood:
    """Return what is around a record, at most seven of each relation and kind, in at most six queries.

    Raises:
        InventoryUnknown: there is no such record, and nothing links to it.
    """
    permit(actor, "read", AREA)
    if kind == PERSON:
        return _around_person(actor, record_id)
    known = labels(actor.organisation_id, [(kind, record_id)]).get((kind, record_id))
    fans = trace.around(actor.organisation_id, kind, record_id, most=MOST_DRAWN)
    if known is None and not (kind in NAMED and fans):
        raise InventoryUnknown(
            sentence.gettext("There is no {kind} {record_id!r}.", kind=sentence.word(kind), record_id=record_id),
            sentence.gettext("Choose one of the lists."),
        )
    centre = _thing(kind, record_id, known)
    found = labels(actor.organisation_id, ((one.kind, other) for one in fans for other in one.ids))
    groups = [_group(one, one.ids, found) for one in fans]
    if known is not None and known.owner:
        names = names_of(actor.organisation_id, [known.owner])
        person = _thing(PERSON, known.owner, None, names.get(known.owner, str(_("somebody who left"))))
        groups.append(Around("", ANSWERED, PERSON, True, (person,), 1))
    return Neighbourhood(centre, tuple(sorted(groups, key=lambda one: (one.outward, str(one.heading), one.kind))))


def all_of(actor: Actor, kind: str, record_id: str, key: str, page: int) -> Around:
    """Return one page of all things with one relation to a record; ``key`` names the relation, as a group does."""
    permit(actor, "read", AREA)
    fans = trace.around(actor.organisation_id, kind, record_id, most=1)
    chosen = next((one for one in fans if _key(one) == key), None)
    if chosen is None:
        raise InventoryUnknown(
            sentence.gettext("There is no such relation."), sentence.gettext("Open the picture again.")
        )
    start = (max(page, 1) - 1) * MOST_LISTED
    ids = trace.fan(actor.organisation_id, kind, record_id, chosen, start=start, most=MOST_LISTED)
    return _group(chosen, ids, labels(actor.organisation_id, ((chosen.kind, other) for other in ids)))


def _around_person(actor: Actor, person_id: str) -> Neighbourhood:
    names = names_of(actor.organisation_id, [person_id])
    if person_id not in names:
        raise InventoryUnknown(
            sentence.gettext("There is no such person."), sentence.gettext("Choose one of the lists.")
        )
    groups = tuple(
        Around("", ANSWERS, kind, True, tuple(_thing(one.kind, one.id, one) for one in records), total)
        for kind, records, total in directory.owned(actor.organisation_id, person_id, most=MOST_DRAWN)
    )
    return Neighbourhood(_thing(PERSON, person_id, None, names[person_id]), groups)


def _group(fan: Fan, ids: Iterable[str], found: Mapping[tuple[str, str], directory.Record]) -> Around:
    things = tuple(_thing(fan.kind, other, found.get((fan.kind, other))) for other in ids)
    heading = heading_of(fan.relation, 0 if fan.outward else 1)
    return Around(_key(fan), heading, fan.kind, fan.outward, things, fan.total)


def _key(fan: Fan) -> str:
    return f"{'out' if fan.outward else 'in'}|{fan.relation}|{fan.kind}"


def _thing(kind: str, record_id: str, known: directory.Record | None, label: str = "") -> Thing:
    named = known.label if known else label or record_id
    url = known.url if known else ""
    return Thing(kind, record_id, named, url, reverse("inventory-graph", args=[kind, record_id]))
