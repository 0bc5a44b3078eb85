"""The C2SP tlog-policy: which logs are accepted, which witnesses there are, and which of them must have looked.

Names are compared byte by byte. A key that this version cannot check is refused rather than passed over.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from clerestory.ledger.vkey import COSIGNATURE, ED25519, KeyMalformed, VerifierKey, read_vkey
from clerestory.terms.error import ClerestoryError

NONE = "none"
LARGEST = 256 * 1024
_BLANK = re.compile(r"[ \t]+")
_FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\x80-\U0010ffff]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,8}")


class PolicyMalformed(ClerestoryError):
    """A text is no policy."""


@dataclass(frozen=True, slots=True)
class Named:
    """A key with the address that the policy gives for it; a log's name is empty."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups of which at least so many must have seen a checkpoint."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses by name, groups by name, and the name that must have seen a checkpoint."""

    logs: tuple[Named, ...]
    witnesses: Mapping[str, Named]
    groups: Mapping[str, Group]
    quorum: str

    def met_by(self, seen: Collection[VerifierKey]) -> bool:
        """Return whether these witnesses are enough."""
        return self._most(lambda witness: witness.key in seen) > 0

    def counting(self) -> tuple[Named, ...]:
        """Return the witnesses that the quorum names, by itself or by its groups: no other one counts."""
        wanted, found = [self.quorum], []
        while wanted:
            name = wanted.pop()
            wanted += self.groups[name].members if name in self.groups else ()
            found += [name] if name in self.witnesses else []
        return tuple(witness for name, witness in self.witnesses.items() if name in found)

    def fewest(self) -> int:
        """Return how many witnesses must at least have seen a checkpoint."""
        if self.quorum == NONE:
            return 0
        needed = dict.fromkeys(self.witnesses, 1)
        for name, group in self.groups.items():
            needed[name] = sum(sorted(needed[member] for member in group.members)[: group.threshold])
        return needed[self.quorum]

    def _most(self, has_seen: Callable[[Named], bool]) -> int:
        if self.quorum == NONE:
            return 1
        seen = {name: int(has_seen(witness)) for name, witness in self.witnesses.items()}
        for name, group in self.groups.items():
            seen[name] = int(sum(seen[member] for member in group.members) >= group.threshold)
        return seen[self.quorum]


@dataclass(slots=True)
class _Reading:
    logs: list[Named] = field(default_factory=list)
    witnesses: dict[str, Named] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    quorum: str = ""


def read_policy(data: bytes) -> Policy:
    """Read a policy.

    Raises:
        PolicyMalformed: it is too large, a line is none of a policy, a key or name stands twice, or the quorum is
            missing. The sentence names the line.
    """
    if len(data) > LARGEST:
        raise PolicyMalformed(f"A policy has more than {LARGEST} bytes.", "Name fewer logs and witnesses.")
    text = data.decode("utf-8", "surrogateescape")
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), start=1):
        words = [word for word in _BLANK.split(line) if word]
        if _FORBIDDEN.search(line):
            raise _malformed(number, "it holds a control character")
        if words and not words[0].startswith("#"):
            _take(reading, words, number)
    if not reading.quorum:
        raise PolicyMalformed("A policy names no quorum.", "Add a line: quorum NAME, or: quorum none")
    return Policy(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum)


def _take(reading: _Reading, words: Sequence[str], number: int) -> None:
    takers = {"log": _take_log, "witness": _take_witness, "group": _take_group, "quorum": _take_quorum}
    taker = takers.get(words[0])
    if taker is None:
        raise _malformed(number, f"it begins with {words[0]!r}")
    taker(reading, words[1:], number)


def _take_log(reading: _Reading, words: Sequence[str], number: int) -> None:
    if not 1 <= len(words) <= 2:
        raise _malformed(number, "a log has a key and at most an address")
    reading.logs.append(_keyed("", words, ED25519, reading.logs, number))


def _take_witness(reading: _Reading, words: Sequence[str], number: int) -> None:
    if not 2 <= len(words) <= 3:
        raise _malformed(number, "a witness has a name, a key and at most an address")
    name = _new_name(reading, words[0], number)
    reading.witnesses[name] = _keyed(name, words[1:], COSIGNATURE, reading.witnesses.values(), number)


def _take_group(reading: _Reading, words: Sequence[str], number: int) -> None:
    if len(words) < 3:
        raise _malformed(number, "a group has a name, a number and members")
    members = tuple(words[2:])
    for member in members:
        if member not in reading.witnesses and member not in reading.groups:
            raise _malformed(number, f"no line above defines the member {_shown(member)}")
        if member in reading.taken:
            raise _malformed(number, f"the member {_shown(member)} stands in a group already")
        reading.taken.add(member)
    known = {"all": len(members), "any": 1}
    threshold = known.get(words[1]) or (int(words[1]) if _THRESHOLD.fullmatch(words[1]) else 0)
    if not 1 <= threshold <= len(members):
        raise _malformed(number, f"{_shown(words[1])} is neither all nor any nor a number of its members")
    reading.groups[_new_name(reading, words[0], number)] = Group(threshold, members)


def _take_quorum(reading: _Reading, words: Sequence[str], number: int) -> None:
    if len(words) != 1 or reading.quorum:
        raise _malformed(number, "there is one quorum, and it is one name")
    if words[0] != NONE and words[0] not in reading.witnesses and words[0] not in reading.groups:
        raise _malformed(number, f"no line above defines {_shown(words[0])}")
    reading.quorum = words[0]


def _new_name(reading: _Reading, name: str, number: int) -> str:
    if name == NONE or name in reading.witnesses or name in reading.groups:
        raise _malformed(number, f"the name {_shown(name)} is taken")
    return name


def _keyed(name: str, words: Sequence[str], kind: int, others: Collection[Named], number: int) -> Named:
    try:
        key = read_vkey(words[0])
    except KeyMalformed as error:
        raise _malformed(number, error.problem.rstrip(".")) from error
    if key.kind != kind:
        raise _malformed(number, "the key is of a kind that is not allowed here")
    if any(key.public == other.key.public for other in others):
        raise _malformed(number, "the key stands in the policy already")
    return Named(name, key, words[1] if len(words) > 1 else "")


def _shown(word: str) -> str:
    return repr(word.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _malformed(number: int, reason: str) -> PolicyMalformed:
    return PolicyMalformed(f"Line {number} of a policy cannot be read: {reason}.", "Ask for the policy again.")
