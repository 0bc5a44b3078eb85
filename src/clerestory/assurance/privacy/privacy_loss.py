"""How much privacy loss mechanisms of differential privacy add up to: an own accountant, exact or an upper bound.

Loss is for neighbouring data that differ in one unit of privacy; sensitivity and noise are in one unit of their own.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, erfc, exp, expm1, inf, lgamma, log, log1p, sqrt

from clerestory.assurance.privacy import loss_distribution

ORDERS = (*(1 + at / 10 for at in range(1, 100)), *range(11, 65), 80, 96, 128, 192, 256, 384, 512, 1024)
"""Orders of the Renyi divergence that are tried; whole ones alone for subsampling."""
MECHANISMS = ("declared", "gaussian", "laplace", "pure", "randomized response", "zcdp")
"""``pure`` and ``zcdp``: a mechanism known only by its proven epsilon or rho; ``declared``: a claim without one."""


_FINE = 0.005
"""Rounding of the distribution of the loss, as a share of epsilon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What was released: mechanism, noise per sensitivity, and how often.

    ``noise``: scale of the Laplace noise or standard deviation of the normal noise, divided by the sensitivity;
    ``epsilon``: of a pure, declared or randomized-response mechanism; ``delta`` that goes with a declared one; ``rho``
    of zCDP. ``sampling_rate``: chance of a unit to be in a batch (Poisson sampling); 1 means all data.
    """

    mechanism: str
    noise: float = 0.0
    epsilon: float = 0.0
    delta: float = 0.0
    rho: float = 0.0
    sampling_rate: float = 1.0
    times: int = 1


@dataclass(frozen=True, slots=True)
class Loss:
    """Epsilon spent at delta as it can be proven, by which theorem, and the least that it really is."""

    epsilon: float
    by: str
    least: float = 0.0


def composed(releases: Sequence[Release], delta: float) -> Loss:
    """Return the smallest epsilon that the theorems here prove for all releases together.

    Candidates: the sum of pure epsilons with no delta at all (Dwork et al. 2006); for normal noise on all data the
    exact trade-off (Balle and Wang 2018, composed as in Dong, Roth and Su 2022); for anything the Renyi divergences of
    `renyi`, added up and converted (Mironov 2017; Canonne, Kamath and Steinke 2020, proposition 12). A declared claim
    adds its epsilon to the result and takes its delta from the one there is.

    Args:
        releases: what was released, on the same data.
        delta: chance that the bound may fail, 0 to 1; 0 where only pure mechanisms were used.
    """
    claims = [release for release in releases if release.mechanism == "declared"]
    known = [release for release in releases if release.mechanism != "declared" and release.times]
    claimed = sum(release.epsilon * release.times for release in claims)
    left = delta - sum(release.delta * release.times for release in claims)
    if not known:
        return Loss(claimed, "sum of claims" if claims else "nothing released") if left >= 0 else Loss(inf, "no delta")
    found = min(_candidates(known, left), key=lambda loss: loss.epsilon, default=Loss(inf, "no delta"))
    return Loss(found.epsilon + claimed, found.by)


def merged(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Return releases with equal ones as one that happened as often as they together, in a settled order."""
    times: Counter[Release] = Counter()
    for release in releases:
        times[replace(release, times=1)] += release.times
    return tuple(replace(one, times=count) for one, count in sorted(times.items(), key=lambda item: repr(item[0])))


@lru_cache(maxsize=32)
def enclosed(releases: tuple[Release, ...], delta: float) -> Loss:
    """Return `composed`, made tighter and given its lower end by the distribution of the loss (`loss_distribution`).

    The lower end is that of the worst mechanism that fits what is known: of one known by epsilon alone, randomized
    response; of Laplace noise or such a mechanism on a sample, one that its amplified epsilon bounds. It is the proven
    epsilon itself where that is exact (normal noise on all data, no delta) and where no distribution is to be had
    (zCDP, a delta so small that rounding covers it).
    """
    proven = composed(releases, delta)
    known = [release for release in releases if release.mechanism != "declared"]
    claims = [release for release in releases if release.mechanism == "declared"]
    left = delta - sum(release.delta * release.times for release in claims)
    found = None
    if known and left > 0 and proven.by != "exact for normal noise" and all(r.mechanism != "zcdp" for r in known):
        orders = [(order, sum(renyi(r, order) * r.times for r in known)) for order in ORDERS if order == int(order)]
        steps, tail = [_step(release) for release in known], loss_distribution.chernoff(orders)
        found = loss_distribution.bracket(steps, left, tail, fine=_FINE * proven.epsilon)
    if found is None:
        return replace(proven, least=proven.epsilon)
    claimed = sum(release.epsilon * release.times for release in claims)
    low, high = (end + claimed for end in found)
    if high >= proven.epsilon:
        return replace(proven, least=min(low, proven.epsilon))
    return Loss(high, "distribution of the loss", low)


def _step(release: Release) -> loss_distribution.Step:
    if release.mechanism == "gaussian":
        removed, added = loss_distribution.sampled_normal(release.sampling_rate, release.noise)
        return loss_distribution.Step(removed, added, release.times)
    if release.mechanism == "laplace" and release.sampling_rate == 1:
        both = loss_distribution.laplace(release.noise)
    else:
        both = loss_distribution.two_answers(_pure(release))
    return loss_distribution.Step(both, both, release.times)


