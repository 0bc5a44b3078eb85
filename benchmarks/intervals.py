"""Show by simulation how often each interval covers the truth, and how often nothing at all raises an alarm.

Run: script/bench intervals -- [--runs 2000] [--looks 200]. Every interval that verdicts rest on is drawn over the grid
of rates and sizes that stands beside it (`GRID`); nominal coverage is 95 %. The goal is a mean within one point of that
or above it: where an interval bounds several groups at once, or holds for every distribution, it covers more. The least
of the grid is printed with its cell. False alarms: 28 columns over 90 days in which nothing changes.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from statistics import NormalDist

import numpy as np

from clerestory.assurance.performance.calibration import error_interval, in_the_large
from clerestory.assurance.performance.score_pair import count_score_pair
from clerestory.assurance.statistics import distance, divergence
from clerestory.assurance.statistics.area import paired_area_difference, roc_area
from clerestory.assurance.statistics.correction import Errors, corrected
from clerestory.assurance.statistics.family import Rate, largest_gap, pairs, smallest_ratio
from clerestory.assurance.statistics.interval import Interval, bounded_mean
from clerestory.assurance.statistics.paired import paired_difference
from clerestory.assurance.statistics.rate import koopman, newcombe, wilson
from clerestory.assurance.statistics.recalibration import recalibration_slope
from clerestory.assurance.statistics.sequential import change_evidence, first_alarm, log_evidence

Ends = tuple[float, float]
Draw = Callable[[np.random.Generator], Ends]
NOMINAL, WITHIN, ALARMS = 0.95, 0.01, 0.05
COLUMNS, DAYS = 28, 90
RATES = (0.02, 0.05, 0.1, 0.3, 0.5, 0.8, 0.95)
SIZES = (30, 100, 300, 1_000)
BINS = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a grid: what is drawn, what is true, and how one draw becomes an interval."""

    name: str
    truth: float
    draw: Draw


def _ends(found: Interval) -> Ends:
    return found.low, found.high


def _wilson() -> Iterator[Cell]:
    limits = lru_cache(maxsize=None)(wilson)
    for p, n in product(RATES, SIZES):
        yield Cell(f"rate {p}, n {n}", p, lambda r, p=p, n=n: _ends(limits(int(r.binomial(n, p)), n)))


def _two_rates() -> Iterator[tuple[str, float, float, int, int]]:
    for p, q, (n, m) in product((0.05, 0.2, 0.5, 0.9), (0.05, 0.3, 0.6), ((30, 30), (50, 500), (300, 300))):
        yield f"rates {p} and {q}, n {n} and {m}", p, q, n, m


def _newcombe() -> Iterator[Cell]:
    limits = lru_cache(maxsize=None)(newcombe)
    for name, p, q, n, m in _two_rates():
        yield Cell(
            name,
            p - q,
            lambda r, p=p, q=q, n=n, m=m: _ends(limits(int(r.binomial(n, p)), n, int(r.binomial(m, q)), m)),
        )


def _koopman() -> Iterator[Cell]:
    limits = lru_cache(maxsize=None)(koopman)
    for name, p, q, n, m in _two_rates():
        yield Cell(
            name, p / q, lambda r, p=p, q=q, n=n, m=m: limits(int(r.binomial(n, p)), n, int(r.binomial(m, q)), m)
        )


def _groups() -> Iterator[tuple[str, np.ndarray, int]]:
    for rates, n in product(
        ((0.3, 0.3), (0.3, 0.3, 0.3), (0.3,) * 6, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7, 0.4), (0.05, 0.3)), (50, 200, 1_000)
    ):
        yield f"rates {rates}, n {n} each", np.array(rates), n


def _drawn(random: np.random.Generator, rates: np.ndarray, n: int) -> list[Rate]:
    return [Rate(str(at), int(events), n) for at, events in enumerate(random.binomial(n, rates))]


def _gap() -> Iterator[Cell]:
    for name, rates, n in _groups():
        family = pairs([len(rates)])
        yield Cell(
            name,
            float(rates.max() - rates.min()),
            lambda r, p=rates, n=n, k=family: _ends(largest_gap(_drawn(r, p, n), family=k)),
        )


