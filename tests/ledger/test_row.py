"""The one form of a row: what a leaf commits to follows from names and values alone."""

from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from clerestory.ledger.row import row_leaves, row_text

NAMES = ["at", "day", "n", "ok", "score", "text", "void"]


def test_a_row_is_written_as_its_definition_says():
    east = timezone(timedelta(hours=2))
    values = [datetime(2026, 11, 21, 9, 0, 0, 5, tzinfo=east), date(2026, 11, 21), 3, True, 0.1, 'ü"', None]
    assert row_text(NAMES, values).decode() == (
        '[["at","2026-11-21T07:00:00.000005Z"],["day","2026-11-21"],["n",3],["ok",true],["score",0.1],'
        '["text","ü\\""],["void",null]]'
    )
    assert row_text(["x"], [float("nan")]) == b'[["x","nan"]]'
    assert row_text(["x"], [datetime(2026, 11, 21, tzinfo=UTC).replace(tzinfo=None)]) == row_text(
        ["x"], [datetime(2026, 11, 21, tzinfo=UTC)]
    )


def test_a_leaf_is_the_hash_of_rfc_6962_over_that_text():
    assert row_leaves({"n": [1]}) == [sha256(b"\0" + b'[["n",1]]').digest()]
    assert row_leaves({}) == []


@given(st.lists(st.tuples(st.integers(), st.text()), max_size=8))
def test_the_order_of_columns_makes_no_difference_and_that_of_rows_moves_leaves(rows):
    numbers, texts = [n for n, _ in rows], [text for _, text in rows]
    one = row_leaves({"n": numbers, "text": texts})
    assert row_leaves({"text": texts, "n": numbers}) == one
    assert row_leaves({"n": numbers[::-1], "text": texts[::-1]}) == one[::-1]