def _candidates(releases: Sequence[Release], delta: float) -> "list[Loss]":
    found: list[Loss] = []
    if delta < 0:
        return found
    pure = [_pure(release) for release in releases]
    if inf not in pure:
        found.append(Loss(sum(e * r.times for e, r in zip(pure, releases, strict=True)), "sum of pure epsilons"))
    if delta == 0:
        return found
    if all(release.mechanism == "gaussian" and release.sampling_rate == 1 for release in releases):
        mu = sqrt(sum(release.times / release.noise**2 for release in releases))
        return [*found, Loss(gaussian_epsilon(mu, delta), "exact for normal noise")]
    sampled = any(release.sampling_rate < 1 for release in releases)
    orders = [order for order in ORDERS if not sampled or order == int(order)]
    best = min(_epsilon(sum(renyi(r, order) * r.times for r in releases), order, delta) for order in orders)
    found.append(Loss(max(best, 0.0), "Renyi divergence"))
    # A sample gives away no more than all data would: where noise is small that bound, at finer orders, is the better.
    return [*found, *_candidates([replace(r, sampling_rate=1.0) for r in releases], delta)] if sampled else found


def renyi(release: Release, order: float) -> float:
    """Return the Renyi divergence of one release at an order above 1; with subsampling the order must be whole.

    Laplace with scale b: log(a / (2a - 1) exp((a - 1) / b) + (a - 1) / (2a - 1) exp(-a / b)) / (a - 1); randomized
    response with log odds e: log(p^a q^(1-a) + q^a p^(1-a)) / (a - 1) (both Mironov 2017, table II), which bounds any
    pure mechanism, with e = log(1 + q (exp(e) - 1)) where it is subsampled (Balle, Barthe and Gaboardi 2018); normal
    noise: a / (2 s^2); subsampled: `sampled_gaussian`; zCDP: rho a (Bun and Steinke 2016).
    """
    if release.mechanism == "zcdp":
        return release.rho * order
    if release.mechanism == "laplace" and release.sampling_rate == 1:
        first = log(order / (2 * order - 1)) + (order - 1) / release.noise
        second = log((order - 1) / (2 * order - 1)) - order / release.noise
        return max(_log_sum([first, second]) / (order - 1), 0.0)
    if release.mechanism == "gaussian":
        if release.sampling_rate < 1:
            return sampled_gaussian(release.sampling_rate, release.noise, int(order))
        return order / (2 * release.noise**2)
    odds = _pure(release)
    heads, tails = -log1p(exp(-odds)), -odds - log1p(exp(-odds))
    terms = [order * heads + (1 - order) * tails, order * tails + (1 - order) * heads]
    return max(_log_sum(terms) / (order - 1), 0.0)


def sampled_gaussian(q: float, noise: float, order: int) -> float:
    """Return the Renyi divergence of normal noise on a Poisson sample (Mironov, Talwar and Zhang 2019, section 3.3).

    log(sum over k of C(a, k) (1 - q)^(a - k) q^k exp(k (k - 1) / (2 s^2))) / (a - 1), which is exact for a whole a.
    """
    if q == 0:
        return 0.0
    terms = [
        lgamma(order + 1) - lgamma(k + 1) - lgamma(order - k + 1)
        + (order - k) * log1p(-q) + k * log(q) + (k * k - k) / (2 * noise**2)
        for k in range(order + 1)
    ]  # fmt: skip
    return max(_log_sum(terms) / (order - 1), 0.0)


def gaussian_delta(mu: float, epsilon: float) -> float:
    """Return the delta of normal noise with ratio sensitivity / deviation ``mu`` (Balle and Wang 2018, theorem 8).

    Phi(mu / 2 - e / mu) - exp(e) Phi(-mu / 2 - e / mu).
    """
    if mu == 0:
        return 0.0
    tail = log_normal_below(-mu / 2 - epsilon / mu)
    return max(exp(log_normal_below(mu / 2 - epsilon / mu)) - exp(min(epsilon + tail, 0.0)), 0.0)


def gaussian_epsilon(mu: float, delta: float) -> float:
    """Return the epsilon of such noise at delta, by bisection, rounded up by less than 1e-9."""
    low, high = 0.0, 1.0
    if gaussian_delta(mu, 0.0) <= delta:
        return 0.0
    while gaussian_delta(mu, high) > delta:
        low, high = high, 2 * high
    while high - low > 1e-10 * max(high, 1.0):
        middle = (low + high) / 2
        low, high = (middle, high) if gaussian_delta(mu, middle) > delta else (low, middle)
    return high


def batches_as_passes(rate: float, steps: int) -> int:
    """Return how often each unit is used when batches are dealt out by shuffling: once per pass over the data.

    A shuffle is no Poisson sample, so subsampling does not amplify; what holds is that a unit is in one batch a pass.
    """
    return ceil(rate * steps - 1e-9)


def log_normal_below(x: float) -> float:
    """Return log Phi(x), also far in the tail."""
    if x > -30:
        return log(max(0.5 * erfc(-x / sqrt(2)), 5e-324))
    return -x * x / 2 - log(-x) - 0.5 * log(2 * 3.141592653589793) + log1p(-1 / (x * x))


def _pure(release: Release) -> float:
    if release.mechanism in ("pure", "randomized response"):
        full = release.epsilon
    elif release.mechanism == "laplace":
        full = 1 / release.noise
    else:
        return inf
    return log1p(release.sampling_rate * expm1(full)) if release.sampling_rate < 1 else full


def _epsilon(divergence: float, order: float, delta: float) -> float:
    return divergence + log1p(-1 / order) - (log(delta) + log(order)) / (order - 1)


def _log_sum(terms: Sequence[float]) -> float:
    top = max(terms)
    return top + log(sum(exp(term - top) for term in terms))
