"""Noise on whole numbers, drawn exactly from whole random numbers: no floating point, so no low bits that tell.

Nothing here is random by itself: ``below`` gives a uniform whole number below a bound, from the system's own source in
use and from a seeded one in a test. Laplace and normal noise in floating point leak the value (Mironov 2012).
"""

from collections.abc import Callable
from fractions import Fraction
from math import isqrt

from clerestory.terms.error import ClerestoryError

Below = Callable[[int], int]


class NoiseImpossible(ClerestoryError):
    """Noise was asked for whose size is not positive."""


def bernoulli(chance: Fraction, below: Below) -> bool:
    """Return true with a chance between 0 and 1."""
    return below(chance.denominator) < chance.numerator


def bernoulli_exp(power: Fraction, below: Below) -> bool:
    """Return true with the chance exp(-power), power from 0 on (Canonne, Kamath and Steinke 2020, algorithm 1)."""
    while power > 1:
        if not _bernoulli_exp_of_share(Fraction(1), below):
            return False
        power -= 1
    return _bernoulli_exp_of_share(power, below)


def _bernoulli_exp_of_share(power: Fraction, below: Below) -> bool:
    tries = 1
    while bernoulli(power / tries, below):
        tries += 1
    return tries % 2 == 1


def discrete_laplace(scale: Fraction, below: Below) -> int:
    """Return n with a chance proportional to exp(-|n| / scale): the two-sided geometric noise.

    Ghosh, Roughgarden and Sundararajan (2009), drawn by algorithm 2 of Canonne, Kamath and Steinke (2020). A count with
    sensitivity d and scale d / epsilon is epsilon-private.

    Raises:
        NoiseImpossible: the scale is not positive.
    """
    _require_positive(scale)
    t, s = scale.numerator, scale.denominator
    while True:
        rest = below(t)
        if not bernoulli_exp(Fraction(rest, t), below):
            continue
        whole = 0
        while bernoulli_exp(Fraction(1), below):
            whole += 1
        size, negative = (rest + t * whole) // s, bernoulli(Fraction(1, 2), below)
        if size or not negative:
            return -size if negative else size


def discrete_gaussian(variance: Fraction, below: Below) -> int:
    """Return n with a chance proportional to exp(-n^2 / (2 variance)).

    Algorithm 3 of Canonne, Kamath and Steinke (2020). Whole answers whose sensitivity in the Euclidean norm is d are
    d^2 / (2 variance)-zCDP under it (their theorem 14).

    Raises:
        NoiseImpossible: the variance is not positive.
    """
    _require_positive(variance)
    t = isqrt(variance.numerator // variance.denominator) + 1
    while True:
        found = discrete_laplace(Fraction(t), below)
        if bernoulli_exp((abs(found) - variance / t) ** 2 / (2 * variance), below):
            return found


def _require_positive(size: Fraction) -> None:
    if size <= 0:
        raise NoiseImpossible("Noise of no size hides nobody.", "Give an epsilon and a sensitivity above 0.")
