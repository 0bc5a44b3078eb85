"""Facts about the architecture of a system, and conditions over them. What nobody knows rules nothing out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

UNKNOWN = "unknown"
"""The value of a fact that nobody knows; beside other values it says that there may be more."""
NONE = "none"
"""The value that says there is nothing of the kind; it stands by itself."""
Facts = Mapping[str, tuple[str, ...]]
"""Values by fact; a fact that is left out is unknown."""


class Answer(StrEnum):
    """Whether a condition holds."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class ArchitectureFact:
    """A question about the architecture with its values; ``many``: several may hold at once."""

    id: str
    group: str
    values: tuple[str, ...]
    many: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Asks one fact for any of some values, or, ``none``, for none of them."""

    fact: str
    values: frozenset[str]
    none: bool = False

    def answer(self, facts: Facts) -> Answer:
        """Return whether it holds; open where the fact is unknown, or may have more values than are known."""
        told = facts.get(self.fact) or (UNKNOWN,)
        if self.values & set(told):
            return Answer.NO if self.none else Answer.YES
        if UNKNOWN in told and (self.values != {NONE} or len(told) == 1):  # beside anything known there cannot be none
            return Answer.OPEN
        return Answer.YES if self.none else Answer.NO


def together(answers: Iterable[Answer]) -> Answer:
    """Return whether all hold: one that does not decides, else one that is open."""
    found = set(answers)
    return Answer.NO if Answer.NO in found else Answer.OPEN if Answer.OPEN in found else Answer.YES


def is_known(facts: Facts, fact: str) -> bool:
    """Tell whether everything about a fact is known."""
    told = facts.get(fact, ())
    return bool(told) and UNKNOWN not in told
