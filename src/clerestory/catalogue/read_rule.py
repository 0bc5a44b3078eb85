"""Reads rules against the vocabulary that they are written in; the grammar stands in `docs/rules.md`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from clerestory.catalogue.framework import Framework
from clerestory.catalogue.kind import Change, CheckEntry, CheckFamily, CoverageList, FactKind, SubjectKind
from clerestory.catalogue.rule import Answers, Coverage, Filter, Need, NilReturn, Precedes, Rule, Tightening
from clerestory.catalogue.table import Table
from clerestory.terms.ids import RequirementId
from clerestory.terms.moment import MomentUnreadable, read_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All names that a rule may use."""

    kinds: Mapping[str, FactKind]
    checks: Mapping[str, CheckEntry]
    families: Mapping[str, CheckFamily]
    coverages: Mapping[str, CoverageList]
    changes: Mapping[str, Change]
    subjects: Mapping[str, SubjectKind]
    roles: Mapping[str, str]
    tiers: tuple[str, ...]
    stages: tuple[str, ...]


def read_rules(table: Table, framework: Framework, vocabulary: Vocabulary) -> tuple[Rule, ...]:
    """Read all rules of one file; every name must resolve and every key be known."""
    requirements = {r.id for r in framework.requirements}
    rules = tuple(_rule(t, framework, vocabulary) for t in table.tables("rule"))
    seen: set[str] = set()
    for rule in rules:
        if rule.requirement not in requirements:
            raise table.problem(f"unknown requirement {rule.requirement}")
        if rule.name in seen:
            raise table.problem(f"rule {rule.name} stands twice")
        seen.add(rule.name)
    return rules


def _rule(table: Table, framework: Framework, words: Vocabulary) -> Rule:
    with table:
        requirement = RequirementId(table.text("requirement"))
        table.place = f"rule {requirement}/{table.text('id')}"
        subject = _one_of(table, "for_each", words.subjects)
        if table.text("empty", "NOT_APPLICABLE") != "NOT_APPLICABLE":
            raise table.problem("empty says NOT_APPLICABLE or nothing")
        needs = tuple(_need(t, subject, words) for t in table.tables("needs"))
        table.asked.add("any_of")
        groups = table.data.get("any_of", [])
        if not isinstance(groups, list):
            raise table.problem("any_of is no list")
        any_of = tuple(
            tuple(_need(Table(n, f"{table.place}, any_of"), subject, words) for n in group) for group in groups
        )
        if not needs and not any_of:
            raise table.problem("no needs")
        return Rule(
            framework=framework.id,
            requirement=requirement,
            id=table.text("id"),
            because=table.text("because"),
            for_each=subject,
            where=_filter(table.table("where"), words.kinds[words.subjects[subject].member], words),
            empty_not_applicable=table.has("empty"),
            needs=needs,
            any_of=any_of,
            by_tier=_tiers(table.table("by_tier"), words),
        )


def _need(table: Table, population: str, words: Vocabulary) -> Need:
    with table:
        kind = words.kinds[_one_of(table, "kind", words.kinds)]
        subject = _one_of(table, "subject", words.subjects) if table.has("subject") else None
        if (subject or population) not in kind.subjects:
            raise table.problem(f"{kind.name} is not about {subject or population}")
        if table.text("verdict", "PASS") != "PASS" or table.text("content", "present") != "present":
            raise table.problem("verdict says PASS and content says present")
        if table.flag("current") != table.has("verdict"):
            raise table.problem("a verdict is asked of the current result")
        return Need(
            kind=kind.name,
            subject=subject,
            families=_all_of(table, "family", words.families),
            check=_one_of(table, "check", words.checks) if table.has("check") else None,
            verdict_pass=table.has("verdict"),
            where=_filter(table.table("where"), kind, words),
            max_age=_age(table, "max_age") if table.has("max_age") else None,
            on_change=_all_of(table, "on_change", words.changes),
            approved=table.flag("approved"),
            second_person=table.flag("second_person"),
            approver=_one_of(table, "approver", words.roles) if table.has("approver") else None,
            by=_one_of(table, "by", words.roles) if table.has("by") else None,
            independent=table.flag("independent"),
            reproduced=table.flag("reproduced"),
            coverage=_coverage(table.table("coverage"), words) if table.has("coverage") else None,
            precedes=_precedes(table.table("precedes"), words) if table.has("precedes") else None,
            answers=_answers(table.table("answers"), words) if table.has("answers") else None,
            if_none=_nil_return(table.table("if_none"), words) if table.has("if_none") else None,
            content_present=table.has("content"),
            ends=_ends(table, kind),
        )


