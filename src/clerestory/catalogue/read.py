"""Reads a catalogue document into frozen values and refuses what does not fit together.

The document comes from our own files or from an audit pack; both are read by the same code.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from clerestory.catalogue.catalogue import Catalogue, NotYetProduced
from clerestory.catalogue.framework import CrosswalkRow, Framework, Requirement
from clerestory.catalogue.kind import (
    Change,
    CheckEntry,
    CheckFamily,
    CoverageList,
    Derived,
    FactKind,
    Field,
    SubjectKind,
)
from clerestory.catalogue.read_rule import Vocabulary, read_rules
from clerestory.catalogue.rule import Rule
from clerestory.catalogue.table import CatalogueUnreadable, Table
from clerestory.terms.fact import Document
from clerestory.terms.ids import FrameworkId, RequirementId
from clerestory.terms.moment import read_day

HOW = ("catalogue", "facts", "approved_criteria", "declared_criteria", "declared_slices", "requirements")
RELATIONS = ("equal", "subset", "superset", "intersects")
T = TypeVar("T")
K = TypeVar("K")


def read_catalogue(document: Document) -> Catalogue:
    """Read a catalogue document.

    Raises:
        CatalogueUnreadable: naming the place and what is wrong there.
    """
    with Table(document, "document") as top:
        version = top.text("version")
        frameworks = _unique((_framework(t) for t in top.tables("frameworks")), lambda f: f.id, "framework")
        evidence = top.table("evidence")
        kinds = _unique((_kind(t) for t in evidence.tables("kind")), lambda k: k.name, "kind")
        families = _unique((_family(t) for t in evidence.tables("family")), lambda f: f.name, "family")
        checks = _unique((_check(t) for t in evidence.tables("check")), lambda c: c.name, "check")
        vocabulary = _vocabulary(evidence, kinds, checks, families)
        rules: dict[FrameworkId, tuple[Rule, ...]] = {}
        for table in top.tables("rules"):
            framework = FrameworkId(table.text("framework"))
            if framework not in frameworks:
                raise table.problem(f"unknown framework {framework}")
            if framework in rules:
                raise table.problem(f"a second table of rules for {framework}")
            rules[framework] = read_rules(table, frameworks[framework], vocabulary)
        _names_resolve(kinds, families, checks, vocabulary)
        return Catalogue(
            version=version,
            frameworks=frameworks,
            rules=rules,
            kinds=kinds,
            checks=checks,
            families=families,
            coverages=vocabulary.coverages,
            changes=vocabulary.changes,
            subjects=vocabulary.subjects,
            roles=vocabulary.roles,
            tiers=vocabulary.tiers,
            crosswalk=_crosswalk(top.table("crosswalk"), frameworks),
            not_yet_produced=_not_yet_produced(top.table("not_yet_produced"), kinds, checks),
            document=document,
        )


def _framework(table: Table) -> Framework:
    with table:
        table.skip(
            "area", "objective", "risk_source", "date", "superseded_date", "penalty", "high_risk_area", "quality_aspect"
        )
        requirements = tuple(_requirement(t) for t in table.tables("requirement"))
        with table.table("framework") as head:
            framework = Framework(
                id=FrameworkId(head.text("id")),
                name=head.text("name"),
                short=head.text("short"),
                version=head.text("version"),
                valid_from=_day(head, "valid_from"),
                superseded_by=head.text("superseded_by", "") or None,
                superseded_on=_day(head, "superseded_on") if head.has("superseded_on") else None,
                note=head.text("note", ""),
                sources=head.texts("sources"),
                requirements=requirements,
            )
    _unique(requirements, lambda r: r.id, f"requirement of {framework.id}")
    return framework


def _requirement(table: Table) -> Requirement:
    with table:
        return Requirement(
            id=RequirementId(table.text("id")),
            title=table.text("title"),
            kind=table.text("kind"),
            group=table.text("group"),
            intent=table.text("intent", ""),
            evidence_class=table.text("evidence_class", ""),
            typical_evidence=table.texts("typical_evidence"),
            parent=table.text("parent", "") or None,
            assessable=table.flag("assessable", True),
            applies=tuple((t.text("part"), _day(t, "from")) for t in table.tables("applies")),
            binds=table.texts("binds"),
            documented=table.text("documented", ""),
            documents=table.text("documents", ""),
            note=table.text("note", ""),
        )


def _vocabulary(
    evidence: Table,
    kinds: Mapping[str, FactKind],
    checks: Mapping[str, CheckEntry],
    families: Mapping[str, CheckFamily],
) -> Vocabulary:
    coverages = _unique((_coverage(t) for t in evidence.tables("coverage")), lambda c: c.name, "coverage")
    changes = _unique((_change(t) for t in evidence.tables("change")), lambda c: c.name, "change")
    subjects = _unique(
        (SubjectKind(t.text("name"), t.text("member")) for t in evidence.tables("subject")), lambda s: s.name, "subject"
    )
    roles = {t.text("name"): t.text("meaning") for t in evidence.tables("role")}
    return Vocabulary(
        kinds=kinds,
        checks=checks,
        families=families,
        coverages=coverages,
        changes=changes,
        subjects=subjects,
        roles=roles,
        tiers=evidence.texts("tiers"),
        stages=evidence.texts("stages"),
    )


def _coverage(table: Table) -> CoverageList:
    with table:
        coverage = CoverageList(
            name=table.text("name"),
            counted_from=table.text("counted_from"),
            meaning=table.text("meaning"),
            how=table.text("how"),
            items=table.texts("items"),
            names_checks=table.flag("names_checks"),
        )
    if coverage.how not in HOW or bool(coverage.items) != (coverage.how == "catalogue"):
        raise table.problem(f'{coverage.name}: only how = "catalogue" has items, and it must')
    return coverage


def _change(table: Table) -> Change:
    with table:
        pairs = [dotted.rpartition(".") for dotted in table.texts("seen_in")]
        return Change(table.text("name"), tuple((kind, field) for kind, _, field in pairs))


def _kind(table: Table) -> FactKind:
    with table:
        fields = table.table("fields")
        example = table.table("example")
        return FactKind(
            name=table.text("name"),
            producer=table.text("producer"),
            subjects=table.texts("subjects"),
            retention=table.text("retention"),
            meaning=table.text("meaning"),
            fields={name: _field(fields.table(name)) for name in sorted(fields.data)},
            example=dict(example.data),
            informational=table.flag("informational"),
            whole=table.flag("whole"),
        )


def _field(table: Table) -> Field:
    with table:
        derived = None
        if table.has("derived"):
            with table.table("derived") as source:
                derived = Derived(source.text("subject"), source.text("field"))
        return Field(table.text("type"), table.text("meaning"), derived, table.flag("optional"))


def _family(table: Table) -> CheckFamily:
    with table:
        return CheckFamily(table.text("name"), table.text("part"), table.texts("emits"), table.text("meaning"))


def _check(table: Table) -> CheckEntry:
    with table:
        return CheckEntry(
            table.text("name"), table.text("family"), table.text("emits"), table.texts("aliases"), table.text("what")
        )


def _crosswalk(table: Table, frameworks: Mapping[FrameworkId, Framework]) -> tuple[CrosswalkRow, ...]:
    ids = {f.id: {str(r.id) for r in f.requirements} for f in frameworks.values()}
    rows: list[CrosswalkRow] = []
    source_framework = FrameworkId(table.text("source_framework"))
    for mapping in table.tables("mapping"):
        target = FrameworkId(mapping.text("target_framework"))
        basis = mapping.text("basis")
        for row in mapping.tables("rows"):
            with row:
                found = CrosswalkRow(
                    RequirementId(row.text("from")),
                    target,
                    row.text("to"),
                    row.text("relation"),
                    basis,
                    row.text("note", ""),
                )
            if (
                found.source not in ids[source_framework]
                or found.target not in ids.get(target, ())
                or found.relation not in RELATIONS
            ):
                raise row.problem(f"{found.source} {found.relation} {target} {found.target} does not resolve")
            rows.append(found)
    return tuple(rows)


def _not_yet_produced(table: Table, kinds: Mapping[str, FactKind], checks: Mapping[str, CheckEntry]) -> NotYetProduced:
    lists = NotYetProduced(frozenset(table.texts("kinds")), frozenset(table.texts("checks")))
    unknown = sorted((lists.kinds - set(kinds)) | (lists.checks - set(checks)))
    if unknown:
        raise table.problem(f"unknown {', '.join(unknown)}")
    return lists


def _names_resolve(
    kinds: Mapping[str, FactKind],
    families: Mapping[str, CheckFamily],
    checks: Mapping[str, CheckEntry],
    vocabulary: Vocabulary,
) -> None:
    for kind in kinds.values():
        odd = set(kind.subjects) - set(vocabulary.subjects)
        if odd or set(kind.fields) != set(kind.example):
            raise CatalogueUnreadable(f"kind {kind.name}", f"subjects {sorted(odd)} or example do not fit")
    for check in checks.values():
        if check.family not in families or check.emits not in families[check.family].emits:
            raise CatalogueUnreadable(f"check {check.name}", "family or emitted kind does not resolve")
    for change in vocabulary.changes.values():
        for kind_name, field in change.seen_in:
            if kind_name not in kinds or field not in kinds[kind_name].fields:
                raise CatalogueUnreadable(f"change {change.name}", f"no field {kind_name}.{field}")
    for coverage in vocabulary.coverages.values():
        if coverage.how in ("facts", "approved_criteria") and coverage.counted_from not in kinds:
            raise CatalogueUnreadable(f"coverage {coverage.name}", f"unknown kind {coverage.counted_from}")
    for subject in vocabulary.subjects.values():
        if subject.member not in kinds:
            raise CatalogueUnreadable(f"subject {subject.name}", f"unknown kind {subject.member}")


def _day(table: Table, key: str) -> date:
    try:
        return read_day(table.text(key))
    except ValueError:
        raise table.problem(f"{key} is no day") from None


def _unique(rows: Iterable[T], key: Callable[[T], K], what: str) -> dict[K, T]:
    found: dict[K, T] = {}
    for row in rows:
        name = key(row)
        if name in found:
            raise CatalogueUnreadable(f"{what} {name}", "stands twice")
        found[name] = row
    return found
