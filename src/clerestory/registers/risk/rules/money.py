"""What a risk may cost in a year: frequency and loss as distributions from quantiles, simulated with a seed.

The number of events in a year is Poisson, with a rate that is itself uncertain (lognormal between its 5 % and 95 %
quantiles); each event costs a loss drawn from a lognormal between its quantiles or from a beta-PERT between least, most
likely and greatest. Random bits come from PCG64, whose stream numpy keeps fixed, and are turned into draws here by
inversion, so that the same seed and inputs give the same numbers bit by bit on the same libraries.
Of several estimates one that says less than those before counts once a second person approved it.
Sources: compound Poisson, Klugman/Panjer/Willmot, Loss Models, ch. 9; PERT, Malcolm et al. 1959; FAIR, Open Group O-RA.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNS, FEWEST_RUNS, MOST_DRAWS = 20_000, 2_000, 400_000
MOST_A_YEAR = 100.0
MOST_LOSS = 1e12
Z95 = 1.6448536269514722
"""The 95 % quantile of the standard normal distribution."""
EXCEEDED = (0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005)
"""Probabilities that the table of a curve is read at."""
MOST_POINTS = 8


class MoneyRefused(ClerestoryError):
    """Quantiles are not in order, not positive, or beyond what is simulated."""


class Shape(StrEnum):
    """How the loss of one event is distributed."""

    LOGNORMAL = "lognormal"
    PERT = "pert"


class Verdict(StrEnum):
    """Whether a curve stays under the appetite; unclear where the simulation cannot tell."""

    WITHIN = "within"
    OVER = "over"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What was asked of people who know: events a year and loss of one, each by quantiles (5 % and 95 %)."""

    often_low: float
    often_high: float
    loss_low: float
    loss_high: float
    shape: Shape = Shape.LOGNORMAL
    loss_likely: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimated:
    """What an estimate gave without measures, whether that was over the appetite then, and whether two agreed."""

    expected: float
    verdict: str
    is_approved: bool


def counted_estimate(made: Sequence[Estimated]) -> int | None:
    """Return which of estimates, oldest first, counts: the newest, unless it says less and nobody agreed to it yet."""
    place: int | None = None
    for number, one in enumerate(made):
        if place is None or one.is_approved or not _says_less(one, made[place]):
            place = number
    return place


def _says_less(one: Estimated, before: Estimated) -> bool:
    order = (Verdict.WITHIN, Verdict.UNCLEAR, Verdict.OVER)
    both = one.verdict in order and before.verdict in order
    better = both and order.index(Verdict(one.verdict)) < order.index(Verdict(before.verdict))
    return one.expected < before.expected or better


