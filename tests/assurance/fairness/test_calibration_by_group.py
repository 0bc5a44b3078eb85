"""Calibration by group: values against scikit-learn and numpy, known truth, groups that cannot be judged, bad data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.registry import CriterionAlwaysHolds, CriterionBackwards, find
from clerestory.assurance.tally import ScoreHistogram
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run
from tests.simulators.counting import count

NAME = "fairness.calibration-by-group"
DATA = {"label": "happened", "score": "score", "sensitive_features": ("sex",)}
MEASURES = ["error", "in_the_large", "slope"]


def cases(n=2000, seed=0, shift=0.0, groups=("female", "male"), digits=2):
    """Draw calibrated scores; for the last group what happens is likelier by ``shift``."""
    chance = np.random.default_rng(seed)
    sex = chance.choice(groups, n)
    score = np.clip(np.round(chance.beta(2, 2, n), digits), 0.01, 0.99)
    happened = chance.random(n) < np.clip(score + shift * (sex == groups[-1]), 0, 1)
    return {"score": score.tolist(), "happened": happened.tolist(), "sex": sex.tolist()}


def part(table, sex):
    chosen = np.array(table["sex"]) == sex
    return np.array(table["score"])[chosen], np.array(table["happened"])[chosen]


def error_of(score, happened):
    share, mean = calibration_curve(happened, score, n_bins=10)
    weights = np.unique(np.searchsorted(np.linspace(0, 1, 11)[1:-1], score), return_counts=True)[1] / len(score)
    return float(np.dot(weights, np.abs(share - mean)))


def slope_of(score, happened):
    logit = np.log(score / (1 - score))[:, None]
    return float(LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(logit, happened).coef_[0, 0])


def large_of(score, happened):
    return float(happened.mean() - score.mean())


@pytest.mark.parametrize(
    "measure, other, tolerance",
    [("error", error_of, 1e-9), ("in_the_large", large_of, 1e-9), ("slope", slope_of, 1e-5)],
)
def test_every_group_has_the_figure_of_scikit_learn(measure, other, tolerance):
    table = cases(shift=0.08)
    found = run(NAME, table, data=DATA, measure=measure)
    expected = {f"sex={sex}": other(*part(table, sex)) for sex in ("female", "male")}
    assert {item.group: item.value for item in found.by_group} == pytest.approx(expected, abs=tolerance)
    values = list(expected.values())
    worst = max(values) if measure == "error" else abs(values[0] - values[1])
    assert found.value == pytest.approx(worst, abs=2 * tolerance)
    assert found.low <= found.value <= found.high
    for item in found.by_group:
        assert item.low < item.value < item.high
        assert "noise alone" in item.note


def test_the_other_two_measures_stand_in_the_notes_with_their_intervals():
    (first, _) = run(NAME, cases(), data=DATA, measure="in_the_large").by_group
    assert "error 0." in first.note
    assert "slope " in first.note
    assert first.note.count("[") == 2


@pytest.mark.parametrize("measure", MEASURES)
def test_bins_with_sums_give_nearly_the_same_as_all_scores(measure):
    table = cases(digits=6)
    complete = parameters(NAME, table, data=DATA, measure=measure)
    (request,) = find(NAME).wants(complete)
    coarse = ScoreHistogram(request.score, request.label, request.by, request.cuts, exact_up_to=5, bins=300)
    binned = find(NAME).measure({request: count(coarse, table)}, complete)
    exact = run(NAME, table, data=DATA, measure=measure)
    for end in ("value", "low", "high"):
        assert getattr(binned, end) == pytest.approx(getattr(exact, end), abs=2e-2 if measure == "slope" else 1e-9)


def test_a_group_whose_scores_mean_something_else_fails_and_enough_calibrated_rows_pass():
    check = find(NAME)
    for measure, limit in (("error", "<= 0.05"), ("in_the_large", "<= 0.06")):
        complete = parameters(NAME, cases(50), data=DATA, measure=measure)
        criterion = check.criterion(limit, complete)
        off = run(NAME, cases(6000, shift=0.15), data=DATA, measure=measure)
        assert judge(off, criterion).verdict is Verdict.FAIL
        fine = run(NAME, cases(16_000, seed=3), data=DATA, measure=measure)
        assert judge(fine, criterion).verdict is Verdict.PASS


def test_small_calibrated_groups_never_fail_for_the_bias_of_the_error():
    criterion = find(NAME).criterion("<= 0.05", parameters(NAME, cases(50), data=DATA))
    pointed = 0
    for seed in range(40):
        judged = judge(run(NAME, cases(240, seed=seed), data=DATA), criterion)
        assert judged.verdict is Verdict.INCONCLUSIVE
        pointed += not judged.point_rule
    assert pointed == 40


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_the_interval_of_the_gap_covers_the_truth(shift):
    covered = 0
    for seed in range(80):
        chance = np.random.default_rng(seed)
        sex, score = chance.choice(["a", "b", "c"], 900), np.round(0.2 + 0.6 * chance.random(900), 2)
        happened = chance.random(900) < score + shift * (sex == "c")
        table = {"sex": sex.tolist(), "score": score.tolist(), "happened": happened.tolist()}
        found = run(NAME, table, data=DATA, measure="in_the_large")
        covered += found.low <= shift <= found.high
    assert covered / 80 >= 0.91


@pytest.mark.parametrize("measure", MEASURES)
def test_labels_of_one_class_are_inconclusive_with_a_reason(measure):
    for label in (True, False):
        found = run(NAME, {**cases(), "happened": [label] * 2000}, data=DATA, measure=measure)
        assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
        assert {item.assessed for item in found.by_group} == {False}
        assert "fewer than 5 of either label expected" in found.by_group[0].note


@pytest.mark.parametrize("measure", MEASURES)
def test_empty_data_few_rows_and_a_single_group_are_inconclusive(measure):
    empty = {key: [] for key in cases(1)}
    few = {key: column[:40] for key, column in cases().items()}
    alone = {**cases(), "sex": ["female"] * 2000}
    for table in (empty, few, alone):
        found = run(NAME, table, data=DATA, measure=measure)
        assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
        assert found.share_unassessable == 1


@pytest.mark.parametrize("measure", MEASURES)
def test_small_and_unknown_groups_are_shown_and_counted(measure):
    table = cases()
    table["sex"] = ["other" if at < 20 else None if at < 60 else sex for at, sex in enumerate(table["sex"])]
    found = run(NAME, table, data=DATA, measure=measure)
    obstacles = {item.group: item.note.split(";")[0] for item in found.by_group if not item.assessed}
    assert obstacles == {"sex=other": "fewer than 30 cases", "sex=(missing)": "group unknown"}
    assert found.share_unassessable == pytest.approx(60 / 2000)
    more = run(NAME, table, data={**DATA, "max_unjudged_share": 0.01}, measure=measure)
    criterion = find(NAME).criterion("<= 0.9", parameters(NAME, table, data=DATA, measure=measure))
    assert judge(more, criterion).reason is Reason.UNJUDGED_SHARE


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_scores_that_are_no_numbers_count_as_unjudged(bad):
    table = cases()
    table["score"] = [bad if at < 200 else score for at, score in enumerate(table["score"])]
    found = run(NAME, table, data=DATA)
    assert found.share_unassessable == pytest.approx(0.1)
    assert found.n == 1800


def test_missing_labels_and_scores_that_are_no_probabilities_are_inconclusive():
    table = cases()
    late = {**table, "happened": [None if at % 8 == 0 else value for at, value in enumerate(table["happened"])]}
    assert run(NAME, late, data=DATA).reason is Reason.LABELS_MISSING
    found = run(NAME, {**table, "score": [3 * score - 1 for score in table["score"]]}, data=DATA)
    assert (found.value, found.reason) == (None, Reason.ASSUMPTION_BROKEN)


def test_scores_of_zero_and_one_have_no_logit_and_are_left_out_of_the_slope_alone():
    table = cases(2000)
    certain = [0.0 if at % 2 else 1.0 for at in range(100)]
    more = {
        "score": table["score"] + certain,
        "happened": table["happened"] + [score > 0.5 for score in certain],
        "sex": table["sex"] + ["female"] * 100,
    }
    slopes = [run(NAME, one, data=DATA, measure="slope").value for one in (table, more)]
    assert slopes[0] == pytest.approx(slopes[1], abs=1e-9)


def test_groups_with_a_single_score_have_no_slope_and_keep_the_check_from_concluding():
    table = {**cases(), "score": [0.5] * 2000}
    found = run(NAME, table, data=DATA, measure="slope")
    assert (found.value, found.reason, found.share_unassessable) == (None, Reason.INSUFFICIENT_DATA, 1.0)


def test_intersections_are_compared_too_unless_switched_off():
    chance = np.random.default_rng(5)
    table = {**cases(3000), "age": chance.choice(["young", "old"], 3000).tolist()}
    data = {**DATA, "sensitive_features": ("sex", "age")}
    names = [item.group for item in run(NAME, table, data=data).by_group]
    assert "age=old, sex=female" in names
    assert len(names) == 8
    assert len(run(NAME, table, data=data, intersections=False).by_group) == 4


def test_a_criterion_knows_the_range_of_its_measure():
    check, table = find(NAME), cases(50)
    error = parameters(NAME, table, data=DATA)
    with pytest.raises(CriterionBackwards):
        check.criterion("<= 1.5", error)
    with pytest.raises(CriterionAlwaysHolds):
        check.criterion("<= 1", error)
    slope = parameters(NAME, table, data=DATA, measure="slope")
    assert str(check.criterion("<= 1.5", slope)) == "<= 1.5"
    assert "measure=slope" in check.slice(slope)


ROWS = st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.sampled_from(["a", "b"])), min_size=80, max_size=160)


@pytest.mark.parametrize("measure", MEASURES)
@settings(max_examples=30, deadline=None)
@given(rows=ROWS)
def test_neither_the_order_of_rows_nor_the_names_of_groups_change_anything(measure, rows):
    def measured(rows, names):
        score, happened, sex = zip(*rows, strict=True)
        table = {
            "score": [value / 10 for value in score], "happened": list(happened), "sex": [names[g] for g in sex],
        }  # fmt: skip
        return run(NAME, table, data=DATA, measure=measure)

    first = measured(rows, {"a": "a", "b": "b"})
    second = measured(rows[::-1], {"a": "z", "b": "c"})
    assert first.reason == second.reason
    for end in ("value", "low", "high"):
        one, other = getattr(first, end), getattr(second, end)
        assert (one is None and other is None) or one == pytest.approx(other, abs=1e-6)
