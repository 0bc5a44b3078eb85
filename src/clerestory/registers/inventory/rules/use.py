"""Whether a member may use AI for something: answered by dated rules that put the policy on it into practice."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

from clerestory.registers.inventory.rules.imported import alike
from clerestory.registers.inventory.rules.record import InventoryRefused, Tier
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

ENOUGH_ALIKE = 0.6
"""How alike two purposes are, of 1, for the earlier answer to hold for the later question."""


class Answer(StrEnum):
    """What the rules say to a question, the strictest first."""

    FORBIDDEN = "forbidden"
    ASKS = "asks a person"
    CONDITIONS = "allowed with conditions"
    ALLOWED = "allowed"


class State(StrEnum):
    """Where a question stands."""

    ANSWERED = "answered"
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class UseRule:
    """One rule: for which marks of a use it holds, what it answers, why, and under which conditions."""

    rule_id: str
    answer: Answer
    when: tuple[str, ...]
    because: str
    source: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UseRules:
    """The rules of one version."""

    version: str
    valid_from: date
    policy: str
    time_to_answer: timedelta
    valid_for: timedelta
    marks: tuple[tuple[str, str], ...]
    rules: tuple[UseRule, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a member wants to use AI for, with which system (empty: one that is not known), and what is true of it."""

    purpose: str
    system_id: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with its reasons, each with its source, and the conditions to keep to."""

    answer: Answer
    reasons: tuple[tuple[str, str], ...]
    conditions: tuple[str, ...]


@cache
def use_rules() -> UseRules:
    """Return the rules in force."""
    said = tomllib.loads(files("clerestory.registers.inventory.rules").joinpath("use.toml").read_text(encoding="utf-8"))
    return UseRules(
        version=said["version"],
        valid_from=date.fromisoformat(said["valid_from"]),
        policy=said["policy"],
        time_to_answer=timedelta(days=said["days_to_answer"]),
        valid_for=timedelta(days=said["valid_days"]),
        marks=tuple((mark["name"], mark["label"]) for mark in said["mark"]),
        rules=tuple(_rule(rule) for rule in said["rule"]),
    )


def check_question(question: Question, rules: UseRules) -> None:
    """Refuse a question without words, or of which nobody said what is true."""
    plain(question.purpose, _("purpose"), longest=1000, lines=True)
    if not question.marks:
        raise InventoryRefused(_("Nothing is said about the use."), _("Tick at least one sentence that is true of it."))
    known = [name for name, _label in rules.marks]
    unknown = next((mark for mark in question.marks if mark not in known), None)
    if unknown is not None:
        raise InventoryRefused(
            _("{unknown!r} is nothing that can be true of a use.", unknown=unknown),
            _("Use: {choices}.", choices=", ".join(known)),
        )


def answer(question: Question, tier: Tier | None, rules: UseRules, *, may_be_used: bool) -> Answered:
    """Answer a question by the rules; a system that nobody knows, that is retired or high, asks a person at least.

    ``tier`` is that of the system that the question names; ``may_be_used``: it is in the inventory and not retired.
    """
    held = [rule for rule in rules.rules if set(rule.when) & set(question.marks)]
    if not question.system_id or not may_be_used:
        held.append(_ASKS_UNKNOWN)
    elif tier in (None, Tier.HIGH):
        held.append(_ASKS_HIGH)
    strictest = min((rule.answer for rule in held), key=tuple(Answer).index, default=Answer.ASKS)
    deciding = [rule for rule in held if rule.answer is strictest]
    conditions = () if strictest is Answer.FORBIDDEN else tuple(c for rule in held for c in rule.conditions)
    return Answered(
        strictest,
        tuple(dict.fromkeys((rule.because, rule.source) for rule in deciding)),
        tuple(dict.fromkeys(conditions)),
    )


def is_same_question(one: Question, other: Question) -> bool:
    """Return whether the answer to one question holds for another: same system, same truths, and a like purpose."""
    if (one.system_id, set(one.marks)) != (other.system_id, set(other.marks)):
        return False
    return alike(one.purpose, other.purpose) >= ENOUGH_ALIKE


def _rule(said: Mapping[str, object]) -> UseRule:
    when, conditions = said["when"], said.get("conditions", ())
    return UseRule(
        str(said["id"]), Answer(str(said["answer"])), _texts(when), str(said["because"]), str(said["source"]),
        _texts(conditions),
    )  # fmt: skip


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, Sequence) else ()


_ASKS_UNKNOWN = UseRule(
    "unknown-system", Answer.ASKS, (), "The system is not in the inventory, or no longer in use.", "house", ()
)
_ASKS_HIGH = UseRule("strict-tier", Answer.ASKS, (), "The tier of the system is high or unknown.", "house", ())
