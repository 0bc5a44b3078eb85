"""What must change nothing in a search for wrong labels and hostile sources."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.poisoning.filtering.feedback import Feedback, contradicting, screened
from tests.simulators.checking import run

LABELS = "poisoning.label-error"
DATA = {"label": "given"}


def judged(seed, rate):
    """Rows with probabilities of two classes, of which a share has the other label."""
    draw = np.random.default_rng(seed)
    p = np.clip(np.where(draw.random(240) < 0.5, draw.beta(6, 2, 240), draw.beta(2, 6, 240)), 0.01, 0.99)
    yes = (p > 0.5) ^ (draw.random(240) < rate)
    return p, yes


def measured(p, yes, names=("no", "yes"), order=None):
    order = np.arange(len(p)) if order is None else order
    table = {
        "given": [names[int(flag)] for flag in yes[order]],
        "p0": (1 - p[order]).tolist(),
        "p1": p[order].tolist(),
    }
    return run(LABELS, table, data=DATA, probabilities={names[0]: "p0", names[1]: "p1"})


def figures(found):
    return (found.value, found.low, found.high, found.n, found.reason)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05, 0.2]))
def test_neither_the_order_of_rows_nor_the_names_of_labels_change_the_share_of_errors(seed, rate):
    p, yes = judged(seed, rate)
    found = measured(p, yes)
    assert 0 <= found.low <= found.value <= found.high <= 1
    order = np.random.default_rng(seed + 1).permutation(len(p))
    assert figures(measured(p, yes, order=order)) == pytest.approx(figures(found))
    assert figures(measured(p, yes, names=("zz", "1"))) == pytest.approx(figures(found))
    assert figures(measured(1 - p, ~yes)) == pytest.approx(figures(found))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_labels_that_all_agree_hold_no_error_and_four_times_the_rows_are_surer(seed):
    p, yes = judged(seed, 0.1)
    right = measured(p, p > 0.5)
    assert (right.value, right.low) == (0.0, 0.0)
    once, often = measured(p, yes), measured(np.tile(p, 4), np.tile(yes, 4))
    assert often.value == pytest.approx(once.value)
    assert often.high - often.low < once.high - once.low


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3), st.permutations(range(8)))
def test_neither_the_names_of_sources_items_and_labels_make_a_source_hostile(seed, hostile, names):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, 40)
    sources, items = np.repeat(np.arange(8), 40), np.tile(np.arange(40), 8)
    wrong = (draw.random(320) < 0.1) ^ (sources < hostile)
    said = np.where(wrong, 1 - truth[items], truth[items])
    found = contradicting(Feedback(sources, items, said, 2))
    renamed = contradicting(Feedback(np.array(names)[sources], 39 - items, 1 - said, 2))
    assert renamed[np.array(names)].tolist() == found.tolist()
    kept = screened(Feedback(sources, items, said, 2)) == "kept"
    assert kept.tolist() == (~found[sources]).tolist()  # each spoke once of each item, and none too often
    assert found.sum() <= hostile
