"""The sample against the population it stands for."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.distance import total_variation
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import ALPHA, Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import CategoryCounts, CategoryTally, Request, Tallies

NAME = "data_quality.representativeness"
MINIMUM_ROWS = 30
_POPULATION = Parameter(
    name="population",
    kind="table of table of share",
    required=True,
    names_slice=True,
    meaning="Per column the shares of the population, such as sex = { female = 0.5, male = 0.5 }; they add up to 1.",
)
_SOURCE = Parameter(
    name="population_source",
    kind="text",
    required=True,
    meaning="Where the shares of the population come from: a census, a register, a business plan.",
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    for column, stated in _stated(parameters).items():
        if abs(sum(stated.values()) - 1) > 1e-6:
            raise ParameterRefused(
                f"{NAME}: the shares of {column} add up to {sum(stated.values()):g}.", "Make them add up to 1."
            )
    return tuple(_request(column, stated) for column, stated in _stated(parameters).items())


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=(_POPULATION, _SOURCE, groups.UNJUDGED))
def representativeness(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how far the shares of the sample lie from those of the stated population; the farthest column counts.

    Formula: total variation distance, half the sum over categories of |share in sample - share in population|; values
    that the population does not name are a category with share 0. Unit: share of rows that would have to be others,
    0 to 1. Interval: for every sample size (Hoeffding 1963, McDiarmid 1989, see `total_variation`), each column at
    1 - 0.05 / columns. The p-value of Pearson's chi-square in the details says whether sampling alone explains the
    distance, not how large it is. Rows without value count as left unjudged.

    Raises:
        ParameterRefused: shares do not add up to 1.
        TallyMissing: through `Check.measure`, when the counts of a column are missing.
    """
    stated = _stated(parameters)
    alpha = ALPHA / max(len(stated), 1)
    parts: list[Interval] = []
    shown: list[GroupResult] = []
    details = {"population source": parameters.text("population_source")}
    unjudged, rows = 0.0, 0
    for column, shares in stated.items():
        tally = tallies[_request(column, shares)]
        if not isinstance(tally, CategoryTally):
            raise TypeError(f"a {type(tally).__name__} answers a request for categories")
        n = sum(tally.counts) + tally.other
        rows = max(rows, n)
        unjudged = max(unjudged, tally.missing / (n + tally.missing) if tally.missing else 0.0)
        shown.extend(_shown(column, shares, tally, n))
        if n >= MINIMUM_ROWS:
            counts = np.array([*tally.counts, tally.other], dtype=np.float64)
            expected = np.array([*(shares[name] for name in sorted(shares)), 0.0])
            parts.append(total_variation(counts, expected, alpha=alpha))
            details[f"{column}: chi-square"] = _chi_square(counts, expected)
    overall = worst(parts, better="lower") if parts else None
    return Measurement(
        check=NAME,
        method="total variation distance, Hoeffding and McDiarmid",
        method_version="1",
        value=overall.value if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
        n=rows,
        by_group=tuple(shown),
        share_unassessable=unjudged,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=None if len(parts) == len(stated) > 0 else Reason.INSUFFICIENT_DATA,
        details=details,
    )


def _stated(parameters: Parameters) -> Mapping[str, Mapping[str, float]]:
    return cast("Mapping[str, Mapping[str, float]]", parameters.table("population"))


def _request(column: str, shares: Mapping[str, float]) -> CategoryCounts:
    return CategoryCounts(column, tuple(sorted(shares)))


def _shown(column: str, shares: Mapping[str, float], tally: CategoryTally, n: int) -> list[GroupResult]:
    if not n:
        return []
    z = critical()
    named = zip([*sorted(shares), "(not in the population)"], [*tally.counts, tally.other], strict=True)
    return [
        GroupResult(
            group=f"{column}={name}",
            value=share.value,
            low=share.low,
            high=share.high,
            n=count,
            note=f"population {shares.get(name, 0.0):g}",
        )
        for name, count, share in ((name, count, wilson(count, n, z=z)) for name, count in named)
        if count or name in shares
    ]


def _chi_square(
    counts: np.ndarray[tuple[int], np.dtype[np.float64]], shares: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> str:
    """Statistic, degrees of freedom and p-value; rows where the population has none make it infinite."""
    from scipy.special import chdtrc

    if counts[shares == 0].sum() > 0:
        return "infinite: values that the population does not have"
    expected = shares[shares > 0] * counts.sum()
    statistic = float(((counts[shares > 0] - expected) ** 2 / expected).sum())
    freedom = len(expected) - 1
    p_value = float(chdtrc(freedom, statistic)) if freedom else 1.0
    return f"{statistic:.6g} with {freedom} degrees of freedom, p {p_value:.3g}"