def _ratio() -> Iterator[Cell]:
    def ends(random: np.random.Generator, rates: np.ndarray, n: int) -> Ends:
        found = smallest_ratio(_drawn(random, rates, n), family=pairs([len(rates)]))
        return (0.0, 1.0) if found is None else _ends(found)

    for name, rates, n in _groups():
        yield Cell(name, float(rates.min() / rates.max()), lambda r, p=rates, n=n: ends(r, p, n))


def _area() -> Iterator[Cell]:
    def ends(random: np.random.Generator, apart: float, m: int, n: int) -> Ends:
        scores = np.concatenate((random.normal(apart, 1, m), random.normal(0, 1, n)))
        up = np.arange(m + n)[np.argsort(scores)] < m
        return _ends(roc_area(up.astype(int), (~up).astype(int)))

    for area, (m, n) in product((0.5, 0.65, 0.8, 0.95), ((20, 20), (15, 300), (100, 100), (300, 1_000))):
        apart = NormalDist().inv_cdf(area) * 2**0.5
        yield Cell(f"area {area}, labels {m} and {n}", area, lambda r, d=apart, m=m, n=n: ends(r, d, m, n))


def _area_difference() -> Iterator[Cell]:
    def ends(random: np.random.Generator, apart: tuple[float, float], n: int, alike: float) -> Ends:
        both, up = random.normal(size=2 * n), np.arange(2 * n) < n
        one, other = (alike**0.5 * both + (1 - alike) ** 0.5 * random.normal(size=2 * n) + d * up for d in apart)
        found = count_score_pair(one, other, up, unlabelled=0)
        spread = (found.positive_spread, found.negative_spread)
        return _ends(paired_area_difference(found.area, found.other_area, spread, (n, n)))

    for one, other, n, alike in product((0.75,), (0.75, 0.85), (30, 100, 300), (0.0, 0.5, 0.9)):
        apart = (NormalDist().inv_cdf(one) * 2**0.5, NormalDist().inv_cdf(other) * 2**0.5)
        yield Cell(
            f"areas {one} and {other}, {n} of each label, correlation {alike}",
            one - other,
            lambda r, a=apart, n=n, c=alike: ends(r, a, n, c),
        )


def _paired() -> Iterator[Cell]:
    limits = lru_cache(maxsize=None)(paired_difference)
    for p, gain, alike, n in product((0.2, 0.5, 0.85), (0.0, 0.05), (0.0, 0.6), (30, 100, 1_000)):
        q = p + gain
        both = p * q + alike * (p * (1 - p) * q * (1 - q)) ** 0.5
        both = min(both, p, q)
        shares = [both, p - both, q - both, 1 - p - q + both]
        if min(shares) >= 0:
            yield Cell(
                f"rates {p} and {q}, correlation {alike}, n {n}",
                p - q,
                lambda r, s=shares, n=n: _ends(limits(*map(int, r.multinomial(n, s)))),
            )


def _mean() -> Iterator[Cell]:
    def ends(random: np.random.Generator, a: float, b: float, n: int) -> Ends:
        found = random.beta(a, b, n)
        return _ends(bounded_mean(n, float(found.sum()), float((found**2).sum())))

    for (a, b), n in product(((0.5, 0.5), (2, 2), (0.5, 3), (1, 1)), SIZES):
        yield Cell(f"beta {a} {b}, n {n}", a / (a + b), lambda r, a=a, b=b, n=n: ends(r, a, b, n))


def _slope() -> Iterator[Cell]:
    def ends(random: np.random.Generator, slope: float, n: int) -> Ends:
        score = random.beta(2, 2, n)
        up = random.random(n) < 1 / (1 + np.exp(-slope * np.log(score / (1 - score))))
        found = recalibration_slope(score, up.astype(float), (~up).astype(float))
        return (-np.inf, np.inf) if found is None else _ends(found)

    for slope, n in product((0.5, 1.0, 1.5), (60, 200, 600)):
        yield Cell(f"slope {slope}, n {n}", slope, lambda r, b=slope, n=n: ends(r, b, n))


