"""Scores by label and group, at every distinct score or in bins with sums; given labels against predicted ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.performance.score_pair import count_score_pair
from clerestory.assurance.poisoning.confident_joint import Floats, count_coded_joint
from clerestory.assurance.poisoning.cross_validation import design_matrix, out_of_sample_probabilities
from clerestory.assurance.tally import (
    ConfidentJoint,
    Group,
    Request,
    ScoreCell,
    ScoreHistogram,
    ScorePair,
    ScoreTally,
    Tally,
    value_text,
)
from clerestory.store.engine.column.ordered import Numbers, distinct_sorted
from clerestory.store.engine.kind import (
    BOOLEAN,
    MISSING_CODE,
    NEITHER,
    NUMERIC,
    TEXT,
    YES,
    Columns,
    ColumnUnfit,
    coded,
    event_code,
    known_values,
    refuse_neither,
)
from clerestory.store.engine.protocol import Answers, Frame, Lazy, N, Step
from clerestory.terms.error import ClerestoryError

_ROOM = 20_000_000
"""Most counters that one histogram may take: cells times bins."""
_SCORE, _OTHER, _INFINITE = "clerestory:score", "clerestory:other", "clerestory:infinite"
_LABEL, _CODE, _CLASS = "clerestory:label", "clerestory:code:", "clerestory:class"
CLASSES = 100
"""More classes than this are no labels."""
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Rows:
    """All rows as arrays: the score (NaN without a finite one), whether it is infinite, codes of label and groups."""

    score: Numbers
    infinite: NDArray[np.bool_]
    label: Codes
    codes: Mapping[str, Codes]
    texts: Mapping[str, Sequence[str]]


def count_scores(requests: Sequence[ScoreHistogram], columns: Columns, frame: Lazy) -> Step:
    """Answer requests that share score and label from one reading of the rows."""
    score, label = requests[0].score, requests[0].label
    columns.require(score, *NUMERIC)
    by = sorted({column for request in requests for column in request.by})
    for column in by:
        columns.require(column)
    distinct = yield [frame.group_by(column).agg(nw.len().alias(N)) for column in by]
    values = {column: known_values(table[column]) for column, table in zip(by, distinct, strict=True)}
    codes = [coded(column, values[column], columns).alias(_CODE + column) for column in by]
    (table,) = yield [
        frame.select(
            columns.number(score).alias(_SCORE),
            columns.infinite(score).alias(_INFINITE),
            event_code(label, columns).alias(_LABEL),
            *codes,
        )
    ]
    rows = _Rows(
        table[_SCORE].to_numpy().astype(np.float64),
        table[_INFINITE].to_numpy().astype(bool),
        table[_LABEL].to_numpy().astype(np.int64),
        {column: table[_CODE + column].to_numpy().astype(np.int64) for column in by},
        {column: [value_text(value) for value in (None, *values[column])] for column in by},
    )
    refuse_neither(label, columns, found=bool((rows.label == NEITHER).any()))
    return _answers(requests, rows)


def count_pair(request: ScorePair, columns: Columns, frame: Lazy) -> Step:
    """Compare two scores of the same rows."""
    for column in (request.score, request.other):
        columns.require(column, *NUMERIC)
    (table,) = yield [
        frame.select(
            columns.number(request.score).alias(_SCORE),
            columns.number(request.other).alias(_OTHER),
            event_code(request.label, columns).alias(_LABEL),
        )
    ]
    label = table[_LABEL].to_numpy().astype(np.int64)
    refuse_neither(request.label, columns, found=bool((label == NEITHER).any()))
    labelled = label != MISSING_CODE
    scores = [table[name].to_numpy().astype(np.float64)[labelled] for name in (_SCORE, _OTHER)]
    unlabelled = len(label) - int(labelled.sum())
    return {request: count_score_pair(scores[0], scores[1], label[labelled] == YES, unlabelled=unlabelled)}


def _answers(requests: Sequence[ScoreHistogram], rows: _Rows) -> Answers:
    usable = (rows.label != MISSING_CODE) & ~np.isnan(rows.score)
    scores = rows.score[usable]
    order = np.argsort(scores)
    used = _Used(usable, scores, rows.label[usable] == YES, order, scores[order])
    points: dict[tuple[int, int, tuple[float, ...]], _Bins] = {}
    answers: dict[Request, Tally | ClerestoryError] = {}
    for request in requests:
        key = (request.exact_up_to, request.bins, request.cuts)
        if key not in points:
            points[key] = _bins(request, used)
        answers[request] = _histogram(request, rows, used, points[key])
    return answers


@dataclass(frozen=True, slots=True)
class _Used:
    """The labelled rows with a finite score: which they are, score and label of each, and their ascending order."""

    rows: NDArray[np.bool_]
    score: Numbers
    positive: NDArray[np.bool_]
    order: Codes
    ordered: Numbers


@dataclass(frozen=True, slots=True)
class _Bins:
    exact: bool
    points: Numbers
    index: Codes

    @property
    def size(self) -> int:
        return len(self.points) + (0 if self.exact else 1)


def _bins(request: ScoreHistogram, used: _Used) -> _Bins:
    points = distinct_sorted(used.ordered)
    exact = len(points) <= request.exact_up_to
    if not exact:
        ranks = -(-len(used.ordered) * np.arange(1, request.bins, dtype=np.int64) // request.bins)
        points = np.unique(np.concatenate((used.ordered[ranks - 1], np.asarray(request.cuts, dtype=np.float64))))
    ends = np.searchsorted(used.ordered, points, "right")
    index = np.empty(len(used.order), dtype=np.int64)
    index[used.order] = np.repeat(np.arange(len(points) + 1), np.diff(ends, prepend=0, append=len(used.order)))
    return _Bins(exact, points, index)


def _histogram(request: ScoreHistogram, rows: _Rows, used: _Used, bins: _Bins) -> Tally | ClerestoryError:
    groups, cell = _cells(request.by, rows)
    if len(groups) * 2 * bins.size > _ROOM:
        return ColumnUnfit(f"{', '.join(request.by)} make {len(groups)} groups.", "Use columns with fewer groups.")
    slot = cell[used.rows] * 2 + used.positive
    scores, ordered = used.score, used.ordered
    shape = (len(groups), 2, bins.size)
    flat = slot * bins.size + bins.index
    counts = np.bincount(flat, minlength=len(groups) * 2 * bins.size).reshape(shape)
    sums = powers = None
    if not bins.exact:
        sums = np.bincount(flat, scores, minlength=len(groups) * 2 * bins.size).reshape(shape)
        squares = scores * scores
        powers = np.stack(
            [
                np.bincount(slot, power, minlength=len(groups) * 2).reshape(len(groups), 2)
                for power in (squares, squares * scores, squares * squares)
            ],
            axis=-1,
        )
    unlabelled = np.bincount(cell[rows.label == MISSING_CODE], minlength=len(groups))
    labelled = rows.label != MISSING_CODE
    infinite = np.bincount(cell[labelled & rows.infinite], minlength=len(groups))
    unscored = np.bincount(cell[labelled & np.isnan(rows.score) & ~rows.infinite], minlength=len(groups))
    cells = [
        ScoreCell(
            group=group,
            positive=_whole(counts[at, 1]),
            negative=_whole(counts[at, 0]),
            positive_sums=() if sums is None else tuple(sums[at, 1].tolist()),
            negative_sums=() if sums is None else tuple(sums[at, 0].tolist()),
            positive_powers=() if powers is None else tuple(powers[at, 1].tolist()),
            negative_powers=() if powers is None else tuple(powers[at, 0].tolist()),
            unlabelled=int(unlabelled[at]),
            unscored=int(unscored[at]),
            infinite=int(infinite[at]),
        )
        for at, group in enumerate(groups)
    ]
    return ScoreTally(
        exact=bins.exact,
        points=tuple(bins.points.tolist()),
        cells=tuple(cells),
        minimum=float(ordered[0]) if len(ordered) else None,
        maximum=float(ordered[-1]) if len(ordered) else None,
    )


def _cells(by: Sequence[str], rows: _Rows) -> tuple[list[Group], Codes]:
    """Return the groups that occur, ascending, and for each row the place of its group among them."""
    mixed = np.zeros(len(rows.score), dtype=np.int64)
    for column in by:
        mixed = mixed * len(rows.texts[column]) + rows.codes[column]
    present, cell = _present(mixed)
    named: list[Group] = []
    for code in present.tolist():
        parts: list[str] = []
        for column in reversed(by):
            code, at = divmod(code, len(rows.texts[column]))
            parts.append(rows.texts[column][at])
        named.append(tuple(reversed(parts)))
    groups = sorted(set(named))
    place = {group: at for at, group in enumerate(groups)}
    return groups, np.asarray([place[group] for group in named], dtype=np.int64)[cell] if named else cell


def _present(mixed: Codes) -> tuple[Codes, Codes]:
    size = int(mixed.max()) + 1 if len(mixed) else 0
    if size > 10_000_000:
        present, cell = np.unique(mixed, return_inverse=True)
        return present, cell
    present = np.flatnonzero(np.bincount(mixed, minlength=size))
    place = np.zeros(size, dtype=np.int64)
    place[present] = np.arange(len(present))
    return present, place[mixed]


def _whole(counts: Codes) -> tuple[int, ...]:
    return tuple(counts.tolist())


def count_joint(request: ConfidentJoint, columns: Columns, frame: Lazy) -> Step:
    """Count the confident joint from columns of out-of-sample probabilities, or from a model trained in folds."""
    columns.require(request.label, TEXT, BOOLEAN, *NUMERIC)
    named = dict(request.probabilities)
    for column in named.values():
        columns.require(column, *NUMERIC)
    for column in request.features:
        columns.require(column)
    (found,) = yield [frame.select(request.label).unique()]
    values = known_values(found[request.label])
    texts = [value_text(value) for value in (None, *values)]
    if len(values) > CLASSES:
        raise ColumnUnfit(
            f"Column {request.label!r} holds {len(values)} different labels.", "Name a column of classes."
        )
    used = dict.fromkeys((*named.values(), *request.features))
    (table,) = yield [frame.select(*used, coded(request.label, values, columns).alias(_CLASS))]
    codes = table[_CLASS].to_numpy()
    kept = np.flatnonzero(codes)
    unlabelled, labelled = len(codes) - len(kept), len(kept)
    if not named and len(kept) > request.max_rows:
        kept = np.sort(np.random.default_rng(request.seed).permutation(kept)[: request.max_rows])
    present = sorted({texts[code] for code in np.unique(codes[kept]).tolist()})
    if named:
        classes, probabilities = _from_columns(request, table, kept, present)
    else:
        features = [[values[row] for row in kept.tolist()] for values in (table[c].to_list() for c in request.features)]
        classes, labels = present, [texts[code] for code in codes[kept].tolist()]
        probabilities = out_of_sample_probabilities(
            design_matrix(features), labels, folds=request.folds, seed=request.seed
        )
    left_out = labelled - len(kept)
    place = np.array([classes.index(text) if text in classes else -1 for text in texts], dtype=np.int64)
    given = place[codes[kept]]
    return {request: count_coded_joint(probabilities, given, classes, unlabelled=unlabelled, left_out=left_out)}


def _from_columns(
    request: ConfidentJoint, table: Frame, kept: np.ndarray, present: list[str]
) -> tuple[list[str], Floats]:
    named = {name: table[column].to_numpy().astype(np.float64)[kept] for name, column in request.probabilities}
    others = sorted(set(present) - set(named))
    if len(named) == 1 and len(others) == 1:
        (probability,) = named.values()
        named[others[0]] = 1 - probability
        others = []
    if others:
        raise ColumnUnfit(
            f"Column {request.label!r} holds the label {others[0]!r}, and no probability is named for it.",
            'Name one column of probabilities per label: probabilities = { yes = "p_yes" }.',
        )
    classes = sorted(named)
    return classes, np.column_stack([named[name] for name in classes])
