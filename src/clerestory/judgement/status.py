"""Status of a requirement with its reasons: from the requirement down to the entries of each member."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from clerestory.catalogue.rule import Need
from clerestory.judgement.phrase import Missing, Note
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, RequirementId
from clerestory.terms.status import Conformity


class State(IntEnum):
    """How a need stands for one member; the worst decides."""

    HOLDS = 0
    LAPSED = 1
    """It held once and now fails by age, change, revocation or supersession alone."""
    MISSING = 2
    INCONCLUSIVE = 3
    FAIL = 4


CONFORMITY: Mapping[State, Conformity] = {
    State.HOLDS: Conformity.CONFORMS,
    State.LAPSED: Conformity.STALE,
    State.MISSING: Conformity.NOT_EVIDENCED,
    State.INCONCLUSIVE: Conformity.NOT_EVIDENCED,
    State.FAIL: Conformity.NONCONFORMING,
}
"""What the worst state of all needs makes of the requirement."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of so many."""

    have: int
    need: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberResult:
    """How one need stands for one member of the population."""

    subject: Subject
    label: str
    state: State
    because: tuple[EntryId, ...]
    missing: tuple[Missing, ...]
    coverage: Counted | None
    notes: tuple[Note, ...]
    stale_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedResult:
    """How one need stands for the population: counts, and its first members, the offending ones before the others.

    ``group`` numbers the alternative of ``any_of`` that the need stands in; None for needs that all must hold.
    """

    need: Need
    group: int | None
    state: State
    counts: tuple[tuple[State, int], ...]
    members: tuple[MemberResult, ...]

    @property
    def total(self) -> int:
        """How many members the need was judged for, named here or not."""
        return sum(count for _state, count in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """How one rule stands. ``applicable`` is False where its population is empty and the rule says that this may be."""

    rule: str
    because: str
    population: str
    applicable: bool
    excepted: bool
    state: State
    coverage: Counted
    needs: tuple[NeedResult, ...]
    missing: tuple[Missing, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementStatus:
    """Derived status of one requirement, on the evidence held at one moment.

    ``coverage`` counts the members for whom every rule holds. ``because`` names at most the first entries that the
    status rests on and ``because_more`` says whether there are more; `explain` names them all.
    """

    requirement: RequirementId
    title: str
    conformity: Conformity
    because: tuple[EntryId, ...]
    because_more: bool
    missing: tuple[Missing, ...]
    coverage: Counted
    stale_on: date | None
    rules: tuple[RuleResult, ...]
    notes: tuple[Note, ...]
