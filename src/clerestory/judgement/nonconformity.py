"""What stands against a requirement: nonconformities and audit findings that nobody has shown to be dealt with.

Only effect confirmed by someone who does not answer for it closes one; a closed day or a promise does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.judgement.applicability import framework_of
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node, Row
from clerestory.terms.ids import FrameworkId

_KINDS = (
    ("register.nonconformity", "record.corrective_action_effectiveness", "effective", "major_nonconformity"),
    ("register.finding", "record.finding_follow_up", "confirmed", "major_finding"),
)
KINDS = frozenset(kind for raised, answer, _, _ in _KINDS for kind in (raised, answer))
"""Kinds that bear on what stands against a requirement."""


@dataclass(frozen=True, slots=True)
class Against:
    """Open major ones with the code of their phrase, and how many lesser ones are open."""

    majors: tuple[tuple[str, Row], ...]
    minors: int


def against(index: FactIndex, framework: FrameworkId) -> Mapping[str, Against]:
    """Return what is open against each requirement of a framework."""
    majors: dict[str, list[tuple[str, Row]]] = {}
    minors: dict[str, int] = {}
    for raised, answer, field, code in _KINDS:
        answered = _answered(index, answer, field)
        for versions in _open(index, raised, answered):
            latest = versions[-1]
            requirement = latest.value("requirement")
            if not isinstance(requirement, str) or framework_of(latest) != framework:
                continue
            grade = latest.value("grade")
            if grade in ("minor_nonconformity", "observation", "opportunity_for_improvement"):
                minors[requirement] = minors.get(requirement, 0) + 1
            else:
                majors.setdefault(requirement, []).append((code, latest))
    return {
        requirement: Against(
            tuple(sorted(majors.get(requirement, ()), key=lambda pair: pair[1].order)), minors.get(requirement, 0)
        )
        for requirement in majors.keys() | minors.keys()
    }


def _answered(index: FactIndex, kind: str, field: str) -> frozenset[str]:
    rows = (row for node in index.by_kind.get(kind, ()) for row in node.about(kind))
    return frozenset(
        entry_id
        for row in rows
        if not row.dead and row.value(field) is True and row.independent
        for entry_id in row.fact.answers
    )


def _open(index: FactIndex, kind: str, answered: frozenset[str]) -> list[list[Row]]:
    by_entity: dict[tuple[Node, str], list[Row]] = {}
    for node in index.by_kind.get(kind, ()):
        for row in node.about(kind):
            if row.revoked is None:
                by_entity.setdefault((node, row.fact.entity), []).append(row)
    return [versions for versions in by_entity.values() if not any(row.fact.entry_id in answered for row in versions)]
