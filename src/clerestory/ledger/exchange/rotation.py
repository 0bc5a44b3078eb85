"""How one key of a log follows another: the statement that both sign, and the sizes up to which each may sign.

Order in the log is all that counts: a key that ended may be stolen later, and a clock can be set back. A statement is
believed only where a key signed it that was in force; an entry alone makes no key good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from clerestory.ledger.note import NoteMalformed, read_note
from clerestory.ledger.sign import SignatureMismatch, Signer, sign_note, verify_note
from clerestory.ledger.vkey import KeyMalformed, VerifierKey, read_vkey, vkey_text
from clerestory.terms.fact import Fact

KIND = "record.key"
ANNOUNCED, ENDED = "announced", "ended"
COMPROMISED = "compromised"
MOST_TURNS = 256
"""A log with more changes of its key than this is no log that somebody runs; no further one is followed."""
_FIRST = "clerestory log key/v1"


@dataclass(frozen=True, slots=True)
class Term:
    """A key of a log, and the sizes of the checkpoints that it may sign: from ``first`` to ``last``, both included.

    What a compromised key signed counts at no size, since nobody can tell when it was signed.
    """

    key: VerifierKey
    first: int = 0
    last: int | None = None
    compromised: bool = False

    def covers(self, size: int) -> bool:
        """Return whether the key may sign a checkpoint of this size."""
        return not self.compromised and self.first <= size and (self.last is None or size <= self.last)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the entry at a place says of a key: that it begins, by a statement, or that it ended, and why."""

    position: int
    act: str
    key: VerifierKey
    statement: str = ""
    why: str = ""


@dataclass(slots=True)
class Followed:
    """The keys of a log as far as they follow from those that were known before, and what did not follow."""

    terms: tuple[Term, ...]
    turns: list[Turn] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Place and reason of each entry that speaks for a key without being entitled to."""

    def at(self, size: int) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign a checkpoint of this size, the oldest first."""
        return tuple(term.key for term in self.terms if term.covers(size))


def statement(old: Signer, new: Signer) -> str:
    """Return the signed note in which a key names the one that follows it; both sign it."""
    return sign_note(_text(old.key, new.key), old, new).decode()


def turn_of(fact: Fact) -> Turn | None:
    """Return what an entry says of a key of the log, or None where it is about something else or says nothing.

    Raises:
        KeyMalformed: it names no key.
    """
    if fact.kind != KIND or fact.position is None:
        return None
    said = {name: str(fact.values.get(name, "")) for name in ("act", "key", "statement", "why")}
    return Turn(fact.position, said["act"], read_vkey(said["key"]), said["statement"], said["why"])


def predecessor(turn: Turn) -> VerifierKey | None:
    """Return the key that a statement is by; whether it really signed is not checked here."""
    try:
        lines = read_note(turn.statement.encode()).text.split("\n")
        old = read_vkey(lines[2])
    except (NoteMalformed, KeyMalformed, IndexError):
        return None
    return old if "\n".join(lines) == _text(old, turn.key) else None


def follow(terms: Sequence[Term], turns: Iterable[Turn]) -> Followed:
    """Return the keys of a log after its turns, which are given in the order of their places.

    What the given terms say of a key stands: they come from outside. A turn between keys of which none is known says
    nothing, since it may be older than what is known.
    """
    followed = Followed(tuple(terms))
    known = {term.key: term for term in terms}
    for number, turn in enumerate(turns):
        if number == MOST_TURNS:
            followed.refused.append((turn.position, f"It is one of more than {MOST_TURNS} changes of the key."))
            break
        if turn.act == ENDED and turn.key in known:
            term = known[turn.key]
            last = turn.position if term.last is None else min(term.last, turn.position)
            known[turn.key] = replace(term, last=last)
            followed.turns.append(turn)
        elif turn.act == ANNOUNCED:
            _announce(turn, known, followed)
    followed.terms = tuple(known.values())
    return followed


def _announce(turn: Turn, known: dict[VerifierKey, Term], followed: Followed) -> None:
    old = predecessor(turn)
    if old is None:
        followed.refused.append((turn.position, "Its statement is none of a key of a log that names the next one."))
        return
    if turn.key in known or old not in known or known[old].compromised:
        return
    if not known[old].covers(turn.position + 1):
        reason = f"The key {old.key_id.hex()} was not in force any more when it named another one."
    elif not _signed_by_both(turn, old):
        reason = f"The key {old.key_id.hex()} did not sign that another one follows it."
    else:
        known[turn.key] = Term(turn.key, turn.position + 1)
        followed.turns.append(turn)
        return
    followed.refused.append((turn.position, reason))


def _signed_by_both(turn: Turn, old: VerifierKey) -> bool:
    try:
        return set(verify_note(read_note(turn.statement.encode()), (old, turn.key))) == {old, turn.key}
    except SignatureMismatch:
        return False


def _text(old: VerifierKey, new: VerifierKey) -> str:
    return f"{_FIRST}\n{old.name}\n{vkey_text(old)}\n{vkey_text(new)}\n"
