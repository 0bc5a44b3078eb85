"""The requirement board: every requirement of a framework with its derived status, as plain frozen values.

Refuses to hold a status: each view is judged from the log as of its moment. Knows no HTML.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.framework import Framework, Requirement
from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.evaluate import Judgement
from clerestory.judgement.phrase import Missing
from clerestory.judgement.reuse import Reuse, reuse
from clerestory.judgement.status import RequirementStatus
from clerestory.store.facts import judged, judging
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import FrameworkId, RequirementId
from clerestory.terms.status import Conformity

HOME = FrameworkId("iso42001-2023")
ORDER = (
    Conformity.CONFORMS,
    Conformity.STALE,
    Conformity.NONCONFORMING,
    Conformity.NOT_EVIDENCED,
    Conformity.NOT_APPLICABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One requirement. ``conformity`` is None where the framework has no rules: then only re-use is shown."""

    id: RequirementId
    title: str
    kind: str
    group: str
    evidence_class: str
    conformity: Conformity | None
    have: int
    need: int
    stale_on: date | None
    missing: tuple[Missing, ...]
    because: int
    because_more: bool = False
    not_provable: bool = False
    reused_have: int = 0
    reused_need: int = 0

    @property
    def hint(self) -> Missing | None:
        """The first thing that is missing and can be brought in; None where the mark beside the title says it all."""
        return next((item for item in self.missing if item.code != "not_provable"), None)

    @property
    def missing_more(self) -> int:
        """How many things are missing besides the first."""
        return max(len(self.missing) - 1, 0)


