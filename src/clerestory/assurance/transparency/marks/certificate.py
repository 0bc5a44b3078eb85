"""The public key in a certificate (X.509, RFC 5280): found by its place, so that a signature can be checked."""

import base64

_SEQUENCE, _VERSION = 0x30, 0xA0
_BEFORE_KEY = 5
"""Serial number, algorithm, issuer, validity and subject stand before the key."""


def public_key(certificate: bytes) -> bytes:
    """Return the public key of a certificate as PEM.

    Raises:
        ValueError: it is no certificate.
    """
    _, whole, _ = _part(certificate, 0)
    _, body, _ = _part(whole, 0)
    at = 0
    tag, _, after = _part(body, at)
    at = after if tag == _VERSION else at
    for _ in range(_BEFORE_KEY):
        _, _, at = _part(body, at)
    tag, _, after = _part(body, at)
    if tag != _SEQUENCE:
        raise ValueError("it is no certificate")
    text = base64.encodebytes(body[at:after]).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n".encode()


def _part(body: bytes, at: int) -> tuple[int, bytes, int]:
    """Return tag and content of the part (DER) at a place, and where the next one begins."""
    if at + 2 > len(body):
        raise ValueError("it is no certificate")
    size, begin = body[at + 1], at + 2
    if size & 0x80:
        width = size & 0x7F
        size, begin = int.from_bytes(body[begin : begin + width], "big"), begin + width
    if begin + size > len(body):
        raise ValueError("it is no certificate")
    return body[at], body[begin : begin + size], begin + size
