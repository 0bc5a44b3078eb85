"""Who is responsible, accountable, consulted and informed for which work; its gaps, and who carries too much."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from clerestory.registers.roles.rules.role import RoleRefused
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _

LETTERS = ("A", "R", "C", "I")
"""Accountable: answers for it, one person. Responsible: does it. Consulted before it. Informed of it."""
KINDS = ("process", "duty")
FEWEST = 5
"""Nobody is overloaded with so many pieces of work or fewer, whatever others carry."""
GAPS = ("no accountable", "no responsible", "two accountable", "held by who left")


@dataclass(frozen=True, slots=True, order=True)
class Work:
    """A piece of work: a process of the management system, or a duty of a role (``role-id/duty``)."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the matrix: who has which letters for a piece of work."""

    work: Work
    letters: Mapping[PersonId, str]

    def having(self, letter: str) -> tuple[PersonId, ...]:
        """Return who has a letter, in order."""
        return tuple(sorted(person for person, letters in self.letters.items() if letter in letters))


@dataclass(frozen=True, slots=True)
class Load:
    """How many pieces of work one person answers for or does."""

    person: PersonId
    accountable: int
    responsible: int
    work: int
    is_overloaded: bool


def check_letters(letters: Mapping[str, str]) -> dict[PersonId, str]:
    """Return the letters of each person in their order, without people who have none; refuse other letters."""
    kept: dict[PersonId, str] = {}
    for person, said in letters.items():
        unknown = sorted(set(said) - set(LETTERS))
        if unknown:
            raise RoleRefused(
                _("{unknown!r} is no letter of the matrix.", unknown=unknown[0]),
                _("Use: {choices}.", choices=", ".join(LETTERS)),
            )
        if said:
            kept[PersonId(person)] = "".join(letter for letter in LETTERS if letter in said)
    if not kept:
        raise RoleRefused(
            _("Nobody has anything to do with it."), _("Name at least who is accountable and responsible.")
        )
    return kept


def gaps(line: Line, present: Collection[PersonId]) -> tuple[str, ...]:
    """Return what is wrong with a line; who left counts as nobody."""
    accountable = [person for person in line.having("A") if person in present]
    responsible = [person for person in line.having("R") if person in present]
    found = {
        "no accountable": not accountable,
        "no responsible": not responsible,
        "two accountable": len(accountable) > 1,
        "held by who left": any(person not in present for person in line.letters),
    }
    return tuple(gap for gap in GAPS if found[gap])


def overloaded_from(counts: Iterable[int]) -> int:
    """Return from how many pieces of work on somebody is overloaded: over twice the median, and over five."""
    carried = [count for count in counts if count]
    return max(FEWEST, int(2 * median(carried)) if carried else 0) + 1


def loads(lines: Iterable[Line], more: Iterable[tuple[PersonId, str]] = ()) -> tuple[Load, ...]:
    """Return how much each person carries, most first; ``more`` is work outside the matrix with its letter."""
    work: dict[PersonId, list[int]] = {}
    held = [(person, letters) for line in lines for person, letters in line.letters.items()]
    for person, letters in (*held, *more):
        if "A" in letters or "R" in letters:
            count = work.setdefault(person, [0, 0, 0])
            count[0] += "A" in letters
            count[1] += "R" in letters
            count[2] += 1
    limit = overloaded_from(count[2] for count in work.values())
    found = (Load(person, many[0], many[1], many[2], many[2] >= limit) for person, many in work.items())
    return tuple(sorted(found, key=lambda load: (-load.work, load.person)))
