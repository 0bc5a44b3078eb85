"""The distribution of the privacy loss itself, on a grid, rounded once up and once down: a bracket of the true epsilon.

What the Renyi divergence bounds from above, this encloses: the loss of every release as a distribution (Dwork and
Rothblum 2016; Meiser and Mohammadi 2018), their sum by Fourier transform (Koskela, Jaelkoe and Honkela 2020), rounding
and tails accounted for on the safe side at either end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, expm1, inf, log1p

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Tail = Callable[[float], float]
"""Bound of the chance that the loss of all releases together is beyond a size, up or down."""
_SIZES = tuple(2**power for power in range(14, 22))
"""Points of the grid; the smallest is taken that is fine enough, else the largest."""
_WINDOWS = (1, 2, 4, 8, 16, 32, 64)
_NOISE = 4.0
"""The Fourier transform leaves rounding behind; what is below 0 shows its size, and so many times it is allowed for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One mechanism: how its loss is distributed when a unit is taken away or added, and how often it was used."""

    removed: Callable[[Floats], Floats]
    added: Callable[[Floats], Floats]
    times: int


def bracket(steps: Sequence[Step], delta: float, tail: Tail, *, fine: float) -> tuple[float, float] | None:
    """Return a lower and an upper bound of the epsilon of all steps together at delta; None where no grid holds them.

    Args:
        steps: the mechanisms; their distribution functions are P(loss <= l), l ascending.
        delta: above 0.
        tail: see `Tail`.
        fine: how far apart both bounds may be by rounding.
    """
    rounded = sum(step.times for step in steps)
    for window in _WINDOWS:
        size = next((size for size in _SIZES if rounded * 2 * window / size <= fine), _SIZES[-1])
        grid = 2.0 * window / size
        beyond = tail(window - rounded * grid) if rounded * grid < window / 2 else 1.0
        if beyond <= 1e-3 * delta:
            ends = [_both_ends(steps, side, size, grid, delta, beyond) for side in ("removed", "added")]
            found = [end for end in ends if end is not None]
            return (max(low for low, _ in found), max(high for _, high in found)) if len(found) == len(ends) else None
    return None


def sampled_normal(q: float, noise: float) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Return the losses of normal noise on a Poisson sample, by removing and by adding a unit; q of 1 is all data.

    With P = (1 - q) N(0, s^2) + q N(1, s^2) against Q = N(0, s^2) the loss log(1 - q + q exp((2x - 1) / (2 s^2))) grows
    with x, so its distribution function is that of x (Zhu, Dong and Wang 2022).
    """
    from scipy.special import ndtr

    def place(loss: Floats) -> Floats:
        inner = (np.expm1(loss) + q) / q
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.where(inner > 0, noise**2 * np.log(np.maximum(inner, 1e-300)) + 0.5, -np.inf)
        return found

    def removed(loss: Floats) -> Floats:
        x = place(loss)
        return np.asarray((1 - q) * ndtr(x / noise) + q * ndtr((x - 1) / noise), dtype=np.float64)

    def added(loss: Floats) -> Floats:
        return np.asarray(ndtr(-place(-loss) / noise), dtype=np.float64)

    return removed, added


def laplace(noise: float) -> Callable[[Floats], Floats]:
    """Return the loss of Laplace noise, the same by removing and adding: between -1 / b and 1 / b, which has half."""

    def below(loss: Floats) -> Floats:
        inside = 0.5 * np.exp(-(1 - noise * np.clip(loss, -1 / noise, 1 / noise)) / (2 * noise))
        return np.where(loss < -1 / noise, 0.0, np.where(loss >= 1 / noise, 1.0, inside))

    return below


def two_answers(epsilon: float) -> Callable[[Floats], Floats]:
    """Return the loss of randomized response, which dominates any pure mechanism of that epsilon."""

    def below(loss: Floats) -> Floats:
        return np.where(loss >= epsilon, 1.0, np.where(loss >= -epsilon, 1 / (1 + exp(epsilon)), 0.0))

    return below


def chernoff(renyi_sums: Sequence[tuple[float, float]]) -> Tail:
    """Return the bound of both tails from pairs of order and summed Renyi divergence.

    P(L >= w) <= exp((a - 1)(D_a - w)) and P(L <= -w) <= exp((a - 1) D_a - a w), by Markov's inequality.
    """

    def tail(size: float) -> float:
        up = min((order - 1) * (divergence - size) for order, divergence in renyi_sums)
        down = min((order - 1) * divergence - order * size for order, divergence in renyi_sums)
        return min(exp(min(up, 0.0)) + exp(min(down, 0.0)), 1.0)

    return tail


def _both_ends(
    steps: Sequence[Step], side: str, size: int, grid: float, delta: float, beyond: float
) -> tuple[float, float] | None:
    low, _, below_noise = _sum_of(steps, side, size, grid, up=False)
    high, infinite, noise = _sum_of(steps, side, size, grid, up=True)
    unsure = beyond + _NOISE * max(noise, below_noise) + 1e-15
    if unsure > 0.01 * delta:
        return None
    # Of what is rounded down the last point that still breaks delta is a lower bound.
    return max(_epsilon(low, 0.0, grid, delta + unsure) - grid, 0.0), _epsilon(high, infinite, grid, delta - unsure)


def _sum_of(steps: Sequence[Step], side: str, size: int, grid: float, *, up: bool) -> tuple[Floats, float, float]:
    """Return the chances of the summed loss on the grid, the chance that it is infinite, and the noise left behind."""
    edges = np.arange(-size // 2, size // 2) * grid
    product, finite = np.ones(size // 2 + 1, dtype=np.complex128), 0.0
    for step in steps:
        below = getattr(step, side)(edges)
        mass = np.diff(below, prepend=0.0) if up else np.diff(below, append=1.0)
        if up:
            finite += step.times * log1p(-max(1 - float(below[-1]), 0.0)) if below[-1] > 0 else -inf
        product *= np.fft.rfft(np.fft.ifftshift(mass)) ** step.times
    found = np.fft.fftshift(np.fft.irfft(product, size))
    return np.maximum(found, 0.0), max(-expm1(finite), 0.0), float(-found[found < 0].sum())


def _epsilon(mass: Floats, beyond: float, grid: float, delta: float) -> float:
    """Return the first point of the grid from 0 on at which E(1 - exp(e - L))+ is at most delta."""
    half = len(mass) // 2
    losses = np.arange(half) * grid
    own = mass[half:]
    later = np.cumsum(own[::-1])[::-1]
    weighed = np.cumsum((own * np.exp(-losses))[::-1])[::-1]
    broken = later - np.exp(losses) * weighed + beyond > delta
    last = np.flatnonzero(broken)
    return float(losses[last[-1]] + grid) if len(last) else 0.0