def _calibration(kind: str) -> Iterator[Cell]:
    centres = (np.arange(BINS) + 0.5) / BINS

    def ends(random: np.random.Generator, true: np.ndarray, n: int) -> Ends:
        rows = np.full(BINS, float(n // BINS))
        positive = random.binomial(n // BINS, true).astype(float)
        if kind == "large":
            return _ends(in_the_large(positive, rows, centres * rows))
        return _ends(error_interval(positive, rows, centres * rows)[0])

    for shrunk, n in product((1.0, 0.8, 0.5), (100, 300, 1_000, 10_000)):
        true = 0.5 + shrunk * (centres - 0.5) + (0.03 if kind == "large" else 0.0) * (shrunk < 1)
        gap = float((true - centres).mean() if kind == "large" else np.abs(true - centres).mean())
        yield Cell(f"scores shrunk to {shrunk}, n {n}", gap, lambda r, t=true, n=n: ends(r, t, n))


def _judged() -> Iterator[Cell]:
    def ends(random: np.random.Generator, rate: float, n: int, known: int) -> Ends:
        seen = rate * 0.9 + (1 - rate) * 0.15
        errors = Errors(int(random.binomial(known, 0.9)), known, int(random.binomial(known, 0.85)), known)
        if not errors.informative:
            return 0.0, 1.0
        return _ends(corrected(float(random.binomial(n, seen)), n, errors))

    for rate, n, known in product((0.05, 0.2, 0.5), (40, 200, 1_000), (30, 100)):
        yield Cell(f"rate {rate}, n {n}, {known} known cases", rate, lambda r, p=rate, n=n, k=known: ends(r, p, n, k))


def _shares() -> Iterator[tuple[str, np.ndarray, np.ndarray, int, int]]:
    even = np.full(BINS, 1 / BINS)
    for shift, (n, m) in product((0.0, 0.1, 0.3, 0.8), ((200, 200), (1_000, 300), (5_000, 5_000))):
        cuts = [-np.inf, *(NormalDist().inv_cdf(k / BINS) for k in range(1, BINS)), np.inf]
        moved = np.diff([NormalDist(shift).cdf(cut) if np.isfinite(cut) else float(cut > 0) for cut in cuts])
        yield f"shift {shift} sd, n {n} and {m}", even, moved, n, m


def _divergence(kind: Callable[..., divergence.Shift]) -> Callable[[], Iterator[Cell]]:
    def cells() -> Iterator[Cell]:
        for name, p, q, n, m in _shares():
            truth = kind(p * 1e12, q * 1e12).found.value
            yield Cell(
                name,
                0.0 if np.array_equal(p, q) else truth,
                lambda r, p=p, q=q, n=n, m=m: _ends(kind(r.multinomial(n, p), r.multinomial(m, q)).found),
            )

    return cells


def _variation() -> Iterator[Cell]:
    for name, p, q, n, m in _shares():
        yield Cell(
            name,
            float(np.abs(p - q).sum() / 2),
            lambda r, p=p, q=q, n=n, m=m: _ends(
                distance.total_variation_between(r.multinomial(n, p), r.multinomial(m, q))
            ),
        )


def _kolmogorov() -> Iterator[Cell]:
    def ends(random: np.random.Generator, shift: float, n: int, m: int) -> Ends:
        one, other = np.sort(random.normal(size=n)), np.sort(random.normal(shift, 1, m))
        points = np.concatenate((one, other))
        gap = np.searchsorted(one, points, "right") / n - np.searchsorted(other, points, "right") / m
        value, margin = float(np.abs(gap).max()), distance.kolmogorov_margin(n, m)
        return value - margin, value + margin

    for shift, (n, m) in product((0.0, 0.2, 0.6), ((50, 50), (200, 1_000))):
        truth = 2 * NormalDist().cdf(shift / 2) - 1
        yield Cell(f"shift {shift} sd, n {n} and {m}", truth, lambda r, d=shift, n=n, m=m: ends(r, d, n, m))


GRID: dict[str, Callable[[], Iterator[Cell]]] = {
    "wilson": _wilson,
    "newcombe": _newcombe,
    "koopman_ratio": _koopman,
    "largest_gap": _gap,
    "smallest_ratio": _ratio,
    "roc_area": _area,
    "area_difference": _area_difference,
    "paired_difference": _paired,
    "bounded_mean": _mean,
    "calibration_slope": _slope,
    "calibration_error": lambda: _calibration("error"),
    "calibration_in_the_large": lambda: _calibration("large"),
    "judged_rate": _judged,
    "stability_index": _divergence(divergence.stability_index),
    "jensen_shannon": _divergence(divergence.jensen_shannon),
    "squared_association": _divergence(divergence.squared_association),
    "total_variation": _variation,
    "kolmogorov": _kolmogorov,
}
"""Every kind of interval with its grid."""


def coverage(cells: Iterable[Cell], runs: int) -> dict[str, object]:
    """Return the mean and the least coverage over the grid of one interval, and where that is."""
    found = []
    for cell in cells:
        random = np.random.default_rng(list(cell.name.encode()))
        slack = 1e-9 * max(abs(cell.truth), 1.0)  # an end that is the truth but for rounding covers it
        ends = np.array([cell.draw(random) for _ in range(runs)])
        covered = np.mean((ends[:, 0] <= cell.truth + slack) & (cell.truth - slack <= ends[:, 1]))
        found.append((float(covered), cell.name))
    least, where = min(found)
    return {
        "mean": round(sum(share for share, _ in found) / len(found), 4),
        "least": round(least, 4),
        "least_at": where,
        "cells": len(found),
    }


def null_rejections(runs: int) -> dict[str, float]:
    """Return how often p < 0.05 where nothing shifted, for each null that knows the size of its samples."""
    random = np.random.default_rng(5)
    kinds = {
        "stability_index": divergence.stability_index,
        "jensen_shannon": divergence.jensen_shannon,
        "chi_square": divergence.squared_association,
    }
    found: dict[str, list[bool]] = {name: [] for name in (*kinds, "kolmogorov")}
    for (n, m), _ in product(((100, 100), (500, 2_000), (5_000, 5_000)), range(runs)):
        old, new = (random.multinomial(rows, np.full(BINS, 1 / BINS)) for rows in (n, m))
        for name, kind in kinds.items():
            found[name].append(kind(old, new).p_value < 0.05)
        one, other = np.sort(random.random(n)), np.sort(random.random(m))
        points = np.concatenate((one, other))
        gap = np.searchsorted(one, points, "right") / n - np.searchsorted(other, points, "right") / m
        found["kolmogorov"].append(distance.kolmogorov_p_value(float(np.abs(gap).max()), n, m) < 0.05)
    return {name: round(float(np.mean(rejected)), 4) for name, rejected in found.items()}


def false_alarms(looks: int) -> dict[str, float]:
    """Return in which share of runs any of 28 columns alarms on any of 90 days on which nothing changes."""
    random = np.random.default_rng(11)
    alarmed = {"log_evidence": 0, "change_evidence": 0}
    for _ in range(looks):
        shares = [random.dirichlet(np.ones(BINS)) for _ in range(COLUMNS)]
        drawn = [(random.multinomial(5_000, p), random.multinomial(400, p, size=DAYS)) for p in shares]
        for name, kind in (("log_evidence", log_evidence), ("change_evidence", change_evidence)):
            alarmed[name] += any(first_alarm(kind(old, days), COLUMNS) is not None for old, days in drawn)
    return {name: round(count / looks, 4) for name, count in alarmed.items()}


def main() -> int:
    """Print a line for each interval and one for alarms; say by the exit code whether the goals are met."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=2_000)
    options.add_argument("--looks", type=int, default=200)
    given = options.parse_args()
    met = []
    for name, cells in GRID.items():
        found = coverage(cells(), given.runs)
        met.append(float(str(found["mean"])) >= NOMINAL - WITHIN)
        print(
            json.dumps({name: f"mean {found['mean']:.1%}, least {found['least']:.1%} ({found['least_at']})"}),
            flush=True,
        )
    print(json.dumps({f"p<0.05 without shift: {name}": share for name, share in null_rejections(given.runs).items()}))
    alarms = false_alarms(given.looks)
    met += [share <= ALARMS for share in alarms.values()]
    print(json.dumps({f"false alarms, 28 columns x 90 days: {name}": share for name, share in alarms.items()}))
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
