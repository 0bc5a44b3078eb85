"""From requests to steps, equal ones once, those that can share a pass together; and from steps to answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from clerestory.assurance.tally import (
    CategoryCounts,
    ConfidentJoint,
    Confusion,
    DistinctRows,
    DuplicateCounts,
    Freshness,
    GroupCounts,
    Moments,
    NullCounts,
    RangeCounts,
    Request,
    RuleCounts,
    SchemaColumns,
    ScoreHistogram,
    ScorePair,
    Tally,
    TwoSample,
)
from clerestory.assurance.tally.request import CURRENT, REFERENCE
from clerestory.store.engine import cube as cubes
from clerestory.store.engine import sample, scalar, score
from clerestory.store.engine.column.category import compare_categories, count_categories
from clerestory.store.engine.column.cells import Cells
from clerestory.store.engine.column.pairs import count_pairs
from clerestory.store.engine.cube import count_confusions
from clerestory.store.engine.kind import BOOLEAN, NUMERIC, TEXT, ColumnUnfit
from clerestory.store.engine.protocol import Answers, Collect, Counted, Frame, Lazy, Progress, Step, Table
from clerestory.store.engine.row.distinct import count_rows
from clerestory.terms.error import ClerestoryError

_HEAVY = ConfidentJoint | ScorePair | DuplicateCounts | DistinctRows


@dataclass(frozen=True, slots=True)
class Planned:
    """A step with its requests; ``heavy`` ones hold whole columns and run one after the other."""

    requests: tuple[Request, ...]
    step: Step
    heavy: bool = False


@dataclass(slots=True)
class _Sorted:
    """Requests by what they can share."""

    aggregates: dict[str, list[Request]] = field(default_factory=dict)
    columns: dict[str, sample.OfColumn] = field(default_factory=dict)
    confusions: list[Confusion] = field(default_factory=list)
    shared: dict[tuple[object, ...], list[Request]] = field(default_factory=dict)
    single: list[Request] = field(default_factory=list)


def count_all(
    requests: Sequence[Request], tables: Mapping[str, Table], collect: Collect, progress: Progress | None = None
) -> Counted:
    """Answer all requests: the light steps together, the heavy ones one after the other."""
    answers: dict[Request, Tally | ClerestoryError] = {}
    planned = list(plan(requests, tables))
    batches = [[step for step in planned if not step.heavy], *([step] for step in planned if step.heavy)]
    for batch in batches:
        answers.update(_run(batch, collect))
        if progress is not None:
            progress(len(answers), len(dict.fromkeys(requests)))
    return Counted(
        {request: tally for request, tally in answers.items() if not isinstance(tally, ClerestoryError)},
        {request: error for request, error in answers.items() if isinstance(error, ClerestoryError)},
    )


def _run(batch: Iterable[Planned], collect: Collect) -> Answers:
    """Drive steps together: all that they ask for at the same time is collected at once."""
    step = side_by_side(batch)
    given: Sequence[Frame] | None = None
    while True:
        try:
            asked = step.send(given)  # type: ignore[arg-type]
        except StopIteration as end:
            answers: Answers = end.value
            return answers
        given = collect(asked)


def side_by_side(batch: Iterable[Planned]) -> Step:
    """Make one step of several: each time it asks for all that they ask for."""
    answers: dict[Request, Tally | ClerestoryError] = {}
    sent: dict[int, list[Frame] | None] = {}
    alive = dict(enumerate(batch))
    while alive:
        asked: dict[int, Sequence[Lazy]] = {}
        for at, planned in list(alive.items()):
            try:
                asked[at] = planned.step.send(sent.get(at))  # type: ignore[arg-type]
            except StopIteration as end:
                answers.update(end.value)
                del alive[at]
            except ClerestoryError as error:
                answers.update(dict.fromkeys(planned.requests, error))
                del alive[at]
        collected = iter((yield [frame for frames in asked.values() for frame in frames]) if asked else ())
        sent = {at: [next(collected) for _ in frames] for at, frames in asked.items()}
    return answers


def plan(requests: Sequence[Request], tables: Mapping[str, Table]) -> Iterator[Planned]:
    """Yield the steps that together answer all requests about the tables that are there."""
    groups = _sorted(requests, tables)
    _lay_beside(groups, tables)
    counted_in_cells = {
        (request.data, request.column) for request in groups.single if isinstance(request, CategoryCounts)
    }
    for data, aggregates in groups.aggregates.items():
        alone = [request for request in aggregates if _in_cells(request, counted_in_cells, tables)]
        in_columns = [request for request in aggregates if getattr(request, "column", None) in groups.columns]
        groups.single += alone
        rest = [request for request in aggregates if request not in alone and request not in in_columns]
        if rest:
            yield Planned(tuple(rest), _shared(rest, tables, data))
    for request in groups.single:
        yield Planned((request,), _single(request, tables), heavy=isinstance(request, _HEAVY))
    yield from _cubes(groups, tables)
    for (_, of, *_), shared in groups.shared.items():
        yield Planned(tuple(shared), _shared(shared, tables, str(of)), heavy=True)
    yield from _columns(groups, tables)


def _cubes(groups: _Sorted, tables: Mapping[str, Table]) -> Iterator[Planned]:
    """Yield the cubes; each takes along the comparisons of the columns that it counts anyway."""
    while groups.confusions:
        first = groups.confusions[0]
        along = [first]
        for request in groups.confusions[1:]:
            if request.data == first.data and all(
                len({getattr(other, name) for other in (*along, request)} - {None}) <= 1
                for name in ("outcome", "label")
            ):
                along.append(request)
        groups.confusions = [request for request in groups.confusions if request not in along]
        events = [event for request in along for event in (request.outcome, request.label) if event is not None]
        names = {column for request in along for column in request.by} | {event.column for event in events}
        keys = [key for key in groups.shared if key[0] is TwoSample and key[2] in names and CURRENT in tables]
        compared = [groups.shared.pop(key) for key in keys]
        every = (*along, *(request for shared in compared for request in shared))
        yield Planned(every, _cube(along, compared, tables))
    keys = [key for key in groups.shared if key[0] is TwoSample]
    compared = [groups.shared.pop(key) for key in keys]
    if compared:
        yield Planned(tuple(request for shared in compared for request in shared), _cube([], compared, tables))


def _columns(groups: _Sorted, tables: Mapping[str, Table]) -> Iterator[Planned]:
    """Yield the columns of numbers together, and those of times."""
    for found in groups.aggregates.values():
        for request in found:
            of = groups.columns.get(getattr(request, "column", ""))
            if of is not None:
                of.aggregates.append(request)
    numbers = {c: of for c, of in groups.columns.items() if all(t.columns.kinds[c] in NUMERIC for t in tables.values())}
    rest = [{column: of} for column, of in groups.columns.items() if column not in numbers]
    for asked in [numbers, *rest] if numbers else rest:
        every = tuple(request for of in asked.values() for request in (*of.samples, *of.aggregates))
        yield Planned(every, sample.count_columns(asked, tables), heavy=True)


def _sorted(requests: Sequence[Request], tables: Mapping[str, Table]) -> _Sorted:
    groups = _Sorted()
    for request in dict.fromkeys(requests):
        match request:
            case NullCounts() | RangeCounts() | Moments() | Freshness() | RuleCounts() | SchemaColumns():
                groups.aggregates.setdefault(request.data, []).append(request)
            case Confusion():
                groups.confusions.append(request)
            case ScoreHistogram():
                groups.shared.setdefault((ScoreHistogram, request.data, request.score, request.label), []).append(
                    request
                )
            case TwoSample():
                if _is_measured(request, tables):
                    groups.columns.setdefault(request.column, sample.OfColumn()).samples.append(request)
                else:
                    groups.shared.setdefault((TwoSample, CURRENT, request.column), []).append(request)
            case _:
                groups.single.append(request)
    return groups


def _lay_beside(groups: _Sorted, tables: Mapping[str, Table]) -> None:
    """Give what asks for cells of a column to the comparison that counts these cells anyway."""
    for (kind, _, column, *_), shared in groups.shared.items():
        if kind is TwoSample and {CURRENT, REFERENCE} <= set(tables):
            texts = all(table.columns.kinds.get(str(column)) in (TEXT, BOOLEAN) for table in tables.values())
            asked = [*groups.single, *(request for found in groups.aggregates.values() for request in found)]
            taken: list[Request] = [
                request
                for request in asked
                if texts and isinstance(request, CategoryCounts | NullCounts) and request.column == column
            ]
            shared += taken
            groups.single = [r for r in groups.single if r not in taken]
            for data, found in groups.aggregates.items():
                groups.aggregates[data] = [r for r in found if r not in taken]


def _is_measured(request: TwoSample, tables: Mapping[str, Table]) -> bool:
    return {CURRENT, REFERENCE} <= set(tables) and all(
        request.column in table.columns.kinds and sample.is_measured(request, table.columns)
        for table in tables.values()
    )


def _in_cells(request: Request, counted: set[tuple[str, str]], tables: Mapping[str, Table]) -> bool:
    return (
        isinstance(request, NullCounts)
        and (request.data, request.column) in counted
        and request.data in tables
        and tables[request.data].columns.kinds.get(request.column) in (TEXT, BOOLEAN)
    )


def _table(tables: Mapping[str, Table], data: str) -> Table:
    if data not in tables:
        raise ColumnUnfit(f"There is no {data} data to count in.", f'Name it in the manifest: [data] {data} = "...".')
    return tables[data]


def _single(request: Request, tables: Mapping[str, Table]) -> Step:
    table = _table(tables, request.data)  # type: ignore[union-attr]
    match request:
        case NullCounts():
            return (yield from cubes.count_missing(request, table.columns, table.bare))
        case GroupCounts():
            return (yield from cubes.count_groups(request, table.columns, table.bare))
        case CategoryCounts():
            return (yield from count_categories(request, table.columns, table.bare))
        case DuplicateCounts():
            return (yield from cubes.count_duplicates(request, table))
        case DistinctRows():
            return (yield from count_rows(request, table))
        case ScorePair():
            return (yield from score.count_pair(request, table.columns, table.frame))
        case ConfidentJoint():
            return (yield from score.count_joint(request, table.columns, table.frame))
    raise TypeError(f"no engine counts {type(request).__name__}")


def _shared(requests: Sequence[Request], tables: Mapping[str, Table], data: str) -> Step:
    table = _table(tables, data)
    if isinstance(requests[0], ScoreHistogram):
        return (yield from score.count_scores(requests, table.columns, table.frame))  # type: ignore[arg-type]
    return (yield from scalar.count_aggregates(requests, table.columns, table.frame))


def _cube(confusions: Sequence[Confusion], compared: Sequence[Sequence[Request]], tables: Mapping[str, Table]) -> Step:
    """Count a cube, if any; then compare single columns with the cells that it tells, and others two at a time."""
    answers: dict[Request, Tally | ClerestoryError] = {}
    known: dict[str, dict[str, Cells]] = {data: {} for data in tables}
    if confusions:
        data = confusions[0].data
        try:
            table = _table(tables, data)
            cube = yield from count_confusions(confusions, table.columns, table.bare)
            answers, known[data] = cube.answers, cube.known
        except ClerestoryError as error:
            answers = dict.fromkeys(confusions, error)
    samples = [next(request for request in requests if isinstance(request, TwoSample)) for requests in compared]
    for data, table in tables.items():
        lacking = [request.column for request in samples if request.column not in known[data]]
        known[data] |= yield from count_pairs(lacking, table)
    steps = []
    for sampled, requests in zip(samples, compared, strict=True):
        there = {data: cells[sampled.column] for data, cells in known.items() if sampled.column in cells}
        steps.append(Planned(tuple(requests), _compared(requests, tables, there)))
    rest = yield from side_by_side(steps)
    return {**answers, **rest}


def _compared(requests: Sequence[Request], tables: Mapping[str, Table], known: Mapping[str, Cells]) -> Step:
    samples = [request for request in requests if isinstance(request, TwoSample)]
    beside = [request for request in requests if isinstance(request, CategoryCounts | NullCounts)]
    both = {of: _table(tables, of) for of in (REFERENCE, CURRENT)}
    return (yield from compare_categories(samples, beside, both, known))
