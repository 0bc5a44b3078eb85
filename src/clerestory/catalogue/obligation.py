"""Which records make a lack disappear when they are taken back, so that nobody does that alone.

Some ask somebody for something, some say no where a rule asks for yes, and a record of a register makes rules look at
what it names: taken back, the subject would leave their sight, or come back as an older version said it was.
"""

from collections.abc import Iterable, Mapping

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.rule import Need
from clerestory.terms.evidence import FactValue

_REGISTER = "register."
"""What the kinds of records of registers begin with."""


def obligations(catalogue: Catalogue) -> frozenset[str]:
    """Return the kinds of fact that some rule asks an answer to, with every record of a register."""
    asked = {
        need.answers.kind
        for rules in catalogue.rules.values()
        for rule in rules
        for need in _needs(rule.needs, *rule.any_of)
        if need.answers is not None
    }
    return frozenset(asked) | {kind for kind in catalogue.kinds if kind.startswith(_REGISTER)}


def refusals(catalogue: Catalogue) -> frozenset[tuple[str, str, bool]]:
    """Return (kind, field, value) of what says no where some rule asks for yes, as an effect that was not there."""
    return frozenset(
        (need.kind, field, not wanted)
        for rules in catalogue.rules.values()
        for rule in rules
        for need in _needs(rule.needs, *rule.any_of)
        for field, wanted in need.where.items()
        if isinstance(wanted, bool)
    )


def refuses(known: frozenset[tuple[str, str, bool]], kind: str, values: Mapping[str, FactValue]) -> bool:
    """Tell whether a fact says no where some rule asks for yes."""
    return any((kind, field, value) in known for field, value in values.items() if isinstance(value, bool))


def _needs(*groups: Iterable[Need]) -> Iterable[Need]:
    return (need for group in groups for need in group)
