"""A written contract on data: completeness, validity, consistency, uniqueness and timeliness against limits."""

from collections.abc import Iterator, Mapping
from typing import cast

from clerestory.assurance.data_quality import consistency, limits
from clerestory.assurance.data_quality.limits import Limit
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import (
    CategoryCounts,
    CategoryTally,
    DistinctRows,
    DuplicateCounts,
    DuplicateTally,
    Freshness,
    FreshnessTally,
    NullCounts,
    NullTally,
    RangeCounts,
    RangeTally,
    Request,
    RuleCounts,
    RuleTally,
    Tallies,
)
from clerestory.terms.moment import moment_text, read_duration, read_moment

NAME = "data_quality.contract"
_RULES = ("missing", "range", "categories", "unique", "freshness", "consistent", "distinct_rows")
_PARAMETERS = (
    Parameter(
        name="missing",
        kind="table of share",
        names_slice=True,
        meaning="Per column the largest share of missing values, such as income = 0.01.",
    ),
    Parameter(
        name="range",
        kind="table of range",
        names_slice=True,
        meaning="Per numeric column the allowed range, such as age = [18, 120] or amount = { min = 0 }.",
    ),
    Parameter(
        name="categories",
        kind="table of texts",
        names_slice=True,
        meaning='Per column the allowed values, such as sex = ["female", "male"].',
    ),
    Parameter(
        name="unique",
        kind="columns",
        names_slice=True,
        meaning="Columns that together identify a row; no two rows may share them.",
    ),
    Parameter(
        name="freshness",
        kind="table of duration",
        names_slice=True,
        meaning='Per date or time column the largest age of the newest row, such as decided_at = "P30D".',
    ),
    Parameter(
        name="consistent",
        kind="texts",
        names_slice=True,
        meaning='Rules between columns, such as "closed_at >= opened_at", "paid + due == total" or '
        "\"reason present when status == 'denied'\".",
    ),
    Parameter(
        name="distinct_rows",
        kind="columns",
        all_of="any",
        names_slice=True,
        meaning='Columns in which no two rows may be all equal; "all" columns but keys and time.',
    ),
    Parameter(
        name="max_invalid_share",
        kind="share",
        default=0.0,
        meaning="Share of values outside range or categories that each column may have.",
    ),
    Parameter(
        name="as_of",
        kind="moment",
        from_data="as_of",
        meaning="Moment that ages are counted at: the run; a push with another one is refused.",
    ),
)
Ask = tuple[str, str, Request]
"""Rule, column and what is counted for it."""


def _asks(parameters: Parameters) -> Iterator[Ask]:
    for column in parameters.table("missing"):
        yield "missing", column, NullCounts(column)
    for column, ends in parameters.table("range").items():
        both = cast("Mapping[str, float]", ends)
        yield "range", column, RangeCounts(column, both.get("min"), both.get("max"))
    for column, allowed in parameters.table("categories").items():
        yield "categories", column, CategoryCounts(column, tuple(sorted(cast("tuple[str, ...]", allowed))))
    if "unique" in parameters:
        key = parameters.texts("unique")
        yield "unique", ", ".join(key), DuplicateCounts(key)
    for column, duration in parameters.table("freshness").items():
        if "as_of" not in parameters:
            raise ParameterRefused(f"{NAME}: as_of is missing.", "Give the moment that ages are counted at.")
        now = read_moment(parameters.text("as_of"))
        oldest = moment_text(now - read_duration(str(duration)))
        yield "freshness", column, Freshness(column, moment_text(now), oldest)
    for text in parameters.texts("consistent"):
        yield "consistent", consistency.read(text).text, RuleCounts(text)
    if "distinct_rows" in parameters:
        columns = parameters.texts("distinct_rows")
        yield "distinct rows", ", ".join(columns), DistinctRows(columns)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    asked = tuple(dict.fromkeys(request for _, _, request in _asks(parameters)))
    if not asked:
        raise ParameterRefused(f"{NAME} declares no limit.", f"Give at least one of: {', '.join(_RULES)}.")
    return asked


def _limits(parameters: Parameters) -> int:
    return max(len(tuple(_asks(parameters))), 1)


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, highest=_limits)
def contract(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the limits of the contract that the data break; ``<= 0`` asks that it keeps all.

    missing: share of null and NaN. range, categories: share of the values there that lie outside (an infinite number is
    outside). unique: rows beyond the first of each key, and rows whose key has a missing part; none is allowed.
    freshness: age of the newest row in days; a row from the future breaks it, and so does a column without any moment.
    consistent: share of the rows that break a rule between columns, of those where no value that it compares is missing
    and its condition holds; numbers are equal within 1e-9 of their size. distinct_rows: rows equal to an earlier one in
    all named columns, a gap being equal to a gap; none is allowed. Unit: number of limits. All rows are counted, so the
    interval is the value itself. Dimensions follow ISO/IEC 25012.

    Raises:
        ParameterRefused: the contract declares no limit, or a rule between columns cannot be read.
        TallyMissing: through `Check.measure`, when a count is missing.
    """
    allowed = parameters.number("max_invalid_share")
    shares = parameters.table("missing")
    found = tuple(
        _limit(
            rule,
            column,
            tallies[request],
            cast(float, shares.get(column, 0.0)) if rule == "missing" else allowed,
            parameters,
        )
        for rule, column, request in _asks(parameters)
    )
    rows = max((_rows(tallies[request]) for _, _, request in _asks(parameters)), default=0)
    return limits.measured(NAME, "counts of all rows", found, rows, {})


def _limit(rule: str, column: str, tally: object, allowed: float, parameters: Parameters) -> Limit:
    name = f"{rule}: {column}"
    if isinstance(tally, NullTally):
        return _share(name, tally.missing + tally.not_a_number, tally.rows, allowed)
    if isinstance(tally, RangeTally):
        return _share(name, tally.below + tally.above + tally.infinite, tally.rows - tally.missing, allowed)
    if isinstance(tally, CategoryTally):
        return _share(name, tally.other, sum(tally.counts) + tally.other, allowed)
    if isinstance(tally, RuleTally):
        return _share(name, tally.broken, tally.judged, allowed)
    if isinstance(tally, DuplicateTally):
        return _share(name, tally.rows - tally.distinct, tally.rows, 0.0)
    if isinstance(tally, FreshnessTally):
        return _fresh(name, column, tally, parameters)
    raise TypeError(f"a {type(tally).__name__} answers a request of {rule}")


def _share(name: str, wrong: int, rows: int, allowed: float) -> Limit:
    share = wrong / rows if rows else 0.0
    return Limit(name, share, rows, share > allowed, f"{wrong} of {rows}, allowed share {allowed:g}")


def _fresh(name: str, column: str, tally: FreshnessTally, parameters: Parameters) -> Limit:
    rows = tally.rows - tally.missing
    if tally.latest is None:
        return Limit(name, None, rows, True, "no moment in the column")
    age = (read_moment(parameters.text("as_of")) - read_moment(tally.latest)).total_seconds() / 86400
    duration = read_duration(str(parameters.table("freshness")[column])).total_seconds() / 86400
    note = f"newest row {age:.2f} days old, allowed {duration:g}"
    if tally.future:
        note = f"{tally.future} rows from the future; {note}"
    return Limit(name, age, rows, age > duration or tally.future > 0, note)


def _rows(tally: object) -> int:
    if isinstance(tally, CategoryTally):
        return sum(tally.counts) + tally.other + tally.missing
    return cast(int, getattr(tally, "rows", 0))
