"""Counts that are one row of aggregates per table: missing values, ranges, moments, freshness; in one pass."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import narwhals as nw

from clerestory.assurance.data_quality.consistency import read
from clerestory.assurance.tally import (
    Freshness,
    FreshnessTally,
    Moments,
    MomentsTally,
    NullCounts,
    NullTally,
    RangeCounts,
    RangeTally,
    Request,
    RuleCounts,
    RuleTally,
    SchemaColumns,
    SchemaTally,
    Tally,
)
from clerestory.store.engine.kind import DATE, MOMENT, NUMERIC, Columns, ColumnUnfit
from clerestory.store.engine.protocol import Frame, Lazy, Step
from clerestory.store.engine.row.rule import conditions
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import moment_text, read_moment

Row = Mapping[str, object]
"""The aggregates of one table by the name that they were given."""
ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Named aggregates that a request needs, and how their values become its tally."""

    expressions: Mapping[str, nw.Expr]
    read: Callable[[Row], Tally]


def aggregate(request: Request, columns: Columns) -> Aggregate:
    """Return what to aggregate for a request.

    Raises:
        ColumnUnfit: the column is missing or of a kind that cannot be counted so.
    """
    match request:
        case NullCounts():
            return _nulls(request, columns)
        case RangeCounts():
            return _range(request, columns)
        case Moments():
            return _moments(request, columns)
        case Freshness():
            return _freshness(request, columns)
        case RuleCounts():
            return _rule(request, columns)
        case SchemaColumns():
            kinds = tuple(columns.kinds.items())
            return Aggregate({}, lambda row: SchemaTally(kinds, whole(row[ROWS])))
    raise TypeError(f"{type(request).__name__} is no row of aggregates")


def count_aggregates(requests: Sequence[Request], columns: Columns, frame: Lazy) -> Step:
    """Answer one-row counts of any columns in one pass."""
    readers, answers = _readers(requests, columns)
    (table,) = yield [frame.select(*_expressions(readers))]
    return answers | _read(readers, table)


def answer(requests: Sequence[Request], columns: Columns, table: Frame) -> dict[Request, Tally | ClerestoryError]:
    """Answer one-row counts of a table that is in memory."""
    if not requests:
        return {}
    readers, answers = _readers(requests, columns)
    return answers | _read(readers, table.select(*_expressions(readers)))


def _readers(
    requests: Sequence[Request], columns: Columns
) -> tuple[dict[Request, Aggregate], dict[Request, Tally | ClerestoryError]]:
    readers: dict[Request, Aggregate] = {}
    refused: dict[Request, Tally | ClerestoryError] = {}
    for request in requests:
        try:
            readers[request] = aggregate(request, columns)
        except ClerestoryError as error:
            refused[request] = error
    return readers, refused


def _expressions(readers: Mapping[Request, Aggregate]) -> list[nw.Expr]:
    named: dict[str, nw.Expr] = {ROWS: nw.len()}
    for reader in readers.values():
        named.update(reader.expressions)
    return [expression.alias(name) for name, expression in named.items()]


def _read(readers: Mapping[Request, Aggregate], table: Frame) -> dict[Request, Tally | ClerestoryError]:
    (row,) = table.iter_rows(named=True)
    answers: dict[Request, Tally | ClerestoryError] = {}
    for request, reader in readers.items():
        try:
            answers[request] = reader.read(row)
        except ClerestoryError as error:
            answers[request] = error
    return answers


def whole(value: object) -> int:
    """Return a count; a sum over no rows is null on some engines and 0 here."""
    return int(value) if value is not None else 0  # type: ignore[call-overload]


def _count(condition: nw.Expr) -> nw.Expr:
    return condition.cast(nw.Int64).sum()


def _nulls(request: NullCounts, columns: Columns) -> Aggregate:
    column = request.column
    columns.require(column)
    names = {f"null:{column}": _count(nw.col(column).is_null())}
    if columns.is_float(column):
        names |= {
            f"nan:{column}": _count(nw.col(column).is_nan().fill_null(False)),
            f"infinite:{column}": _count(columns.infinite(column)),
        }

    def read(row: Row) -> NullTally:
        return NullTally(
            rows=whole(row[ROWS]),
            missing=whole(row[f"null:{column}"]),
            not_a_number=whole(row.get(f"nan:{column}")),
            infinite=whole(row.get(f"infinite:{column}")),
        )

    return Aggregate(names, read)


