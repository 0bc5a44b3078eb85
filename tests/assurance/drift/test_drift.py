"""Drift checks: values against scipy, certified intervals, bad data."""

import numpy as np
import pytest
from scipy.stats import entropy, ks_2samp

from clerestory.assurance.drift.kolmogorov_smirnov import sample_distance
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TwoSample
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run
from tests.simulators.counting import count

PSI, KS = "drift.population-stability-index", "drift.kolmogorov-smirnov"


def tables(n=800, m=600, shift=0.0, seed=0, digits=4):
    chance = np.random.default_rng(seed)
    return tuple(
        {
            "amount": np.round(chance.normal(move, 1, size), digits).tolist(),
            "age": chance.integers(18, 70, size).tolist(),
            "purpose": chance.choice(["car", "education", "house"], size, p=share).tolist(),
        }
        for size, move, share in ((m, shift, [0.3, 0.2, 0.5]), (n, 0.0, [0.3, 0.3, 0.4]))
    )


def shown(measurement, column):
    return next(item for item in measurement.by_group if item.group == column)


def divergence(first, second):
    p, q = (np.array(counts) / sum(counts) for counts in (first, second))
    return entropy(p, q) + entropy(q, p)


def test_the_index_of_a_numeric_column_is_that_of_its_reference_deciles():
    current, reference = tables(shift=0.3)
    cuts = np.quantile(reference["amount"], np.arange(1, 10) / 10, method="inverted_cdf")
    counts = [
        np.bincount(np.searchsorted(cuts, table["amount"], side="left"), minlength=10) for table in (reference, current)
    ]
    found = run(PSI, current, reference, columns=["amount"])
    assert found.value == pytest.approx(divergence(*counts), abs=1e-9)
    assert found.low < found.value < found.high


def test_the_index_of_categories_is_the_symmetrised_entropy_and_a_new_one_counts():
    current, reference = tables()
    names = ["boat", "car", "education", "house"]
    current["purpose"] = ["boat" if at < 60 else value for at, value in enumerate(current["purpose"])]
    first, second = ([table["purpose"].count(name) for name in names] for table in (reference, current))
    p, q = np.array([0.5, *first[1:]]) / 800, np.array(second) / 600
    found = run(PSI, current, reference, columns=["purpose"])
    assert found.value == pytest.approx(float(((q - p) * np.log(q / p)).sum()), abs=1e-9)


def test_bins_of_which_too_few_rows_are_expected_are_merged_and_the_note_says_so():
    reference = {"purpose": ["car"] * 500 + ["house"] * 490 + ["boat"] * 4 + ["plane"] * 3 + ["yacht"] * 3}
    current = {"purpose": ["car"] * 300 + ["house"] * 290 + ["boat"] * 8 + ["plane"] * 2}
    found = run(PSI, current, reference, columns=["purpose"])
    assert found.value == pytest.approx(divergence([500, 490, 10], [300, 290, 10]), abs=1e-9)
    assert "3 bins of 5, those with fewer than 5 rows expected merged" in shown(found, "purpose").note
    few = run(PSI, {"purpose": ["car"] * 3 + ["house"] * 3}, reference, columns=["purpose"])
    assert (few.value, few.reason) == (None, Reason.INSUFFICIENT_DATA)


def test_missing_values_are_a_bin_of_their_own():
    current, reference = tables(seed=3)
    before = run(PSI, current, reference, columns=["amount"]).value
    current["amount"] = [None if at % 5 == 0 else value for at, value in enumerate(current["amount"])]
    assert run(PSI, current, reference, columns=["amount"]).value > before + 0.1


def test_the_largest_column_counts_and_all_is_every_column():
    current, reference = tables(shift=1.0)
    found = run(PSI, current, reference)
    assert [item.group for item in found.by_group] == ["amount", "age", "purpose"]
    assert found.value == shown(found, "amount").value
    assert judge(found, find(PSI).criterion("< 0.2")).verdict is Verdict.FAIL


def test_without_drift_enough_rows_pass_and_few_do_not_fail():
    criterion = find(PSI).criterion("< 0.2")
    current, reference = tables(5000, 5000)
    current["purpose"], reference["purpose"] = reference["purpose"], reference["purpose"]
    assert judge(run(PSI, current, reference), criterion).verdict is Verdict.PASS
    current, reference = tables(60, 60)
    assert judge(run(PSI, current, reference, columns=["amount"]), criterion).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("digits", [1, 4])
