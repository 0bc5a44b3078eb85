"""States of days add up to what merging their tallies gives, and are read back as they were written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance import tally as t
from clerestory.assurance.tally.merge import NotMergeable, merge
from clerestory.assurance.tally.state import form_of, merge_states, pack, read_form, read_state
from tests.assurance.test_merge import REFERENCE, REQUESTS, ROW, table
from tests.simulators.counting import count_all

DAYS = st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=4)


@given(days=DAYS)
def test_states_add_up_to_the_merged_tallies(days: list[list[tuple[object, ...]]]) -> None:
    tallies = [count_all(REQUESTS, table(rows), REFERENCE) for rows in days]
    merged, refused = merge_states([pack(day) for day in tallies])
    assert not refused
    assert merged == {request: merge(request, [day[request] for day in tallies]) for request in REQUESTS}


@given(rows=st.lists(ROW, max_size=12))
def test_a_state_is_read_back_as_it_was_written(rows: list[tuple[object, ...]]) -> None:
    state = pack(count_all(REQUESTS, table(rows), REFERENCE))
    form = read_form(state.form.body)
    assert form == state.form
    assert form_of(state.to_bytes()) == form.digest
    again = read_state(state.to_bytes(), form)
    assert np.array_equal(again.counts, state.counts)
    assert again.rest == state.rest


def test_states_against_different_references_do_not_add_up() -> None:
    rows = table([(1.0, "a", True, 1, None)])
    first, second = (pack(count_all(REQUESTS, rows, reference)) for reference in (REFERENCE, {**REFERENCE, "x": [1.0]}))
    with pytest.raises(NotMergeable, match="different requests or references"):
        merge_states([first, second])
    with pytest.raises(t.TallyUnreadable):
        read_state(first.to_bytes(), second.form)


@pytest.mark.parametrize("body", [b"", b"\xff" * 20, b"\2\0\0\0\0\0\0\0{}", b"\4\0\0\0\0\0\0\0null"])
def test_broken_bytes_are_one_clear_error(body: bytes) -> None:
    with pytest.raises(t.TallyUnreadable, match="state of a day cannot be read"):
        form_of(body)
    with pytest.raises(t.TallyUnreadable):
        read_form(body)
