"""Whether an RSA or ECDSA signature holds, by whole numbers alone: only public values are worked on, so none can leak.

RSA is PKCS #1 v1.5 (RFC 8017 section 8.2.2) with keys of 2,048 to 8,192 bits, compared as a whole and never parsed;
ECDSA (FIPS 186-5) is over P-256 and P-384. The digests are SHA-256, SHA-384 and SHA-512.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256, sha384, sha512

from clerestory.ledger.stamp import der

SHA256, SHA384, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
_RSA, _EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
_DIGEST_OF: Mapping[str, str] = {
    "1.2.840.113549.1.1.11": SHA256,
    "1.2.840.113549.1.1.12": SHA384,
    "1.2.840.113549.1.1.13": SHA512,
    "1.2.840.10045.4.3.2": SHA256,
    "1.2.840.10045.4.3.3": SHA384,
    "1.2.840.10045.4.3.4": SHA512,
}
_NULL = b"\5\0"
_Affine = tuple[int, int]
_Point = tuple[int, int, int]
_INFINITY: _Point = (1, 1, 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve y^2 = x^3 - 3x + b of prime order."""

    prime: int
    b: int
    order: int
    base: tuple[int, int]


_CURVES: Mapping[str, Curve] = {
    "1.2.840.10045.3.1.7": Curve(
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        (
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
    "1.3.132.0.34": Curve(
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        (
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
        ),
    ),
}


def digest(name: str, data: bytes) -> bytes:
    """Return the digest of some bytes by the identifier of its algorithm.

    Raises:
        DerMalformed: the algorithm is none of SHA-256, SHA-384 and SHA-512.
    """
    if name == SHA256:
        return sha256(data).digest()
    if name == SHA384:
        return sha384(data).digest()
    if name == SHA512:
        return sha512(data).digest()
    raise der.DerMalformed(f"it is made with the algorithm {name}, which this verifier does not take for safe")


def algorithm(node: der.Node) -> str:
    """Return the identifier of an algorithm that has no parameters."""
    parts = node.parts()
    if len(parts) > 2 or (len(parts) == 2 and parts[1].whole != _NULL):
        raise der.DerMalformed("an algorithm has parameters that it should not have")
    return der.oid(der.at(parts, 0, der.OID))


def signature_holds(key: der.Node, how: str, with_digest: str, data: bytes, signature: bytes) -> bool:
    """Return whether a signature is over some bytes; ``key`` is a SubjectPublicKeyInfo, ``with_digest`` may be empty.

    Raises:
        DerMalformed: key and algorithm are none that are known here, or do not belong to each other.
    """
    kind, public = _key(key)
    name = _DIGEST_OF.get(how, with_digest if how == _RSA else "")
    if how.startswith("1.2.840.10045") != (kind != _RSA) or (with_digest and name != with_digest):
        raise der.DerMalformed("its signature, its digest and its key do not belong to each other")
    hashed = digest(name, data)
    if kind == _RSA:
        return _rsa_holds(public, name, hashed, signature)
    return _ecdsa_holds(_CURVES[kind], public, hashed, signature)


def _key(node: der.Node) -> tuple[str, bytes]:
    """Return the kind of a public key, for ECDSA its curve, and the key itself."""
    parts = node.parts()
    about = der.at(parts, 0, der.SEQUENCE).parts()
    kind, public = der.oid(der.at(about, 0, der.OID)), der.bits(der.at(parts, 1, der.BITS))
    if kind == _RSA:
        return kind, public
    curve = der.oid(der.at(about, 1, der.OID)) if kind == _EC else ""
    if curve not in _CURVES:
        raise der.DerMalformed("a key is neither RSA nor of the curves P-256 and P-384")
    return curve, public


def _rsa_holds(public: bytes, name: str, hashed: bytes, signature: bytes) -> bool:
    parts = der.read(public).parts()
    modulus, exponent = der.number(der.at(parts, 0, der.INTEGER)), der.number(der.at(parts, 1, der.INTEGER))
    size = (modulus.bit_length() + 7) // 8
    if not 2_048 <= modulus.bit_length() <= 8_192 or not 3 <= exponent < 2**32 or exponent % 2 == 0:
        raise der.DerMalformed("an RSA key is too short, too long, or has an odd exponent")
    info = der.write(der.SEQUENCE, der.write(der.SEQUENCE, der.write_oid(name), _NULL), der.write(der.OCTETS, hashed))
    expected = b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info
    value = int.from_bytes(signature, "big")
    return (
        len(signature) == size and value < modulus and pow(value, exponent, modulus) == int.from_bytes(expected, "big")
    )


def _ecdsa_holds(curve: Curve, public: bytes, hashed: bytes, signature: bytes) -> bool:
    parts = der.read(signature).parts()
    r, s = der.number(der.at(parts, 0, der.INTEGER)), der.number(der.at(parts, 1, der.INTEGER))
    size = (curve.prime.bit_length() + 7) // 8
    x, y = int.from_bytes(public[1 : size + 1], "big"), int.from_bytes(public[size + 1 :], "big")
    on_curve = max(x, y) < curve.prime and (y * y - x * x * x + 3 * x - curve.b) % curve.prime == 0
    if len(public) != 2 * size + 1 or public[0] != 4 or not on_curve:
        raise der.DerMalformed("an ECDSA key is no point of its curve")
    if len(parts) != 2 or not (0 < r < curve.order and 0 < s < curve.order):
        return False
    cut = max(len(hashed) * 8 - curve.order.bit_length(), 0)
    e, w = int.from_bytes(hashed, "big") >> cut, pow(s, curve.order - 2, curve.order)
    found = _sum_of_multiples(curve, e * w % curve.order, curve.base, r * w % curve.order, (x, y))
    return found is not None and found % curve.order == r


def _sum_of_multiples(curve: Curve, m: int, first: _Affine, n: int, second: _Affine) -> int | None:
    """Return x of m times the first point plus n times the second, bit by bit of both at once; None for infinity."""
    one, other = (*first, 1), (*second, 1)
    both = _sum(curve, one, other)
    found = _INFINITY
    for place in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        found = _double(curve, found)
        a, b = m >> place & 1, n >> place & 1
        if a or b:
            found = _sum(curve, found, both if a and b else one if a else other)
    x, _, z = found
    return x * pow(z, 2 * (curve.prime - 2), curve.prime) % curve.prime if z else None


def _double(curve: Curve, point: _Point) -> _Point:
    x, y, z = point
    delta, gamma = z * z, y * y % curve.prime
    beta, alpha = x * gamma, 3 * (x - delta) * (x + delta) % curve.prime
    found = (alpha * alpha - 8 * beta) % curve.prime
    return found, (alpha * (4 * beta - found) - 8 * gamma * gamma) % curve.prime, 2 * y * z % curve.prime


def _sum(curve: Curve, left: _Point, right: _Point) -> _Point:
    """Add two points in Jacobian coordinates: (x, y, z) stands for (x / z^2, y / z^3), z = 0 for infinity."""
    prime = curve.prime
    if not left[2] or not right[2]:
        return left if left[2] else right
    squared, other = left[2] * left[2] % prime, right[2] * right[2] % prime
    u, s = left[0] * other % prime, left[1] * right[2] * other % prime
    h, r = (right[0] * squared - u) % prime, (right[1] * left[2] * squared - s) % prime
    if h == 0:
        return _INFINITY if r else _double(curve, left)
    h2 = h * h % prime
    h3, v = h2 * h % prime, u * h2 % prime
    x = (r * r - h3 - 2 * v) % prime
    return x, (r * (v - x) - s * h3) % prime, left[2] * right[2] * h % prime
