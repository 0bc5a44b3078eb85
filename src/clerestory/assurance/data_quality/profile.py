"""Statistics of columns against how the data were described."""

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import cast

from clerestory.assurance.data_quality import limits
from clerestory.assurance.data_quality.limits import Limit
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Moments, MomentsTally, NullCounts, NullTally, Request, Tallies, Tally

NAME = "data_quality.profile"
_STATISTICS = {
    "missing_share": "Share of missing values",
    "mean": "Mean",
    "deviation": "Standard deviation",
    "smallest": "Smallest value",
    "largest": "Largest value",
}
_CANCELLED = 1e-11
"""A variance is known up to this part of the mean square: the rest is the rounding of the sums."""
_PARAMETERS = tuple(
    Parameter(
        name=name,
        kind="table of range",
        names_slice=True,
        meaning=f"{what} per column, as described: such as age = [30, 45].",
    )
    for name, what in _STATISTICS.items()
)


def _asks(parameters: Parameters) -> Iterator[tuple[str, str, Request]]:
    for statistic in _STATISTICS:
        for column in parameters.table(statistic):
            yield statistic, column, NullCounts(column) if statistic == "missing_share" else Moments(column)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    asked = tuple(dict.fromkeys(request for _, _, request in _asks(parameters)))
    if not asked:
        raise ParameterRefused(f"{NAME} describes no statistic.", f"Give at least one of: {', '.join(_STATISTICS)}.")
    return asked


def _limits(parameters: Parameters) -> int:
    return max(len(tuple(_asks(parameters))), 1)


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, highest=_limits)
def profile(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the described statistics that the data do not have; ``<= 0`` asks that all agree.

    missing_share: null and NaN over rows. mean, deviation (with n in the denominator), smallest, largest: of the finite
    values; none of them agrees when there is no finite value. Unit: number of statistics. All rows are counted, so the
    interval is the value itself, but for a deviation that is lost in the rounding of sums far from 0: it may agree or
    not, and counts at the upper end alone.

    Raises:
        ParameterRefused: no statistic is described.
        TallyMissing: through `Check.measure`, when a count is missing.
    """
    found = tuple(
        _limit(statistic, column, tallies[request], cast("Mapping[str, float]", parameters.table(statistic)[column]))
        for statistic, column, request in _asks(parameters)
    )
    rows = max((limit.n for limit in found), default=0)
    return limits.measured(NAME, "counts of all rows", found, rows, {})


def _limit(statistic: str, column: str, tally: Tally, described: Mapping[str, float]) -> Limit:
    if not isinstance(tally, MomentsTally | NullTally):
        raise TypeError(f"a {type(tally).__name__} answers a request of {statistic}")
    value, slack = _value(statistic, tally)
    low, high = described.get("min", float("-inf")), described.get("max", float("inf"))
    note = f"described {low:g} to {high:g}"
    if value is None:
        return Limit(f"{statistic}: {column}", None, tally.rows, True, note)
    ends = [low <= end <= high for end in (*slack, value)]
    if slack[0] < low <= high < slack[1] or any(ends) != all(ends):
        return Limit(f"{statistic}: {column}", None, tally.rows, False, f"{note}, lost in rounding", unknown=True)
    return Limit(f"{statistic}: {column}", value, tally.rows, not all(ends), note)


def _value(statistic: str, tally: MomentsTally | NullTally) -> tuple[float | None, tuple[float, float]]:
    """Return a statistic and the range that it surely lies in."""
    if isinstance(tally, NullTally):
        share = (tally.missing + tally.not_a_number) / tally.rows if tally.rows else None
        return share, (share or 0.0, share or 0.0)
    n = tally.rows - tally.missing - tally.infinite
    if n == 0 or tally.minimum is None or tally.maximum is None:
        return None, (0.0, 0.0)
    if statistic == "deviation":
        return _deviation(tally, n)
    value = {"mean": tally.total / n, "smallest": tally.minimum, "largest": tally.maximum}[statistic]
    return value, (value, value)


def _deviation(tally: MomentsTally, n: int) -> tuple[float, tuple[float, float]]:
    """Return the deviation and its range: at most half of what lies between the extremes (Popoviciu 1935).

    Far from 0 the difference of two large sums is mostly rounding; the range says how much of it.
    """
    half = (cast("float", tally.maximum) - cast("float", tally.minimum)) / 2
    mean, square = tally.total / n, tally.squares / n
    variance = square - mean * mean
    low, value, high = (min(sqrt(max(variance + part * _CANCELLED * square, 0.0)), half) for part in (-1.0, 0.0, 1.0))
    return value, (low, high)
