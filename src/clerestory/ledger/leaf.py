"""The leaf: a small commitment to two payloads, `facts` and `content`, that never holds a payload itself.

Content that is personal or easy to guess is committed to with a salted HMAC, so that what is left in the log after an
erasure says nothing about it.
"""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from clerestory.ledger import canonical
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document
from clerestory.terms.ids import Digest, LeafHash

VERSION = 1
LARGEST = 8192
SALT_SIZE = 32
PREDICATE_TYPE = "urn:clerestory:facts:v1"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMITMENT = re.compile(r"(sha256|hmac-sha256):[0-9a-f]{64}")
_LEAF_HASH = re.compile(r"[0-9a-f]{64}")
_KEYS = {
    "v",
    "kind",
    "entity",
    "entity_version",
    "subject",
    "commit",
    "actor",
    "at",
    "policy_version",
    "caused_by",
    "predicateType",
}


class LeafMalformed(ClerestoryError):
    """Bytes are no leaf that this version reads, or a leaf cannot be written."""


class CommitmentMismatch(ClerestoryError):
    """A payload is not the one that the leaf commits to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What one place of the log says. ``subject`` holds (name, digest) pairs; either half may be empty, not both."""

    kind: str
    entity: str
    entity_version: int
    subject: tuple[tuple[str, str], ...]
    facts: Digest
    content: str | None = None
    actor: str
    at: str
    policy_version: str
    caused_by: tuple[LeafHash, ...] = ()
    predicate_type: str = PREDICATE_TYPE


def leaf_bytes(leaf: Leaf) -> bytes:
    """Write a leaf as canonical JSON of at most 8 KiB.

    Raises:
        LeafMalformed: a part is missing or of the wrong form, or the leaf is too large.
    """
    commit = {"facts": leaf.facts} if leaf.content is None else {"facts": leaf.facts, "content": leaf.content}
    data = canonical.encode(
        {
            "v": VERSION,
            "kind": leaf.kind,
            "entity": leaf.entity,
            "entity_version": leaf.entity_version,
            "subject": [
                {key: text for key, text in (("name", name), ("digest", digest)) if text}
                for name, digest in leaf.subject
            ],
            "commit": commit,
            "actor": leaf.actor,
            "at": leaf.at,
            "policy_version": leaf.policy_version,
            "caused_by": list(leaf.caused_by),
            "predicateType": leaf.predicate_type,
        }
    )
    if len(data) > LARGEST:
        raise LeafMalformed(
            f"A leaf of kind {leaf.kind} has {len(data)} bytes; {LARGEST} are allowed.",
            "Move what it says into facts or content and name fewer subjects.",
        )
    read_leaf(data)
    return data


def read_leaf(data: bytes) -> Leaf:
    """Read the bytes of a leaf; the inverse of `leaf_bytes`.

    Raises:
        LeafMalformed: the bytes are too large, not canonical, or a part is missing, unknown or of the wrong form.
    """
    if len(data) > LARGEST:
        raise _malformed(f"it has {len(data)} bytes; {LARGEST} are allowed")
    try:
        document = canonical.decode(data)
    except canonical.NotCanonical as error:
        raise _malformed("it is not canonical JSON") from error
    if set(document) != _KEYS or document["v"] is True or document["v"] != VERSION:
        raise _malformed("it has missing or unknown parts, or another version")
    commit = _object(document, "commit")
    if not {"facts"} <= set(commit) <= {"facts", "content"}:
        raise _malformed("its commitments are not facts and content")
    return Leaf(
        kind=_text(document, "kind"),
        entity=_text(document, "entity"),
        entity_version=_whole(document, "entity_version"),
        subject=tuple(_pair(item) for item in _list(document, "subject")),
        facts=Digest(_matching(commit, "facts", _DIGEST)),
        content=_matching(commit, "content", _COMMITMENT) if "content" in commit else None,
        actor=_text(document, "actor"),
        at=_text(document, "at"),
        policy_version=_text(document, "policy_version"),
        caused_by=tuple(
            LeafHash(_matching({"item": item}, "item", _LEAF_HASH)) for item in _list(document, "caused_by")
        ),
        predicate_type=_text(document, "predicateType"),
    )


def digest_of(payload: bytes) -> Digest:
    """Return ``sha256:`` and the hexadecimal SHA-256 of a payload: its address and its plain commitment."""
    return Digest("sha256:" + sha256(payload).hexdigest())


def commit_to(payload: bytes, salt: bytes | None = None) -> str:
    """Return the commitment to a payload: its digest, or with a salt of 32 bytes ``HMAC-SHA256(salt, payload)``.

    Raises:
        LeafMalformed: the salt is not 32 bytes long.
    """
    if salt is None:
        return digest_of(payload)
    if len(salt) != SALT_SIZE:
        raise _malformed(f"a salt has {len(salt)} bytes instead of {SALT_SIZE}")
    return "hmac-sha256:" + hmac.new(salt, payload, sha256).hexdigest()


def check_commitment(commitment: str, payload: bytes, salt: bytes | None = None) -> None:
    """Check that a payload, with the salt where the commitment is salted, is the one committed to.

    Raises:
        CommitmentMismatch: it is another payload, or the salt is missing, not asked for or another one.
    """
    salted = commitment.startswith("hmac-sha256:")
    right_salt = salt is not None and len(salt) == SALT_SIZE if salted else salt is None
    if not right_salt or not hmac.compare_digest(commit_to(payload, salt), commitment):
        raise CommitmentMismatch(
            "A payload is not the one that its leaf commits to.",
            "Ask for the original payload; the changed one proves nothing.",
        )


def _pair(item: object) -> tuple[str, str]:
    if not isinstance(item, dict) or not item or not set(item) <= {"name", "digest"}:
        raise _malformed("a subject has neither name nor digest")
    name = _text(item, "name") if "name" in item else ""
    return name, _matching(item, "digest", _DIGEST) if "digest" in item else ""


def _text(document: Document, key: str) -> str:
    value = document[key]
    if not isinstance(value, str) or not value:
        raise _malformed(f"{key} is no text")
    return value


def _matching(document: Document, key: str, form: re.Pattern[str]) -> str:
    value = _text(document, key)
    if not form.fullmatch(value):
        raise _malformed(f"{key} is no hash")
    return value


def _whole(document: Document, key: str) -> int:
    value = document[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _malformed(f"{key} is no whole number")
    return value


def _list(document: Document, key: str) -> list[object]:
    value = document[key]
    if not isinstance(value, list):
        raise _malformed(f"{key} is no list")
    return value


def _object(document: Document, key: str) -> Document:
    value = document[key]
    if not isinstance(value, dict):
        raise _malformed(f"{key} is no object")
    return value


def _malformed(reason: str) -> LeafMalformed:
    return LeafMalformed(f"A leaf is malformed: {reason}.", "Use the version that wrote it, or ask for the original.")