def test_the_distance_is_exactly_that_of_scipy_while_all_reference_values_are_points(seed, digits):
    current, reference = tables(seed=seed, shift=0.2, digits=digits)
    other = ks_2samp(reference["amount"], current["amount"])
    found = run(KS, current, reference, columns=["amount"])
    assert found.value == pytest.approx(other.statistic, abs=1e-12)
    assert "exact" in shown(found, "amount").note


@pytest.mark.parametrize("points", [2, 10, 50])
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_quantile_points_certify_an_interval_that_holds_the_exact_distance(points, shift):
    current, reference = tables(shift=shift)
    exact = ks_2samp(reference["amount"], current["amount"]).statistic
    seen, most = sample_distance(count(TwoSample("amount", points), current, reference))
    assert seen - 1e-12 <= exact <= most + 1e-12
    assert most - seen <= 1 / points + 0.02


def test_a_trivial_shift_of_large_samples_passes_though_it_is_significant():
    # methods.md section 2: a shift of 0.02 standard deviations at n = 100,000 is significant in 98 % of runs.
    chance = np.random.default_rng(4)
    reference = {"x": np.round(chance.normal(0, 1, 50_000), 1).tolist()}
    current = {"x": np.round(chance.normal(0.03, 1, 50_000), 1).tolist()}
    found = run(KS, current, reference)
    assert judge(found, find(KS).criterion("< 0.1")).verdict is Verdict.PASS
    assert float(shown(found, "x").note.rsplit(" ", 1)[1]) < 0.05


def test_the_interval_of_the_distance_covers_the_truth():
    from scipy.stats import norm

    truth, covered = 2 * norm.cdf(0.25) - 1, 0
    for seed in range(40):
        current, reference = tables(200, 150, shift=0.5, seed=seed, digits=2)
        found = run(KS, current, reference, columns=["amount"])
        covered += found.low <= truth <= found.high
    assert covered >= 38


def test_columns_that_cannot_be_compared_keep_a_check_from_passing_and_say_why():
    current, reference = tables()
    for table in (current, reference):
        table["id"] = [f"person {at}" for at in range(len(table["age"]))]
    found = run(PSI, current, reference, columns=["age", "id"])
    assert shown(found, "id").note
    assert not shown(found, "id").assessed
    assert judge(found, find(PSI).criterion("< 5")).reason is Reason.UNJUDGED_SHARE


def test_text_is_not_numeric():
    current, reference = tables()
    assert [item.group for item in run(KS, current, reference).by_group] == ["amount", "age"]
    found = run(KS, current, reference, columns=["purpose"])
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
    assert shown(found, "purpose").note == "not numeric"


@pytest.mark.parametrize("name", [PSI, KS])
@pytest.mark.parametrize("column", [[], [1.5], [float("nan")] * 40, [None] * 40, [float("inf")] * 40])
def test_empty_constant_and_unusable_columns_never_conclude_a_pass_by_chance(name, column):
    found = run(name, {"x": column}, {"x": [float(at) for at in range(200)]}, columns=["x"])
    verdict = judge(found, find(name).criterion("< 0.2")).verdict
    assert verdict is not Verdict.PASS


@pytest.mark.parametrize("name", [PSI, KS])
def test_constant_columns_do_not_drift(name):
    found = run(name, {"x": [1.0] * 400}, {"x": [1.0] * 400}, columns=["x"])
    assert found.value == 0


def test_infinities_are_left_out_of_the_distance_and_counted():
    current, reference = tables()
    exact = run(KS, current, reference, columns=["amount"]).value
    current["amount"] = [*current["amount"], float("inf"), float("nan"), None]
    found = run(KS, current, reference, columns=["amount"])
    assert found.value == pytest.approx(exact)
    assert "3 missing or infinite" in shown(found, "amount").note


def test_a_check_without_reference_or_with_a_column_that_it_lacks_is_refused():
    current, reference = tables(10, 10)
    with pytest.raises(ParameterRefused, match="reference"):
        parameters(PSI, current)
    with pytest.raises(ParameterRefused, match="new"):
        parameters(PSI, {**current, "new": [1] * 10}, reference, columns=["new"])