def _range(request: RangeCounts, columns: Columns) -> Aggregate:
    column = request.column
    columns.require(column, *NUMERIC)
    number = columns.number(column)
    names = _missing_and_infinite(column, columns)
    below, above = f"below:{column}:{request.minimum!r}", f"above:{column}:{request.maximum!r}"
    if request.minimum is not None:
        names[below] = _count((number < request.minimum).fill_null(False))
    if request.maximum is not None:
        names[above] = _count((number > request.maximum).fill_null(False))

    def read(row: Row) -> RangeTally:
        return RangeTally(
            rows=whole(row[ROWS]),
            missing=whole(row[f"missing:{column}"]),
            infinite=whole(row.get(f"infinite:{column}")),
            below=whole(row.get(below)),
            above=whole(row.get(above)),
        )

    return Aggregate(names, read)


def _rule(request: RuleCounts, columns: Columns) -> Aggregate:
    judged, broken = conditions(read(request.rule), columns)
    names = {f"judged:{request.rule}": _count(judged), f"broken:{request.rule}": _count(broken)}

    def tally(row: Row) -> RuleTally:
        found = (whole(row[name]) for name in names)
        return RuleTally(rows=whole(row[ROWS]), judged=next(found), broken=next(found))

    return Aggregate(names, tally)


def _moments(request: Moments, columns: Columns) -> Aggregate:
    column = request.column
    columns.require(column, *NUMERIC)
    number = columns.number(column)
    names = _missing_and_infinite(column, columns)
    names |= {
        f"sum:{column}": number.sum(),
        f"squares:{column}": (number * number).sum(),
        f"min:{column}": number.min(),
        f"max:{column}": number.max(),
    }

    def read(row: Row) -> MomentsTally:
        low, high = row[f"min:{column}"], row[f"max:{column}"]
        found = moments_tally(
            column,
            rows=whole(row[ROWS]),
            missing=whole(row[f"missing:{column}"]),
            infinite=whole(row.get(f"infinite:{column}")),
            sums=(_number(row[f"sum:{column}"]), _number(row[f"squares:{column}"])),
            ends=None if low is None or high is None else (_number(low), _number(high)),
        )
        if isinstance(found, ClerestoryError):
            raise found
        return found

    return Aggregate(names, read)


def moments_tally(
    column: str, *, rows: int, missing: int, infinite: int, sums: tuple[float, float], ends: tuple[float, float] | None
) -> MomentsTally | ColumnUnfit:
    """Return the tally, or why there is none: sums that a 64-bit number cannot hold."""
    if not all(map(math.isfinite, sums)):
        return ColumnUnfit(f"The numbers of column {column!r} are too large to add up.", "Give them in a larger unit.")
    low, high = ends or (None, None)
    return MomentsTally(
        rows=rows, missing=missing, infinite=infinite, total=sums[0], squares=sums[1], minimum=low, maximum=high
    )


def _freshness(request: Freshness, columns: Columns) -> Aggregate:
    column = request.column
    columns.require(column, DATE, MOMENT)
    seconds = columns.number(column)
    as_of = read_moment(request.as_of)
    names = {
        f"null:{column}": _count(nw.col(column).is_null()),
        f"earliest:{column}": nw.col(column).min(),
        f"latest:{column}": nw.col(column).max(),
        f"future:{column}:{request.as_of}": _count((seconds > as_of.timestamp()).fill_null(False)),
    }
    old = f"old:{column}:{request.not_before}"
    if request.not_before is not None:
        names[old] = _count((seconds < read_moment(request.not_before).timestamp()).fill_null(False))

    def read(row: Row) -> FreshnessTally:
        return FreshnessTally(
            rows=whole(row[ROWS]),
            missing=whole(row[f"null:{column}"]),
            future=whole(row[f"future:{column}:{request.as_of}"]),
            old=whole(row.get(old)),
            earliest=_moment(row[f"earliest:{column}"]),
            latest=_moment(row[f"latest:{column}"]),
        )

    return Aggregate(names, read)


def _missing_and_infinite(column: str, columns: Columns) -> dict[str, nw.Expr]:
    names = {f"missing:{column}": _count(columns.missing(column))}
    if columns.is_float(column):
        names[f"infinite:{column}"] = _count(columns.infinite(column))
    return names


def _number(value: object) -> float:
    return float(value) if value is not None else 0.0  # type: ignore[arg-type]


def _moment(value: object) -> str | None:
    if isinstance(value, datetime):
        return moment_text(value if value.tzinfo else value.replace(tzinfo=UTC))
    return moment_text(datetime.combine(value, time(), UTC)) if isinstance(value, date) else None
