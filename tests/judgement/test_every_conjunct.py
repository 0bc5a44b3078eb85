"""For every rule of the catalogue: the least facts make it hold, and each conjunct alone decides about some facts.

A conjunct that could be dropped without any consequence would be decoration. Each case has facts that violate one
conjunct only, so the rule refuses them, and the rule without that conjunct accepts them. Cases named in `WEAK` are
the known exceptions, each with its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import pytest

from clerestory.catalogue.catalogue import Catalogue, NotYetProduced
from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need, Rule, Tightening
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from clerestory.judgement.status import State
from clerestory.terms.fact import Fact
from tests.judgement.minimal import AT, Breach, World, other_members

HOLDS, REFUSED, NOT_APPLICABLE = "holds", "refused", "not applicable"


@dataclass(frozen=True)
class Case:
    """Facts, and what the rule and the rule without one conjunct must say of them."""

    name: str
    facts: tuple[Fact, ...]
    rule: Rule
    says: str
    without: Rule | None = None
    then: str = HOLDS


@cache
def catalogue() -> Catalogue:
    """The real catalogue, as if everything in it could be brought in."""
    return replace(load(), not_yet_produced=NotYetProduced(frozenset(), frozenset()))


def rules() -> tuple[Rule, ...]:
    return tuple(rule for rules in catalogue().rules.values() for rule in rules)


def said(rule: Rule, facts: tuple[Fact, ...]) -> str:
    """What the judge says of one rule alone."""
    only = replace(catalogue(), rules={rule.framework: (rule,)})
    status = evaluate(only, rule.framework, FactIndex.of(only, facts), at=AT)[rule.requirement]
    (result,) = status.rules
    if not result.applicable:
        return NOT_APPLICABLE
    return HOLDS if result.state is State.HOLDS else REFUSED


WEAK = {
    # The family need beside it asks the same of every declared criterion of the family, this check's among them.
    "A.10.3/deliveries-tested need 1 max_age",
    "A.10.3/deliveries-tested need 1 on_change register.model_version.artefact_digest",
    "A.10.3/deliveries-tested need 1 on_change register.deployment.model_version",
    # Checks of agents measure the system, which agents that are not active share.
    "A.6.2.4/agent-bounded where status",
    # The threats that a review covers are counted from the same record, so that its change uncovers them, too.
    "A.6.2.3/design-recorded need 3 on_change register.threat_model.data_version",
    "A.6.2.3/design-recorded need 3 on_change register.threat_model.architecture_facts",
}


def with_need(rule: Rule, number: int, **changes: object) -> Rule:
    """The rule with one need changed."""
    needs = list(rule.needs)
    needs[number] = replace(needs[number], **changes)  # type: ignore[arg-type]
    return replace(rule, needs=tuple(needs))


def cases() -> Iterator[Case]:
    for rule in rules():
        yield Case(f"{rule.name} as it stands", World(catalogue(), rule).facts(), rule, HOLDS)
        yield from cases_of_population(rule)
        for number, need in enumerate(rule.needs):
            yield from cases_of_need(rule, number, need)
            yield from cases_of_answers(rule, number, need)
        yield from cases_of_tiers(rule)


def cases_of_population(rule: Rule) -> Iterator[Case]:
    for key in rule.where:
        world = World(catalogue(), rule)
        facts = (*world.facts(), *other_members(world, key))
        facts = tuple(world.book.facts)
        without = replace(rule, where={k: v for k, v in rule.where.items() if k != key})
        yield Case(f"{rule.name} where {key}", facts, rule, HOLDS, without, REFUSED)
    nobody = World(catalogue(), replace(rule, needs=()))
    first_key = next(iter(rule.where), None)
    if first_key is not None:
        nobody.facts()
        list(other_members(nobody, first_key))
        others = tuple(fact for fact in nobody.book.facts if fact.subject != nobody.subject(rule.for_each))
        says = NOT_APPLICABLE if rule.empty_not_applicable else REFUSED
        strict = replace(rule, empty_not_applicable=not rule.empty_not_applicable)
        other = REFUSED if rule.empty_not_applicable else NOT_APPLICABLE
        yield Case(f"{rule.name} empty", others, rule, says, strict, other)
    yield Case(f"{rule.name} without any member", (), rule, REFUSED)


def cases_of_need(rule: Rule, number: int, need: Need) -> Iterator[Case]:
    rest = replace(rule, needs=(*rule.needs[:number], *rule.needs[number + 1 :]))
    # Where another need names a check of the family, that check serves the family too: leave a criterion open instead.
    served = any(other.check and other.check.partition(".")[0] in need.families for other in rule.needs)
    facts = World(catalogue(), rule, Breach(number, "coverage" if served else "need")).facts()
    yield Case(f"{rule.name} need {number + 1} need", facts, rule, REFUSED, rest if rest.needs else None)
    for conjunct, detail, age, dropped in conjuncts(need):
        facts = World(catalogue(), rule, Breach(number, conjunct, detail, age)).facts()
        name = f"{rule.name} need {number + 1} {conjunct} {detail}".rstrip()
        yield Case(name, facts, rule, REFUSED, with_need(rule, number, **dropped) if dropped else None)
    yield from cases_of_coverage(rule, number, need)


def conjuncts(need: Need) -> Iterator[tuple[str, str, timedelta | None, dict[str, object]]]:
    """What a need asks besides coverage and answers: its name, its part, an age, and the need without it."""
    flags = {
        "approved": need.approved and not need.second_person and need.approver is None,
        "second_person": need.second_person,
        "independent": need.independent,
        "reproduced": need.reproduced,
    }
    yield from ((name, "", None, {name: False}) for name, asked in flags.items() if asked)
    named = {"subject": need.subject, "approver": need.approver, "by": need.by, "precedes": need.precedes}
    yield from ((name, "", None, {name: None}) for name, asked in named.items() if asked is not None)
    if need.measured:
        yield from (("verdict", verdict, None, {}) for verdict in ("FAIL", "INCONCLUSIVE"))
    for key in need.where:
        yield "where", key, None, {"where": {k: v for k, v in need.where.items() if k != key}}
    if need.max_age is not None:
        yield "max_age", "", need.max_age, {"max_age": None}
    for name in need.on_change:
        rest = tuple(other for other in need.on_change if other != name)
        yield from (
            ("on_change", f"{kind}.{field}", None, {"on_change": rest})
            for kind, field in catalogue().changes[name].seen_in
        )
    if need.content_present:
        yield from ((how, "", None, {"content_present": False}) for how in ("content", "erased"))


def cases_of_coverage(rule: Rule, number: int, need: Need) -> Iterator[Case]:
    if need.coverage is None:
        return
    coverage = catalogue().coverages[need.coverage.of]
    if coverage.names_checks:
        # Without its coverage the need names no check at all; an empty list and a failing check are refused.
        yield Case(
            f"{rule.name} need {number + 1} empty list",
            World(catalogue(), rule, Breach(number, "empty list")).facts(),
            rule,
            REFUSED,
        )
        return
    facts = World(catalogue(), rule, Breach(number, "coverage")).facts()
    without = with_need(rule, number, coverage=None)
    yield Case(f"{rule.name} need {number + 1} coverage", facts, rule, REFUSED, without)
    if coverage.how == "facts":
        facts = World(catalogue(), rule, Breach(number, "empty list")).facts()
        yield Case(f"{rule.name} need {number + 1} empty list", facts, rule, REFUSED)
    if coverage.how not in ("declared_criteria", "declared_slices"):
        facts = World(catalogue(), rule, Breach(number, "just enough")).facts()
        yield Case(f"{rule.name} need {number + 1} just enough", facts, rule, HOLDS)


def cases_of_answers(rule: Rule, number: int, need: Need) -> Iterator[Case]:
    if need.answers is None:
        return
    name = f"{rule.name} need {number + 1}"
    without = with_need(rule, number, answers=None, if_none=None)
    facts = World(catalogue(), rule, Breach(number, "answers")).facts()
    yield Case(f"{name} answers", facts, rule, REFUSED, without)
    facts = World(catalogue(), rule, Breach(number, "not yet due")).facts()
    yield Case(f"{name} answers not yet due", facts, rule, HOLDS)
    none = need.if_none
    if none is None:
        return
    # Needs of one rule may accept the same nil return, so each is looked at alone.
    alone = replace(rule, needs=(need,))
    facts = World(catalogue(), alone, nothing_raised=True).facts()
    yield Case(f"{name} if_none", facts, alone, HOLDS, with_need(alone, 0, if_none=None), REFUSED)

    def spoilt(conjunct: str, detail: str = "", **dropped: object) -> Case:
        facts = World(catalogue(), alone, Breach(0, f"if_none.{conjunct}", detail), nothing_raised=True).facts()
        loosened = with_need(alone, 0, if_none=replace(none, **dropped))  # type: ignore[arg-type]
        return Case(f"{name} if_none {conjunct} {detail}".rstrip(), facts, alone, REFUSED, loosened)

    for key in none.where:
        yield spoilt("where", key, where={k: v for k, v in none.where.items() if k != key})
    yield spoilt("max_age", max_age=timedelta(days=100_000))
    if none.second_person:
        yield spoilt("second_person", second_person=False)


def cases_of_tiers(rule: Rule) -> Iterator[Case]:
    for tier, by_kind in rule.by_tier.items():
        yield Case(f"{rule.name} tier {tier}", World(catalogue(), rule, tier=tier).facts(), rule, HOLDS)
        for kind, tighter in by_kind.items():
            for field, dropped in (("max_age", None), ("independent", False), ("reproduced", False)):
                if getattr(tighter, field):
                    yield case_of_tier(rule, tier, kind, tighter, field, dropped)


def case_of_tier(rule: Rule, tier: str, kind: str, tighter: Tightening, field: str, dropped: object) -> Case:
    def tightened(need: Need) -> bool:
        if need.kind != kind:
            return False
        return field != "max_age" or need.max_age is None or tighter.max_age < need.max_age

    number = next(i for i, need in enumerate(rule.needs) if tightened(need))
    breach = Breach(number, field, age=tighter.max_age if field == "max_age" else None)
    without = replace(
        rule,
        by_tier={**rule.by_tier, tier: {**rule.by_tier[tier], kind: replace(tighter, **{field: dropped})}},  # type: ignore[arg-type]
    )
    facts = World(catalogue(), rule, breach, tier=tier).facts()
    return Case(f"{rule.name} tier {tier} {kind} {field}", facts, rule, REFUSED, without)


CASES = {case.name: case for case in cases()}


@pytest.mark.parametrize("name", CASES)
def test_each_conjunct_of_each_rule_decides_about_some_facts(name: str) -> None:
    case = CASES[name]
    assert said(case.rule, case.facts) == case.says
    if case.without is not None and name not in WEAK:
        assert said(case.without, case.facts) == case.then


def test_the_known_weak_conjuncts_are_still_weak_and_still_exist() -> None:
    for name in WEAK:
        case = CASES[name]
        assert case.without is not None
        assert said(case.without, case.facts) == case.says, f"{name} decides something now; take it off the list"


def test_every_rule_and_every_need_has_its_cases() -> None:
    assert len([n for n in CASES if n.endswith("as it stands")]) == len(rules()) >= 143
    for rule in rules():
        for number in range(1, len(rule.needs) + 1):
            assert any(name.startswith(f"{rule.name} need {number} ") for name in CASES)


def test_every_filter_of_a_population_can_exclude_a_value_that_its_kind_allows() -> None:
    powerless = set()
    for rule in rules():
        fields = catalogue().kinds[catalogue().subjects[rule.for_each].member].fields
        for key, asked in rule.where.items():
            options = set(fields[key].options)
            if not isinstance(asked, bool) and options and options <= set(asked):
                powerless.add(f"{rule.name} where {key}")
    # It names every clause family there is: harmless, for it never excludes a process.
    assert powerless == {"4.4/full-cycle-run where clause_family"}
