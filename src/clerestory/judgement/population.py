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
    lets_in = _Matcher(index, subject_kind, where).lets_in
    touched = index.touched_since(found.version) if isinstance(found, _Population) else None
    if not isinstance(found, _Population) or touched is None:
        nodes = [node for node in index.members(subject_kind) if lets_in(node)]
        index.cache[key] = _Population(nodes, frozenset(nodes), index.version)
        return nodes
    moved = [n for n in touched if (n.kind == subject_kind and lets_in(n)) != (n in found.known)]
    if moved:
        found.known ^= frozenset(moved)
        stayed = [node for node in found.nodes if node in found.known]
        found.nodes = in_order([*stayed, *(node for node in moved if node in found.known)])
    found.version = index.version
    return found.nodes


@dataclass(slots=True)
class _Population:
    nodes: list[Node]
    known: frozenset[Node]
    version: int


def matches(index: FactIndex, node: Node, where: Filter) -> bool:
    """Tell whether a member's state satisfies a filter; an unknown field satisfies it."""
    return _Matcher(index, node.kind, where).lets_in(node)


class _Matcher:
    """A filter with its derived fields set apart, so that the plain ones are read at once."""

    def __init__(self, index: FactIndex, subject_kind: str, where: Filter) -> None:
        fields = index.catalogue.kinds[index.catalogue.subjects[subject_kind].member].fields
        self.index = index
        self.plain = [(name, asked) for name, asked in where.items() if fields[name].derived is None]
        self.derived = [(name, asked) for name, asked in where.items() if fields[name].derived is not None]

    def lets_in(self, node: Node) -> bool:
        if node.state is None:
            return False
        values = node.state.fact.values
        for name, asked in self.plain:
            if not _allows(asked, values.get(name)):
                return False
        return all(_allows(asked, state_value(self.index, node, name)) for name, asked in self.derived)


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
    """Return how a subject is called on a screen."""
    if node.label is None:
        node.label = node.name()
    return node.label


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
