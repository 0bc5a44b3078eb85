"""Who a rule looks at: members, their filter, their tier, their links and how they are called.

What is unknown never shrinks a population: a member whose filtered field is unknown is looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.catalogue.rule import Filter
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node, in_order
from clerestory.terms.evidence import FactValue

_OUT_OF_USE: Mapping[str, tuple[str, ...]] = {
    "model_version": ("withdrawn",),
    "deployment": ("retired",),
    "agent": ("retired",),
    "supplier": ("ended",),
}
"""Subject kind -> values of its status that take it out of use; unknown is in use."""


def population(index: FactIndex, subject_kind: str, where: Filter) -> list[Node]:
    """Return the members that a rule is judged for, in order."""
    if not where:
        return index.members(subject_kind)
    key = ("population", subject_kind, tuple(sorted(where.items())))
    found = index.cache.get(key)
    if isinstance(found, _Population):
        touched = index.touched_since(found.version)
        if touched is not None and not any(_moved(index, found, node, subject_kind, where) for node in touched):
            found.version = index.version
            return found.nodes
    nodes = [n for n in index.members(subject_kind) if matches(index, n, where)]
    index.cache[key] = _Population(nodes, frozenset(nodes), index.version)
    return nodes


@dataclass(slots=True)
class _Population:
    nodes: list[Node]
    known: frozenset[Node]
    version: int


def _moved(index: FactIndex, found: _Population, node: Node, subject_kind: str, where: Filter) -> bool:
    """Tell whether a touched subject came into a population or went out of it."""
    inside = node.kind == subject_kind and node.state is not None and matches(index, node, where)
    return inside != (node in found.known)


def matches(index: FactIndex, node: Node, where: Filter) -> bool:
    """Tell whether a member's state satisfies a filter; an unknown field satisfies it."""
    return all(_allows(asked, state_value(index, node, name)) for name, asked in where.items())


def says(value: FactValue | None, asked: bool | tuple[str, ...]) -> bool:
    """Tell whether a field of evidence has the value asked; an unknown field never has."""
    if isinstance(asked, bool):
        return value is asked
    if isinstance(value, str):
        return value in asked
    return isinstance(value, tuple) and any(item in asked for item in value)


def state_value(index: FactIndex, node: Node, name: str) -> FactValue | None:
    """Return a field of a member, collected from linked subjects where the catalogue derives it; None is unknown."""
    if node.state is None:
        return None
    field = index.catalogue.kinds[node.state.fact.kind].fields.get(name)
    if field is None or field.derived is None:
        return node.state.fact.values.get(name)
    linked = [n for n in node.linked if n.kind == field.derived.subject and n.state is not None]
    values = [state_value(index, other, field.derived.field) for other in in_order(linked)]
    if field.type == "bool":
        return True if True in values else None if not values or None in values else False
    if not values or None in values:
        return None
    return tuple(dict.fromkeys(item for value in values for item in (value if isinstance(value, tuple) else (value,))))  # type: ignore[misc]


def tier_of(index: FactIndex, node: Node) -> str:
    """Return the tier that decides how strict a rule is: the member's own, else its systems' highest, else high."""
    if node.tier is None:
        tiers = index.catalogue.tiers
        ranks = [tiers.index(t) if isinstance(t, str) and t in tiers else 0 for t in _tiers(node)]
        node.tier = tiers[min(ranks, default=0)]
    return node.tier


def tier_known(index: FactIndex, node: Node) -> bool:
    """Tell whether the tier of a member was said, of itself or of each of its systems."""
    tiers = _tiers(node)
    return bool(tiers) and all(tier in index.catalogue.tiers for tier in tiers)


def targets(index: FactIndex, node: Node, subject_kind: str) -> list[Node]:
    """Return the linked subjects in use that a need with ``subject`` is about."""
    if subject_kind == "organisation":
        return index.organisations()
    return in_order(n for n in node.linked if n.kind == subject_kind and n.state is not None and _in_use(n))


def surroundings(index: FactIndex, node: Node) -> set[Node]:
    """Return a subject, those linked to it and the organisation; everything, for the organisation itself."""
    if node.kind == "organisation":
        return set(index.nodes.values())
    return {node, *node.linked, *index.organisations()}


def label_of(node: Node) -> str:
    """Return how a subject is called on a screen: its own name, or its system's with what it is, and its id."""
    if node.label is None:
        node.label = _label(node)
    return node.label


def _label(node: Node) -> str:
    values = node.state.fact.values if node.state else {}
    name = next((values[key] for key in ("name", "title") if isinstance(values.get(key), str)), None)
    if not name:
        systems = in_order(n for n in node.linked if n.kind == "ai_system" and n.state)
        system = next((n.state.fact.values.get("name") for n in systems if n.state), None)
        role = values.get("role")
        what = f"{role} data" if isinstance(role, str) else node.kind.replace("_", " ")
        name = f"{system} {what}" if isinstance(system, str) else None
    return f"{name} ({node.subject})" if name else str(node.subject)


def _tiers(node: Node) -> list[FactValue | None]:
    own = node.state.fact.values.get("tier") if node.state else None
    if node.kind == "ai_system" or own is not None:
        return [own]
    return [n.state.fact.values.get("tier") for n in node.linked if n.kind == "ai_system" and n.state]


def _allows(asked: bool | tuple[str, ...], value: FactValue | None) -> bool:
    if value is None or value == () or value == "":
        return True
    if isinstance(asked, bool):
        return value is asked or not isinstance(value, bool)
    return says(value, asked) or not isinstance(value, str | tuple)


def _in_use(node: Node) -> bool:
    status = node.state.fact.values.get("status") if node.state else None
    return not (isinstance(status, str) and status in _OUT_OF_USE.get(node.kind, ()))
