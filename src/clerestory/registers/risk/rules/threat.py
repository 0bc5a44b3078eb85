"""Facts about an architecture and the threats they bring up. Unknown is a value: it leaves threats open, never away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from clerestory.catalogue.threats.data import BroughtUp, ThreatCatalogue, ThreatRule
from clerestory.catalogue.threats.fact import NONE, UNKNOWN, Answer, Facts
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _


class ThreatRefused(ClerestoryError):
    """A fact, a decision on a mitigation or an answer to a threat does not hold together."""


class ThreatState(StrEnum):
    """How a threat stands towards a system."""

    APPLIES = "applies"
    UNASSESSED = "unassessed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Told:
    """A fact with the values that decided."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """One rule about a threat: how it was answered, and the facts that decided."""

    rule: str
    flow: str
    answer: Answer
    facts: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """A threat as the facts of one system leave it, with what meets it and what would show that."""

    threat_id: str
    name: str
    maturity: str
    state: ThreatState
    whys: tuple[Why, ...]
    owasp: tuple[str, ...]
    nist: tuple[str, ...]
    flows: tuple[str, ...]
    mitigations: tuple[str, ...]
    checks: tuple[str, ...]

    @property
    def in_play(self) -> bool:
        """Whether it has to be judged: it applies, or nobody knows."""
        return self.state is not ThreatState.NOT_APPLICABLE

    @property
    def facts(self) -> tuple[Told, ...]:
        """The facts that decided, each once."""
        return tuple(dict.fromkeys(told for why in self.whys for told in why.facts))


def check_facts(data: ThreatCatalogue, told: Mapping[str, Iterable[str]]) -> Facts:
    """Return every fact with its values in the order of the catalogue; what is left out is unknown.

    Raises:
        ThreatRefused: a fact or value does not exist, or values exclude each other.
    """
    strange = sorted(told.keys() - data.facts.keys())
    if strange:
        raise ThreatRefused(
            _("{strange!r} is no fact about an architecture.", strange=strange[0]),
            _("Use: {choices}.", choices=", ".join(data.facts)),
        )
    facts = {name: _values(data, name, told.get(name, ())) for name in data.facts}
    if facts["tools"] == (NONE,) and not {NONE, UNKNOWN} & set(facts["tool_side_effects"]):
        raise ThreatRefused(
            _("There are no tools, and yet tools have side effects."),
            _("Name the tools, or say that nothing is changed."),
        )
    return facts


def generate(data: ThreatCatalogue, facts: Facts) -> tuple[Threat, ...]:
    """Return every threat of the data with its state: it applies where any rule fires, and is out where none can.

    A rule that stays open leaves its threats unassessed. What is not applicable carries the known facts that say so.
    """
    found: dict[str, list[tuple[ThreatRule, BroughtUp, Answer]]] = {}
    for rule in data.rules:
        answer = rule.answer(facts)
        for brought in rule.threats:
            found.setdefault(brought.threat, []).append((rule, brought, answer))
    return tuple(_threat(data, facts, threat_id, brought) for threat_id, brought in found.items())


def open_facts(data: ThreatCatalogue, facts: Facts) -> tuple[str, ...]:
    """Return the facts that are unknown, or of which there may be more."""
    return tuple(name for name in data.facts if UNKNOWN in (facts.get(name) or (UNKNOWN,)))


def in_play(threats: Iterable[Threat]) -> tuple[Threat, ...]:
    """Return the threats that have to be judged."""
    return tuple(threat for threat in threats if threat.in_play)


def by_id(threats: Iterable[Threat], threat_id: str) -> Threat:
    """Return one threat.

    Raises:
        ThreatRefused: the data hold no such threat.
    """
    found = next((threat for threat in threats if threat.threat_id == threat_id), None)
    if found is None:
        raise ThreatRefused(_("There is no threat {threat_id!r}.", threat_id=threat_id), _("Choose one of the list."))
    return found


def _threat(
    data: ThreatCatalogue, facts: Facts, threat_id: str, answers: Sequence[tuple[ThreatRule, BroughtUp, Answer]]
) -> Threat:
    given = {answer for _rule, _item, answer in answers}
    decides = next(wanted for wanted in (Answer.YES, Answer.OPEN, Answer.NO) if wanted in given)
    counted = [(rule, item) for rule, item, answer in answers if answer is decides]
    technique = data.techniques[threat_id]
    return Threat(
        threat_id=threat_id,
        name=technique.name,
        maturity=technique.maturity,
        state=_STATES[decides],
        whys=tuple(_why(rule, facts, decides) for rule, _item in counted),
        owasp=_once(name for _rule, item in counted for name in item.owasp)
        or ((threat_id,) if threat_id in data.owasp else ()),
        nist=_once(name for rule, _item in counted for name in rule.nist),
        flows=_once(rule.flow for rule, _item in counted),
        mitigations=_once(one for rule, _item in counted for one in data.mitigations_of(rule, threat_id)),
        checks=_once(name for _rule, item in counted for name in item.checks),
    )


def _why(rule: ThreatRule, facts: Facts, answer: Answer) -> Why:
    """Return which facts decided: all that hold where it fires, those unknown where it is open, that which says no."""
    decided = [one for one in rule.when if one.answer(facts) is answer]
    return Why(rule.id, rule.flow, answer, tuple(Told(c.fact, facts.get(c.fact) or (UNKNOWN,)) for c in decided))


def _values(data: ThreatCatalogue, name: str, wanted: Iterable[str]) -> tuple[str, ...]:
    fact, values = data.facts[name], set(wanted) or {UNKNOWN}
    strange = sorted(values - {UNKNOWN, *fact.values})
    if strange:
        raise ThreatRefused(
            _("{name} cannot be {strange!r}.", name=name, strange=strange[0]),
            _("Choose of: {choices}.", choices=", ".join((*fact.values, UNKNOWN))),
        )
    if len(values) > 1 and (not fact.many or NONE in values):
        what = (
            _("{name} cannot be none and something else.", name=name)
            if NONE in values
            else _("{name} has one value.", name=name)
        )
        raise ThreatRefused(what, _("Choose one; where it is not known, choose that."))
    return tuple(value for value in (*fact.values, UNKNOWN) if value in values)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


_STATES = {
    Answer.YES: ThreatState.APPLIES,
    Answer.OPEN: ThreatState.UNASSESSED,
    Answer.NO: ThreatState.NOT_APPLICABLE,
}
