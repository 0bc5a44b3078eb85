"""Concerns (A.3.3): how people speak up, without a name if they like, and what an answer must be."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

TOPICS = (
    "unfair treatment", "safety", "privacy", "missing oversight", "misuse", "wrong results", "pressure", "other",
)  # fmt: skip
"""What a concern can be about; evidence names the topic and never what was written."""
MOST_DAYS = 90
"""Three months: Directive (EU) 2019/1937, Article 9(1)(f), gives no longer for feedback."""
DAYS = 30
TRIAL_DAYS = 7
"""A message of a trial that did not come within these days did not reach its receiver."""
MOST_AN_HOUR = 30
"""Messages that one organisation's channel takes in an hour, so that nobody buries the others."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LONG = 4, 5


class ConcernRefused(ClerestoryError):
    """A record about concerns lacks something or contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """How people speak up: in words, with which protections, who receives it, and when an answer is due."""

    text: str
    safeguards: tuple[str, ...]
    receivers: tuple[PersonId, ...]
    answer_days: int
    outside: str
    """Where people can turn outside of the organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What somebody wrote. Without ``contact`` nobody knows who it was."""

    topic: str
    text: str
    contact: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether it came without a name."""
        return not self.contact.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a concern, in words without names, and the answer that its sender can read."""

    outcome: str
    answer: str
    not_involved: bool


def check_procedure(procedure: Procedure, known: Sequence[str]) -> None:
    """Refuse a procedure without words, receivers or a place outside, or that gives longer than the law does."""
    plain(procedure.text, _("procedure"), longest=20_000, lines=True)
    unknown = [name for name in procedure.safeguards if name not in known]
    if unknown:
        raise ConcernRefused(
            _("{unknown!r} is no protection.", unknown=unknown[0]), _("Use: {choices}.", choices=", ".join(known))
        )
    if not procedure.receivers:
        raise ConcernRefused(_("Nobody receives the concerns."), _("Choose at least one receiver."))
    if not 1 <= procedure.answer_days <= MOST_DAYS:
        raise ConcernRefused(
            _("An answer within {answer_days} days.", answer_days=procedure.answer_days),
            _("Promise one within 1 to {most_days} days.", most_days=MOST_DAYS),
        )
    plain(procedure.outside, _("place outside"), longest=2000, lines=True)


def check_concern(concern: Concern) -> None:
    """Refuse a concern without words or of no topic."""
    if concern.topic not in TOPICS:
        raise ConcernRefused(
            _("{topic!r} is no topic.", topic=concern.topic), _("Use one of: {choices}.", choices=", ".join(TOPICS))
        )
    plain(concern.text, _("what happened"), longest=20_000, lines=True)
    if not concern.is_anonymous:
        plain(concern.contact, _("how to reach you"), longest=300)


def check_outcome(outcome: Outcome) -> None:
    """Refuse an outcome without words or answer, or by somebody who does not say that they are not involved."""
    plain(outcome.outcome, _("outcome"), longest=500)
    plain(outcome.answer, _("answer"), longest=10_000, lines=True)
    if not outcome.not_involved:
        raise ConcernRefused(
            _("Somebody who is not involved decides what comes of a concern."), _("Leave it to another receiver.")
        )


def new_code(once: str = "") -> str:
    """Return a secret that opens one concern and nothing else: 20 letters and digits, about 99 bits.

    From the random part of a form it follows, so that the same form sent twice is told the same.
    """
    if not once:
        letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _LONG)]
    else:
        number = int.from_bytes(hashlib.sha256(f"code of a concern: {once}".encode()).digest())
        letters = [_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(_GROUPS * _LONG)]
    return "-".join("".join(letters[start : start + _LONG]) for start in range(0, len(letters), _LONG))


def code_digest(code: str) -> str:
    """Return what is kept of a code: its SHA-256, however it was typed."""
    letters = "".join(code.lower().split()).replace("-", "")
    return hashlib.sha256(letters.encode()).hexdigest()
