"""The tier of an AI system: it follows from facts by the dated rules of `tier.toml`, and says why. Nobody picks it.

A system is registered in four fields; everything else follows from these or stays unknown. A fact that nobody said is
never taken for harmless: while it could still make the tier high, the tier is unknown, which is judged as high; and
what would have to be said is named. A stage that nobody said counts as in operation.
"""

import re
import tomllib
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from clerestory.registers.inventory.rules.record import NO_AREA, AISystem, InventoryRefused, Stage, Tier
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

FACTS = ("use_areas", "affects_people", "interacts", "has_customers", "autonomy_level")
"""The facts that decide the tier."""
LONGEST_OVERRIDE = timedelta(days=366)
_STRICT = {tier: number for number, tier in enumerate(Tier)}

Known = bool | int | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Area:
    """Where a system can be used so that it bears strongly on people."""

    name: str
    label: str
    because: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """From what a tier follows: every condition, by fact."""

    rule_id: str
    tier: Tier
    because: str
    source: str
    when: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TierRules:
    """The rules of one version, with the day from which they hold."""

    version: str
    valid_from: date
    areas: tuple[Area, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that holds: what it says and where it was taken from."""

    rule_id: str
    because: str
    source: str


@dataclass(frozen=True, slots=True)
class Unless:
    """The tier that would follow unless these facts are said, and say otherwise."""

    tier: Tier
    facts: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiering:
    """A tier with what it rests on. ``derived`` is what the rules say, ``tier`` what counts: another while overridden.

    None is unknown: a fact that is missing could still make it high, so it is judged as high.
    """

    tier: Tier | None
    derived: Tier | None
    reasons: tuple[Reason, ...]
    unless: tuple[Unless, ...]
    rules_version: str
    override: str = ""
    """The id of the decision by which another tier counts for a time."""

    @property
    def may_be_minimal(self) -> bool:
        """Whether it is minimal, or no fact that is said asks for more: only then the fast lane is open."""
        return self.tier is Tier.MINIMAL if self.override else not self.reasons or self.derived is Tier.MINIMAL

    @property
    def is_settled(self) -> bool:
        """Whether no fact that is still unknown could make it stricter."""
        return not self.unless


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A decision that another tier counts than the rules say, for a reason and until a day."""

    system_id: str
    tier: Tier
    reason: str
    ends_on: date


@cache
def tier_rules() -> TierRules:
    """Return the rules in force."""
    return read_rules(files("clerestory.registers.inventory.rules").joinpath("tier.toml").read_text(encoding="utf-8"))


def read_rules(text: str) -> TierRules:
    """Read rules as `tier.toml` writes them."""
    document = tomllib.loads(text)
    areas = tuple(Area(area["name"], area["label"], area["because"], area["source"]) for area in document["area"])
    of_areas = (Rule(area.name, Tier.HIGH, area.because, area.source, {"use_areas": [area.name]}) for area in areas)
    others = (
        Rule(rule["id"], Tier(rule["tier"]), rule["because"], rule["source"], rule["when"]) for rule in document["rule"]
    )
    rules = tuple(sorted((*of_areas, *others), key=lambda rule: _STRICT[rule.tier]))
    return TierRules(document["version"], date.fromisoformat(document["valid_from"]), areas, rules)


def derive(system: AISystem, rules: TierRules) -> Tiering:
    """Return the tier that follows from what is known of a system, with its reasons and what is still unsaid."""
    facts = known_facts(system)
    judged = [(rule, *_judge(rule, facts)) for rule in rules.rules]
    held = [rule for rule, holds, _open in judged if holds]
    certain = min((rule.tier for rule in held), key=_STRICT.__getitem__, default=Tier.MINIMAL)
    waiting = [(rule, lacking) for rule, holds, lacking in judged if holds is None]
    stricter = [(rule, lacking) for rule, lacking in waiting if _STRICT[rule.tier] < _STRICT[certain]]
    possible = min((rule.tier for rule, _lacking in stricter), key=_STRICT.__getitem__, default=certain)
    tier = None if possible is Tier.HIGH and certain is not Tier.HIGH else possible
    return Tiering(
        tier=tier,
        derived=tier,
        reasons=tuple(Reason(rule.rule_id, rule.because, rule.source) for rule in held if rule.tier is certain),
        unless=_unless(stricter),
        rules_version=rules.version,
    )


def tiering_of(system: AISystem) -> Tiering:
    """Return the tier by the rules in force; refuse areas of use that nobody knows."""
    rules = tier_rules()
    check_areas(system.use_areas, rules)
    return derive(system, rules)


def kept(tiering: Tiering) -> dict[str, object]:
    """Return a tier as the row of its system keeps it; `read_tiering` reads it back."""
    return {
        "tier": str(tiering.tier or ""),
        "tier_said": {
            "derived": str(tiering.derived or ""),
            "reasons": [[one.rule_id, one.because, one.source] for one in tiering.reasons],
            "unless": [[str(one.tier), list(one.facts), one.because] for one in tiering.unless],
            "override": tiering.override,
        },
        "tier_rules": tiering.rules_version,
    }


def read_tiering(tier: str, said: Mapping[str, Any], version: str) -> Tiering:
    """Read the tier of a system as its row keeps it; before there were rules it has no reasons."""
    return Tiering(
        tier=Tier(tier) if tier else None,
        derived=Tier(said["derived"]) if said.get("derived") else None,
        reasons=tuple(Reason(*one) for one in said.get("reasons", ())),
        unless=tuple(Unless(Tier(one[0]), tuple(one[1]), one[2]) for one in said.get("unless", ())),
        rules_version=version,
        override=said.get("override", ""),
    )


def overridden(tiering: Tiering, tier: Tier, decision_id: str) -> Tiering:
    """Return the tiering as it counts while a decision says another tier."""
    return replace(tiering, tier=tier, override=decision_id)


def known_facts(system: AISystem) -> dict[str, Known]:
    """Return the facts that decide the tier; None is unknown."""
    return {
        "use_areas": system.use_areas or None,
        "affects_people": system.affects_people,
        "interacts": system.interacts,
        "has_customers": system.has_customers,
        "autonomy_level": system.autonomy_level,
    }


def facts_key(system: AISystem, tiering: Tiering) -> str:
    """Return what an override rests on as a text: it falls once this is another."""
    said = ";".join(f"{name}={value}" for name, value in known_facts(system).items())
    return f"{said};derived={tiering.derived}"


def check_areas(areas: Sequence[str], rules: TierRules) -> None:
    """Refuse an area that nobody knows, and none of them beside some."""
    names = [area.name for area in rules.areas]
    unknown = next((area for area in areas if area not in (*names, NO_AREA)), None)
    if unknown is not None:
        raise InventoryRefused(
            _("{unknown!r} is no area of use.", unknown=unknown),
            _("Use: {choices}.", choices=", ".join((*names, NO_AREA))),
        )
    if NO_AREA in areas and len(areas) > 1:
        raise InventoryRefused(
            _(
                "The areas of use say {no_area!r} beside {name!r}.",
                no_area=NO_AREA,
                name=next(a for a in areas if a != NO_AREA),
            ),
            _("Keep one of both."),
        )


def check_override(override: Override, tiering: Tiering, today: date) -> None:
    """Refuse an override without reason, without an end within a year, or that says what the rules say anyway."""
    plain(override.reason, _("reason"), longest=2000, lines=True)
    if override.tier is tiering.derived:
        raise InventoryRefused(
            _("The rules say {tier} already.", tier=word(override.tier)), _("Choose another tier, or leave it.")
        )
    if not today < override.ends_on <= today + LONGEST_OVERRIDE:
        raise InventoryRefused(
            _("The override ends on {ends_on}.", ends_on=override.ends_on),
            _("Choose a day to come, at most a year away."),
        )


def _judge(rule: Rule, facts: Mapping[str, Known]) -> tuple[bool | None, tuple[str, ...]]:
    """Return whether a rule holds, or None with the facts that it waits for."""
    said = {name: _meets(facts[name], wanted) for name, wanted in rule.when.items()}
    if any(met is False for met in said.values()):
        return False, ()
    lacking = tuple(name for name, met in said.items() if met is None)
    return (None if lacking else True), lacking


def _meets(known: Known, wanted: object) -> bool | None:
    if known is None:
        return None
    if isinstance(wanted, Mapping):
        return isinstance(known, int) and known >= int(wanted["at_least"])
    if isinstance(wanted, list):
        return isinstance(known, tuple) and any(word in known for word in wanted)
    return known is wanted


def _unless(stricter: Sequence[tuple[Rule, tuple[str, ...]]]) -> tuple[Unless, ...]:
    """Return what is unsaid, once for each set of facts, the strictest first; areas of use are one question."""
    found: dict[tuple[str, ...], Unless] = {}
    for rule, lacking in stricter:
        because = "" if lacking == ("use_areas",) else rule.because
        found.setdefault(lacking, Unless(rule.tier, lacking, because))
    return tuple(found.values())


UNKNOWN, INSIDE, TALKS, PEOPLE = "unknown", "inside", "talks", "people"
"""Whom it touches beside the areas of the tier rules: not known; nobody outside our own work; those who talk with it
or see what it makes; other people whom its output is about."""
_LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class FourFields:
    """What is asked for."""

    name: str
    purpose: str
    owner: PersonId
    touches: str


def system_of(said: FourFields, taken: Container[str]) -> AISystem:
    """Return the system that four fields describe, under an id that is not taken."""
    facts: dict[str, dict[str, object]] = {
        UNKNOWN: {},
        INSIDE: {"use_areas": (NO_AREA,), "affects_people": False, "interacts": False, "has_customers": False},
        TALKS: {"use_areas": (NO_AREA,), "interacts": True},
        PEOPLE: {"use_areas": (NO_AREA,), "affects_people": True},
    }
    known = facts.get(said.touches, {"use_areas": (said.touches,), "affects_people": True})
    return AISystem(
        system_id=free_id(said.name, taken),
        name=said.name.strip(),
        purpose=said.purpose.strip(),
        owner=said.owner,
        stage=Stage.OPERATION,
        assumed=("stage",),
        **known,  # type: ignore[arg-type]
    )


def free_id(name: str, taken: Container[str], given: dict[str, int] | None = None) -> str:
    """Return a short lasting id made of a name, with a number where it is taken.

    ``given`` remembers the number given last, so that many of one name are not counted through from the first.
    """
    bare = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    first = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST_ID].rstrip("-") or "system"
    number = 1 if given is None else given.get(first, 1)
    found = first if number == 1 else f"{first}-{number}"
    while found in taken:
        number += 1
        found = f"{first}-{number}"
    if given is not None:
        given[first] = number
    return found
