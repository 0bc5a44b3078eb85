"""What applies: controls excluded by approved decision, and rules loosened by signed exception until a day.

Refuses drafts: a decision counts only with the approval of a second person, and only the latest one is looked at. One
that was taken back is still the latest: an earlier exclusion does not come to life again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node, Row
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, FrameworkId, RequirementId
from clerestory.terms.moment import read_day

DECISION = "decision.applicability"
EXCEPTION = "approval.exception"
ISO_42001 = FrameworkId("iso42001-2023")
"""The framework that a decision or finding is about where it names none."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The latest decision on one control. ``counts`` is False without a second person, or once it was taken back."""

    control: RequirementId
    framework: FrameworkId
    included: bool
    counts: bool
    entry: EntryId
    decided_on: date
    justification: str

    @property
    def excludes(self) -> bool:
        """Whether the control does not apply."""
        return self.counts and not self.included


@dataclass(frozen=True, slots=True)
class Loosening:
    """A rule loosened for one subject, or for all where the subject is the organisation, through its last day."""

    rule: str
    subject: Subject
    node: Node
    until: date
    entry: EntryId
    justification: str


def applicability(index: FactIndex, at: datetime) -> Mapping[RequirementId, Decision]:
    """Return the latest decision on each control of ISO/IEC 42001 as of ``at``, whether or not it counts."""
    return decisions(index.as_of(at), ISO_42001)


def decisions(index: FactIndex, framework: FrameworkId) -> Mapping[RequirementId, Decision]:
    """Return the latest decision on each control of a framework, in order of the controls' ids."""
    latest: dict[str, Row] = {}
    for node in index.by_kind.get(DECISION, ()):
        for row in node.about(DECISION):
            control = row.value("control")
            if row.superseded is not None or not isinstance(control, str) or framework_of(row) != framework:
                continue
            if control not in latest or latest[control].order < row.order:
                latest[control] = row
    return {RequirementId(control): _decision(index, framework, row) for control, row in sorted(latest.items())}


def exceptions(index: FactIndex, at: datetime) -> Mapping[str, tuple[Loosening, ...]]:
    """Return the signed exceptions that loosen a rule at ``at``, by rule."""
    found: dict[str, list[Loosening]] = {}
    rows = [row for node in index.by_kind.get(EXCEPTION, ()) for row in node.about(EXCEPTION)]
    for row in sorted(rows, key=lambda row: row.order):
        until, rule = _day(row.value("valid_until")), row.value("rule")
        if row.dead or until is None or until < at.date() or not index.marks(row).second or not isinstance(rule, str):
            continue
        found.setdefault(rule, []).append(
            Loosening(rule, row.node.subject, row.node, until, row.fact.entry_id, _text(row.value("justification")))
        )
    return {rule: tuple(rows) for rule, rows in found.items()}


def framework_of(row: Row) -> FrameworkId:
    """Return the framework that a decision, finding or nonconformity names."""
    return FrameworkId(_text(row.value("framework"))) or ISO_42001


def _decision(index: FactIndex, framework: FrameworkId, row: Row) -> Decision:
    return Decision(
        RequirementId(_text(row.value("control"))),
        framework,
        row.value("included") is not False,
        row.revoked is None and bool(index.marks(row).second),
        row.fact.entry_id,
        row.end.date(),
        _text(row.value("justification")),
    )


def _day(value: object) -> date | None:
    try:
        return read_day(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
