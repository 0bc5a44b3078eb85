"""A slow engine for tables of plain lists: counts row by row what `assurance.tally` asks for. No engine's code."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from clerestory.assurance.data_quality import consistency
from clerestory.assurance.poisoning.confident_joint import count_confident_joint
from clerestory.assurance.poisoning.cross_validation import design_matrix, out_of_sample_probabilities
from clerestory.assurance.tally import (
    MISSING,
    CategoryCounts,
    CategoryTally,
    ConfidentJoint,
    Confusion,
    ConfusionCell,
    ConfusionTally,
    CountCell,
    DistinctRows,
    DuplicateCounts,
    DuplicateTally,
    Event,
    Freshness,
    FreshnessTally,
    GroupCounts,
    GroupTally,
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
    ScoreCell,
    ScoreHistogram,
    ScorePair,
    ScorePairTally,
    ScoreTally,
    Spread,
    Tally,
    TwoCategoryTally,
    TwoSample,
    TwoSampleTally,
    value_text,
)
from clerestory.terms.moment import moment_text, read_moment

Table = Mapping[str, Sequence[object]]


def count_all(requests: Sequence[Request], current: Table, reference: Table | None = None) -> dict[Request, Tally]:
    """Answer every request."""
    return {request: count(request, current, reference) for request in requests}


def count(request: Request, current: Table, reference: Table | None = None) -> Tally:
    """Answer one request."""
    if isinstance(request, TwoSample):
        assert reference is not None
        return two_samples(list(reference[request.column]), list(current[request.column]), request.points)
    table = current if request.data == "current" else reference
    assert table is not None
    return _COUNTERS[type(request)](request, table)


def rows_of(table: Table) -> int:
    return len(next(iter(table.values()))) if table else 0


def happened(event: Event | None, table: Table, at: int) -> bool | None:
    if event is None:
        return None
    value = table[event.column][at]
    if value is None or value != value:
        return None
    if event.at_least is not None:
        return value >= event.at_least
    if event.equals is not None:
        return value_text(value) == event.equals
    assert value in (True, False)
    return bool(value)


def group_at(by: Sequence[str], table: Table, at: int) -> tuple[str, ...]:
    return tuple(value_text(table[name][at]) for name in by)


def confusion(request: Confusion, table: Table) -> ConfusionTally:
    names = {
        (True, True): "tp", (True, False): "fp", (False, True): "fn", (False, False): "tn",
        (True, None): "favourable_unlabelled", (False, None): "unfavourable_unlabelled",
        (None, True): "undecided_positive", (None, False): "undecided_negative", (None, None): "undecided_unlabelled",
    }  # fmt: skip
    cells: dict[tuple[str, ...], Counter[str]] = {}
    for at in range(rows_of(table)):
        cell = cells.setdefault(group_at(request.by, table, at), Counter())
        cell[names[happened(request.outcome, table, at), happened(request.label, table, at)]] += 1
    return ConfusionTally(tuple(ConfusionCell(group=group, **cell) for group, cell in sorted(cells.items())))


def finite(value: object) -> bool:
    return value is not None and math.isfinite(value)


def score_histogram(request: ScoreHistogram, table: Table) -> ScoreTally:
    labelled = [at for at in range(rows_of(table)) if happened(request.label, table, at) is not None]
    scores = [table[request.score][at] for at in labelled if finite(table[request.score][at])]
    distinct = sorted(set(scores))
    exact = len(distinct) <= request.exact_up_to
    points = distinct
    if not exact:
        quantiles = np.quantile(scores, [k / request.bins for k in range(1, request.bins)], method="inverted_cdf")
        points = sorted({float(point) for point in quantiles} | set(request.cuts))
    groups: dict[tuple[str, ...], list[int]] = {}
    for at in range(rows_of(table)):
        groups.setdefault(group_at(request.by, table, at), []).append(at)
    cells = [_score_cell(request, table, group, rows, points, exact) for group, rows in sorted(groups.items())]
    return ScoreTally(
        exact=exact, points=tuple(points), cells=tuple(cells), minimum=min(scores, default=None),
        maximum=max(scores, default=None),
    )  # fmt: skip


def _score_cell(request, table, group, rows, points, exact) -> ScoreCell:
    bins = len(points) + (not exact)
    counts, sums = {True: [0] * bins, False: [0] * bins}, {True: [0.0] * bins, False: [0.0] * bins}
    powers = {True: [0.0] * 3, False: [0.0] * 3}
    lost = Counter()
    for at in rows:
        label, score = happened(request.label, table, at), table[request.score][at]
        if label is None:
            lost["unlabelled"] += 1
        elif not finite(score):
            lost["infinite" if score is not None and not math.isnan(score) else "unscored"] += 1
        else:
            place = int(np.searchsorted(points, score, side="left"))
            counts[label][place] += 1
            sums[label][place] += score
            powers[label] = [old + score**power for old, power in zip(powers[label], (2, 3, 4), strict=True)]
    rest = {}
    if not exact:
        rest = {
            "positive_sums": tuple(sums[True]),
            "negative_sums": tuple(sums[False]),
            "positive_powers": tuple(powers[True]),
            "negative_powers": tuple(powers[False]),
        }
    return ScoreCell(group=group, positive=tuple(counts[True]), negative=tuple(counts[False]), **rest, **lost)


def score_pair(request: ScorePair, table: Table) -> ScorePairTally:
    labels = [happened(request.label, table, at) for at in range(rows_of(table))]
    rows = [
        (table[request.score][at], table[request.other][at], label)
        for at, label in enumerate(labels)
        if label is not None
    ]
    whole = [row for row in rows if finite(row[0]) and finite(row[1])]
    ends = [score for row in whole for score in row[:2]]
    losses = [(row[1] - row[2]) ** 2 - (row[0] - row[2]) ** 2 for row in whole]
    if ends and not 0 <= min(ends) <= max(ends) <= 1:
        losses = []
    up, down = ([row for row in whole if row[2] is side] for side in (True, False))
    areas, spreads = [0.0, 0.0], [0.0, 0.0]
    if up and down:
        wins = [[[(a[k] > b[k]) + (a[k] == b[k]) / 2 for b in down] for a in up] for k in (0, 1)]
        areas = [sum(map(sum, table)) / (len(up) * len(down)) for table in wins]
        above = [[sum(row) / len(down) for row in table] for table in wins]
        below = [[sum(row) / len(up) for row in zip(*table, strict=True)] for table in wins]
        spreads = [sum((a - b) ** 2 for a, b in zip(*side, strict=True)) for side in (above, below)]
    return ScorePairTally(
        positive=len(up), negative=len(down), unlabelled=labels.count(None), unscored=len(rows) - len(whole),
        minimum=min(ends, default=None), maximum=max(ends, default=None), loss=math.fsum(losses),
        loss_squares=math.fsum(loss * loss for loss in losses), area=areas[0], other_area=areas[1],
        positive_spread=spreads[0], negative_spread=spreads[1],
    )  # fmt: skip


def group_counts(request: GroupCounts, table: Table) -> GroupTally:
    found = Counter(group_at(request.by, table, at) for at in range(rows_of(table)))
    largest = sorted(found.items(), key=lambda item: (-item[1], item[0]))[: request.limit]
    kept = tuple(CountCell(group, n) for group, n in sorted(largest))
    return GroupTally(kept, found.total() - sum(cell.n for cell in kept))


def category_counts(request: CategoryCounts, table: Table) -> CategoryTally:
    found = Counter(value_text(value) for value in table[request.column])
    missing = found.pop(MISSING, 0)
    counts = tuple(found.pop(name, 0) for name in request.allowed)
    return CategoryTally(counts, found.total(), missing)


def null_counts(request: NullCounts, table: Table) -> NullTally:
    column = table[request.column]
    numbers = [value for value in column if isinstance(value, float)]
    return NullTally(
        rows=len(column), missing=sum(value is None for value in column), not_a_number=sum(map(math.isnan, numbers)),
        infinite=sum(map(math.isinf, numbers)),
    )  # fmt: skip


def range_counts(request: RangeCounts, table: Table) -> RangeTally:
    column = table[request.column]
    numbers = [value for value in column if finite(value)]
    low = -math.inf if request.minimum is None else request.minimum
    high = math.inf if request.maximum is None else request.maximum
    missing = sum(value is None or value != value for value in column)
    return RangeTally(
        rows=len(column), missing=missing, infinite=len(column) - missing - len(numbers),
        below=sum(value < low for value in numbers), above=sum(value > high for value in numbers),
    )  # fmt: skip


def moments(request: Moments, table: Table) -> MomentsTally:
    column = table[request.column]
    numbers = [float(value) for value in column if finite(value)]
    missing = sum(value is None or value != value for value in column)
    return MomentsTally(
        rows=len(column), missing=missing, infinite=len(column) - missing - len(numbers), total=math.fsum(numbers),
        squares=math.fsum(value * value for value in numbers), minimum=min(numbers, default=None),
        maximum=max(numbers, default=None),
    )  # fmt: skip


def schema_columns(request: SchemaColumns, table: Table) -> SchemaTally:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "text", datetime: "moment"}
    found = {name: {type(value) for value in column if value is not None} for name, column in table.items()}
    columns = tuple((name, kinds[next(iter(types))] if len(types) == 1 else "other") for name, types in found.items())
    return SchemaTally(columns, rows_of(table))


def duplicate_counts(request: DuplicateCounts, table: Table) -> DuplicateTally:
    keys = [group_at(request.key, table, at) for at in range(rows_of(table))]
    whole = [key for key in keys if MISSING not in key]
    return DuplicateTally(rows=len(keys), distinct=len(set(whole)), incomplete=len(keys) - len(whole))


def distinct_rows(request: DistinctRows, table: Table) -> DuplicateTally:
    rows = [group_at(request.columns, table, at) for at in range(rows_of(table))]
    return DuplicateTally(rows=len(rows), distinct=len(set(rows)), incomplete=0)


def rule_counts(request: RuleCounts, table: Table) -> RuleTally:
    rule = consistency.read(request.rule)
    judged = [at for at in range(rows_of(table)) if judges(rule, table, at)]
    return RuleTally(rows=rows_of(table), judged=len(judged), broken=sum(breaks(rule, table, at) for at in judged))


def judges(rule: consistency.Rule, table: Table, at: int) -> bool:
    """Say whether a row meets the condition of a rule and lacks no value that it compares."""
    if rule.when is not None and value_text(table[rule.when[0]][at]) != rule.when[1]:
        return False
    return rule.sign == "present" or MISSING not in group_at([name for _, name in (*rule.left, *rule.right)], table, at)


def breaks(rule: consistency.Rule, table: Table, at: int) -> bool:
    """Say whether a row that is judged breaks its rule."""
    if rule.sign == "present":
        return value_text(table[rule.left[0][1]][at]) == MISSING
    left, right = (
        table[terms[0][1]][at] if len(terms) == 1 else sum(sign * table[name][at] for sign, name in terms)
        for terms in (rule.left, rule.right or rule.left)
    )
    right = right if rule.right else rule.constant
    near = left == right or (
        isinstance(left, float) and math.isfinite(left) and math.isclose(left, right, rel_tol=1e-9)
    )
    return not {
        "<=": near or left < right, ">=": near or left > right, "==": near, "!=": not near,
        "<": not near and left < right, ">": not near and left > right,
    }[rule.sign]  # fmt: skip


def freshness(request: Freshness, table: Table) -> FreshnessTally:
    column = [value for value in table[request.column] if value is not None]
    moments_ = [value if value.tzinfo else value.replace(tzinfo=UTC) for value in column]
    old = request.not_before and read_moment(request.not_before)
    return FreshnessTally(
        rows=rows_of(table), missing=rows_of(table) - len(column),
        future=sum(value > read_moment(request.as_of) for value in moments_),
        old=sum(value < old for value in moments_) if old else 0,
        earliest=moment_text(min(moments_)) if moments_ else None,
        latest=moment_text(max(moments_)) if moments_ else None,
    )  # fmt: skip


def two_samples(reference: list[object], current: list[object], points: int) -> TwoSampleTally | TwoCategoryTally:
    reference, current = ([seconds(value) for value in sample] for sample in (reference, current))
    known = [value for value in reference + current if value is not None]
    if any(isinstance(value, str | bool) for value in known):
        return _two_categories(reference, current)
    numbers = sorted(float(value) for value in reference if finite(value))
    exact = len(set(numbers)) <= points
    ranks = [math.ceil(len(numbers) * k / points) - 1 for k in range(1, points)]
    chosen = sorted(set(numbers)) if exact else sorted({numbers[rank] for rank in ranks})
    return TwoSampleTally(
        exact=exact, points=tuple(chosen), reference=_spread(reference, chosen), current=_spread(current, chosen)
    )


def seconds(value: object) -> object:
    """Write a moment as seconds since 1970; one without time zone is in UTC."""
    if not isinstance(value, datetime):
        return value
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


def _spread(column: list[object], points: list[float]) -> Spread:
    at, between = [0] * len(points), [0] * (len(points) + 1)
    missing = infinite = 0
    for value in column:
        if value is None or value != value:
            missing += 1
        elif not finite(value):
            infinite += 1
        elif value in points:
            at[points.index(value)] += 1
        else:
            between[int(np.searchsorted(points, value))] += 1
    return Spread(at=tuple(at), between=tuple(between), missing=missing, infinite=infinite)


def _two_categories(reference: list[object], current: list[object]) -> TwoCategoryTally:
    first, second = (Counter(value_text(value) for value in column) for column in (reference, current))
    gone, lost = first.pop(MISSING, 0), second.pop(MISSING, 0)
    names = sorted(set(first) | set(second))
    kept = names if len(names) <= 1000 else sorted(sorted(first, key=lambda name: (-first[name], name))[:1000])
    return TwoCategoryTally(
        categories=tuple(kept), reference=tuple(first[name] for name in kept),
        current=tuple(second[name] for name in kept), reference_missing=gone, current_missing=lost,
        reference_other=sum(first[name] for name in names if name not in kept),
        current_other=sum(second[name] for name in names if name not in kept),
    )  # fmt: skip


def confident_joint(request: ConfidentJoint, table: Table):
    known = [at for at in range(rows_of(table)) if table[request.label][at] is not None]
    rows = known if request.probabilities else known[: request.max_rows]
    labels = [value_text(table[request.label][at]) for at in rows]
    classes = sorted(set(labels))
    if request.features:
        features = design_matrix([[table[name][at] for at in rows] for name in request.features])
        found = out_of_sample_probabilities(features, labels, folds=request.folds, seed=request.seed)
    else:
        columns = dict(request.probabilities)
        given = {name: np.array([table[columns[name]][at] for at in rows]) for name in classes if name in columns}
        found = np.column_stack([given.get(name, 1 - sum(given.values())) for name in classes])
    return count_confident_joint(
        found, labels, classes, unlabelled=rows_of(table) - len(known), left_out=len(known) - len(rows)
    )


_COUNTERS = {
    Confusion: confusion, ScoreHistogram: score_histogram, ScorePair: score_pair, GroupCounts: group_counts,
    CategoryCounts: category_counts,
    NullCounts: null_counts, RangeCounts: range_counts, Moments: moments, SchemaColumns: schema_columns,
    DuplicateCounts: duplicate_counts, DistinctRows: distinct_rows, RuleCounts: rule_counts,
    Freshness: freshness, ConfidentJoint: confident_joint,
}  # fmt: skip
