"""What is not known of a member and makes a rule look at it, or look more strictly than it might."""

from clerestory.catalogue.rule import Rule
from clerestory.judgement.index import FactIndex
from clerestory.judgement.phrase import Note, phrase
from clerestory.judgement.population import label_of, state_value, tier_known
from clerestory.judgement.row import Node


def unknown_of(index: FactIndex, rule: Rule, node: Node) -> tuple[Note, ...]:
    """Return a note for each filtered field, and for the tier, that is not known of a member."""
    notes = [
        phrase("unknown_field", subject=label_of(node), field=name.replace("_", " "))
        for name in rule.where
        if state_value(index, node, name) is None
    ]
    if rule.by_tier and not tier_known(index, node):
        notes.append(phrase("tier_assumed", subject=label_of(node)))
    return tuple(notes)
