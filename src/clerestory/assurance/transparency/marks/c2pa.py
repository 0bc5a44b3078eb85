"""Content Credentials (C2PA 2.1): the store in an image, its claim, what it binds, and the signature over it.

A mark counts only when all of it holds together: the newest manifest has a claim that a key signed, the claim names its
assertions by their hash, one of them binds the bytes of the file, and one says that the content is synthetic. Whose key
it is, is not looked at: a mark says what content is and not who says so.
"""

import hashlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clerestory.assurance.transparency.marks.cbor import NotCBOR, Tagged, decode, encode
from clerestory.assurance.transparency.marks.certificate import public_key
from clerestory.assurance.transparency.marks.source import NoMark, is_synthetic
from clerestory.assurance.trial import Move, Verify

_ACTIONS = ("c2pa.actions", "c2pa.actions.v2")
_BINDING = "c2pa.hash.data"
_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_CHAIN = 33
_AROUND, _PIECE = 64, 60_000
"""Bytes that a chunk or segment takes around each piece of a store."""


@dataclass(frozen=True, slots=True)
class Box:
    """One superbox of JUMBF (ISO/IEC 19566-5): its label, the bytes that a hash is over, its content and its parts."""

    label: str
    inner: bytes
    content: bytes
    parts: tuple["Box", ...]

    def named(self, *labels: str) -> "Box":
        """Return the part of one of these labels; raise `NoMark`."""
        for part in self.parts:
            if part.label in labels:
                return part
        raise NoMark(f"its C2PA store has no {labels[0]}")


def read_c2pa(store: bytes, body: bytes) -> Generator[Move, Any, str]:
    """Return the digital source type that the newest manifest of a store states of a file.

    Raises:
        NoMark: a part is missing, does not hold, or says something else.
    """
    try:
        whole = _superbox(store, 0)[0]
        if whole.label != "c2pa":
            raise NoMark("its store is none of C2PA")
        manifest = whole.parts[-1]
        claim_box, assertions = manifest.named("c2pa.claim.v2", "c2pa.claim"), manifest.named("c2pa.assertions")
        claim = _map(decode(claim_box.content))
        signed = yield from _signature(manifest.named("c2pa.signature").content, claim_box.content)
        if not signed:
            raise NoMark("the signature over its C2PA claim does not hold")
        bound = {box.label: box for box in _claimed(claim, assertions)}
        if _BINDING not in bound:
            raise NoMark("its C2PA claim binds no file")
        _require_bound(_map(decode(bound[_BINDING].content)), claim, body, len(store))
        stated = [value for name in _ACTIONS if name in bound for value in _sources(decode(bound[name].content))]
    except (NotCBOR, IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoMark("its C2PA store cannot be read") from error
    for value in stated:
        if is_synthetic(value):
            return str(value)
    raise NoMark("its C2PA actions state no synthetic source")


def _superbox(body: bytes, depth: int) -> tuple[Box, ...]:
    """Return the superboxes of a body, in order; boxes of other types are left out."""
    return tuple(_box(data, depth) for kind, data in _boxes(body) if kind == b"jumb")


def _box(data: bytes, depth: int) -> Box:
    if depth > 8:
        raise NoMark("its C2PA store is nested too deeply")
    inside = list(_boxes(data))
    if not inside or inside[0][0] != b"jumd":
        raise NoMark("its C2PA store has a box without description")
    label = inside[0][1][17:].split(b"\x00", 1)[0].decode()
    content = b"".join(part for kind, part in inside[1:] if kind in (b"cbor", b"json"))
    return Box(label, data, content, _superbox(data, depth + 1))


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        if size < 8 or at + size > len(body):
            raise NoMark("its C2PA store has a broken box")
        yield body[at + 4 : at + 8], body[at + 8 : at + size]
        at += size


def _claimed(claim: Mapping[str, Any], store: Box) -> Iterator[Box]:
    """Yield the assertions that the claim names and whose hash agrees."""
    named = [*claim.get("assertions", ()), *claim.get("created_assertions", ()), *claim.get("gathered_assertions", ())]
    for reference in named:
        label = str(reference["url"]).rpartition("/")[2]
        box = store.named(label)
        if _hash(reference.get("alg") or claim.get("alg"), box.inner) != reference["hash"]:
            raise NoMark(f"its C2PA assertion {label} was changed")
        yield box


def _require_bound(binding: Mapping[str, Any], claim: Mapping[str, Any], body: bytes, store: int) -> None:
    """Compare the hash of the file, without what is excluded (the store itself), with the one that was claimed."""
    kept, at = [], 0
    for gap in sorted(binding.get("exclusions") or (), key=lambda item: item["start"]):
        start, length = gap["start"], gap["length"]
        if start < at or length < 0 or start + length > len(body):
            raise NoMark("its C2PA binding leaves out what is not there")
        kept.append(body[at:start])
        at = start + length
    kept.append(body[at:])
    left_out = len(body) - sum(map(len, kept))
    if left_out > store + _AROUND * (store // _PIECE + 1):
        raise NoMark("its C2PA binding leaves out more than the store")
    if _hash(binding.get("alg") or claim.get("alg"), *kept) != binding["hash"]:
        raise NoMark("is another file than its C2PA store was made for")


def _hash(name: object, *parts: bytes) -> bytes:
    if name not in _HASHES:
        raise NoMark(f"its C2PA store hashes by {name!r}")
    made = _HASHES[str(name)]()
    for part in parts:
        made.update(part)
    return made.digest()


def _sources(actions: Any) -> Iterator[Any]:
    for action in _map(actions)["actions"]:
        yield action.get("digitalSourceType") or (action.get("parameters") or {}).get("digitalSourceType")


def _signature(body: bytes, claim: bytes) -> Generator[Move, Any, bool]:
    """Verify the COSE_Sign1 (RFC 9052) over the claim with the key in its first certificate."""
    found = decode(body)
    parts = found.value if isinstance(found, Tagged) and found.tag == 18 else found
    protected, unprotected, payload, signature = parts
    headers = {**_map(unprotected), **(_map(decode(protected)) if protected else {})}
    chain = headers.get(_CHAIN) or headers.get("x5chain")
    certificate = chain[0] if isinstance(chain, list) else chain
    if not isinstance(certificate, bytes) or payload not in (None, b"", claim) or not signature:
        raise NoMark("its C2PA claim is not signed")
    over = encode(["Signature1", protected, b"", claim])
    return bool((yield Verify(public_key(certificate), signature, over)))


def _map(found: Any) -> Mapping[Any, Any]:
    if not isinstance(found, Mapping):
        raise TypeError("a map was expected")
    return found
