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
    interval is the value itself.

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
    value = _value(statistic, tally)
    low, high = described.get("min", float("-inf")), described.get("max", float("inf"))
    note = f"described {low:g} to {high:g}"
    return Limit(f"{statistic}: {column}", value, tally.rows, value is None or not low <= value <= high, note)


def _value(statistic: str, tally: MomentsTally | NullTally) -> float | None:
    if isinstance(tally, NullTally):
        return (tally.missing + tally.not_a_number) / tally.rows if tally.rows else None
    n = tally.rows - tally.missing - tally.infinite
    if n == 0:
        return None
    mean = tally.total / n
    spread = sqrt(max(tally.squares / n - mean * mean, 0.0))
    return {"mean": mean, "deviation": spread, "smallest": tally.minimum, "largest": tally.maximum}[statistic]
