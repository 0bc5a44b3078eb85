"""Which requirements a result of a check bears on: those whose rules ask for its verdict."""

from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need, Rule
from clerestory.registers.nonconformity.rules import data_of
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import FrameworkId

FRAMEWORK = FrameworkId("iso42001-2023")
OPERATION = "8.1"
"""Where no rule asks for the check, its criterion is one that the organisation set for its own operation."""


def system_of(fact: Fact) -> str:
    """Return the AI system that a result is about, itself or through its model or data; empty where it names none."""
    subjects: tuple[Subject, ...] = (fact.subject, *fact.links)
    return next((subject.id for subject in subjects if subject.kind == "ai_system"), "")


def key_of(fact: Fact) -> tuple[str, str, str, str, str]:
    """Return system, check, criterion, data role and slice: what makes two results ones of the same check."""
    check, criterion, part = (str(fact.values.get(name, "")) for name in ("check", "criterion", "slice"))
    return system_of(fact), check, criterion, data_of(fact.subject, fact.values), part


def requirements_of(fact: Fact) -> tuple[str, ...]:
    """Return the requirements that a result bears on, the most particular first, then in the framework's order."""
    order = {requirement.id: place for place, requirement in enumerate(load().frameworks[FRAMEWORK].requirements)}
    ranked: dict[str, int] = {}
    for rule in load().rules[FRAMEWORK]:
        for need in (*rule.needs, *(need for some in rule.any_of for need in some)):
            if _asks(rule, need, fact):
                rank = _rank(need)
                ranked[rule.requirement] = min(rank, ranked.get(rule.requirement, rank))
    found = sorted(ranked, key=lambda requirement: (ranked[requirement], order[requirement]))  # type: ignore[index]
    return tuple(found) or (OPERATION,)


def _asks(rule: Rule, need: Need, fact: Fact) -> bool:
    if need.kind != fact.kind or not need.verdict_pass or (need.subject or rule.for_each) != fact.subject.kind:
        return False
    if need.check is not None and need.check != fact.values.get("check"):
        return False
    if need.families and fact.values.get("family") not in need.families:
        return False
    roles = need.where.get("data_role")
    return not isinstance(roles, tuple) or fact.values.get("data_role") in roles


def _rank(need: Need) -> int:
    """One check by name before one family, one family before several, and what asks for a data role before the rest."""
    breadth = 0 if need.check else len(need.families) or 9
    return 2 * breadth - bool(need.where)
