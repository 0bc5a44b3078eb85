"""Interested parties (4.2), what they need, and whether and where the management system answers each need."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from clerestory.catalogue.load import load
from clerestory.registers.context.rules import ContextRefused
from clerestory.terms.ids import FrameworkId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

HOME = FrameworkId("iso42001-2023")
MOST_NEEDS = 50


class Decision(StrEnum):
    """What was decided about a need. An open one was not decided yet."""

    OPEN = "open"
    ADOPTED = "taken on"
    DECLINED = "not taken on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One need or expectation: what was decided, why, and which requirements answer it."""

    text: str
    decision: Decision = Decision.OPEN
    reason: str = ""
    answered_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person or body that is affected by the organisation's AI or expects something of it."""

    party_id: str
    name: str
    needs: tuple[Need, ...]

    def item(self, need: Need) -> str:
        """Return how a need stands in lists that reviews are counted by; a changed need is another one.

        An ``@`` before a day would make the item wait for that day, so none is kept.
        """
        return f"{self.name}: {need.text}".replace("@", " at ")

    def items(self, *decisions: Decision) -> tuple[str, ...]:
        """Return the needs about which one of these was decided; all where none is named."""
        return tuple(self.item(need) for need in self.needs if not decisions or need.decision in decisions)

    @property
    def traced(self) -> tuple[str, ...]:
        """The needs taken on for which it is known where they are answered."""
        return tuple(self.item(need) for need in self.needs if need.decision is Decision.ADOPTED and need.answered_by)


def requirement_ids() -> tuple[str, ...]:
    """Return the clauses and controls that can answer a need."""
    return tuple(item.id for item in load().frameworks[HOME].requirements if item.assessable)


def check_party(party: Party) -> None:
    """Refuse a party without name or needs, a decision without its reason, and answers by what is no requirement."""
    plain(party.name, _("name of the party"), longest=200)
    if not party.needs:
        raise ContextRefused(
            _("{name} has no need.", name=party.name), _("Write what the party needs or expects, one per line.")
        )
    if len(party.needs) > MOST_NEEDS:
        raise ContextRefused(
            _("{name} has {count} needs.", name=party.name, count=len(party.needs)),
            _("Put them into at most {most_needs}.", most_needs=MOST_NEEDS),
        )
    texts = [need.text for need in party.needs]
    if len(set(texts)) < len(texts):
        raise ContextRefused(_("A need of {name} stands there twice.", name=party.name), _("Write each need once."))
    for need in party.needs:
        _check_need(need, requirement_ids())


def _check_need(need: Need, requirements: Sequence[str]) -> None:
    plain(need.text, _("need"), longest=500)
    if need.decision is Decision.DECLINED and not need.reason.strip():
        raise ContextRefused(_("Nothing says why {text!r} is not taken on.", text=need.text), _("Give the reason."))
    if need.reason:
        plain(need.reason, _("reason"), longest=2000, lines=True)
    if need.answered_by and need.decision is not Decision.ADOPTED:
        raise ContextRefused(
            _("{text!r} is answered but was not taken on.", text=need.text), _("Take it on, or remove the answer.")
        )
    unknown = [name for name in need.answered_by if name not in requirements]
    if unknown:
        raise ContextRefused(
            _("{unknown!r} is no requirement.", unknown=unknown[0]), _("Choose clauses or controls of the list.")
        )
