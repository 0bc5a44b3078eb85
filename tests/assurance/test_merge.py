"""Tallies of parts, merged, are the tally of the whole; where parts cannot tell, nothing is made up."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance import tally as t
from clerestory.assurance.tally.merge import NotMergeable, merge, mergeable
from tests.simulators.counting import Table, count

REFERENCE: Table = {
    "x": [0.5, 1.0, 1.0, 2.5, None, math.nan, math.inf, -3.0, 4.0, 4.5],
    "word": ["a", "a", "b", None, "c", "a", "b", "b", "d", "a"],
}
REQUESTS = [
    t.Confusion(("word", "flag"), t.Event("flag"), t.Event("word", equals="a")),
    t.Confusion((), t.Event("x", at_least=1.0), t.Event("flag")),
    t.ScoreHistogram("x", t.Event("flag"), ("word",)),
    t.ScoreHistogram("x", t.Event("flag"), (), cuts=(-1.0, 0.5, 2.0), exact_up_to=0, bins=1),
    t.GroupCounts(("word",)),
    t.GroupCounts(("k", "word"), limit=1_000),
    t.CategoryCounts("word", ("b", "a", "z")),
    t.NullCounts("x"),
    t.NullCounts("word"),
    t.RangeCounts("x", 0.0, 3.0),
    t.RangeCounts("k", 2.0, None),
    t.Moments("x"),
    t.Freshness("at", "2026-11-25T00:00:00.000000Z", "2026-11-10T00:00:00.000000Z"),
    t.NullCounts("x", "reference"),
    t.TwoSample("x", 4),
    t.TwoSample("x", 100),
    t.TwoSample("word", 10),
]
MOMENTS = st.datetimes().filter(lambda moment: 1971 < moment.year < 2100)
ROW = st.tuples(
    st.none() | st.sampled_from([math.nan, math.inf, -math.inf, 0.5, 1.0, 2.0, 2.5, 4.5]) | st.floats(-9, 9, width=16),
    st.none() | st.sampled_from("abcde"),
    st.none() | st.booleans(),
    st.none() | st.integers(0, 5),
    st.none() | MOMENTS,
)


def table(rows: list[tuple[object, ...]]) -> Table:
    """Write rows as columns."""
    return {name: [row[at] for row in rows] for at, name in enumerate(("x", "word", "flag", "k", "at"))}


def same(first: object, second: object) -> bool:
    """Say whether two tallies are equal, sums within 1e-12 of the sum of the sizes that go into them."""
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=1e-12, abs_tol=1e-9)
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    names = getattr(first, "__dataclass_fields__", None)
    if names and type(first) is type(second):
        return all(same(getattr(first, name), getattr(second, name)) for name in names)
    return first == second


@given(rows=st.lists(ROW, max_size=40), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_parts_merged_are_the_whole(rows: list[tuple[object, ...]], cuts: list[int]) -> None:
    ends = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    whole, parts = table(rows), [table(rows[start:end]) for start, end in pairwise(ends)]
    for request in REQUESTS:
        merged = merge(request, [count(request, part, REFERENCE) for part in parts])
        assert same(merged, count(request, whole, REFERENCE)), request


def test_the_order_of_parts_changes_no_count() -> None:
    days = [table([(float(day), "abc"[day % 3], day % 2 == 0, day, None)]) for day in range(7)]
    for request in REQUESTS:
        parts = [count(request, day, REFERENCE) for day in days]
        assert (
            merge(request, parts)
            == merge(request, parts[::-1])
            == merge(request, [merge(request, parts[:3]), *parts[3:]])
        )


@pytest.mark.parametrize("reference, current", [(1_200, 300), (700, 300), (400, 900), (3, 5)])
def test_many_categories_are_named_as_the_whole_would_name_them(reference: int, current: int) -> None:
    old: Table = {"t": [f"r{at % reference:04}" for at in range(reference + 150)] + [None]}
    asked = t.TwoSample("t", 10)
    days: list[Table] = [
        {"t": [f"{'r' if at % 3 else f'd{day}'}{at:04}" for at in range(current)] + [None]} for day in range(3)
    ]
    whole = {"t": [value for day in days for value in day["t"]]}
    assert merge(asked, [count(asked, day, old) for day in days]) == count(asked, whole, old)


def test_columns_of_all_parts_are_the_same_or_nothing_is_said() -> None:
    first = t.SchemaTally((("x", "number"),), 3)
    assert merge(t.SchemaColumns(), [first, first]) == t.SchemaTally((("x", "number"),), 6)
    with pytest.raises(NotMergeable, match="the parts have different columns"):
        merge(t.SchemaColumns(), [first, t.SchemaTally((("x", "text"),), 3)])


def test_what_parts_cannot_tell_is_refused() -> None:
    rows = [(float(at), "ab"[at % 2], True, at, None) for at in range(20)]
    spread = t.TwoSample("x", 4)
    one = count(spread, table(rows), REFERENCE)
    other = count(spread, table(rows), {"x": [1.0, 2.0, 3.0]})
    texts = count(spread, table([("a", None, None, None, None)]), {"x": ["a"]})
    bins = t.ScoreHistogram("x", t.Event("flag"), (), exact_up_to=5, bins=4)
    scores = [count(bins, table(part), None) for part in (rows[:10], rows[10:], rows[:3])]
    groups = t.GroupCounts(("k",), limit=5)
    for request, parts, said in [
        (spread, [one, other], "different points"),
        (spread, [one, replace(one, reference=replace(one.reference, missing=9))], "different references"),  # type: ignore[union-attr,type-var]
        (spread, [one, texts], "numbers in one part and texts in another"),
        (bins, scores[:2], "its bins are quantiles of each part"),
        (replace(bins, exact_up_to=12), scores[2:] * 5 + scores[:1], "its bins are quantiles of each part"),
        (groups, [count(groups, table(rows), None)], "more groups than its limit"),
        (t.DuplicateCounts(("k",)), [count(t.DuplicateCounts(("k",)), table(rows), None)], "about all rows together"),
    ]:  # fmt: skip
        with pytest.raises(NotMergeable, match=said):
            merge(request, parts)
    with pytest.raises(NotMergeable, match="no tally to merge"):
        merge(spread, [])
    assert not mergeable(t.DuplicateCounts(("k",)))
    assert all(map(mergeable, REQUESTS))


def test_a_part_that_answers_another_request_is_refused() -> None:
    with pytest.raises(t.InconsistentTally, match="answers a request for NullCounts"):
        merge(t.NullCounts("x"), [t.NullTally(rows=1, missing=0), t.CategoryTally((1,), 0, 0)])
