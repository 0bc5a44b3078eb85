"""Committees that oversee AI: who sits in them, when they can decide, and what a meeting records."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from clerestory.registers.roles.rules.role import RoleRefused
from clerestory.terms.ids import PersonId
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
            f"{committee.committee_id!r} is no id of a committee.",
            "Use small letters, digits and hyphens, like ai-council.",
        )
    plain(committee.name, "name of the committee", longest=200)
    plain(committee.charter, "charter", longest=20_000, lines=True)
    people = [seat.person for seat in committee.seats]
    if len(set(people)) < len(people):
        raise RoleRefused("Somebody sits in the committee twice.", "Name each member once.")
    if len(people) < FEWEST_MEMBERS:
        raise RoleRefused("The committee has fewer than three members.", "Name at least three.")
    for seat in committee.seats:
        plain(seat.function, "function of each member", longest=200)
    if len({seat.function.strip().casefold() for seat in committee.seats}) < FEWEST_FUNCTIONS:
        raise RoleRefused(
            "All members are of one function.", "Name members of at least two functions, such as law and operation."
        )
    if not 2 <= committee.quorum <= len(people):
        raise RoleRefused(
            f"A quorum of {committee.quorum} cannot be.", f"Choose a number from 2 to {len(people)}, the members."
        )


def is_quorate(quorum: int, seats: Collection[PersonId], present: Collection[PersonId]) -> bool:
    """Return whether enough members were there to decide; guests do not count."""
    return len(set(seats) & set(present)) >= quorum


def check_held(held_on: date, called_on: date, today: date) -> None:
    """Refuse a meeting that is still to come, and one that was held before it was called."""
    if held_on > today:
        raise RoleRefused(f"The meeting of {held_on} is still to come.", "Write the minutes once it was held.")
    if held_on < called_on:
        raise RoleRefused(
            f"The meeting was called on {called_on}, and is said to have been held on {held_on}.",
            "Correct the day on which it was held.",
        )


def check_minutes(minutes: Minutes, committee: Committee, agenda: Sequence[Item]) -> None:
    """Refuse minutes of nobody, decisions without a quorum, and about what was not there."""
    plain(minutes.text, "minutes", longest=50_000, lines=True)
    seats = {seat.person for seat in committee.seats}
    if not minutes.present:
        raise RoleRefused("Nobody was there.", "Tick who took part.")
    strangers = [person for person in minutes.present if person not in seats]
    if strangers:
        raise RoleRefused("Somebody who took part is no member of the committee.", "Name guests in the minutes.")
    if minutes.decisions and not is_quorate(committee.quorum, seats, minutes.present):
        raise RoleRefused(
            f"{len(minutes.present)} of the {committee.quorum} members that are needed were there: nothing is decided.",
            "Record the minutes without decisions, and decide in the next meeting.",
        )
    for decision in minutes.decisions:
        plain(decision.text, "decision", longest=5000, lines=True)
        if not 0 <= decision.place < len(agenda):
            raise RoleRefused(f"The agenda has no point {decision.place + 1}.", "Choose one of its points.")
