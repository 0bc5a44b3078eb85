"""The catalogue as one frozen value, and the document it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.catalogue.framework import CrosswalkRow, Framework
from clerestory.catalogue.kind import Change, CheckEntry, CheckFamily, CoverageList, FactKind, SubjectKind
from clerestory.catalogue.rule import Rule
from clerestory.terms.fact import Document
from clerestory.terms.ids import FrameworkId


@dataclass(frozen=True, slots=True)
class NotYetProduced:
    """Kinds and checks that this version cannot bring in yet; the lists may only shrink."""

    kinds: frozenset[str]
    checks: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything the judge needs to know besides the facts. ``document`` is what a pack carries."""

    version: str
    frameworks: Mapping[FrameworkId, Framework]
    rules: Mapping[FrameworkId, tuple[Rule, ...]]
    kinds: Mapping[str, FactKind]
    checks: Mapping[str, CheckEntry]
    families: Mapping[str, CheckFamily]
    coverages: Mapping[str, CoverageList]
    changes: Mapping[str, Change]
    subjects: Mapping[str, SubjectKind]
    roles: Mapping[str, str]
    tiers: tuple[str, ...]
    crosswalk: tuple[CrosswalkRow, ...]
    not_yet_produced: NotYetProduced
    document: Document

    @property
    def result_kinds(self) -> frozenset[str]:
        """Kinds of fact that are results: those that checks emit."""
        return frozenset(check.emits for check in self.checks.values())
