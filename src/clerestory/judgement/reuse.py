"""What evidence of ISO/IEC 42001 can be shown for another framework's requirement.

Shown, not counted: a crosswalk row never derives a status.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.framework import CrosswalkRow
from clerestory.judgement.status import RequirementStatus
from clerestory.terms.ids import FrameworkId, RequirementId
from clerestory.terms.status import Conformity


@dataclass(frozen=True, slots=True)
class Aspect:
    """One requirement of ISO/IEC 42001 that the crosswalk relates to the target, with its own status."""

    source: RequirementId
    relation: str
    basis: str
    conformity: Conformity


@dataclass(frozen=True, slots=True)
class Reuse:
    """Evidence re-used for one requirement: ``have`` of ``need`` aspects are evidenced where they come from."""

    target: RequirementId
    have: int
    need: int
    aspects: tuple[Aspect, ...]


def reuse(
    catalogue: Catalogue, target: FrameworkId, statuses: Mapping[RequirementId, RequirementStatus]
) -> Mapping[RequirementId, Reuse]:
    """Return what the statuses of ISO/IEC 42001 can show for each requirement of another framework."""
    rows: dict[str, dict[RequirementId, CrosswalkRow]] = {}
    for row in catalogue.crosswalk:
        if row.target_framework == target and row.source in statuses:
            rows.setdefault(row.target, {}).setdefault(row.source, row)
    return {
        RequirementId(name): _reuse(RequirementId(name), tuple(found.values()), statuses)
        for name, found in rows.items()
    }


def _reuse(
    target: RequirementId, rows: tuple[CrosswalkRow, ...], statuses: Mapping[RequirementId, RequirementStatus]
) -> Reuse:
    aspects = tuple(Aspect(row.source, row.relation, row.basis, statuses[row.source].conformity) for row in rows)
    have = sum(aspect.conformity is Conformity.CONFORMS for aspect in aspects)
    return Reuse(target, have, len(aspects), aspects)
