"""Which records ask somebody for something, so that taking one back makes a lack disappear: nobody does that alone."""

from collections.abc import Iterable

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.rule import Need

_ALSO = frozenset({"register.finding", "register.nonconformity", "register.risk"})
"""What stands against a requirement, and risks: a rule asks about each of them, though no need answers a risk."""


def obligations(catalogue: Catalogue) -> frozenset[str]:
    """Return the kinds of fact that some rule asks an answer to, with risks and what stands against a requirement."""
    asked = {
        need.answers.kind
        for rules in catalogue.rules.values()
        for rule in rules
        for need in _needs(rule.needs, *rule.any_of)
        if need.answers is not None
    }
    return frozenset(asked) | _ALSO


def _needs(*groups: Iterable[Need]) -> Iterable[Need]:
    return (need for group in groups for need in group)
