"""The catalogue holds together: no decoration, no document alone for operation, no name that is not there."""

import collections
import re
from pathlib import Path

import pytest

from clerestory.assurance.registry import registered
from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need, Rule

SOURCE = Path(__file__).resolve().parents[2] / "src" / "clerestory"
ISO = "iso42001-2023"
CATALOGUE = load()
RULES = CATALOGUE.rules[ISO]
REQUIREMENTS = {r.id: r for r in CATALOGUE.frameworks[ISO].requirements}
OPERATION = re.compile(r"(8|9|10)\.|A\.(5|6\.2|7|8|9|10)\.")
# What could not be brought in when the list was last looked at. Lower these when something gets a producer.
CEILING = {"kinds": 167, "checks": 92}


def needs(rule: Rule) -> tuple[Need, ...]:
    return rule.needs + tuple(n for group in rule.any_of for n in group)


def by_requirement() -> dict[str, list[Rule]]:
    found = collections.defaultdict(list)
    for rule in RULES:
        found[rule.requirement].append(rule)
    return found


@pytest.mark.parametrize("requirement", sorted(REQUIREMENTS))
def test_every_requirement_has_a_rule_that_cannot_be_not_applicable(requirement):
    assert any(not rule.empty_not_applicable for rule in by_requirement()[requirement])


def test_each_of_the_23_technical_and_mixed_controls_needs_a_measured_verdict():
    technical = [r.id for r in REQUIREMENTS.values() if r.evidence_class in ("technical", "mixed")]
    assert len(technical) == 23
    for requirement in technical:
        assert any(n.measured and n.verdict_pass for rule in by_requirement()[requirement] for n in needs(rule)), (
            requirement
        )


def test_a_document_alone_never_proves_operation():
    for requirement, rules in by_requirement().items():
        if OPERATION.match(requirement):
            kinds = {n.kind for rule in rules for n in needs(rule)}
            assert any(CATALOGUE.kinds[k].retention != "document" for k in kinds), requirement


ELSEWHERE = {
    ("7.5.3", "records.content-integrity"): "found by a server that hashes files again, as yet for each system",
    ("7.5.3", "records.ledger-verification"): "as yet for each system",
    ("A.7.3", "supply_chain.licence"): "terms of data are listed with the parts of a model version",
}
"""Checks that a rule asks about another subject than they can be about: may only shrink."""


def test_every_check_that_a_rule_names_can_be_about_whom_the_rule_asks():
    """A model's check is about its system where a manifest names no model, and about what runs where it says so."""
    ways = {
        "model_version": {"model_version", "ai_system", "deployment"},
        "dataset_version": {"dataset_version", "deployment"},
    }
    found = set()
    for rule in RULES:
        for need in (n for n in needs(rule) if n.check is not None and n.check in registered()):
            about = registered()[need.check].subject
            if (need.subject or rule.for_each) not in ways.get(about, {about}):
                found.add((rule.requirement, need.check))
    assert found == ELSEWHERE.keys()


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_every_need_says_how_fresh_its_evidence_must_be(rule):
    for need in needs(rule):
        dated = need.max_age or need.on_change or need.answers or need.content_present or need.precedes or rule.by_tier
        assert dated, need.kind
        if CATALOGUE.kinds[need.kind].retention == "document":
            assert need.approved and (need.max_age or need.on_change), need.kind
        if need.measured:
            assert need.verdict_pass and (need.max_age or need.on_change), need.kind
            lists = bool(need.coverage and CATALOGUE.coverages[need.coverage.of].names_checks)
            assert bool(need.families) + bool(need.check) + lists == 1, need.kind
            assert not need.families or need.coverage, (
                "a family without coverage would be content with one passing check"
            )


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_tier_only_tightens(rule):
    for by_kind in rule.by_tier.values():
        for kind, tighter in by_kind.items():
            same = [n for n in needs(rule) if n.kind == kind]
            assert same
            assert tighter.max_age or tighter.independent or tighter.reproduced
            if tighter.max_age:
                assert any(n.max_age is None or tighter.max_age < n.max_age for n in same)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_the_reason_of_a_rule_is_one_sentence_of_its_own(rule):
    assert rule.because.endswith(".")
    assert ". " not in rule.because
    assert sum(other.because == rule.because for other in RULES) == 1


def test_each_kind_family_role_change_and_list_is_used_or_marked_informational():
    every = [n for rule in RULES for n in needs(rule)]
    kinds = (
        {n.kind for n in every}
        | {n.precedes.kind for n in every if n.precedes}
        | {n.answers.kind for n in every if n.answers}
    )
    kinds |= {n.if_none.kind for n in every if n.if_none} | {s.member for s in CATALOGUE.subjects.values()}
    kinds |= {k for c in CATALOGUE.changes.values() for k, _ in c.seen_in}
    kinds |= {c.counted_from for c in CATALOGUE.coverages.values()} | {c.emits for c in CATALOGUE.checks.values()}
    unused = {k.name for k in CATALOGUE.kinds.values() if not k.informational} - kinds
    assert not unused
    families = {f for n in every for f in n.families} | {n.check.split(".")[0] for n in every if n.check}
    assert set(CATALOGUE.families) == families
    assert set(CATALOGUE.changes) == {c for n in every for c in n.on_change}
    assert set(CATALOGUE.coverages) == {n.coverage.of for n in every if n.coverage}
    assert set(CATALOGUE.roles) == {r for n in every for r in (n.approver, n.by) if r}


def produced_kinds() -> set[str]:
    """Kinds that some code of the product names where facts are made."""
    files = [*SOURCE.glob("registers/*/facts.py"), *SOURCE.glob("registers/*/facts/*.py")]
    files += [*SOURCE.glob("store/**/*.py"),
             *SOURCE.glob("desk/**/*.py"), *SOURCE.glob("intake/**/*.py")]  # fmt: skip
    texts = "\n".join(f.read_text(encoding="utf-8") for f in files)
    return {name for name in CATALOGUE.kinds if f'"{name}"' in texts}


def test_a_kind_is_produced_by_code_or_stands_in_the_list_of_those_not_yet_produced():
    waiting = CATALOGUE.not_yet_produced.kinds
    made = produced_kinds()
    assert not made & waiting, "these have a producer now: take them off the list"
    assert not set(CATALOGUE.kinds) - made - waiting, "these have no producer: the board must say so"


def test_the_part_that_a_family_names_is_there():
    assert [f.name for f in CATALOGUE.families.values() if not (SOURCE / f.part).is_dir()] == []


def test_a_check_is_registered_or_stands_in_the_list_of_those_not_yet_produced():
    waiting = CATALOGUE.not_yet_produced.checks
    names = set(registered())
    assert names <= set(CATALOGUE.checks)
    assert waiting == set(CATALOGUE.checks) - names


def test_the_list_of_what_is_not_yet_produced_only_shrinks():
    assert len(CATALOGUE.not_yet_produced.kinds) <= CEILING["kinds"]
    assert len(CATALOGUE.not_yet_produced.checks) <= CEILING["checks"]
