"""Frameworks, their requirements and the crosswalk: identifiers, short titles and our own words."""

from dataclasses import dataclass
from datetime import date

from clerestory.terms.ids import FrameworkId, RequirementId


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A clause, control, article or outcome. ``kind``: clause | control | article | subcategory | risk.

    ``assessable`` is False for headings that only group others; ``applies`` are parts of a law with their first day;
    ``documented``: whether documented information is asked for (yes, implied, no).
    """

    id: RequirementId
    title: str
    kind: str
    group: str
    intent: str = ""
    evidence_class: str = ""
    typical_evidence: tuple[str, ...] = ()
    parent: str | None = None
    assessable: bool = True
    applies: tuple[tuple[str, date], ...] = ()
    binds: tuple[str, ...] = ()
    documented: str = ""
    documents: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One edition of one framework, with its validity; dates are data with a source."""

    id: FrameworkId
    name: str
    short: str
    version: str
    valid_from: date
    superseded_by: str | None = None
    superseded_on: date | None = None
    note: str = ""
    sources: tuple[str, ...]
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """How a requirement of ISO/IEC 42001 relates to one of another framework (NIST IR 8477 relations)."""

    source: RequirementId
    target_framework: FrameworkId
    target: str
    relation: str
    basis: str
    note: str = ""
