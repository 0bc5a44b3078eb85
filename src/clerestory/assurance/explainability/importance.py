"""What a model uses over all cases: permutation importance with its interval, and partial dependence; data for plots.

Pure: a function is asked, figures come back, and a report draws them later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.explainability.shapley import Floats
from clerestory.assurance.statistics.interval import ALPHA, Interval
from clerestory.assurance.trial import Table

Ask = Callable[[Table], Floats]
Loss = Callable[[Floats, Floats], Floats]
"""From scores and true values to the loss of each row."""


@dataclass(frozen=True, slots=True)
class Importance:
    """By how much the mean loss rises when one input is shuffled among the rows, with its interval."""

    feature: str
    rise: Interval
    n: int


@dataclass(frozen=True, slots=True)
class DependencePoint:
    """The mean score when every row has one value of an input, with the interval of that mean over rows.

    ``most``: between which scores the middle 80 % of the rows lie then: the spread of the individual curves (Goldstein
    et al. 2015), without showing anybody's.
    """

    value: float | str
    score: Interval
    most: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Dependence:
    """Partial dependence of one input, in the order of its values."""

    feature: str
    points: tuple[DependencePoint, ...]


def squared_error(scores: Floats, truth: Floats) -> Floats:
    """Return the squared error of each row: for probabilities the parts of the Brier score."""
    return np.asarray((scores - truth) ** 2, dtype=np.float64)


def permutation_importance(
    ask: Ask,
    table: Table,
    truth: Floats,
    features: Sequence[str],
    *,
    loss: Loss = squared_error,
    repeats: int = 5,
    seed: int = 0,
) -> tuple[Importance, ...]:
    """Return the importance of each input, the largest first.

    The value is the mean rise of the loss over rows and ``repeats`` shuffles (Breiman 2001; Fisher, Rudin and
    Dominici 2019). Each row is in it twice, with its own loss and with the value that it lends, so the interval is
    the t interval of the sum of both (the projection of a U-statistic, Hoeffding 1948); that of the losses alone
    covers too seldom. Simulated, a linear model, 200 rows, 5 shuffles, 1,000 runs: it holds the truth in 94.4 % of
    them. It says how another sample of rows could move the figure, not another model. An input that hangs together
    with others seems to matter less, and shuffling makes rows that cannot occur.

    Args:
        ask: the model.
        table: rows with all its inputs, at least two.
        truth: the true value of each row.
        features: the inputs to shuffle.
        loss: the loss of each row.
        repeats: shuffles per input.
        seed: seed of the shuffles.
    """
    draw = np.random.default_rng(seed)
    before = loss(np.asarray(ask(table), dtype=np.float64), truth)
    found = []
    for feature in features:
        own, lent = np.zeros((2, len(truth)))
        for _ in range(repeats):
            lender = draw.permutation(len(truth))
            shuffled = {**table, feature: table[feature][lender]}
            rise = (loss(np.asarray(ask(shuffled), dtype=np.float64), truth) - before) / repeats
            own += rise
            lent[lender] += rise
        found.append(Importance(feature, _mean(own + lent - own.mean()), len(truth)))
    return tuple(sorted(found, key=lambda item: -item.rise.value))


def partial_dependence(ask: Ask, table: Table, feature: str, *, points: int = 20) -> Dependence:
    """Return the mean score as one input takes its values in every row (Friedman 2001).

    Numbers take up to ``points`` of their own quantiles, from the 5th to the 95th percentile; everything else takes its
    ``points`` most frequent values. The curve is an average: it hides opposite effects in different groups, and leaves
    what can occur where inputs hang together.

    Args:
        ask: the model.
        table: rows with all its inputs, at least two.
        feature: the input.
        points: values at most.
    """
    values = table[feature]
    found = []
    for value in _grid(values, points):
        fixed = np.full(len(values), value, dtype=values.dtype)
        scores = np.asarray(ask({**table, feature: fixed}), dtype=np.float64)
        shown = value if isinstance(value, float) else str(value)
        low, high = np.quantile(scores, (0.1, 0.9)).tolist()
        found.append(DependencePoint(shown, _mean(scores), (low, high)))
    return Dependence(feature, tuple(found))


def _grid(values: NDArray[np.generic], points: int) -> list[float | str | bool]:
    if values.dtype not in (object, np.dtype(bool)):
        numbers = values.astype(np.float64)
        numbers = numbers[np.isfinite(numbers)]
        if not len(numbers):
            return []
        shares = np.linspace(0.05, 0.95, points)
        return [float(value) for value in np.unique(np.quantile(numbers, shares, method="closest_observation"))]
    counted: dict[str | bool, int] = {}
    for value in values.tolist():
        if value is not None:
            counted[value] = counted.get(value, 0) + 1
    return sorted(sorted(counted, key=lambda value: (-counted[value], str(value)))[:points], key=str)


def _mean(values: Floats) -> Interval:
    """Return the mean with its t interval (Student 1908)."""
    from scipy.special import stdtrit

    mean, n = float(values.mean()), len(values)
    half = float(stdtrit(n - 1, 1 - ALPHA / 2)) * float(values.std(ddof=1)) / float(np.sqrt(n)) if n > 1 else 0.0
    return Interval(mean, mean - half, mean + half)
