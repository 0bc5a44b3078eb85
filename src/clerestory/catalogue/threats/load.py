"""Reads the files about threats, once, and refuses ids, facts, values and checks that do not exist."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from clerestory.catalogue.load import load
from clerestory.catalogue.table import CatalogueUnreadable, Table
from clerestory.catalogue.threats.data import BroughtUp, Mitigation, Source, Technique, ThreatCatalogue, ThreatRule
from clerestory.catalogue.threats.fact import UNKNOWN, ArchitectureFact, Condition

FLOWS = (
    "input", "training", "feedback", "supply", "release", "retrieval", "output", "tools", "memory", "agents",
    "configuration",
)  # fmt: skip


@cache
def load_threats() -> ThreatCatalogue:
    """Return the threat data that ships with this version.

    Raises:
        CatalogueUnreadable: a rule names something that does not exist.
    """
    return read_threats(_file("atlas"), _file("owasp"), _file("rules"), load().checks)


def read_threats(atlas: Any, owasp: Any, rules: Any, checks: Iterable[str]) -> ThreatCatalogue:
    """Read the three documents and hold them against each other and against the names of checks."""
    lists = owasp["list"]
    items = {f"{one['id']}:{item['id']}": item["name"] for one in lists for item in one["items"]}
    techniques = {
        one["id"]: Technique(
            one["id"], one["name"], one["maturity"], tuple(one["tactics"]), frozenset(one["mitigations"])
        )
        for one in atlas["techniques"]
    }
    techniques |= {key: Technique(key, name) for key, name in items.items()}
    facts = {
        one["id"]: ArchitectureFact(one["id"], one["group"], tuple(one["values"]), one.get("many", False))
        for one in rules["facts"]
    }
    data = ThreatCatalogue(
        version=f"{rules['version']} (ATLAS {atlas['version']})",
        sources=tuple(_sources(atlas, lists, owasp["licence"], rules)),
        facts=facts,
        rules=tuple(_rule(Table(one, f"threat rule {one.get('id', '')}")) for one in rules["rule"]),
        techniques=techniques,
        tactics={one["id"]: one["name"] for one in atlas["tactics"]},
        mitigations={
            one["id"]: Mitigation(one["id"], one["name"], tuple(one["category"])) for one in atlas["mitigations"]
        },
        owasp=items,
    )
    _check(data, frozenset(checks))
    return data


def _rule(table: Table) -> ThreatRule:
    with table:
        return ThreatRule(
            id=table.text("id"),
            flow=table.text("flow"),
            nist=table.texts("nist"),
            when=tuple(_condition(one) for one in table.tables("when")),
            mitigations=table.texts("mitigations"),
            threats=tuple(_brought_up(one) for one in table.tables("threats")),
        )


def _condition(table: Table) -> Condition:
    with table:
        fact, wanted, unwanted = table.text("fact"), table.texts("any_of"), table.texts("none_of")
        if bool(wanted) == bool(unwanted):
            raise table.problem("any_of or none_of is needed, and not both")
        return Condition(fact, frozenset(wanted or unwanted), none=bool(unwanted))


def _brought_up(table: Table) -> BroughtUp:
    with table:
        return BroughtUp(table.text("id"), table.texts("owasp"), table.texts("checks"))


def _check(data: ThreatCatalogue, checks: frozenset[str]) -> None:
    """Refuse a rule that names something that is not there, or that nothing can rule out."""
    for rule in data.rules:
        place = f"threat rule {rule.id}"
        if rule.flow not in FLOWS or not rule.when or not rule.threats or not rule.nist:
            raise CatalogueUnreadable(place, "its flow is unknown, or conditions, threats or classes are missing")
        for condition in rule.when:
            fact = data.facts.get(condition.fact)
            if fact is None or not condition.values <= set(fact.values) or UNKNOWN in fact.values:
                raise CatalogueUnreadable(place, f"{condition.fact} is no fact with these values")
        names = {brought.threat for brought in rule.threats} | {o for b in rule.threats for o in b.owasp}
        named = {check for brought in rule.threats for check in brought.checks}
        unknown = (
            (names - data.techniques.keys()) | (set(rule.mitigations) - data.mitigations.keys()) | (named - checks)
        )
        if unknown:
            raise CatalogueUnreadable(place, f"{sorted(unknown)[0]} does not exist")


def _sources(atlas: Any, lists: Any, licence: str, rules: Any) -> Iterable[Source]:
    yield Source("MITRE ATLAS", atlas["version"], atlas["valid_from"], atlas["address"], atlas["licence"])
    for one in lists:
        yield Source(one["name"], one["id"].rpartition("-")[2], one["valid_from"], one["address"], licence)
    nist = "https://doi.org/10.6028/NIST.AI.100-2e2025"
    yield Source("NIST AI 100-2", "E2025", "2025-03-24", nist, "work of the US Government")
    yield Source("Clerestory", rules["version"], rules["valid_from"], "", "Apache-2.0")


def _file(name: str) -> Any:
    text = files("clerestory.catalogue").joinpath("threats", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
