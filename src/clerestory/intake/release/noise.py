"""Where the noise of a release comes from: OpenDP where it is installed, and otherwise our own exact samplers.

Both draw the same two-sided geometric and discrete normal noise from the system's own randomness, and cost the same;
the ledger names which of them it was.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from math import inf, nextafter, sqrt
from typing import Any

from clerestory.assurance.privacy.released.answer import Price, Spread, noisy
from clerestory.assurance.privacy.released.discrete_noise import NoiseImpossible

Draw = Callable[[Sequence[int], int, Price], tuple[list[int], Spread]]


@dataclass(frozen=True, slots=True)
class Source:
    """What draws noise, with the words that the ledger adds of it."""

    words: str
    draw: Draw


def own_source(below: Callable[[int], int] = secrets.randbelow) -> Source:
    """Return our own samplers; ``below`` is the system's own source but in a test."""
    return Source("", lambda counts, most, price: noisy(counts, most, price, below))


def best_source() -> Source:
    """Return OpenDP where it is installed (the extra ``dp``), else our own samplers."""
    try:
        return Source(f", drawn by OpenDP {version('opendp')}", with_opendp)
    except PackageNotFoundError:
        return own_source()


def with_opendp(counts: Sequence[int], most: int, price: Price) -> tuple[list[int], Spread]:
    """Return counts with noise by OpenDP, as `noisy` does; its own account of the loss must keep the price.

    Raises:
        QuestionRefused, NoiseImpossible: as `noisy`.
    """
    # What `noisy` refuses is refused here too; it also says how wide the noise is. Its own numbers are thrown away.
    _, spread = noisy([0], most, price, secrets.randbelow)
    import opendp.prelude as dp

    dp.enable_features("contrib")
    domain = dp.vector_domain(dp.atom_domain(T="i64"))  # int would be of 32 bits
    wanted = float(price.size)
    if price.mechanism == "gaussian":
        scale, change = most / sqrt(2 * wanted), float(most)

        def make(size: float) -> Any:
            return dp.m.make_gaussian(domain, dp.l2_distance(T=float), scale=size)

    else:
        scale, change = most / wanted, most

        def make(size: float) -> Any:
            return dp.m.make_laplace(domain, dp.l1_distance(T="i64"), scale=size)

    for _attempt in range(64):
        measurement = make(scale)
        if measurement.map(change) <= wanted:
            return [int(count) for count in measurement(list(counts))], spread
        scale = nextafter(scale * (1 + 1e-15), inf)  # its account rounds up, so the scale does too
    raise NoiseImpossible("OpenDP cannot keep the price.", "Ask with another epsilon.")
