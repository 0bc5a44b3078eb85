"""The equation of Ed25519 in plain Python: what stands in the one-file verifier where the product asks `cryptography`.

Points are (X, Y, Z, T) with x = X/Z, y = Y/Z and xy = T/Z on the twisted Edwards curve of RFC 8032 section 5.1. The
strict rule of `clerestory.ledger.strict` is applied before; nothing here is secret, so nothing takes constant time.
"""

from hashlib import sha512

from clerestory.ledger.strict import ORDER, PRIME

_Point = tuple[int, int, int, int]
_D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
_ROOT_OF_MINUS_1 = pow(2, (PRIME - 1) // 4, PRIME)
_ZERO = (0, 1, 1, 0)
_BASE_Y = 4 * pow(5, PRIME - 2, PRIME) % PRIME


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether [S]B = R + [k]A, without the cofactor: R is made again and compared in its one encoding."""
    key, base = _decoded(public), _decoded(_BASE_Y.to_bytes(32, "little"))
    if key is None or base is None:
        return False
    half = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return _encoded(_sum_of_multiples(half, base, k, _negative(key))) == signature[:32]


def _decoded(encoded: bytes) -> _Point | None:
    """Return the point that 32 bytes stand for; None where they stand for none."""
    sign, y = encoded[31] >> 7, int.from_bytes(encoded, "little") & (1 << 255) - 1
    u, v = (y * y - 1) % PRIME, (_D * y * y + 1) % PRIME
    x = u * pow(v, 3, PRIME) * pow(u * pow(v, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    if v * x * x % PRIME == PRIME - u:
        x = x * _ROOT_OF_MINUS_1 % PRIME
    if v * x * x % PRIME != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], PRIME - 2, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _sum_of_multiples(m: int, first: _Point, n: int, second: _Point) -> _Point:
    """Return m times the first point plus n times the second, bit by bit of both at once."""
    both = _sum(first, second)
    found = _ZERO
    for place in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        found = _sum(found, found)
        one, other = m >> place & 1, n >> place & 1
        if one or other:
            found = _sum(found, both if one and other else first if one else second)
    return found


def _sum(left: _Point, right: _Point) -> _Point:
    """Add two points, equal ones too: the law of a twisted Edwards curve with a = -1 has no exceptions."""
    a = (left[1] - left[0]) * (right[1] - right[0]) % PRIME
    b = (left[1] + left[0]) * (right[1] + right[0]) % PRIME
    c = 2 * left[3] * right[3] * _D % PRIME
    d = 2 * left[2] * right[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _negative(point: _Point) -> _Point:
    return PRIME - point[0], point[1], point[2], PRIME - point[3]
