"""The one strict Ed25519 rule that stands before every back-end, since back-ends disagree about hostile keys.

Encodings are canonical, neither the key nor the first half of the signature is a point of low order, and the second
half is below the order of the group (RFC 8032 section 5.1.7, tightened). The equation itself is the back-end's part.
"""

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_EIGHTH = 2707385501144840649318225287225658788936804267575313519463743609750303402022
LOW_ORDER = frozenset({0, 1, PRIME - 1, _EIGHTH, PRIME - _EIGHTH})
"""The y coordinates of the eight points whose order divides 8."""


def strict_point(encoded: bytes) -> bool:
    """Return whether 32 bytes may stand for a point: y below the prime, and not of low order.

    A point with x = 0 has low order, so the second encoding of its sign is refused too. Whether y lies on the curve is
    left to the back-end.
    """
    if len(encoded) != 32:
        return False
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    return y < PRIME and y not in LOW_ORDER


def strict_signature(signature: bytes) -> bool:
    """Return whether 64 bytes may stand for a signature: a strict point, then a number below the order of the group."""
    return len(signature) == 64 and strict_point(signature[:32]) and int.from_bytes(signature[32:], "little") < ORDER
