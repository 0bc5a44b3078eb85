"""Bins of one column in both tables: categories as they are, numbers by the reference's quantiles, rare ones merged."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clerestory.assurance.drift.columns import TOO_MANY, Compared
from clerestory.assurance.statistics.divergence import Shift
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.tally import Spread, Tally, TwoCategoryTally, TwoSampleTally

ROWS_PER_BIN = 5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bins:
    """Rows per bin in reference and current; those now in categories that the reference lacks; why there are none."""

    reference: Floats
    current: Floats
    unseen: str = ""
    obstacle: str = ""


def bins_of(tally: Tally) -> Bins:
    """Return quantile bins of numbers and categories of everything else; missing and infinite values are bins too."""
    if isinstance(tally, TwoSampleTally):
        return Bins(binned(tally.reference), binned(tally.current))
    if isinstance(tally, TwoCategoryTally):
        return _categories(tally)
    raise TypeError(f"a {type(tally).__name__} answers a request for two samples")


def categories_of(tally: Tally) -> Bins:
    """Return categories; numbers are some where the reference has few enough of them, others now are one category."""
    if isinstance(tally, TwoCategoryTally):
        return _categories(tally)
    if not isinstance(tally, TwoSampleTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for two samples")
    parts = [
        np.array([*spread.at, sum(spread.between), spread.missing, spread.infinite], dtype=np.float64)
        for spread in (tally.reference, tally.current)
    ]
    obstacle = "" if tally.exact else f"more than {len(tally.points)} different numbers"
    return Bins(parts[0], parts[1], _unseen(sum(tally.current.between), 0), obstacle)


def compare(
    column: str,
    bins: Bins,
    divergence: Callable[..., Shift],
    *,
    alpha: float,
    scale: Callable[[float], float],
    called: str,
) -> Compared:
    """Return the distance of a column by a divergence of its bins.

    Args:
        column: its name.
        bins: its bins.
        divergence: one of `statistics.divergence`.
        alpha: one minus the confidence of this column.
        scale: from the divergence to what is reported, rising.
        called: what a bin is called in the notes.
    """
    rows = int(bins.current.sum())
    if bins.obstacle:
        return Compared(column, None, rows, bins.obstacle)
    filled = int(np.count_nonzero(bins.reference + bins.current))
    reference, current = merged(bins.reference, bins.current)
    if min(reference.sum(), current.sum()) < ROWS_PER_BIN or len(reference) < min(filled, 2):
        return Compared(column, None, rows, f"fewer than {ROWS_PER_BIN} rows expected per {called[:-1]}")
    shift = divergence(reference, current, alpha=alpha)
    found = Interval(*(scale(end) for end in (shift.found.value, shift.found.low, shift.found.high)))
    fewer = f" of {filled}, those with fewer than {ROWS_PER_BIN} rows expected merged" if len(current) < filled else ""
    chance = f"chance alone {scale(shift.chance):.4f}; p {shift.p_value:.3g}"
    return Compared(column, found, rows, f"{len(current)} {called}{fewer}; {bins.unseen}{chance}")


def merged(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Return the bins that hold a row; those of which too few are expected become one, and that joins the next rarest.

    Expected: the bin's share of both tables together, times the rows of the smaller table.
    """
    filled = (reference + current) > 0
    reference, current = reference[filled], current[filled]
    both = reference + current
    expected = both / max(both.sum(), 1.0) * min(reference.sum(), current.sum())
    rare = expected < ROWS_PER_BIN
    if expected[rare].sum() < ROWS_PER_BIN and not rare.all() and rare.any():
        rare[np.where(rare, np.inf, expected).argmin()] = True
    if not rare.any():
        return reference, current
    parts = [np.append(counts[~rare], counts[rare].sum()) for counts in (reference, current)]
    return parts[0], parts[1]


def binned(spread: Spread) -> Floats:
    """Return the rows per bin closed above, then missing and infinite ones."""
    closed = [within + at for within, at in zip(spread.between, (*spread.at, 0), strict=True)]
    return np.array([*closed, spread.missing, spread.infinite], dtype=np.float64)


def _categories(tally: TwoCategoryTally) -> Bins:
    reference = np.array([*tally.reference, tally.reference_missing], dtype=np.float64)
    current = np.array([*tally.current, tally.current_missing], dtype=np.float64)
    if tally.reference_other or tally.current_other:
        return Bins(reference, np.append(current, tally.current_other), obstacle=TOO_MANY)
    new = [now for now, before in zip(tally.current, tally.reference, strict=True) if now and not before]
    return Bins(reference, current, _unseen(sum(new), len(new)))


def _unseen(rows: int, categories: int) -> str:
    if not rows:
        return ""
    return f"{rows} rows in {categories or 'some'} categories that the reference lacks; "
