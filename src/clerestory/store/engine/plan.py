"""From requests to steps: equal requests once, those that can share a pass together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw

from clerestory.assurance.tally import (
    CategoryCounts,
    ConfidentJoint,
    Confusion,
    DuplicateCounts,
    Freshness,
    GroupCounts,
    Moments,
    NullCounts,
    RangeCounts,
    Request,
    SchemaColumns,
    ScoreHistogram,
    Tally,
    TwoSample,
)
from clerestory.assurance.tally.request import CURRENT, REFERENCE
from clerestory.store.engine import cube, joint, sample, scalar, score
from clerestory.store.engine.kind import Columns, ColumnUnfit
from clerestory.store.engine.step import Step
from clerestory.terms.error import ClerestoryError


@dataclass(frozen=True, slots=True)
class Table:
    """A lazy table with what is known of its columns."""

    columns: Columns
    frame: nw.LazyFrame


@dataclass(frozen=True, slots=True)
class Planned:
    """A step with its requests; ``heavy`` ones hold whole columns and run one after the other."""

    requests: tuple[Request, ...]
    step: Step
    heavy: bool = False


def plan(requests: Sequence[Request], tables: Mapping[str, Table]) -> Iterator[Planned]:
    """Yield the steps that together answer all requests about the tables that are there."""
    aggregates: dict[str, list[Request]] = {}
    shared: dict[tuple[object, ...], list[Request]] = {}
    for request in dict.fromkeys(requests):
        match request:
            case NullCounts() | RangeCounts() | Moments() | Freshness() | SchemaColumns():
                aggregates.setdefault(request.data, []).append(request)
            case Confusion():
                shared.setdefault((Confusion, request.data, request.outcome, request.label), []).append(request)
            case ScoreHistogram():
                shared.setdefault((ScoreHistogram, request.data, request.score, request.label), []).append(request)
            case _:
                yield _alone(request, tables)
    for data, group in aggregates.items():
        yield Planned(tuple(group), _aggregate(group, tables, data))
    for (kind, data, *_), group in shared.items():
        yield Planned(tuple(group), _shared(group, tables, str(data)), heavy=kind is ScoreHistogram)


def _alone(request: Request, tables: Mapping[str, Table]) -> Planned:
    if isinstance(request, TwoSample):
        return Planned((request,), _compare(request, tables), heavy=True)
    return Planned((request,), _single(request, tables), heavy=isinstance(request, ConfidentJoint))


def _table(tables: Mapping[str, Table], data: str) -> Table:
    if data not in tables:
        raise ColumnUnfit(f"There is no {data} data to count in.", f'Name it in the manifest: [data] {data} = "...".')
    return tables[data]


def _single(request: Request, tables: Mapping[str, Table]) -> Step:
    table = _table(tables, getattr(request, "data", CURRENT))
    match request:
        case GroupCounts():
            return (yield from cube.count_groups(request, table.columns, table.frame))
        case CategoryCounts():
            return (yield from cube.count_categories(request, table.columns, table.frame))
        case DuplicateCounts():
            return (yield from cube.count_duplicates(request, table.columns, table.frame))
        case ConfidentJoint():
            return (yield from joint.count_joint(request, table.columns, table.frame))
    raise TypeError(f"no engine counts {type(request).__name__}")


def _compare(request: TwoSample, tables: Mapping[str, Table]) -> Step:
    old, new = _table(tables, REFERENCE), _table(tables, CURRENT)
    compare = sample.compare_numbers if sample.is_measured(request, old.columns) else sample.compare_categories
    return (yield from compare(request, old.columns, new.columns, old.frame, new.frame))


def _shared(requests: Sequence[Request], tables: Mapping[str, Table], data: str) -> Step:
    table = _table(tables, data)
    if isinstance(requests[0], Confusion):
        return (yield from cube.count_confusions(requests, table.columns, table.frame))  # type: ignore[arg-type]
    return (yield from score.count_scores(requests, table.columns, table.frame))  # type: ignore[arg-type]


def _aggregate(requests: Sequence[Request], tables: Mapping[str, Table], data: str) -> Step:
    table = _table(tables, data)
    answers: dict[Request, Tally | ClerestoryError] = {}
    readers: dict[Request, scalar.Aggregate] = {}
    expressions: dict[str, nw.Expr] = {scalar.ROWS: nw.len()}
    for request in requests:
        try:
            readers[request] = scalar.aggregate(request, table.columns)  # type: ignore[arg-type]
        except ClerestoryError as error:
            answers[request] = error
            continue
        expressions.update(readers[request].expressions)
    (found,) = yield [table.frame.select(*(expression.alias(name) for name, expression in expressions.items()))]
    (row,) = found.iter_rows(named=True)
    for request, reader in readers.items():
        try:
            answers[request] = reader.read(row)
        except ClerestoryError as error:
            answers[request] = error
    return answers