def _ends(table: Table, kind: FactKind) -> str:
    name = table.text("ends", "")
    if name and (name not in kind.fields or kind.fields[name].type != "day" or table.has("coverage")):
        raise table.problem(f"ends names a field of {kind.name} that is a day, and goes without coverage")
    return name


def _coverage(table: Table, words: Vocabulary) -> Coverage:
    with table:
        name = _one_of(table, "of", words.coverages)
        table.asked.add("min")
        minimum = table.data.get("min")
        try:
            share = float(str(minimum))
        except ValueError:
            raise table.problem("min is no number") from None
        if not 0 < share <= 1:
            raise table.problem("min lies outside 0 to 1")
        return Coverage(name, share)


def _precedes(table: Table, words: Vocabulary) -> Precedes:
    with table:
        return Precedes(_one_of(table, "kind", words.kinds), _all_of(table, "family", words.families))


def _answers(table: Table, words: Vocabulary) -> Answers:
    with table:
        kind = words.kinds[_one_of(table, "kind", words.kinds)]
        return Answers(kind.name, _one_of(table, "due", kind.fields), _age(table, "within"))


def _nil_return(table: Table, words: Vocabulary) -> NilReturn:
    with table:
        kind = words.kinds[_one_of(table, "kind", words.kinds)]
        return NilReturn(
            kind.name, _filter(table.table("where"), kind, words), table.flag("second_person"), _age(table, "max_age")
        )


def _tiers(table: Table, words: Vocabulary) -> Mapping[str, Mapping[str, Tightening]]:
    tiers: dict[str, dict[str, Tightening]] = {}
    for tier in sorted(table.data):
        if tier not in words.tiers:
            raise table.problem(f"unknown tier {tier}")
        inner = table.table(tier)
        tiers[tier] = {}
        for kind in sorted(inner.data):
            with inner.table(kind) as tighter:
                age = _age(tighter, "max_age") if tighter.has("max_age") else None
                tiers[tier][kind] = Tightening(age, tighter.flag("independent"), tighter.flag("reproduced"))
            if kind not in words.kinds:
                raise inner.problem(f"unknown kind {kind}")
    return tiers


def _filter(table: Table, kind: FactKind, words: Vocabulary) -> Filter:
    """Read a filter; allowed values are checked against the field's type."""
    found: dict[str, bool | tuple[str, ...]] = {}
    for name in sorted(table.data):
        if name not in kind.fields:
            raise table.problem(f"{kind.name} has no field {name}")
        field = kind.fields[name]
        if isinstance(table.data[name], bool) != (field.type == "bool"):
            raise table.problem(f"{name} does not fit the type {field.type!r}")
        if field.type == "bool":
            found[name] = table.flag(name)
            continue
        values = table.texts(name)
        allowed = field.options or {"list of stages": words.stages, "list of roles": tuple(words.roles)}.get(
            field.type, values
        )
        if not values or not set(values) <= set(allowed):
            raise table.problem(f"{name} cannot be {sorted(set(values) - set(allowed))}")
        found[name] = values
    return found


def _age(table: Table, key: str) -> timedelta:
    try:
        return read_duration(table.text(key))
    except MomentUnreadable as error:
        raise table.problem(f"{key}: {error.problem}") from None


def _one_of(table: Table, key: str, known: Mapping[str, object]) -> str:
    name = table.text(key)
    if name not in known:
        raise table.problem(f"{key}: unknown name {name}")
    return name


def _all_of(table: Table, key: str, known: Mapping[str, object]) -> tuple[str, ...]:
    names = table.texts(key)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise table.problem(f"{key}: unknown name {', '.join(unknown)}")
    return names
