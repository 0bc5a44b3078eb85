"""The trust file: what an auditor receives once, outside of any pack: which log, its keys, and what else must be true.

Text with one verifier key per line is read too, and so is a C2SP policy, whose quorum may be of groups. A key may stand
with the sizes of the checkpoints that it may sign, or as compromised.
"""

import json
import re
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass

from clerestory.ledger import canonical
from clerestory.ledger.exchange.policy import Policy, PolicyMalformed, read_policy
from clerestory.ledger.exchange.rotation import Term
from clerestory.ledger.note import NoteMalformed, read_base64
from clerestory.ledger.stamp.certificate import read_certificate
from clerestory.ledger.stamp.der import DerMalformed
from clerestory.ledger.stamp.token import Authority
from clerestory.ledger.vkey import COSIGNATURE, ED25519, KeyMalformed, VerifierKey, read_vkey, vkey_text
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document
from clerestory.terms.moment import MomentUnreadable, moment_text, read_moment

VERSION = 1
LARGEST = 256 * 1024
_AUTHORITIES = "authorities"
_KEYS = {"v", "origin", "keys", "witnesses", "quorum"}
_POLICY = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:log|witness|group|quorum)[ \t]")


class TrustUnreadable(ClerestoryError):
    """A trust file does not have the form of one."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: the log's name and keys, and how many of the named independent witnesses must agree.

    ``authorities`` are those whose time tokens are believed.
    Where a policy says which of them, ``quorum`` is the smallest number that can be enough. It may name several logs.
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    policy: Policy | None = None
    authorities: tuple[Authority, ...] = ()
    terms: tuple[Term, ...] = ()
    """Of the keys that may not sign at every size."""

    def keys_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign for a log of this name."""
        return tuple(key for key in self.keys if key.name == origin)

    def terms_of(self, origin: str) -> tuple[Term, ...]:
        """Return the same keys with the sizes at which they may."""
        limits = {term.key: term for term in self.terms}
        return tuple(limits.get(key, Term(key)) for key in self.keys_of(origin))

    def independent(self) -> tuple[VerifierKey, ...]:
        """Return the witnesses that count: those that the trust file names, or that the policy's quorum names."""
        return self.witnesses if self.policy is None else tuple(one.key for one in self.policy.counting())

    def met_by(self, seen: Collection[VerifierKey]) -> bool:
        """Return whether these witnesses are those, or as many, as are asked for."""
        return len(seen) >= self.quorum if self.policy is None else self.policy.met_by(seen)


