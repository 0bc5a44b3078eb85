"""What must change nothing in a search for wrong labels and hostile sources."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
