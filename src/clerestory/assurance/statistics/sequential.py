"""Evidence against "nothing changed" that may be looked at every day: an e-process for categories of unknown shares.

Read with Bonferroni over the columns that are watched (`threshold`), it alarms on all of them and all days together
with at most the chance that was allowed, whenever and however often somebody looks.

Why. Let the null be that the reference and every later row come from one categorical distribution p, whichever. Let q
be any rule that gives the next row a distribution from the rows before it; here the Dirichlet-multinomial with a half
per category (Krichevsky and Trofimov 1981), once over the reference and once, afresh, over what came since. For each
p, M_t(p) = prod q(x_i) / p(x_i) is a nonnegative martingale with mean 1 when the rows come from p. E_t = prod q(x_i)
/ sup_p prod p(x_i) is at most M_t(p) for every p. So by the inequality of Ville (1939) P(sup_t E_t >= 1 / alpha) <=
alpha under every p of the null: universal inference (Wasserman, Ramdas and Balakrishnan 2020). Counts by day suffice,
for neither product depends on the order of rows.
"""

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.statistics.interval import ALPHA

Counts = NDArray[np.int64]


def log_evidence(reference: Sequence[int] | Counts, days: Sequence[Sequence[int]] | Counts) -> NDArray[np.float64]:
    """Return log E_t after each day.

    Args:
        reference: rows per category, shape (k,).
        days: rows per day and category, shape (days, k); a category that the reference lacks is one of the k, with 0.
    """
    old = np.asarray(reference, dtype=np.float64)
    seen = np.cumsum(np.asarray(days, dtype=np.float64), axis=0)
    return _mixture(old[None, :]) + _mixture(seen) - _largest(old[None, :] + seen)


def threshold(columns: int, alpha: float = ALPHA) -> float:
    """Return the log evidence from which on one of so many columns alarms (Bonferroni)."""
    return log(max(columns, 1) / alpha)


def first_alarm(evidence: NDArray[np.float64], columns: int, alpha: float = ALPHA) -> int | None:
    """Return the first day, from 0, on which the evidence reaches the threshold; None where it never does."""
    reached = np.flatnonzero(evidence >= threshold(columns, alpha))
    return int(reached[0]) if len(reached) else None


def _mixture(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log probability of rows with these counts under the mixture with a half per category."""
    from scipy.special import gammaln

    k = counts.shape[1]
    n = counts.sum(axis=1)
    given: NDArray[np.float64] = (
        gammaln(k / 2) - gammaln(n + k / 2) + (gammaln(counts + 0.5) - gammaln(0.5)).sum(axis=1)
    )
    return given


def _largest(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest log probability that any shares give to rows with these counts."""
    from scipy.special import xlogy

    n = counts.sum(axis=1)
    given: NDArray[np.float64] = xlogy(counts, counts).sum(axis=1) - xlogy(n, n)
    return given