def trust_text(trust: Trust) -> str:
    """Write a trust file: JSON that people can read too."""
    document: Document = {
        "v": VERSION,
        "origin": trust.origin,
        "keys": [_written(term) for term in trust.terms_of(trust.origin)],
        "witnesses": [vkey_text(key) for key in trust.witnesses],
        "quorum": trust.quorum,
    }
    if trust.authorities:
        document = {**document, _AUTHORITIES: [_authority_document(one) for one in trust.authorities]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _written(term: Term) -> str | dict[str, object]:
    said: dict[str, object] = {"key": vkey_text(term.key)}
    said |= {"first": term.first} if term.first else {}
    said |= {} if term.last is None else {"last": term.last}
    said |= {"compromised": True} if term.compromised else {}
    return vkey_text(term.key) if len(said) == 1 else said


def read_trust(data: bytes) -> Trust:
    """Read a trust file, a policy, or a text with one verifier key per line (empty lines and comments are skipped).

    Raises:
        TrustUnreadable: it has another form, names no key of the log, or asks for more witnesses than it names.
    """
    try:
        trust = _read_policy(data[:LARGEST]) if _POLICY.match(data) else _read_text(data[:LARGEST].decode())
    except KeyMalformed as error:
        raise TrustUnreadable(f"The trust file holds a bad key: {error.problem}", error.remedy) from error
    except PolicyMalformed as error:
        raise TrustUnreadable(error.problem, error.remedy) from error
    except (MomentUnreadable, NoteMalformed, DerMalformed) as error:
        raise _unreadable(f"a time stamping authority in it is none: {error.problem}") from error
    except UnicodeDecodeError as error:
        raise _unreadable("it is no text in UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise _unreadable("it is no JSON text") from error
    except (ValueError, canonical.NotCanonical) as error:
        raise _unreadable(str(error)) from error
    foreign = trust.policy is None and trust.keys_of(trust.origin) != trust.keys
    if not trust.keys or foreign or any(key.kind != ED25519 for key in trust.keys):
        raise _unreadable("it names no key, or a key that is not the log's")
    if any(key.kind != COSIGNATURE for key in trust.witnesses):
        raise _unreadable("a witness's key is not a witness's key")
    if len({key.public for key in (*trust.keys, *trust.witnesses)}) != len(trust.keys) + len(trust.witnesses):
        raise _unreadable("one key stands in it twice")
    if not 0 <= trust.quorum <= len(trust.witnesses):
        raise _unreadable("it asks for more witnesses than it names")
    return trust


def _read_text(text: str) -> Trust:
    return _read_json(text) if text.lstrip().startswith("{") else _read_lines(text)


def _read_policy(data: bytes) -> Trust:
    policy = read_policy(data)
    logs = tuple(log.key for log in policy.logs)
    witnesses = tuple(witness.key for witness in policy.witnesses.values())
    return Trust(logs[0].name if logs else "", logs, witnesses, policy.fewest(), policy)


def _read_json(text: str) -> Trust:
    document = json.loads(text, object_pairs_hook=_once)
    canonical.encode(document)
    if (
        set(document) | {_AUTHORITIES} != _KEYS | {_AUTHORITIES}
        or document["v"] != VERSION
        or isinstance(document["v"], bool)
    ):
        raise ValueError("it has missing or unknown parts, or another version")
    quorum = document["quorum"]
    if isinstance(quorum, bool) or not isinstance(quorum, int) or not isinstance(document["origin"], str):
        raise ValueError("its origin is no text or its quorum no number")
    terms, authorities = _terms(document["keys"]), _authorities(document.get(_AUTHORITIES, []))
    keys, limited = tuple(term.key for term in terms), tuple(term for term in terms if term != Term(term.key))
    witnesses = _keys(document["witnesses"])
    return Trust(document["origin"], keys, witnesses, quorum, authorities=authorities, terms=limited)


def _read_lines(text: str) -> Trust:
    lines = [line.strip() for line in text.splitlines()]
    keys = tuple(read_vkey(line) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise ValueError("it holds no key")
    logs = tuple(key for key in keys if key.kind == ED25519)
    witnesses = tuple(key for key in keys if key.kind == COSIGNATURE)
    return Trust(logs[0].name if logs else "", logs, witnesses)


def _keys(value: object) -> tuple[VerifierKey, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("its keys are no list of texts")
    return tuple(read_vkey(item) for item in value)


def _authorities(value: object) -> tuple[Authority, ...]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("its time stamping authorities are no list of objects")
    return tuple(_authority(item) for item in value)


def _authority(document: Document) -> Authority:
    text, until = document.get("certificate"), document.get("until")
    if (
        not isinstance(text, str)
        or not (until is None or isinstance(until, str))
        or not set(document) <= {"certificate", "until"}
    ):
        raise ValueError("a time stamping authority has missing or unknown parts")
    found = Authority(read_base64(text), None if until is None else read_moment(until))
    read_certificate(found.certificate)
    return found


def _authority_document(one: Authority) -> Document:
    document: Document = {"certificate": b64encode(one.certificate).decode()}
    return document if one.until is None else {**document, "until": moment_text(one.until)}


def _terms(value: object) -> tuple[Term, ...]:
    if not isinstance(value, list):
        raise ValueError("its keys are no list")
    return tuple(Term(read_vkey(item)) if isinstance(item, str) else _term(item) for item in value)


def _term(item: object) -> Term:
    if not isinstance(item, dict) or not {"key"} < set(item) <= {"key", "first", "last", "compromised"}:
        raise ValueError("one of its keys has missing or unknown parts")
    first, last, text = item.get("first", 0), item.get("last"), item["key"]
    sizes = [first] if last is None else [first, last]
    if not isinstance(text, str) or any(isinstance(size, bool) or not isinstance(size, int) for size in sizes):
        raise ValueError("one of its keys is no text, or a size of it no number")
    if sizes != sorted(sizes) or first < 0 or item.get("compromised", True) is not True:
        raise ValueError("one of its keys ends before it begins, or is compromised in another way than true")
    return Term(read_vkey(text), first, last, "compromised" in item)


def _once(pairs: list[tuple[str, object]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a part stands in it twice")
    return document


def _unreadable(reason: str) -> TrustUnreadable:
    return TrustUnreadable(
        f"The trust file cannot be read: {reason}.", "Ask the log's owner for the output of: clerestory ledger trust"
    )
