"""Whom one new entry bears on: the members near its subject, of the rules that look at its kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node

_NOBODY: frozenset[Node] = frozenset()


@dataclass(frozen=True, slots=True)
class Affected:
    """Touched kinds and the subjects at most two links from what was touched."""

    near: frozenset[Node]
    kinds: frozenset[str]
    members: bool
    organisation: bool
    everything: bool

    @classmethod
    def nothing(cls) -> "Affected":
        """Return that nothing is affected: only time passed."""
        return cls(_NOBODY, frozenset(), False, False, False)

    def members_of(self, catalogue: Catalogue, rule: Rule) -> frozenset[Node] | None:
        """Return the subjects that a rule must be judged again for; None is all of them.

        A need looks one link from its subject, and a need about a linked subject one further. The organisation is
        linked to all, so what is about it bears on every member of the rules that look at its kind.
        """
        seen = bool(self.kinds & _kinds_seen(rule, _catalogue_key(catalogue)))
        if not seen and not self.members:
            return _NOBODY
        if rule.for_each == "organisation" or (seen and self.organisation):
            return None
        return self.near


def affected_by(index: FactIndex) -> Affected:
    """Return whom the newest entry of an index bears on."""
    touch = index.last
    near = set(touch.nodes)
    for _ in range(2):
        near |= {other for node in near if node.kind != "organisation" for other in node.linked}
    organisation = any(node.kind == "organisation" for node in touch.nodes)
    return Affected(frozenset(near), touch.kinds, bool(touch.members), organisation, touch.everything)


@dataclass(frozen=True)
class _Key:
    """A catalogue by identity, so that what its rules look at is found once."""

    catalogue: Catalogue

    def __hash__(self) -> int:
        return id(self.catalogue)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.catalogue is self.catalogue


def _catalogue_key(catalogue: Catalogue) -> _Key:
    return _Key(catalogue)


@lru_cache(maxsize=4096)
def _kinds_seen_by_name(name: tuple[str, str], key: _Key) -> frozenset[str]:
    rule = next(r for rules in key.catalogue.rules.values() for r in rules if (r.framework, r.name) == name)
    return frozenset(_kinds_of(key.catalogue, rule))


def _kinds_seen(rule: Rule, key: _Key) -> frozenset[str]:
    return _kinds_seen_by_name((rule.framework, rule.name), key)


def _kinds_of(catalogue: Catalogue, rule: Rule) -> Iterable[str]:
    yield catalogue.subjects[rule.for_each].member
    for name in rule.where:
        derived = catalogue.kinds[catalogue.subjects[rule.for_each].member].fields[name].derived
        if derived is not None:
            yield catalogue.subjects[derived.subject].member
    if rule.by_tier:
        yield catalogue.subjects["ai_system"].member
    for need in (*rule.needs, *(n for group in rule.any_of for n in group)):
        yield from _kinds_of_need(catalogue, need)


def _kinds_of_need(catalogue: Catalogue, need: Need) -> Iterable[str]:
    yield need.kind
    if need.subject is not None:
        yield catalogue.subjects[need.subject].member
    for name in need.on_change:
        yield from (kind for kind, _ in catalogue.changes[name].seen_in)
    if need.coverage is not None:
        yield catalogue.coverages[need.coverage.of].counted_from
    if need.precedes is not None:
        yield need.precedes.kind
    if need.answers is not None:
        yield need.answers.kind
    if need.if_none is not None:
        yield need.if_none.kind
