"""Jensen-Shannon distance and chi-square: values against scipy, unseen and rare categories, bad data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run

JS, CHI = "drift.jensen-shannon-distance", "drift.chi-square"
NAMES = ["car", "education", "house"]


def column(counts, names=NAMES):
    return {"purpose": [name for name, n in zip(names, counts, strict=True) for _ in range(n)]}


def only(measurement):
    (item,) = measurement.by_group
    return item


def test_the_distance_of_categories_is_that_of_scipy():
    found = run(JS, column([200, 150, 250]), column([300, 200, 300]))
    expected = jensenshannon([300, 200, 300], [200, 150, 250], base=2)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.low <= found.value < found.high


def test_the_distance_of_numbers_is_that_of_the_references_deciles():
    chance = np.random.default_rng(7)
    reference, current = chance.normal(0, 1, 900), chance.normal(0.4, 1.2, 700)
    cuts = np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf")
    counts = [np.bincount(np.searchsorted(cuts, x, side="left"), minlength=10) for x in (reference, current)]
    found = run(JS, {"x": current.tolist()}, {"x": reference.tolist()})
    assert found.value == pytest.approx(jensenshannon(*counts, base=2), abs=1e-12)


def test_the_association_is_cramers_v_for_tables_of_one_size_and_the_p_value_that_of_scipy():
    counts = [[300, 200, 300], [250, 260, 290]]
    found = run(CHI, column(counts[1]), column(counts[0]))
    assert found.value == pytest.approx(association(np.array(counts), method="cramer"), abs=1e-12)
    p_value = chi2_contingency(counts, correction=False).pvalue
    assert f"p {p_value:.3g}" in only(found).note


def test_the_association_does_not_shrink_because_one_table_is_much_larger():
    small, large = column([60, 30, 30]), column([30_000, 30_000, 60_000])
    other = column([30, 30, 60])
    assert run(CHI, small, large).value == pytest.approx(run(CHI, small, other).value, abs=1e-12)
    table = np.array([[30_000, 30_000, 60_000], [60, 30, 30]])
    assert association(table, method="cramer") < run(CHI, small, large).value / 5


@pytest.mark.parametrize("name", [JS, CHI])
def test_a_category_that_the_reference_lacks_counts_and_is_named_in_the_notes(name):
    names = ["boat", *NAMES]
    found = run(name, column([60, 200, 150, 190], names), column([300, 250, 250]))
    assert found.value > run(name, column([200, 150, 190]), column([300, 250, 250])).value
    assert "60 rows in 1 categories that the reference lacks" in only(found).note


@pytest.mark.parametrize("name, called", [(JS, "bins"), (CHI, "categories")])
def test_rare_categories_are_pooled_and_the_notes_say_so(name, called):
    names = ["car", "house", "boat", "plane", "yacht"]
    found = run(name, column([300, 290, 8, 2, 0], names), column([500, 490, 4, 3, 3], names))
    pooled = run(name, column([300, 290, 10], names[:3]), column([500, 490, 10], names[:3]))
    assert found.value == pytest.approx(pooled.value, abs=1e-12)
    assert f"3 {called} of 5, those with fewer than 5 rows expected merged" in only(found).note


@pytest.mark.parametrize("name", [JS, CHI])
@pytest.mark.parametrize("counts", [[1, 1, 1], [4, 0, 0], [0, 0, 0]])
def test_too_few_rows_are_inconclusive_with_a_reason(name, counts):
    found = run(name, column(counts), column([300, 250, 250]), columns=["purpose"])
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
    assert "fewer than 5 rows expected" in only(found).note
    assert judge(found, find(name).criterion("< 0.2")).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("name", [JS, CHI])
def test_missing_values_are_a_category(name):
    reference, current = column([300, 250, 250]), column([300, 250, 250])
    before = run(name, current, reference).value
    current["purpose"] = [None if at % 4 == 0 else value for at, value in enumerate(current["purpose"])]
    assert run(name, current, reference).value > before + 0.1


def test_all_is_every_column_of_categories_for_chi_square_and_every_column_for_the_distance():
    current = {**column([100, 100, 100]), "age": list(range(300)), "member": [True, False] * 150}
    assert [item.group for item in run(CHI, current, current).by_group] == ["purpose", "member"]
    assert [item.group for item in run(JS, current, current).by_group] == ["purpose", "age", "member"]
    with pytest.raises(ParameterRefused, match="category"):
        parameters(CHI, {"age": [1, 2]}, {"age": [1, 2]})


def test_few_numbers_are_categories_when_named_and_many_are_not_judged():
    codes = {"code": [1] * 100 + [2] * 100 + [3] * 100}
    found = run(CHI, {"code": [1] * 80 + [2] * 100 + [4] * 60}, codes, columns=["code"])
    counts = np.array([[100, 100, 100, 0], [80, 100, 0, 60]])
    scaled = counts * counts.sum(axis=1)[::-1, None]
    assert found.value == pytest.approx(association(scaled, method="cramer"), abs=1e-12)
    assert "60 rows in some categories that the reference lacks" in only(found).note
    many = {"code": list(range(300))}
    found = run(CHI, many, many, columns=["code"])
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
    assert "different numbers" in only(found).note


@pytest.mark.parametrize("name", [JS, CHI])
def test_more_than_a_thousand_categories_are_not_judged(name):
    table = {"purpose": [f"name {at}" for at in range(1200)], "sex": ["f", "m"] * 600}
    found = run(name, table, table)
    assert {item.group: item.note for item in found.by_group}["purpose"] == "more than 1,000 categories"
    assert judge(found, find(name).criterion("< 0.9")).reason is Reason.UNJUDGED_SHARE


@pytest.mark.parametrize("name", [JS, CHI])
@pytest.mark.parametrize("values", [[1.5], [float("nan")] * 40, [None] * 40, [float("inf")] * 40])
def test_unusable_columns_never_pass_by_chance(name, values):
    found = run(name, {"x": values}, {"x": [float(at % 20) for at in range(200)]}, columns=["x"])
    assert judge(found, find(name).criterion("< 0.2")).verdict is not Verdict.PASS


@pytest.mark.parametrize("name", [JS, CHI])
def test_a_constant_column_does_not_drift(name):
    assert run(name, {"x": ["a"] * 400}, {"x": ["a"] * 300}, columns=["x"]).value == 0


@pytest.mark.parametrize("name, pointed", [(JS, 0.75), (CHI, 0.8)])
def test_without_shift_small_samples_do_not_fail_where_the_point_rule_mostly_does(name, pointed):
    chance, criterion = np.random.default_rng(8), find(name).criterion("< 0.1")
    names = [f"c{at}" for at in range(10 if name == JS else 5)]
    seen = failed = 0
    for _ in range(60):
        tables = [{"x": chance.choice(names, 100).tolist()} for _ in range(2)]
        judged = judge(run(name, *tables), criterion)
        seen += not judged.point_rule
        failed += judged.verdict is Verdict.FAIL
    assert seen / 60 > pointed - 0.15
    assert failed == 0


@pytest.mark.parametrize("name", [JS, CHI])
def test_a_real_shift_fails_and_a_trivial_one_of_many_rows_passes(name):
    criterion = find(name).criterion("< 0.1")
    assert judge(run(name, column([100, 300, 600]), column([400, 300, 300])), criterion).verdict is Verdict.FAIL
    many = run(name, column([20_400, 20_000, 19_600]), column([20_000, 20_000, 20_000]))
    assert judge(many, criterion).verdict is Verdict.PASS
    assert float(only(many).note.rsplit(" ", 1)[1]) < 0.05


COUNTED = st.lists(st.integers(0, 60), min_size=3, max_size=3).filter(lambda counts: sum(counts) >= 5)


@pytest.mark.parametrize("name", [JS, CHI])
@settings(max_examples=60, deadline=None)
@given(first=COUNTED, second=COUNTED)
def test_a_distance_lies_in_zero_to_one_is_symmetric_and_stays_in_its_interval(name, first, second):
    there, back = run(name, column(first), column(second)), run(name, column(second), column(first))
    if there.value is None:
        assert there.reason is Reason.INSUFFICIENT_DATA
        return
    assert 0 <= there.low <= there.value <= there.high <= 1
    assert there.value == pytest.approx(back.value, abs=1e-12)
