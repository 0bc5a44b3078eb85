"""What the files about threats hold: techniques, mitigations, OWASP items, facts and rules, with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.catalogue.threats.fact import Answer, ArchitectureFact, Condition, Facts, together


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list comes from, as of which day, and under which licence."""

    name: str
    version: str
    valid_from: str
    address: str
    licence: str


@dataclass(frozen=True, slots=True)
class Technique:
    """One way of attack: a technique of MITRE ATLAS, or an item of an OWASP list that no technique stands for."""

    id: str
    name: str
    maturity: str = ""
    tactics: tuple[str, ...] = ()
    mitigations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mitigation:
    """One mitigation of MITRE ATLAS."""

    id: str
    name: str
    category: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BroughtUp:
    """A threat that a rule brings up, with the OWASP items it belongs to and the checks that show it is met."""

    threat: str
    owasp: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatRule:
    """Which threats arise where all conditions hold, and over which flow they come."""

    id: str
    flow: str
    nist: tuple[str, ...]
    when: tuple[Condition, ...]
    mitigations: tuple[str, ...]
    threats: tuple[BroughtUp, ...]

    def answer(self, facts: Facts) -> Answer:
        """Return whether the rule fires."""
        return together(condition.answer(facts) for condition in self.when)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatCatalogue:
    """Everything that threats are generated from; ``version`` names the rules and the release of ATLAS."""

    version: str
    sources: tuple[Source, ...]
    facts: Mapping[str, ArchitectureFact]
    rules: tuple[ThreatRule, ...]
    techniques: Mapping[str, Technique]
    tactics: Mapping[str, str]
    mitigations: Mapping[str, Mitigation]
    owasp: Mapping[str, str]
    """Titles by list and number, such as OWASP-LLM-2025:LLM01."""

    def mitigations_of(self, rule: ThreatRule, threat: str) -> tuple[str, ...]:
        """Return what meets a threat of a rule: what ATLAS links to it of the rule's mitigations, else all of them."""
        linked = tuple(one for one in rule.mitigations if one in self.techniques[threat].mitigations)
        return linked or rule.mitigations
