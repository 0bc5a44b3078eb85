"""Committees that oversee AI: who sits in them, when they can decide, and what a meeting records."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from clerestory.registers.roles.rules.role import RoleRefused
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

FEWEST_MEMBERS, FEWEST_FUNCTIONS = 3, 2
_SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of a committee and the function of the organisation that they speak for."""

    person: PersonId
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee:
    """A committee: its charter, who sits in it, and how many must be there to decide."""

    committee_id: str
    name: str
    charter: str
    seats: tuple[Seat, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class Item:
    """One point of an agenda: what waits, why, and the record that it is about where there is one."""

    title: str
    why: str
    url: str
    kind: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a meeting decided about one point of its agenda, by its place."""

    place: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """What a meeting records: who was there, what was said, and what was decided."""

    held_on: date
    present: tuple[PersonId, ...]
    text: str
    decisions: tuple[Decision, ...]


def check_committee(committee: Committee) -> None:
    """Refuse a committee without a charter, of too few people or of one function, and a quorum that cannot be."""
    if not _SLUG.fullmatch(committee.committee_id) or len(committee.committee_id) > 60:
        raise RoleRefused(
            _("{committee_id!r} is no id of a committee.", committee_id=committee.committee_id),
            _("Use small letters, digits and hyphens, like ai-council."),
        )
    plain(committee.name, _("name of the committee"), longest=200)
    plain(committee.charter, _("charter"), longest=20_000, lines=True)
    people = [seat.person for seat in committee.seats]
    if len(set(people)) < len(people):
        raise RoleRefused(_("Somebody sits in the committee twice."), _("Name each member once."))
    if len(people) < FEWEST_MEMBERS:
        raise RoleRefused(_("The committee has fewer than three members."), _("Name at least three."))
    for seat in committee.seats:
        plain(seat.function, _("function of each member"), longest=200)
    if len({seat.function.strip().casefold() for seat in committee.seats}) < FEWEST_FUNCTIONS:
        raise RoleRefused(
            _("All members are of one function."),
            _("Name members of at least two functions, such as law and operation."),
        )
    if not 2 <= committee.quorum <= len(people):
        raise RoleRefused(
            _("A quorum of {quorum} cannot be.", quorum=committee.quorum),
            _("Choose a number from 2 to {count}, the members.", count=len(people)),
        )


def is_quorate(quorum: int, seats: Collection[PersonId], present: Collection[PersonId]) -> bool:
    """Return whether enough members were there to decide; guests do not count."""
    return len(set(seats) & set(present)) >= quorum


def check_held(held_on: date, called_on: date, today: date) -> None:
    """Refuse a meeting that is still to come, and one that was held before it was called."""
    if held_on > today:
        raise RoleRefused(
            _("The meeting of {held_on} is still to come.", held_on=held_on), _("Write the minutes once it was held.")
        )
    if held_on < called_on:
        raise RoleRefused(
            _(
                "The meeting was called on {called_on}, and is said to have been held on {held_on}.",
                called_on=called_on,
                held_on=held_on,
            ),
            _("Correct the day on which it was held."),
        )


def check_minutes(minutes: Minutes, committee: Committee, agenda: Sequence[Item]) -> None:
    """Refuse minutes of nobody, decisions without a quorum, and about what was not there."""
    plain(minutes.text, _("minutes"), longest=50_000, lines=True)
    seats = {seat.person for seat in committee.seats}
    if not minutes.present:
        raise RoleRefused(_("Nobody was there."), _("Tick who took part."))
    strangers = [person for person in minutes.present if person not in seats]
    if strangers:
        raise RoleRefused(_("Somebody who took part is no member of the committee."), _("Name guests in the minutes."))
    if minutes.decisions and not is_quorate(committee.quorum, seats, minutes.present):
        raise RoleRefused(
            _(
                "{count} of the {quorum} members that are needed were there: nothing is decided.",
                count=len(minutes.present),
                quorum=committee.quorum,
            ),
            _("Record the minutes without decisions, and decide in the next meeting."),
        )
    for decision in minutes.decisions:
        plain(decision.text, _("decision"), longest=5000, lines=True)
        if not 0 <= decision.place < len(agenda):
            raise RoleRefused(
                _("The agenda has no point {place}.", place=decision.place + 1), _("Choose one of its points.")
            )
