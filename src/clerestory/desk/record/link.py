"""Links of a record to others, both ways, out of `store.trace`. What people link by hand helps to find, proves nothing.

Refuses a link to a record that is not there, to the record itself, and to touch what a command linked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.desk.record.known import known, labels
from clerestory.store import trace
from clerestory.store.directory import Record
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError

AREA = "links"
Text = str | Promise
BY_HAND: dict[str, tuple[Text, Text]] = {
    "relates to": (_("Relates to"), _("Relates to")),
    "depends on": (_("Depends on"), _("Needed by")),
    "supports": (_("Supports"), _("Supported by")),
    "follows from": (_("Follows from"), _("Led to")),
    "replaces": (_("Replaces"), _("Replaced by")),
}
"""Relations that people choose: as they read from one end and from the other."""
DIRECTED = frozenset(BY_HAND) - {"relates to"}
"""Relations that may not run in a circle: what depends on itself says nothing."""
BY_COMMANDS: dict[str, tuple[Text, Text]] = {
    "part of": (_("Part of"), _("Consists of")),
    "leads to": (_("Leads to"), _("Follows from")),
    "calls for": (_("Calls for"), _("Called for by")),
    "concerns": (_("Concerns"), _("Dealt with in")),
    "treats": (_("Treats"), _("Treated by")),
    "opened by": (_("Opened by"), _("Opened")),
    "is about": (_("Is about"), _("Dealt with in")),
    "re-checks": (_("Checks again"), _("Checked again by")),
    "asks to review": (_("Asks to look again at"), _("To be looked at again for")),
    "had reviewed": (_("Had looked at again"), _("Looked at again for")),
    "uses": (_("Uses"), _("Used by")),
    "runs": (_("Runs"), _("Runs in")),
    "supplied by": (_("Supplied by"), _("Supplies")),
    "hands over to": (_("Hands over to"), _("Takes over from")),
    "came back after": (_("Came back after"), _("Came back as")),
    "arises from": (_("Arises from"), _("Became")),
    "changes": (_("Changes"), _("Changed by")),
    "watches": (_("Watches"), _("Watched by")),
    "of": (_("Belongs to"), _("Has")),
    "decided on": (_("Decided on"), _("Decided in")),
    "rests on": (_("Rests on"), _("Carries")),
    "joined into": (_("Joined into"), _("Joined from")),
}
"""Relations that commands write; they follow from the records and are changed there."""


class LinkRefused(ClerestoryError):
    """A link would lead nowhere, to itself, or is not made by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """One record at the other end of a link; ``record`` is None where it is not there any more."""

    link: trace.Link
    kind: str
    record_id: str
    record: Record | None
    removable: bool

    @property
    def label(self) -> str:
        """What people call it."""
        return self.record.label if self.record else self.record_id

    @property
    def key(self) -> str:
        """The link as a form sends it back."""
        away = "out" if (self.link.to_kind, self.link.to_id) == (self.kind, self.record_id) else "in"
        return f"{away}|{self.link.relation}|{self.kind}|{self.record_id}"


@dataclass(frozen=True, slots=True)
class Group:
    """The links of a record with one relation in one direction."""

    heading: Text
    links: tuple[Linked, ...]


def links(actor: Actor, kind: str, record_id: str) -> tuple[Group, ...]:
    """Return what a record is linked to, both ways, by relation, in two queries."""
    permit(actor, "read", AREA)
    found = trace.links_of(actor.organisation_id, kind, record_id)
    out = [(link, 0, link.to_kind, link.to_id) for link in found if (link.from_kind, link.from_id) == (kind, record_id)]
    back = [
        (link, 1, link.from_kind, link.from_id) for link in found if (link.to_kind, link.to_id) == (kind, record_id)
    ]
    names = labels(actor.organisation_id, ((other, other_id) for _link, _way, other, other_id in (*out, *back)))
    groups: dict[str, tuple[Text, list[Linked]]] = {}
    for link, way, other, other_id in (*out, *back):
        heading = heading_of(link.relation, way)
        linked = Linked(
            link=link,
            kind=other,
            record_id=other_id,
            record=names.get((other, other_id)) or _entry(other, other_id),
            removable=link.relation in BY_HAND,
        )
        groups.setdefault(str(heading), (heading, []))[1].append(linked)
    return tuple(Group(heading, tuple(sorted(found, key=_order))) for heading, found in groups.values())


def _entry(kind: str, record_id: str) -> Record | None:
    """Return an entry of the log, which the directory does not hold, as a record that leads to its page."""
    return Record(kind, record_id, record_id, f"/evidence/{record_id}/", "") if kind == "entry" else None


def heading_of(relation: str, way: int) -> Text:
    """Return a relation as it reads from this end (0) or from the other (1)."""
    plain = relation.replace("_", " ")
    words = BY_HAND.get(plain) or BY_COMMANDS.get(plain)
    return words[way] if words else plain[:1].upper() + plain[1:]


def link_records(*, actor: Actor, kind: str, record_id: str, relation: str, to_kind: str, to_id: str) -> None:
    """Link two records of the organisation by hand; doing it again changes nothing.

    Raises:
        RecordUnknown: one of them is not there.
        LinkRefused: it is the same record, it would close a circle, or people do not choose that relation.
    """
    permit(actor, "write", AREA)
    _check_relation(relation)
    if (kind, record_id) == (to_kind, to_id):
        raise LinkRefused(
            sentence.gettext("A record is not linked to itself."), sentence.gettext("Choose another one.")
        )
    with atomic():
        known(actor, kind, record_id)
        known(actor, to_kind, to_id)
        here, there = (kind, record_id), (to_kind, to_id)
        if relation in DIRECTED and trace.leads_to(actor.organisation_id, relation, there, here):
            raise LinkRefused(
                sentence.gettext("That record already leads back to this one by the same relation."),
                sentence.gettext("Choose the other direction, or another relation."),
            )
        trace.link(actor.organisation_id, kind, record_id, relation, to_kind, to_id)


def unlink_records(*, actor: Actor, kind: str, record_id: str, key: str) -> None:
    """Remove a link that was made by hand, named by its `Linked.key`, from either end.

    Raises:
        RecordUnknown: the record is not there.
        LinkRefused: there is no such link, or a command made it.
    """
    permit(actor, "write", AREA)
    way, relation, other, other_id = (key.split("|", 3) + [""] * 4)[:4]
    _check_relation(relation)
    with atomic():
        known(actor, kind, record_id)
        ends = (
            (kind, record_id, relation, other, other_id)
            if way == "out"
            else (other, other_id, relation, kind, record_id)
        )
        if trace.Link(*ends) not in trace.links_from(actor.organisation_id, ends[0], ends[1]):
            raise LinkRefused(sentence.gettext("There is no such link."), sentence.gettext("Load the record again."))
        trace.unlink(actor.organisation_id, *ends)


def _check_relation(relation: str) -> None:
    if relation not in BY_HAND:
        raise LinkRefused(
            sentence.gettext("Nobody links by hand with {relation!r}.", relation=relation),
            sentence.gettext("Choose one of: {choices}.", choices=", ".join(BY_HAND)),
        )


def _order(linked: Linked) -> tuple[str, str]:
    return linked.kind, linked.label.lower()


def relations() -> Iterable[tuple[str, Text]]:
    """Return the relations that people choose, with their words."""
    return tuple((relation, words[0]) for relation, words in BY_HAND.items())
