"""Reads of the scope, and of the place and AI roles of each system."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.lists import Column, standing_column
from clerestory.desk.permit import permit
from clerestory.desk.standing import newest_in_force
from clerestory.registers.context.queries.reading import AREA, Made, versions, versions_of
from clerestory.registers.context.rules.scope import Exclusion, Scope
from clerestory.store import directory
from clerestory.store.log import Kept
from clerestory.terms.ids import EntryId


@dataclass(frozen=True, slots=True)
class ScopeRecord:
    """One version of the scope statement."""

    scope: Scope
    made: Made


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about a system: what it said, and its version."""

    said: tuple[object, ...]
    made: Made


@dataclass(frozen=True, slots=True)
class PlacementRecord:
    """The newest decisions about one system: its place, and our AI roles for it."""

    membership: Decided | None = None
    ai_role: Decided | None = None


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system with its place and roles, for a list."""

    system_id: str
    label: str
    placement: PlacementRecord
    membership: Standing | None
    ai_role: Standing | None

    @property
    def place(self) -> str:
        """Where it stands, in one word."""
        decided = self.placement.membership
        return "undecided" if decided is None else "inside" if decided.said[0] else "outside"

    @property
    def roles(self) -> tuple[str, ...]:
        """The AI roles that the organisation plays for it."""
        decided = self.placement.ai_role
        return decided.said[0] if decided is not None and isinstance(decided.said[0], tuple) else ()


PLACES = {"inside": _("inside"), "outside": _("outside"), "undecided": _("undecided")}
_TONES = {"inside": "good", "outside": "old", "undecided": "open"}


SYSTEM_COLUMNS = (
    Column(
        name="label",
        label=_("AI system"),
        searched=True,
        kind="link",
        value=lambda row: row.label,
        url=lambda row: reverse("context-system", args=[row.system_id]),
    ),
    Column(
        name="place",
        label=pgettext_lazy("in the scope", "Place"),
        kind="tag",
        filtered=True,
        options=tuple(PLACES.items()),
        value=lambda row: row.place,
        tone=lambda row: _TONES[row.place],
    ),
    standing_column("membership", _("Decision on the place"), lambda row: row.membership, missing_tone="open"),
    Column(name="roles", label=_("AI roles"), kind="list", value=lambda row: row.roles),
    standing_column("ai_role", _("Decision on the roles"), lambda row: row.ai_role, missing_tone="open"),
)


def scope_versions(actor: Actor) -> tuple[ScopeRecord, ...]:
    """Return all versions of the scope statement, newest first."""
    permit(actor, "read", AREA)
    return tuple(ScopeRecord(_scope(made), made) for made in versions(actor, "scope"))


def placement(actor: Actor, system_id: str) -> PlacementRecord:
    """Return the newest decisions about one system."""
    permit(actor, "read", AREA)
    return _newest(versions_of(actor, _DECIDED, system_id)).get(system_id, PlacementRecord())


@dataclass(frozen=True, slots=True)
class Approved:
    """What is approved about one system: whether it is inside the scope, and our AI roles; None where nothing is.

    ``decided`` tells whether anything was ever proposed about its place.
    """

    decided: bool
    included: bool | None
    roles: tuple[str, ...] | None
    entries: tuple[EntryId, ...]


def approved_placement(actor: Actor, system_id: str) -> Approved:
    """Return the newest decisions about one system that a second person approved, unless they were taken back."""
    permit(actor, "read", AREA)
    proposed = versions_of(actor, _DECIDED, system_id)
    stand = standings(actor, [made.entry_id for kind in _DECIDED for made in proposed[kind]])
    membership, roles = _approved(stand, proposed["membership"]), _approved(stand, proposed["ai_role"])
    return Approved(
        bool(proposed["membership"]),
        None if membership is None else bool(membership.said["included"]),
        None if roles is None else tuple(roles.said["roles"]),
        tuple(made.entry_id for made in (membership, roles) if made is not None),
    )


def _approved(stand: Mapping[EntryId, Standing], made: Sequence[Made]) -> Made | None:
    return newest_in_force((one, stand.get(one.entry_id)) for one in made)


def placements(actor: Actor) -> tuple[SystemRow, ...]:
    """Return every AI system of the inventory with its place and roles, in three queries.

    They are gathered anew only when the organisation's log has grown.
    """
    permit(actor, "read", AREA)
    permit(actor, "read", "proposal")
    return _placed.get(actor.organisation_id, "all", lambda: _placements(actor))


_placed: Kept[tuple[SystemRow, ...]] = Kept(most=16)


def _placements(actor: Actor) -> tuple[SystemRow, ...]:
    newest = _newest(versions_of(actor, _DECIDED))
    decided = [one.made.entry_id for p in newest.values() for one in (p.membership, p.ai_role) if one is not None]
    stand = standings(actor, decided)

    def standing(one: Decided | None) -> Standing | None:
        return None if one is None else stand.get(one.made.entry_id)

    rows, nowhere = [], PlacementRecord()
    for system_id, label in directory.labels(actor.organisation_id, "ai_system").items():
        place = newest.get(system_id, nowhere)
        rows.append(SystemRow(system_id, label, place, standing(place.membership), standing(place.ai_role)))
    return tuple(rows)


_DECIDED = ("membership", "ai_role")


def _newest(decided: Mapping[str, Iterable[Made]]) -> dict[str, PlacementRecord]:
    places: dict[str, Decided] = {}
    for made in decided["membership"]:
        places.setdefault(made.about, Decided((made.said["included"], made.said["justification"]), made))
    played: dict[str, Decided] = {}
    for made in decided["ai_role"]:
        played.setdefault(made.about, Decided((tuple(made.said["roles"]), made.said["reason"]), made))
    return {about: PlacementRecord(places.get(about), played.get(about)) for about in places.keys() | played.keys()}


def _scope(made: Made) -> Scope:
    said = made.said
    return Scope(
        inside={part: tuple(names) for part, names in said["inside"].items()},
        exclusions=tuple(Exclusion(what, reason) for what, reason in said["exclusions"]),
        none_excluded=said["none_excluded"],
        text=said["text"],
    )
