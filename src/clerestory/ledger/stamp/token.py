"""RFC 3161: the request for a time token, the response, and the check that a token is over what it should be over.

A token says that its digest existed **not later than** its time plus its accuracy. It says nothing of when that began.
The certificates that travel with a token are not signed, and many authorities do not sort them: their order is free.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1

from clerestory.ledger.stamp import der
from clerestory.ledger.stamp.certificate import Certificate, moment_of, read_certificate
from clerestory.ledger.stamp.signed import SHA256, algorithm, digest, signature_holds
from clerestory.terms.error import ClerestoryError

_SIGNED_DATA, _TOKEN = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_BY_SHA1, _BY_SHA2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_TIME = re.compile(r"([0-9]{14})(\.[0-9]*[1-9])?Z")
_MOST_CERTIFICATES = 16


class TokenRefused(ClerestoryError):
    """A token does not vouch for what it should vouch for."""


class StamperUnknown(TokenRefused):
    """A token is by an authority that the reader did not name."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that the reader trusts for time: the authority's own or its issuer's; not ``until`` and after."""

    certificate: bytes
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a token that was checked says: the bytes existed not later than this, by this authority."""

    not_after: datetime
    authority: str
    nonce: int | None


@dataclass(frozen=True, slots=True)
class _Said:
    algorithm: str
    imprint: bytes
    at: datetime
    accuracy: timedelta
    nonce: int | None


def request(imprint: bytes, nonce: int) -> bytes:
    """Write the request for a token over a SHA-256 digest; the authority is asked for its certificate."""
    hashed = der.write(
        der.SEQUENCE,
        der.write(der.SEQUENCE, der.write_oid(SHA256), der.write(der.NULL)),
        der.write(der.OCTETS, imprint),
    )
    wanted = der.write(der.BOOLEAN, b"\xff")
    return der.write(der.SEQUENCE, der.write_number(1), hashed, der.write_number(nonce), wanted)


def check(response: bytes, data: bytes, authorities: Iterable[Authority], nonce: int | None = None) -> Stamped:
    """Check a response: granted, over these bytes, for this nonce where one is given, by an authority that is named.

    Raises:
        DerMalformed: the response is not written as it has to be.
        StamperUnknown: its certificate is neither named nor issued by one that is.
        TokenRefused: it was not granted, is over other bytes or for another request, or its certificate was not valid.
    """
    parts, inside = _signed_data(response)
    info = _info(inside)
    if info.imprint != digest(info.algorithm, data):
        raise TokenRefused("The token is over other bytes.", "It belongs to another log or to another size of it.")
    if nonce is not None and info.nonce != nonce:
        raise TokenRefused("The token answers another request.", "Ask the authority again.")
    certificates, signers = _sets(parts)
    if len(signers) != 1:
        raise der.DerMalformed("it has not just one signer")
    named = list(authorities)
    signer = _check_signer(signers[0], inside, certificates, [read_certificate(one.certificate) for one in named])
    _check_trusted(signer, info.at, named)
    bound = info.at + info.accuracy
    return Stamped(bound + timedelta(microseconds=-bound.microsecond % 1_000_000), signer.name, info.nonce)


def _signed_data(response: bytes) -> tuple[tuple[der.Node, ...], bytes]:
    """Return the parts of the signed data behind its content, and the content: what the authority says."""
    outer = der.read(response).parts()
    status = der.number(der.at(der.at(outer, 0, der.SEQUENCE).parts(), 0, der.INTEGER))
    if status not in (0, 1):
        raise TokenRefused(f"The authority did not grant a token (status {status}).", "Ask the authority why.")
    token = der.at(outer, 1, der.SEQUENCE).parts()
    if len(outer) != 2 or len(token) != 2 or der.oid(token[0]) != _SIGNED_DATA:
        raise der.DerMalformed("it holds no signed data")
    (signed,) = _only(token[1].parts(0xA0))
    parts = signed.parts()
    content = der.at(parts, 2, der.SEQUENCE).parts()
    if der.number(der.at(parts, 0, der.INTEGER)) != 3 or len(content) != 2 or der.oid(content[0]) != _TOKEN:
        raise der.DerMalformed("what is signed is no time")
    (inside,) = _only(content[1].parts(0xA0))
    return parts[3:], der.octets(inside)


def _info(data: bytes) -> _Said:
    parts = der.read(data).parts()
    imprint = der.at(parts, 2, der.SEQUENCE).parts()
    if der.number(der.at(parts, 0, der.INTEGER)) != 1 or len(imprint) != 2:
        raise der.DerMalformed("it is of another version")
    der.oid(der.at(parts, 1, der.OID))
    der.number(der.at(parts, 3, der.INTEGER))
    rest = list(parts[5:])
    accuracy = _accuracy(rest.pop(0)) if rest and rest[0].tag == der.SEQUENCE else timedelta()
    if rest and rest[0].tag == der.BOOLEAN:
        der.truth(rest.pop(0))
    nonce = der.number(rest.pop(0)) if rest and rest[0].tag == der.INTEGER else None
    if [node.tag for node in rest] not in ([], [0xA0], [0xA1], [0xA0, 0xA1]):
        raise der.DerMalformed("it has parts that no token has")
    at = _generated(der.at(parts, 4, der.TIME))
    return _Said(algorithm(imprint[0]), der.octets(imprint[1]), at, accuracy, nonce)


def _generated(node: der.Node) -> datetime:
    found = _TIME.fullmatch(node.body.decode("ascii", "replace"))
    if found is None:
        raise der.DerMalformed("its time is not spelled as that of a token is")
    part = (found[2] or ".")[1:]
    micros = int(part[:6].ljust(6, "0")) + bool(part[6:])
    moment = moment_of(found[1])
    if not 1970 <= moment.year <= 9000:
        raise der.DerMalformed("its time is outside the years that are judged")
    return moment + timedelta(microseconds=micros)


def _accuracy(node: der.Node) -> timedelta:
    amounts = {der.INTEGER: 0, 0x80: 0, 0x81: 0}
    seen = [part.tag for part in node.parts()]
    if seen != sorted(set(seen)) or not set(seen) <= set(amounts):
        raise der.DerMalformed("its accuracy is none")
    for part in node.parts():
        amounts[part.tag] = der.number(der.Node(der.INTEGER, part.body, part.whole))
    seconds, millis, micros = amounts.values()
    if not (0 <= seconds <= 10**9 and 0 <= millis < 1000 and 0 <= micros < 1000):
        raise der.DerMalformed("its accuracy is none")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _sets(parts: Sequence[der.Node]) -> tuple[list[Certificate], tuple[der.Node, ...]]:
    """Return the certificates that travel with a token, and its signers."""
    rest = list(parts)
    held = rest.pop(0).parts(0xA0) if rest and rest[0].tag == 0xA0 else ()
    if rest and rest[0].tag == 0xA1:
        rest.pop(0)
    if len(rest) != 1 or len(held) > _MOST_CERTIFICATES:
        raise der.DerMalformed("it has parts that no token has")
    return [read_certificate(node.whole) for node in held if node.tag == der.SEQUENCE], rest[0].parts(der.SET)


def _check_signer(
    node: der.Node, inside: bytes, held: Sequence[Certificate], named: Sequence[Certificate]
) -> Certificate:
    """Return the certificate whose key signed the token."""
    parts = node.parts()
    digest_name = algorithm(der.at(parts, 2, der.SEQUENCE))
    attributes = der.at(parts, 3, 0xA0)
    said = _attributes(attributes)
    if der.oid(said[_CONTENT_TYPE]) != _TOKEN or der.octets(said[_MESSAGE_DIGEST]) != digest(digest_name, inside):
        raise TokenRefused("The token's time was changed after it was signed.", "Do not rely on this token.")
    issuer = der.at(parts, 1, der.SEQUENCE).parts()
    who = (der.at(issuer, 0, der.SEQUENCE).whole, der.number(der.at(issuer, 1, der.INTEGER)))
    found = [one for one in (*named, *held) if (one.issuer, one.serial) == who and _is_bound(one, said)]
    if not found:
        raise TokenRefused("The token does not come with its certificate.", "Ask the authority for one that does.")
    how = algorithm(der.at(parts, 4, der.SEQUENCE))
    signature = der.octets(der.at(parts, 5, der.OCTETS))
    signed = der.write(der.SET, attributes.body)
    if not signature_holds(found[0].key, how, digest_name, signed, signature):
        raise TokenRefused("The token's signature is not over what it says.", "Do not rely on this token.")
    return found[0]


def _attributes(node: der.Node) -> dict[str, der.Node]:
    said: dict[str, der.Node] = {}
    for one in node.parts(0xA0):
        parts = one.parts()
        name = der.oid(der.at(parts, 0, der.OID))
        if name in said or len(parts) != 2:
            raise der.DerMalformed("it says one thing twice")
        values = parts[1].parts(der.SET)
        if name in (_CONTENT_TYPE, _MESSAGE_DIGEST, _BY_SHA1, _BY_SHA2):
            (said[name],) = _only(values)
    if not {_CONTENT_TYPE, _MESSAGE_DIGEST} <= set(said):
        raise der.DerMalformed("what its signature is over is missing")
    return said


def _is_bound(one: Certificate, said: dict[str, der.Node]) -> bool:
    """Return whether the signature names this very certificate, by its digest (RFC 2634, RFC 5035)."""
    if _BY_SHA2 not in said and _BY_SHA1 not in said:
        raise der.DerMalformed("its signature names no certificate")
    if _BY_SHA2 in said:
        first = _first(said[_BY_SHA2])
        name = algorithm(first[0]) if first[0].tag == der.SEQUENCE else SHA256
        return der.octets(der.at(first, int(first[0].tag == der.SEQUENCE), der.OCTETS)) == digest(name, one.whole)
    plain = sha1(one.whole, usedforsecurity=False).digest()
    return der.octets(der.at(_first(said[_BY_SHA1]), 0, der.OCTETS)) == plain


def _first(node: der.Node) -> tuple[der.Node, ...]:
    """Return the parts of the first certificate that an attribute names, which is the signer's."""
    parts = der.at(der.at(node.parts(), 0, der.SEQUENCE).parts(), 0, der.SEQUENCE).parts()
    if not parts:
        raise der.DerMalformed("its signature names no certificate")
    return parts


def _check_trusted(signer: Certificate, at: datetime, named: Sequence[Authority]) -> None:
    """Check that the reader named the signer's certificate or its issuer's, and that both were valid."""
    for authority in named:
        root = read_certificate(authority.certificate)
        own = root.whole == signer.whole
        if not own and not (root.subject == signer.issuer and root.issued(signer)):
            continue
        if authority.until is not None and at >= authority.until:
            raise TokenRefused(
                f"The token is of {at:%Y-%m-%d}, and its authority was trusted until {authority.until:%Y-%m-%d} only.",
                "Do not rely on this token.",
            )
        issuer = "" if own else root.problem_as_issuer(at)
        problem = signer.problem_as_stamper(at) or (issuer and f"is by an issuer that {issuer}")
        if problem:
            raise TokenRefused(f"The certificate {signer.name} {problem}.", "Ask for a token by another certificate.")
        return
    raise StamperUnknown(
        f"The token is by {signer.name or 'an authority'}, which is not named.",
        "Name its certificate only if you know it by another way.",
    )


def _only(nodes: Sequence[der.Node]) -> tuple[der.Node]:
    if len(nodes) != 1:
        raise der.DerMalformed("there is not just one value where one belongs")
    return (nodes[0],)