@dataclass(frozen=True, slots=True)
class BoardGroup:
    """Requirements that stand together in the framework: a clause or an area of controls."""

    title: str
    rows: tuple[BoardRow, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Counts by conformity in the order of the bar."""
        return count(self.rows)


@dataclass(frozen=True, slots=True)
class FrameworkChoice:
    """A framework that the board can show; ``judged`` where rules derive a status in it."""

    id: FrameworkId
    name: str
    short: str
    judged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All requirements of one framework as of one moment."""

    framework: FrameworkChoice
    frameworks: tuple[FrameworkChoice, ...]
    note: str
    superseded_by: str
    at: datetime
    entries: int
    groups: tuple[BoardGroup, ...]

    @property
    def rows(self) -> tuple[BoardRow, ...]:
        """All rows in order."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def counts(self) -> Mapping[str, int]:
        """Counts by conformity in the order of the bar."""
        return count(self.rows)

    @property
    def not_provable(self) -> int:
        """How many requirements need evidence that this version cannot bring in."""
        return sum(row.not_provable for row in self.rows)

    @property
    def provable(self) -> Mapping[str, int]:
        """Counts by conformity of the requirements that this version can prove."""
        return count(row for row in self.rows if not row.not_provable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What of a board to show; empty means all."""

    text: str = ""
    conformity: str = ""
    group: str = ""
    evidence_class: str = ""
    provable: str = ""
    """``yes`` or ``no``: whether this version can bring in all evidence that is needed."""

    @property
    def is_empty(self) -> bool:
        """Whether it hides nothing."""
        return not (self.text or self.conformity or self.group or self.evidence_class or self.provable)


def count(rows: Iterable[BoardRow]) -> Mapping[str, int]:
    """Count rows by conformity; every conformity is named."""
    counts = {str(conformity): 0 for conformity in ORDER}
    for row in rows:
        if row.conformity is not None:
            counts[row.conformity] += 1
    return counts


def narrow(board: Board, by: Narrowing) -> Board:
    """Return the board with the rows that fit; groups without any are left out."""
    words = by.text.casefold().split()
    groups = (replace(group, rows=tuple(row for row in group.rows if _fits(row, by, words))) for group in board.groups)
    return replace(board, groups=tuple(group for group in groups if group.rows))


def _fits(row: BoardRow, by: Narrowing, words: Sequence[str]) -> bool:
    if by.conformity and row.conformity != by.conformity:
        return False
    if by.group and row.group != by.group:
        return False
    if by.evidence_class and (row.evidence_class or "record") != by.evidence_class:
        return False
    if by.provable and row.not_provable is (by.provable == "yes"):
        return False
    haystack = f"{row.id} {row.title} {row.group} {' '.join(item.text for item in row.missing)}".casefold()
    return all(word in haystack for word in words)


class FrameworkUnknown(ClerestoryError):
    """The catalogue has no such framework."""


def board(actor: Actor, framework_id: FrameworkId, *, at: datetime, live: bool = False) -> Board:
    """Return the board of a framework as of a moment.

    ``live``: the moment is now, so that only what is new since the last judgement is judged.

    Raises:
        FrameworkUnknown: the catalogue has no such framework.
    """
    permit(actor, "read", "board")
    framework = framework_of(framework_id)
    with judging(actor.organisation_id) as index:
        statuses = judged(actor.organisation_id, judged_by(framework_id), index, at=at, live=live)
        seen = len(index.rows) if live else len(index.as_of(at).rows)
    return _board(framework, statuses, seen, at)


def statuses_of(actor: Actor, framework_id: FrameworkId, *, at: datetime, live: bool = False) -> Judgement:
    """Return the statuses of a framework as the judge gives them.

    Raises:
        FrameworkUnknown: the catalogue has no such framework.
    """
    permit(actor, "read", "board")
    framework_of(framework_id)
    with judging(actor.organisation_id) as index:
        return judged(actor.organisation_id, framework_id, index, at=at, live=live)


def framework_of(framework_id: str) -> Framework:
    """Return a framework of the catalogue.

    Raises:
        FrameworkUnknown: there is none of that id.
    """
    framework = load().frameworks.get(FrameworkId(framework_id))
    if framework is None:
        raise FrameworkUnknown(
            sentence.gettext("There is no framework {framework_id!r}.", framework_id=framework_id),
            sentence.gettext("Choose one of: {choices}.", choices=", ".join(load().frameworks)),
        )
    return framework


def judged_by(framework_id: FrameworkId) -> FrameworkId:
    """Return the framework whose rules are judged for a board: its own, or the one whose evidence is re-used."""
    return framework_id if load().rules.get(framework_id) else HOME


def choices(catalogue: Catalogue) -> tuple[FrameworkChoice, ...]:
    """Return the frameworks that a board can show, those with rules first."""
    made = (
        FrameworkChoice(key, framework.name, framework.short, bool(catalogue.rules.get(key)))
        for key, framework in catalogue.frameworks.items()
    )
    return tuple(sorted(made, key=lambda choice: (not choice.judged, choice.name)))


def is_not_provable(status: RequirementStatus) -> bool:
    """Whether a need of a requirement has no producer in this version."""
    return any(item.code == "not_provable" for item in status.missing)


def _board(
    framework: Framework, statuses: Mapping[RequirementId, RequirementStatus], entries: int, at: datetime
) -> Board:
    catalogue = load()
    has_rules = bool(catalogue.rules.get(framework.id))
    shown = {} if has_rules else reuse(catalogue, framework.id, statuses)
    groups: dict[str, list[BoardRow]] = {}
    for requirement in framework.requirements:
        if requirement.assessable:
            row = _row(requirement, statuses[requirement.id]) if has_rules else _reused(requirement, shown)
            groups.setdefault(requirement.group, []).append(row)
    listed = choices(catalogue)
    return Board(
        framework=next(choice for choice in listed if choice.id == framework.id),
        frameworks=listed,
        at=at,
        note=framework.note,
        superseded_by=framework.superseded_by or "",
        entries=entries,
        groups=tuple(BoardGroup(title, tuple(rows)) for title, rows in groups.items()),
    )


def _row(requirement: Requirement, status: RequirementStatus) -> BoardRow:
    return BoardRow(
        id=requirement.id,
        title=gettext(requirement.title),
        kind=requirement.kind,
        group=requirement.group,
        evidence_class=requirement.evidence_class,
        conformity=status.conformity,
        have=status.coverage.have,
        need=status.coverage.need,
        stale_on=status.stale_on,
        missing=status.missing,
        because=len(status.because),
        because_more=status.because_more,
        not_provable=is_not_provable(status),
    )


def _reused(requirement: Requirement, shown: Mapping[RequirementId, Reuse]) -> BoardRow:
    found = shown.get(requirement.id)
    return BoardRow(
        id=requirement.id,
        title=gettext(requirement.title),
        kind=requirement.kind,
        group=requirement.group,
        evidence_class=requirement.evidence_class,
        conformity=None,
        have=0,
        need=0,
        stale_on=None,
        missing=(),
        because=0,
        reused_have=found.have if found else 0,
        reused_need=found.need if found else 0,
    )
