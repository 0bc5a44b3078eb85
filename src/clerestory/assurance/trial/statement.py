"""Signed envelopes (DSSE) and statements about files (in-toto): their forms, and who of the trusted keys signed.

A key is trusted because the organisation laid it beside its manifest; a key that an envelope names is only a hint.
"""

import base64
import binascii
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clerestory.assurance.trial.files import FileUnusable, json_of, matching, needed
from clerestory.assurance.trial.move import Move, Verify

IN_TOTO = "application/vnd.in-toto+json"
_TYPES = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")


class NotAStatement(Exception):
    """A body is no envelope or no statement; ``str`` says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type, and the signatures over both."""

    kind: str
    payload: bytes
    signatures: tuple[bytes, ...]

    @property
    def signed(self) -> bytes:
        """What the signatures are over: ``DSSEv1 length type length payload``, the encoding of DSSE 1.0."""
        kind = self.kind.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement is about, as pairs of name and digests by algorithm, and what kind of thing it says."""

    subjects: tuple[tuple[str, Mapping[str, str]], ...]
    predicate: str


def keys(patterns: Iterable[str]) -> Generator[Move, Any, Mapping[str, bytes]]:
    """Read the trusted public keys, by path.

    Raises:
        FileUnusable: there is none.
    """
    found: dict[str, bytes] = {}
    for path in (yield from matching(patterns)):
        key = yield from needed(path)
        # A key that lies there twice is one: two signatures are asked of two keys.
        if key.split() not in [other.split() for other in found.values()]:
            found[path] = key
    if not found:
        raise FileUnusable("No public key was found.", "Lay the keys that you trust beside the manifest, as PEM.")
    return found


def signers(
    trusted: Mapping[str, bytes], signatures: Iterable[bytes], message: bytes
) -> Generator[Move, Any, tuple[str, ...]]:
    """Return which of the trusted keys signed a message, each once."""
    given, found = tuple(signatures), list[str]()
    for path, key in trusted.items():
        for signature in given:
            holds = yield Verify(key, signature, message)
            if holds:
                found.append(path)
                break
    return tuple(found)


def detached(body: bytes) -> bytes:
    """Return the bytes of a detached signature that may be written in base64."""
    try:
        return base64.b64decode(b"".join(body.split()), validate=True) or body
    except (binascii.Error, ValueError):
        return body


def envelopes(path: str, body: bytes) -> list[Envelope]:
    """Return the envelopes of a file: one as JSON, or one a line.

    Raises:
        NotAStatement: it holds no envelope.
    """
    try:
        lines = body.splitlines() if path.endswith(".jsonl") else [body]
        found = [_envelope(json_of(path, line)) for line in lines if line.strip()]
    except FileUnusable as error:
        raise NotAStatement(error.problem) from error
    if not found:
        raise NotAStatement("it is empty")
    return found


def _envelope(document: Any) -> Envelope:
    if isinstance(document, Mapping) and isinstance(document.get("dsseEnvelope"), Mapping):
        document = document["dsseEnvelope"]
    try:
        payload = _decoded(document["payload"])
        signatures = tuple(_decoded(item["sig"]) for item in document["signatures"])
        return Envelope(str(document["payloadType"]), payload, signatures)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise NotAStatement("it is no DSSE envelope") from error


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)


def statement(envelope: Envelope) -> Statement:
    """Return the in-toto statement in an envelope.

    Raises:
        NotAStatement: the payload is of another type or form.
    """
    if envelope.kind != IN_TOTO:
        raise NotAStatement(f"its payload is {envelope.kind}")
    try:
        document = json_of("the payload", envelope.payload)
        if document["_type"] not in _TYPES:
            raise NotAStatement(f"its type is {document['_type']}")
        subjects = tuple((str(item.get("name", "")), dict(item["digest"])) for item in document["subject"])
        return Statement(subjects, str(document["predicateType"]))
    except (FileUnusable, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAStatement("it is no in-toto statement") from error
