"""Tallies of parts as the tally of the whole: days as a window, without another look at any row.

What a request counts must not depend on the rows of one part. So scores merge while they are counted one by one, or in
bins that are cut at the request's ``cuts`` alone (``bins=1``), never in quantiles; two samples only against the same
reference; distinct keys, pairs of scores and trained models never. Sums of fractions agree within rounding.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import value as v
from clerestory.assurance.tally.fit import require_answer
from clerestory.assurance.tally.request import REFERENCE, GroupCounts, Request, ScoreHistogram
from clerestory.terms.error import ClerestoryError

CATEGORIES = 1_000
"""Most categories that a `TwoCategoryTally` names."""
_REMEDY = "Count the window as a whole."
_Tally = TypeVar("_Tally")


class NotMergeable(ClerestoryError):
    """The parts do not tell what the whole holds."""


def merge(request: Request, parts: Sequence[v.Tally]) -> v.Tally:
    """Return the tally of all rows from the tallies that answer the same request for disjoint parts of the rows.

    The parts are parts of the current data; the reference is the same whole table beside each.

    Raises:
        NotMergeable: the parts do not tell it.
        InconsistentTally: a part is no answer to the request.
    """
    if not parts:
        raise NotMergeable("There is no tally to merge.", "Name at least one part.")
    for part in parts:
        require_answer(request, part)
    if getattr(request, "data", None) == REFERENCE:
        return _same(request, "references", parts)
    kinds = {type(part) for part in parts}
    if len(kinds) > 1:
        raise _not(request, "a column is numbers in one part and texts in another")
    (kind,) = kinds
    if kind not in _MERGERS:
        raise _not(request, "its answer is about all rows together")
    return _MERGERS[kind](request, parts)


def mergeable(request: Request) -> bool:
    """Return whether parts of the rows can tell what the whole answers, given the same cut points and reference."""
    name = type(request).__name__
    return name not in ("DuplicateCounts", "DistinctRows", "ScorePair", "ConfidentJoint", "Trial")


def _not(request: Request, why: str) -> NotMergeable:
    return NotMergeable(f"Tallies of {type(request).__name__} cannot be merged: {why}.", _REMEDY)


def _same(request: Request, what: str, values: Iterable[_Tally]) -> _Tally:
    """Return the one value that all parts have."""
    first, *rest = values
    if any(other != first for other in rest):
        raise _not(request, f"the parts have different {what}")
    return first


def _smallest(values: Iterable[Any]) -> Any:
    return min((value for value in values if value is not None), default=None)


def _largest(values: Iterable[Any]) -> Any:
    return max((value for value in values if value is not None), default=None)


def _added(parts: Sequence[Any], *names: str) -> dict[str, Any]:
    return {name: sum(getattr(part, name) for part in parts) for name in names}


def _columns(rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """Add up rows of equal length place by place."""
    return tuple(np.sum(np.array(rows), axis=0).tolist())


def _confusion(_request: Request, parts: Sequence[v.ConfusionTally]) -> v.ConfusionTally:
    counts = [item.name for item in fields(v.ConfusionCell) if item.name != "group"]
    cells: dict[v.Group, Counter[str]] = {}
    for part in parts:
        for cell in part.cells:
            cells.setdefault(cell.group, Counter()).update({name: getattr(cell, name) for name in counts})
    return v.ConfusionTally(tuple(v.ConfusionCell(group=group, **cells[group]) for group in sorted(cells)))


def _scores(request: ScoreHistogram, parts: Sequence[v.ScoreTally]) -> v.ScoreTally:
    points = tuple(sorted({point for part in parts for point in part.points}))
    exact = all(part.exact for part in parts) and len(points) <= request.exact_up_to
    if not exact:
        if request.bins != 1:
            raise _not(request, "its bins are quantiles of each part; give it bins = 1 and cuts")
        points = tuple(sorted(set(request.cuts)))
    cells: dict[v.Group, list[v.ScoreCell]] = {}
    for part in parts:
        along = np.searchsorted(points, part.points)
        for cell in part.cells:
            wide = _wide(cell, part.points, along, len(points), exact=exact) if part.exact else cell
            cells.setdefault(cell.group, []).append(wide)
    return v.ScoreTally(
        exact=exact,
        points=points,
        cells=tuple(_score_cell(cells[group]) for group in sorted(cells)),
        minimum=_smallest(part.minimum for part in parts),
        maximum=_largest(part.maximum for part in parts),
    )


def _wide(
    cell: v.ScoreCell, scores: Sequence[float], along: NDArray[np.intp], points: int, *, exact: bool
) -> v.ScoreCell:
    """Write the counts of scores one by one along more points, or in the bins between them."""
    size = points if exact else points + 1
    score = np.array(scores, dtype=np.float64)
    made: dict[str, Any] = {}
    for name in ("positive", "negative"):
        counts = np.array(getattr(cell, name), dtype=np.int64)
        wide = np.zeros(size, dtype=np.int64)
        np.add.at(wide, along, counts)
        made[name] = tuple(wide.tolist())
        if not exact:
            made[f"{name}_sums"] = tuple(np.bincount(along, counts * score, minlength=size).tolist())
            made[f"{name}_powers"] = tuple(float((counts * score**power).sum()) for power in (2, 3, 4))
    return replace(cell, **made)


def _score_cell(cells: Sequence[v.ScoreCell]) -> v.ScoreCell:
    rows = [item.name for item in fields(v.ScoreCell) if item.name.startswith(("positive", "negative"))]
    made: dict[str, Any] = {name: _columns([getattr(cell, name) for cell in cells]) for name in rows}
    return v.ScoreCell(group=cells[0].group, **made, **_added(cells, "unlabelled", "unscored", "infinite"))


def _groups(request: GroupCounts, parts: Sequence[v.GroupTally]) -> v.GroupTally:
    if any(part.other for part in parts):
        raise _not(request, "a part holds more groups than its limit")
    counted: Counter[v.Group] = Counter()
    for part in parts:
        counted.update({cell.group: cell.n for cell in part.cells})
    largest = sorted(counted.items(), key=lambda cell: (-cell[1], cell[0]))[: request.limit]
    kept = tuple(v.CountCell(group, n) for group, n in sorted(largest))
    return v.GroupTally(kept, counted.total() - sum(cell.n for cell in kept))


def _categories(_request: Request, parts: Sequence[v.CategoryTally]) -> v.CategoryTally:
    return v.CategoryTally(_columns([part.counts for part in parts]), **_added(parts, "other", "missing"))


def _nulls(_request: Request, parts: Sequence[v.NullTally]) -> v.NullTally:
    return v.NullTally(**_added(parts, "rows", "missing", "not_a_number", "infinite"))


def _ranges(_request: Request, parts: Sequence[v.RangeTally]) -> v.RangeTally:
    return v.RangeTally(**_added(parts, "rows", "missing", "infinite", "below", "above"))


def _rules(_request: Request, parts: Sequence[v.RuleTally]) -> v.RuleTally:
    return v.RuleTally(**_added(parts, "rows", "judged", "broken"))


def _moments(_request: Request, parts: Sequence[v.MomentsTally]) -> v.MomentsTally:
    return v.MomentsTally(
        **_added(parts, "rows", "missing", "infinite", "total", "squares"),
        minimum=_smallest(part.minimum for part in parts),
        maximum=_largest(part.maximum for part in parts),
    )


def _schema(request: Request, parts: Sequence[v.SchemaTally]) -> v.SchemaTally:
    return v.SchemaTally(_same(request, "columns", (part.columns for part in parts)), sum(part.rows for part in parts))


def _freshness(_request: Request, parts: Sequence[v.FreshnessTally]) -> v.FreshnessTally:
    return v.FreshnessTally(
        **_added(parts, "rows", "missing", "future", "old"),
        earliest=_smallest(part.earliest for part in parts),
        latest=_largest(part.latest for part in parts),
    )


def _two_samples(request: Request, parts: Sequence[v.TwoSampleTally]) -> v.TwoSampleTally:
    points = _same(request, "points", (part.points for part in parts))
    current = [part.current for part in parts]
    return v.TwoSampleTally(
        exact=parts[0].exact,
        points=points,
        reference=_same(request, "references", (part.reference for part in parts)),
        current=v.Spread(
            at=_columns([spread.at for spread in current]),
            between=_columns([spread.between for spread in current]),
            **_added(current, "missing", "infinite"),
        ),
    )


def _two_categories(request: Request, parts: Sequence[v.TwoCategoryTally]) -> v.TwoCategoryTally:
    """Merge as the whole would be counted: beyond 1,000 categories the largest of the reference are named."""
    names = sorted({name for part in parts for name in part.categories})
    overflowing = [part for part in parts if part.reference_other or part.current_other]
    reference = {name: n for part in parts for name, n in zip(part.categories, part.reference, strict=True)}
    if overflowing:
        names = list(_same(request, "categories", (part.categories for part in overflowing)))
    elif len(names) > CATEGORIES:
        seen = (name for name, n in reference.items() if n)
        names = sorted(sorted(seen, key=lambda name: (-reference[name], name))[:CATEGORIES])
    sums = {_reference_of(part, names) for part in parts}
    if len(sums) > 1:
        raise _not(request, "the parts have different references")
    counted: Counter[str] = Counter()
    for part in parts:
        counted.update(dict(zip(part.categories, part.current, strict=True)))
    old, missing, total = sums.pop()
    current = tuple(counted[name] for name in names)
    return v.TwoCategoryTally(
        categories=tuple(names),
        reference=old,
        current=current,
        reference_missing=missing,
        current_missing=sum(part.current_missing for part in parts),
        reference_other=total - sum(old),
        current_other=counted.total() - sum(current) + sum(part.current_other for part in parts),
    )


def _reference_of(part: v.TwoCategoryTally, names: Sequence[str]) -> tuple[tuple[int, ...], int, int]:
    """Return the reference along some names, its missing values, and how many rows have a value."""
    counts = dict(zip(part.categories, part.reference, strict=True))
    total = sum(part.reference) + part.reference_other
    return tuple(counts.get(name, 0) for name in names), part.reference_missing, total


_MERGERS: Mapping[type, Callable[[Any, Any], v.Tally]] = {
    v.ConfusionTally: _confusion,
    v.ScoreTally: _scores,
    v.GroupTally: _groups,
    v.CategoryTally: _categories,
    v.NullTally: _nulls,
    v.RangeTally: _ranges,
    v.RuleTally: _rules,
    v.MomentsTally: _moments,
    v.SchemaTally: _schema,
    v.FreshnessTally: _freshness,
    v.TwoSampleTally: _two_samples,
    v.TwoCategoryTally: _two_categories,
}
