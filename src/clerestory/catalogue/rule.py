"""Rules as data: which evidence proves which requirement. Frozen values; `judgement` interprets them.

The grammar stands in `docs/rules.md`. A rule holds when every need holds for every member of its population.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from clerestory.terms.ids import FrameworkId, RequirementId

Filter = Mapping[str, bool | tuple[str, ...]]
"""Field of a fact -> the value it must have, or the values of which it must have at least one."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The share of a named list that the evidence together must cover; ``minimum`` in (0, 1]."""

    of: str
    minimum: float


@dataclass(frozen=True, slots=True)
class Precedes:
    """Each fact of ``kind`` (of one of ``families``, if any), of any age, must come after this approval."""

    kind: str
    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """Each fact of ``kind`` raised ``within`` the time, or still open, is answered or not past its ``due`` field."""

    kind: str
    due: str
    within: timedelta


@dataclass(frozen=True, slots=True)
class NilReturn:
    """What stands in where nothing was raised."""

    kind: str
    where: Filter
    second_person: bool
    max_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One kind of fact that must be there, and everything it must satisfy."""

    kind: str
    subject: str | None = None
    families: tuple[str, ...] = ()
    check: str | None = None
    verdict_pass: bool = False
    where: Filter
    max_age: timedelta | None = None
    on_change: tuple[str, ...] = ()
    approved: bool = False
    second_person: bool = False
    approver: str | None = None
    by: str | None = None
    independent: bool = False
    reproduced: bool = False
    coverage: Coverage | None = None
    precedes: Precedes | None = None
    answers: Answers | None = None
    if_none: NilReturn | None = None
    content_present: bool = False
    ends: str = ""
    """Field of the fact with the last day on which it holds; empty where it says none."""

    @property
    def measured(self) -> bool:
        """Whether the need asks for a verdict of a check rather than for a record."""
        return self.kind == "check" or self.kind.startswith("runtime.")


@dataclass(frozen=True, slots=True)
class Tightening:
    """What a tier sets stricter for one kind: a shorter age, independence, reproduction."""

    max_age: timedelta | None = None
    independent: bool = False
    reproduced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of one requirement over one population."""

    framework: FrameworkId
    requirement: RequirementId
    id: str
    because: str
    for_each: str
    where: Filter
    empty_not_applicable: bool = False
    needs: tuple[Need, ...]
    any_of: tuple[tuple[Need, ...], ...] = ()
    by_tier: Mapping[str, Mapping[str, Tightening]]

    @property
    def name(self) -> str:
        """``A.7.4/quality-measured``: unique in its framework."""
        return f"{self.requirement}/{self.id}"
