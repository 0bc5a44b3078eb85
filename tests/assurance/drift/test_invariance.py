"""What must change nothing in a distance of two tables, for each distance of single columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy, ks_2samp

from clerestory.assurance.measurement import Reason
from tests.simulators.checking import run

PSI, KS = "drift.population-stability-index", "drift.kolmogorov-smirnov"
JS, CHI = "drift.jensen-shannon-distance", "drift.chi-square"
NUMBERS = st.lists(st.integers(-20, 20), min_size=30, max_size=80)
COUNTED = st.lists(st.integers(20, 60), min_size=3, max_size=3)
"""Enough of each that no bin is merged with another."""


def figures(found):
    return (found.value, found.low, found.high)


def column(counts, names):
    return {"x": [name for name, n in zip(names, counts, strict=True) for _ in range(n)]}


@settings(max_examples=40, deadline=None)
@given(NUMBERS, NUMBERS, st.integers(0, 2**32 - 1))
def test_the_kolmogorov_distance_is_that_of_scipy_and_knows_the_order_alone(current, reference, seed):
    found = run(KS, {"x": current}, {"x": reference})
    assert found.value == pytest.approx(ks_2samp(reference, current, method="asymp").statistic, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    order = np.random.default_rng(seed).permutation(len(current))
    stretched = [
        {"x": [float(value) ** 3 + 7 for value in part]} for part in ([current[at] for at in order], reference)
    ]
    assert figures(run(KS, *stretched)) == pytest.approx(figures(found), abs=1e-12)
    turned = [{"x": [-value for value in part]} for part in (current, reference)]
    assert figures(run(KS, *turned)) == pytest.approx(figures(found), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(COUNTED, COUNTED, st.permutations("uvw"), st.integers(2, 5))
def test_the_stability_index_is_the_symmetrised_entropy_of_scipy_under_any_names_and_both_ways(
    first, second, names, times
):
    found = run(PSI, column(first, "abc"), column(second, "abc"))
    p, q = np.array(first) / sum(first), np.array(second) / sum(second)
    assert found.value == pytest.approx(entropy(p, q) + entropy(q, p), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high
    renamed = run(PSI, column(first, names), column(second, names))
    back = run(PSI, column(second, "abc"), column(first, "abc"))
    for other in (renamed, back):
        assert figures(other) == pytest.approx(figures(found), abs=1e-9)
    more = run(PSI, column([n * times for n in first], "abc"), column([n * times for n in second], "abc"))
    assert more.value == pytest.approx(found.value, abs=1e-12)
    assert more.high - more.low <= found.high - found.low + 1e-12


@pytest.mark.parametrize("name", [PSI, KS, JS, CHI])
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_table_lies_at_no_distance_from_itself_in_another_order(name, data):
    values = data.draw(NUMBERS) if name != CHI else [str(at % 3) for at in data.draw(NUMBERS)]
    found = run(name, {"x": values[::-1]}, {"x": values})
    if found.value is None:
        assert found.reason is Reason.INSUFFICIENT_DATA  # nearly all rows are alike: one bin is left
        return
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert found.low == 0.0


@pytest.mark.parametrize("name", [PSI, JS, CHI])
@settings(max_examples=20, deadline=None)
@given(st.integers(6, 40), st.integers(2, 6))
def test_rows_that_agree_better_than_chance_prove_no_more_than_those_that_agree_as_chance_has_it(name, rows, bins):
    names, even = "abcdef"[:bins], [rows] * bins
    found = run(name, column(even, names), column(even, names))
    assert found.value == pytest.approx(0.0, abs=1e-12)
    # The mean of the divergence without shift: (bins - 1)(1 / n + 1 / m), in the unit of each (Yurdakul, Naranjo 2020).
    chance = (bins - 1) * 2 / (rows * bins)
    assert found.high >= {PSI: chance, JS: (chance / (8 * np.log(2))) ** 0.5, CHI: (chance / 4) ** 0.5}[name]