@dataclass(frozen=True, slots=True, kw_only=True)
class Appetite:
    """How likely a year may be that costs more than each amount."""

    currency: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The losses of simulated years: their mean with its 95 % interval, quantiles, and how likely more is."""

    runs: int
    mean: float
    low: float
    high: float
    median: float
    p95: float
    any_loss: float
    table: tuple[tuple[float, float], ...]
    points: tuple[tuple[float, float], ...]
    against: tuple[tuple[float, float, float, str], ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """How it stands against the appetite: the worst of its points; None without an appetite."""
        said = [verdict for *_numbers, verdict in self.against]
        return next((v for v in (Verdict.OVER, Verdict.UNCLEAR, Verdict.WITHIN) if v in said), None)


def check_estimate(said: Estimate) -> None:
    """Refuse quantiles that are not in order, not positive, or beyond what is simulated."""
    numbers = (said.often_low, said.often_high, said.loss_low, said.loss_high, said.loss_likely)
    if not all(math.isfinite(number) for number in numbers):
        raise MoneyRefused(_("One of the numbers is none."), _("Write plain numbers."))
    if not 0 < said.often_low <= said.often_high <= MOST_A_YEAR:
        raise MoneyRefused(
            _(
                "Events a year are said to lie between {often_low:g} and {often_high:g}.",
                often_low=said.often_low,
                often_high=said.often_high,
            ),
            _(
                "Give two numbers above 0 and up to {most_a_year:g}, the lower first; 0.1 is once in ten years.",
                most_a_year=MOST_A_YEAR,
            ),
        )
    if not 0 < said.loss_low <= said.loss_high <= MOST_LOSS:
        raise MoneyRefused(
            _(
                "The loss is said to lie between {loss_low:g} and {loss_high:g}.",
                loss_low=said.loss_low,
                loss_high=said.loss_high,
            ),
            _("Give two amounts above 0 and up to {most_loss:,.0f}, the lower first.", most_loss=MOST_LOSS),
        )
    if said.shape is Shape.PERT and not said.loss_low <= said.loss_likely <= said.loss_high:
        raise MoneyRefused(
            _(
                "The most likely loss, {loss_likely:g}, is not between the least and the greatest.",
                loss_likely=said.loss_likely,
            ),
            _("Give one that is, or leave the most likely one out and use the two quantiles."),
        )


def check_appetite(said: Appetite) -> None:
    """Refuse an appetite in which a greater loss may be more likely, and a currency that is none."""
    if len(said.currency) != 3 or not said.currency.isascii() or not said.currency.isupper():
        raise MoneyRefused(
            _("{currency!r} is no currency.", currency=said.currency), _("Write its three letters, such as EUR.")
        )
    if not 1 <= len(said.points) <= MOST_POINTS:
        raise MoneyRefused(
            _("The appetite has no point or too many."), _("Give from 1 to {most_points}.", most_points=MOST_POINTS)
        )
    losses, likely = [loss for loss, _p in said.points], [p for _loss, p in said.points]
    if any(not 0 < loss <= MOST_LOSS for loss in losses) or any(not 0 < p < 1 for p in likely):
        raise MoneyRefused(
            _("A point of the appetite is not possible."), _("Give amounts above 0 and percents below 100.")
        )
    if losses != sorted(set(losses)) or likely != sorted(set(likely), reverse=True):
        raise MoneyRefused(
            _("A greater loss may not be as likely as a smaller one."), _("Let amounts rise and probabilities fall.")
        )


def lognormal(low: float, high: float) -> tuple[float, float]:
    """Return mu and sigma of the lognormal whose 5 % and 95 % quantiles are these."""
    return (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * Z95)


def pert(low: float, likely: float, high: float) -> tuple[float, float]:
    """Return alpha and beta of the beta distribution that is PERT between least, most likely and greatest."""
    wide = high - low
    return 1 + 4 * (likely - low) / wide, 1 + 4 * (high - likely) / wide


def runs_for(said: Estimate) -> int:
    """Return how many years are simulated: fewer where many events fall into each."""
    mu, sigma = lognormal(said.often_low, said.often_high)
    return min(RUNS, max(FEWEST_RUNS, int(MOST_DRAWS / math.exp(mu + sigma * sigma / 2))))


def simulate(
    said: Estimate, *, seed: int, often: float = 1.0, loss: float = 1.0, appetite: Appetite | None = None
) -> Curve:
    """Simulate years; ``often`` and ``loss`` are the shares that measures which hold leave of frequency and loss.

    With the same seed each year and each event draws the same bits before and after measures, so that two curves
    differ by the measures and not by chance.
    """
    import numpy as np

    check_estimate(said)
    runs = runs_for(said)
    bits = np.random.PCG64(seed)
    rates = _rates(said, _uniform(bits, runs)) * often
    counts = _poisson(rates, _uniform(bits, runs))
    each = _losses(said, _uniform(np.random.PCG64([seed, 1]), int(counts.sum()))) * loss
    years = np.repeat(np.arange(runs), counts)
    losses = np.bincount(years, weights=each, minlength=runs).astype(np.float64)
    return _curve(losses, appetite)


def read_estimate(stored: Mapping[str, Any]) -> Estimate:
    """Read an estimate from stored values."""
    return Estimate(**{**stored, "shape": Shape(stored["shape"])})


def stored_estimate(said: Estimate) -> dict[str, float | str]:
    """Return an estimate as it is stored."""
    names = ("often_low", "often_high", "loss_low", "loss_high", "loss_likely")
    return {name: float(getattr(said, name)) for name in names} | {"shape": str(said.shape)}


def _uniform(bits: "np.random.PCG64", size: int) -> "Floats":
    """Return numbers strictly between 0 and 1 from the raw stream, whose bits numpy does not change."""
    raw = bits.random_raw(size) >> 11
    return (raw.astype("float64") + 0.5) * 2.0**-53


def _rates(said: Estimate, uniform: "Floats") -> "Floats":
    import numpy as np
    from scipy.special import ndtri

    mu, sigma = lognormal(said.often_low, said.often_high)
    made: Floats = np.exp(mu + sigma * ndtri(uniform))
    return made


def _losses(said: Estimate, uniform: "Floats") -> "Floats":
    import numpy as np
    from scipy.special import betaincinv, ndtri

    made: Floats
    if said.shape is Shape.PERT and said.loss_high > said.loss_low:
        alpha, beta = pert(said.loss_low, said.loss_likely, said.loss_high)
        made = said.loss_low + (said.loss_high - said.loss_low) * betaincinv(alpha, beta, uniform)
        return made
    mu, sigma = lognormal(said.loss_low, said.loss_high)
    made = np.exp(mu + sigma * ndtri(uniform))
    return made


def _poisson(rates: "Floats", uniform: "Floats") -> "NDArray[np.int64]":
    """Return counts by inversion: the least k whose distribution function reaches the uniform number."""
    import numpy as np

    capped = np.minimum(rates, 700.0)  # e to a greater power is no number; beyond it lies nothing that matters
    counts = np.zeros(len(rates), dtype=np.int64)
    term = np.exp(-capped)
    reached = term.copy()
    open_ = uniform > reached
    while open_.any():
        counts[open_] += 1
        term[open_] *= capped[open_] / counts[open_]
        reached[open_] += term[open_]
        open_ &= (uniform > reached) & (term > 0)
    return counts


def _curve(losses: "Floats", appetite: Appetite | None) -> Curve:
    import numpy as np

    ordered = np.sort(losses)
    runs = len(ordered)
    mean, spread = float(ordered.mean()), float(ordered.std(ddof=1))
    wide = 1.959963984540054 * spread / math.sqrt(runs)
    top, bottom = float(ordered[-1]), float(ordered[ordered > 0][0]) if ordered[-1] > 0 else 0.0
    grid = np.geomspace(bottom, top, 60) if top > bottom > 0 else np.array([])
    over = [(float(x), _share_over(ordered, float(x))) for x in grid]
    return Curve(
        runs=runs,
        mean=round(mean, 2),
        low=round(max(mean - wide, 0.0), 2),
        high=round(mean + wide, 2),
        median=round(float(np.quantile(ordered, 0.5)), 2),
        p95=round(float(np.quantile(ordered, 0.95)), 2),
        any_loss=float((ordered > 0).mean()),
        table=tuple((p, round(float(np.quantile(ordered, 1 - p)), 2)) for p in EXCEEDED),
        points=tuple((round(x, 2), p) for x, p in over),
        against=_against(ordered, appetite) if appetite else (),
    )


def _share_over(ordered: "Floats", amount: float) -> float:
    import numpy as np

    return 1 - int(np.searchsorted(ordered, amount, side="right")) / len(ordered)


def _against(ordered: "Floats", appetite: Appetite) -> tuple[tuple[float, float, float, str], ...]:
    """Return for each point its amount, the probability allowed, the one found, and what its interval lets one say."""
    found = []
    for amount, allowed in appetite.points:
        share = _share_over(ordered, amount)
        low, high = wilson(share, len(ordered))
        said = Verdict.WITHIN if high <= allowed else Verdict.OVER if low > allowed else Verdict.UNCLEAR
        found.append((amount, allowed, share, str(said)))
    return tuple(found)


def wilson(share: float, runs: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    middle = (share + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs)) / (1 + z * z / runs)
    return max(0.0, middle - half), min(1.0, middle + half)


def read_appetite(stored: Mapping[str, Any] | None) -> Appetite | None:
    """Read an appetite from stored values; None where the organisation named none."""
    if not stored:
        return None
    points: Sequence[Sequence[float]] = stored["points"]
    return Appetite(currency=str(stored["currency"]), points=tuple((float(a), float(p)) for a, p in points))


def stored_appetite(said: Appetite | None) -> dict[str, object] | None:
    """Return an appetite as it is stored."""
    return None if said is None else {"currency": said.currency, "points": [list(point) for point in said.points]}
