"""What the inventory knows of an architecture already: forms begin with it, and what contradicts it is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clerestory.catalogue.threats.data import ThreatCatalogue
from clerestory.catalogue.threats.fact import NONE, UNKNOWN, Facts

MODEL_ORIGINS = {"own": "own", "supplier": "third_party", "public": "hub_download"}
DATA_ORIGINS = {
    "own": "own",
    "supplier": "third_party",
    "public": "public",
    "scraped": "scraped",
    "user generated": "user_generated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What was registered about a system, its versions and its agents; None and empty are unknown."""

    architecture: Mapping[str, str] = field(default_factory=dict)
    autonomy: int | None = None
    model_origins: frozenset[str | None] = frozenset()
    generative: frozenset[bool] = frozenset()
    training_origins: frozenset[str | None] = frozenset()
    has_retrieval: bool = False
    about_people: bool = False
    agent_tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the inventory says of one fact: at least these values, and where it says so."""

    values: tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A fact that says something else than the inventory."""

    fact: str
    said: tuple[str, ...]
    known: tuple[str, ...]
    where: str


def known_facts(data: ThreatCatalogue, inventory: Inventory) -> dict[str, Known]:
    """Return what the inventory says, by fact; what versions and agents show comes before what a system declares."""
    found: dict[str, Known] = {}
    for name, text in inventory.architecture.items():
        fact = data.facts.get(name)
        values = tuple(part.strip() for part in text.split(",") if part.strip())
        if fact is not None and values and set(values) <= {*fact.values, UNKNOWN} and (fact.many or len(values) == 1):
            found[name] = Known(values, "system")
    for name, shown, where in _shown(inventory):
        if shown:
            found[name] = Known(tuple(v for v in (*data.facts[name].values, UNKNOWN) if v in shown), where)
    return found


def first_facts(data: ThreatCatalogue, known: Mapping[str, Known]) -> Facts:
    """Return the facts that a form begins with: what is known, else unknown."""
    return {name: known[name].values if name in known else (UNKNOWN,) for name in data.facts}


def contradictions(facts: Facts, inventory: Inventory, known: Mapping[str, Known]) -> tuple[Contradiction, ...]:
    """Return where facts say something else than the inventory; unknown contradicts nothing."""
    found = [
        Contradiction(name, facts[name], item.values, item.where)
        for name, item in known.items()
        if UNKNOWN not in facts[name] and not set(item.values) - {UNKNOWN} <= set(facts[name])
    ]
    kinds = set(facts["model_type"])
    if inventory.generative == {False} and "llm" in kinds:
        found.append(Contradiction("model_type", facts["model_type"], (), "generative-no"))
    if inventory.generative == {True} and kinds <= {"tabular", "text_classifier"}:
        found.append(Contradiction("model_type", facts["model_type"], (), "generative-yes"))
    if inventory.has_retrieval and facts["retrieval_sources"] == (NONE,):
        found.append(Contradiction("retrieval_sources", facts["retrieval_sources"], (), "retrieval-data"))
    return tuple(found)


def _shown(inventory: Inventory) -> Iterator[tuple[str, set[str], str]]:
    if inventory.autonomy is not None:
        yield "autonomy_level", {str(inventory.autonomy)}, "autonomy"
    yield "model_origin", _origins(inventory.model_origins, MODEL_ORIGINS), "models"
    yield "training_data_origin", _origins(inventory.training_origins, DATA_ORIGINS), "training data"
    if inventory.about_people:
        yield "personal_data", {"yes"}, "data"
    if inventory.agent_tools:
        yield "tools", {_tool(name) for name in inventory.agent_tools}, "agents"


def _origins(origins: frozenset[str | None], words: Mapping[str, str]) -> set[str]:
    """Return the values that origins stand for; an origin that is unknown, or fits no value, leaves room for more."""
    found = {words.get(origin or "", UNKNOWN) for origin in origins}
    return found if found != {UNKNOWN} else set()


def _tool(name: str) -> str:
    return "mcp" if "mcp" in name.lower() else "search" if "search" in name.lower() else "other"
