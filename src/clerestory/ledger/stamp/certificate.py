"""X.509 certificates as far as a time token needs them: whose key it is, from when to when, and for what.

There is no search for a path. A token counts if its certificate is one that the reader named, or was issued by one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from clerestory.ledger.stamp import der
from clerestory.ledger.stamp.signed import algorithm, signature_holds

STAMPING = "1.3.6.1.5.5.7.3.8"
_CONSTRAINTS, _USAGE, _PURPOSE = "2.5.29.19", "2.5.29.15", "2.5.29.37"
_KNOWN = {_CONSTRAINTS, _USAGE, _PURPOSE, "2.5.29.14", "2.5.29.32", "2.5.29.35"}
_COMMON_NAME = "2.5.4.3"
_SHORT, _LONG = re.compile(rb"[0-9]{12}Z"), re.compile(rb"[0-9]{14}Z")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, and its bytes."""

    whole: bytes
    signed: bytes
    how: str
    signature: bytes
    serial: int
    issuer: bytes
    subject: bytes
    name: str
    not_before: datetime
    not_after: datetime
    key: der.Node
    extensions: Mapping[str, tuple[bool, bytes]]

    def problem_as_stamper(self, at: datetime) -> str:
        """Return why this certificate could not vouch for a time, or nothing."""
        critical, purposes = self.extensions.get(_PURPOSE, (False, b""))
        if not purposes:
            return "is not for time stamping"
        if [der.oid(one) for one in der.read(purposes).parts()] != [STAMPING]:
            return "is not for time stamping alone"
        if not critical:
            return "does not say critically that it is for time stamping alone"
        if _USAGE in self.extensions and not self._bit(0) and not self._bit(1):
            return "is not for signing"
        return self._problem_at(at)

    def problem_as_issuer(self, at: datetime) -> str:
        """Return why this certificate could not issue another one, or nothing."""
        constraints = der.read(self.extensions[_CONSTRAINTS][1]).parts() if _CONSTRAINTS in self.extensions else ()
        if not constraints or constraints[0].tag != der.BOOLEAN or not der.truth(constraints[0]):
            return "is no certificate of an issuer"
        if _USAGE in self.extensions and not self._bit(5):
            return "is not for signing certificates"
        return self._problem_at(at)

    def issued(self, other: "Certificate") -> bool:
        """Return whether this one's key signed another certificate in this one's name."""
        return other.issuer == self.subject and signature_holds(self.key, other.how, "", other.signed, other.signature)

    def _problem_at(self, at: datetime) -> str:
        unknown = sorted(name for name, (critical, _) in self.extensions.items() if critical and name not in _KNOWN)
        if unknown:
            return f"has a critical extension that is not known here: {unknown[0]}"
        if at < self.not_before:
            return "was not valid yet at that time"
        return "had expired at that time" if at > self.not_after else ""

    def _bit(self, place: int) -> bool:
        body = der.expect(der.read(self.extensions[_USAGE][1]), der.BITS).body
        return len(body) > 1 and bool(body[1] >> (7 - place) & 1)


def read_certificate(data: bytes) -> Certificate:
    """Read a certificate.

    Raises:
        DerMalformed: it is none, or of a kind that nobody issues for time stamping.
    """
    outer = der.read(data).parts()
    signed = der.at(outer, 0, der.SEQUENCE)
    parts = list(signed.parts())
    if parts and parts[0].tag == 0xA0:
        parts.pop(0)
    how = algorithm(der.at(outer, 1, der.SEQUENCE))
    if algorithm(der.at(parts, 1, der.SEQUENCE)) != how:
        raise der.DerMalformed("a certificate names two algorithms")
    times = der.at(parts, 3, der.SEQUENCE).parts()
    if len(times) != 2 or len(outer) != 3:
        raise der.DerMalformed("a certificate has other parts than it should have")
    subject = der.at(parts, 4, der.SEQUENCE)
    return Certificate(
        whole=data,
        signed=signed.whole,
        how=how,
        signature=der.bits(outer[2]),
        serial=der.number(der.at(parts, 0, der.INTEGER)),
        issuer=der.at(parts, 2, der.SEQUENCE).whole,
        subject=subject.whole,
        name=_name(subject),
        not_before=_moment(times[0]),
        not_after=_moment(times[1]),
        key=der.at(parts, 5, der.SEQUENCE),
        extensions=_extensions(parts[6:]),
    )


def _extensions(parts: list[der.Node]) -> dict[str, tuple[bool, bytes]]:
    found: dict[str, tuple[bool, bytes]] = {}
    lists = [der.at(part.parts(0xA3), 0, der.SEQUENCE) for part in parts if part.tag == 0xA3]
    for one in lists[0].parts() if lists else ():
        extension = one.parts()
        name = der.oid(der.at(extension, 0, der.OID))
        critical = len(extension) == 3 and der.truth(extension[1])
        if name in found or not 2 <= len(extension) <= 3:
            raise der.DerMalformed("a certificate says one thing twice")
        found[name] = critical, der.octets(extension[-1])
    return found


def _name(subject: der.Node) -> str:
    """Return the common name for people, or nothing; whom to believe is decided by the bytes of the subject."""
    for relative in subject.parts():
        for one in relative.parts(der.SET):
            kind, value = der.at(one.parts(), 0, der.OID), one.parts()[-1]
            if der.oid(kind) == _COMMON_NAME:
                text = value.body.decode("utf-8", "replace")
                return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)[:200]
    return ""


def _moment(node: der.Node) -> datetime:
    digits = node.body[:-1].decode("ascii", "replace")
    if node.tag == der.UTC_TIME and _SHORT.fullmatch(node.body):
        digits = ("19" if digits >= "50" else "20") + digits
    elif node.tag != der.TIME or not _LONG.fullmatch(node.body):
        raise der.DerMalformed("a certificate holds a time that is none")
    return moment_of(digits)


def moment_of(digits: str) -> datetime:
    """Return the moment of fourteen digits.

    Raises:
        DerMalformed: there is no such day or time.
    """
    try:
        year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
        return datetime(year, month, day, int(digits[8:10]), int(digits[10:12]), int(digits[12:14]), tzinfo=UTC)
    except ValueError as error:
        raise der.DerMalformed(f"{digits!r} is no time") from error
