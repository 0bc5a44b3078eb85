"""Columns compared one by one: each pays its share of the error, the worst counts, none is left out unseen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import ALPHA, Interval
from clerestory.assurance.tally import Request, Tallies, Tally, TwoSample

TOO_MANY = "more than 1,000 categories"
COLUMNS = Parameter(
    name="columns",
    kind="columns",
    default="all",
    all_of="any",
    names_slice=True,
    meaning='Columns to compare, or "all": every column of both tables but the timestamp.',
)
NUMERIC_COLUMNS = Parameter(
    name="columns",
    kind="columns",
    default="all",
    all_of="numeric",
    names_slice=True,
    meaning='Numeric columns to compare, or "all": every numeric column of both tables.',
)
CATEGORY_COLUMNS = Parameter(
    name="columns",
    kind="columns",
    default="all",
    all_of="category",
    names_slice=True,
    meaning='Columns to compare, or "all": every column of text or true and false in both tables.',
)
BINS = Parameter(
    name="bins",
    kind="count",
    default=10,
    names_slice=True,
    meaning="Bins of a numeric column: equal shares of the reference.",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One column: its distance, or why there is none; its rows now; and what else is to be known."""

    column: str
    distance: Interval | None
    n: int
    note: str


def compare(
    check: str,
    method: str,
    asked: Sequence[Request],
    tallies: Tallies,
    one: Callable[[str, Tally, float], Compared],
) -> Measurement:
    """Measure every column that is asked for, each at its share of the error; ``one`` compares a single column."""
    alpha = ALPHA / max(len(asked), 1)
    compared = tuple(
        one(request.column, tallies[request], alpha) for request in asked if isinstance(request, TwoSample)
    )
    return measured(check, method, compared, {"columns": str(len(compared))})


def measured(check: str, method: str, compared: tuple[Compared, ...], details: Mapping[str, str]) -> Measurement:
    """Measure the largest distance. A column that cannot be compared keeps the check from passing."""
    parts = [item.distance for item in compared if item.distance]
    overall = worst(parts, better="lower") if parts else None
    return Measurement(
        check=check,
        method=method,
        method_version="1",
        value=overall.value if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
        n=max((item.n for item in compared), default=0),
        by_group=tuple(_shown(item) for item in compared),
        share_unassessable=1 - len(parts) / len(compared) if compared else 1.0,
        max_unjudged_share=0.0,
        reason=None if overall else Reason.INSUFFICIENT_DATA,
        details=details,
    )


def _shown(item: Compared) -> GroupResult:
    found = item.distance
    return GroupResult(
        group=item.column,
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        n=item.n,
        assessed=found is not None,
        note=item.note,
    )
