"""Who confirmed the policies in force, unit by unit, and who did not yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.registers.policy.queries.policy import AREA, Asked
from clerestory.registers.policy.queries.policy import asked as read_asked
from clerestory.terms.ids import PersonId

ALL = "all"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A member who is asked to confirm, with the titles of the policies in force that they did not confirm yet."""

    person_id: PersonId
    name: str
    unit: str
    lacking: tuple[str, ...]
    asked: int


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit: how many confirmations it has of how many asked, and who is missing; "" is whoever has no unit."""

    unit: str
    people: int
    have: int
    asked: int
    missing: tuple[PersonRow, ...]

    @property
    def percent(self) -> int:
        """The share that was confirmed, rounded down, so that a hundred means everybody."""
        return 100 * self.have // self.asked if self.asked else 0


def people_asked(actor: Actor, policy_id: str = "", known: Asked | None = None) -> tuple[PersonRow, ...]:
    """Return every member with the policies in force for staff that they lack, by name; of one policy or of all."""
    permit(actor, "read", AREA)
    known = known or read_asked(actor)
    titles = {record.policy.policy_id: record.policy.title for record in known.policies}
    asked = {name: one for name, one in known.confirmed.items() if policy_id in ("", name)}
    lacks = {name: frozenset(one.missing) for name, one in asked.items()}
    rows = (
        PersonRow(
            member.person_id,
            member.name,
            member.unit,
            tuple(titles[name] for name in asked if member.person_id in lacks[name]),
            len(asked),
        )
        for member in known.people
    )
    return tuple(sorted(rows, key=lambda row: (row.name, row.person_id))) if asked else ()


def by_unit(actor: Actor, policy_id: str = "", known: Asked | None = None) -> tuple[UnitRow, ...]:
    """Return the units with how many of their people confirmed, the one that lacks most first."""
    permit(actor, "read", AREA)
    units: dict[str, list[PersonRow]] = {}
    for person in people_asked(actor, policy_id, known):
        units.setdefault(person.unit, []).append(person)
    rows = (
        UnitRow(
            unit,
            len(people),
            sum(one.asked - len(one.lacking) for one in people),
            sum(one.asked for one in people),
            tuple(one for one in people if one.lacking),
        )
        for unit, people in units.items()
    )
    return tuple(sorted(rows, key=lambda row: (row.percent, row.unit)))


def unit_columns(actor: Actor, labels: Mapping[str, str]) -> tuple[Column, ...]:
    """Return what the list of units shows; ``labels`` say how the policy is chosen."""
    permit(actor, "read", AREA)
    return (
        Column(name="unit", label=_("Unit"), searched=True, value=lambda row: row.unit or _("without a unit")),
        Column(name="people", label=_("People"), kind="number"),
        Column(name="confirmed", label=_("Confirmed"), kind="share", value=lambda row: (row.have, row.asked)),
        Column(
            name="missing",
            label=_("Not yet"),
            kind="list",
            searched=True,
            sortable=False,
            value=lambda row: tuple(person.name for person in row.missing),
        ),
        Column(
            name="policy",
            label=_("Policy"),
            filtered=True,
            options=tuple(labels.items()),
            keeps=lambda _row, _value: True,
            listed=False,
            exported=False,
        ),
    )
