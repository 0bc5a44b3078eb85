"""Performance checks: values against scikit-learn, bins against exact scores, bad data."""

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance import scores
from clerestory.assurance.registry import find
from clerestory.assurance.tally import ScoreHistogram
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run
from tests.simulators.counting import count

DATA = {"outcome": "predicted", "label": "happened", "score": "score", "sensitive_features": ("sex",)}
TASK, CALIBRATION, SUBGROUP = "performance.task-metric", "performance.calibration", "performance.subgroup"


def cases(n=1500, seed=0, digits=3):
    chance = np.random.default_rng(seed)
    score = np.round(chance.beta(2, 3, n), digits)
    happened = chance.random(n) < score
    return {
        "score": score.tolist(), "happened": happened.tolist(), "predicted": (score >= 0.5).tolist(),
        "sex": chance.choice(["female", "male"], n).tolist(),
    }  # fmt: skip


@pytest.mark.parametrize(
    "metric, column, other",
    [
        ("accuracy", "predicted", sk.accuracy_score),
        ("roc_auc", "score", sk.roc_auc_score),
        ("brier", "score", sk.brier_score_loss),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_values_are_those_of_scikit_learn(metric, column, other, seed):
    table = cases(seed=seed)
    found = run(TASK, table, data=DATA, metric=metric)
    assert found.value == pytest.approx(other(table["happened"], table[column]), abs=1e-9)
    assert found.low < found.value < found.high
    assert found.n == 1500


def calibration_error(table, bins=10):
    """Expected calibration error from scikit-learn's curve and numpy's histogram of the same bins."""
    share, score = calibration_curve(table["happened"], table["score"], n_bins=bins)
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], table["score"])
    weights = np.unique(places, return_counts=True)[1] / len(places)
    return float(np.dot(weights, np.abs(share - score)))


@pytest.mark.parametrize("bins", [5, 10, 20])
def test_the_calibration_error_is_that_of_scikit_learns_curve(bins):
    table = cases()
    assert run(CALIBRATION, table, data=DATA, bins=bins).value == pytest.approx(
        calibration_error(table, bins), abs=1e-9
    )


def binned(table, request):
    """Count the same request in bins, as an engine does beyond 10,000 distinct scores."""
    coarse = ScoreHistogram(request.score, request.label, request.by, request.cuts, exact_up_to=5, bins=200)
    return {request: count(coarse, table)}


@pytest.mark.parametrize("name, given", [(TASK, {"metric": "brier"}), (CALIBRATION, {})])
def test_bins_with_sums_give_the_same_brier_score_and_calibration_error(name, given):
    table = cases(digits=9)
    complete = parameters(name, table, data=DATA, **given)
    exact, coarse = (
        run(name, table, data=DATA, **given),
        find(name).measure(binned(table, scores.request(complete)), complete),
    )
    for end in ("value", "low", "high"):
        assert getattr(coarse, end) == pytest.approx(getattr(exact, end), abs=1e-9)


def test_bins_bound_the_area_under_the_curve():
    table = cases(digits=9)
    complete = parameters(TASK, table, data=DATA, metric="roc_auc")
    exact = run(TASK, table, data=DATA, metric="roc_auc")
    coarse = find(TASK).measure(binned(table, scores.request(complete)), complete)
    assert coarse.low <= exact.low
    assert exact.high <= coarse.high
    assert "binned" in coarse.details["scores"]


def test_checks_on_scores_share_one_tally():
    table = cases(50)
    asked = {
        find(TASK).wants(parameters(TASK, table, data=DATA, metric="roc_auc")),
        find(TASK).wants(parameters(TASK, table, data=DATA, metric="brier")),
        find(CALIBRATION).wants(parameters(CALIBRATION, table, data=DATA)),
    }
    assert len(asked) == 1


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_the_interval_of_the_calibration_error_covers_the_truth(shift):
    chance = np.random.default_rng(1)
    from clerestory.assurance.performance.calibration import error_interval

    n = np.array([40.0, 80, 120, 200, 260, 200, 120, 80, 40, 30])
    score = np.linspace(0.05, 0.95, 10)
    truth_share = np.clip(score + shift * np.sign(0.5 - score), 0, 1)
    truth = float((n / n.sum() * np.abs(truth_share - score)).sum())
    covered = 0
    for _ in range(400):
        positive = chance.binomial(n.astype(int), truth_share).astype(float)
        found, _ = error_interval(positive, n, n * score)
        covered += found.low <= truth <= found.high
    assert covered / 400 >= 0.94


def test_perfect_calibration_is_not_failed_for_the_bias_of_small_samples():
    table = cases(200)
    found = run(CALIBRATION, table, data=DATA)
    assert found.low == 0
    assert float(found.details["noise alone"]) > 0.02


@pytest.mark.parametrize("metric", ["roc_auc", "brier", "accuracy"])
@pytest.mark.parametrize("label", [True, False])
def test_labels_of_one_class_leave_only_the_ranking_open(metric, label):
    table = cases()
    table["happened"] = [label] * 1500
    found = run(TASK, table, data=DATA, metric=metric)
    assert (found.reason is Reason.INSUFFICIENT_DATA) == (metric == "roc_auc")


@pytest.mark.parametrize("metric", ["roc_auc", "brier"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf"), None])
def test_scores_that_are_no_numbers_count_as_unjudged(metric, bad):
    table = cases()
    table["score"] = [bad if at < 150 else score for at, score in enumerate(table["score"])]
    found = run(TASK, table, data=DATA, metric=metric)
    assert found.n == 1350
    assert found.share_unassessable == pytest.approx(0.1)
    assert judge(found, find(TASK).criterion("between 0.01 and 0.99")).reason is Reason.UNJUDGED_SHARE


@pytest.mark.parametrize("name, given", [(TASK, {"metric": "brier"}), (CALIBRATION, {})])
def test_scores_outside_zero_to_one_are_no_probabilities(name, given):
    table = cases()
    table["score"] = [score * 3 - 1 for score in table["score"]]
    found = run(name, table, data=DATA, **given)
    assert (found.value, found.reason) == (None, Reason.ASSUMPTION_BROKEN)
    assert run(TASK, table, data=DATA, metric="roc_auc").reason is None


def test_equal_scores_rank_nothing_and_are_calibrated_when_they_are_the_base_rate():
    table = cases()
    table["score"] = [0.4] * 1500
    assert run(TASK, table, data=DATA, metric="roc_auc").value == 0.5
    assert run(CALIBRATION, table, data=DATA).value == pytest.approx(abs(np.mean(table["happened"]) - 0.4), abs=1e-12)


@pytest.mark.parametrize("given", [{"metric": "accuracy"}, {"metric": "roc_auc"}, {"metric": "brier"}])
def test_missing_labels_and_empty_data_are_inconclusive(given):
    table = cases()
    late = {**table, "happened": [None if at % 10 == 0 else value for at, value in enumerate(table["happened"])]}
    assert run(TASK, late, data=DATA, **given).reason is Reason.LABELS_MISSING
    few = {key: column[:20] for key, column in table.items()}
    assert run(TASK, few, data=DATA, **given).reason is Reason.INSUFFICIENT_DATA
    empty = {key: [] for key in table}
    found = run(TASK, empty, data=DATA, **given)
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)


def test_all_labels_missing_is_inconclusive():
    table = {**cases(), "happened": [None] * 1500}
    for name, given in ((TASK, {}), (TASK, {"metric": "brier"}), (CALIBRATION, {}), (SUBGROUP, {})):
        found = run(name, table, data=DATA, **given)
        assert found.value is None
        assert found.reason is not None


def test_a_metric_without_its_column_is_refused_by_name():
    table = cases(100)
    with pytest.raises(ParameterRefused, match="needs score"):
        find(TASK).wants(parameters(TASK, table, data={**DATA, "score": None}, metric="roc_auc"))
    with pytest.raises(ParameterRefused, match="needs outcome"):
        find(SUBGROUP).wants(parameters(SUBGROUP, table, data={**DATA, "outcome": None}))


@pytest.mark.parametrize("metric, column, other", [
    ("accuracy", "predicted", sk.accuracy_score), ("roc_auc", "score", sk.roc_auc_score),
])  # fmt: skip
def test_quality_per_group_is_that_of_scikit_learn_and_the_worst_counts(metric, column, other):
    table = cases()
    found = run(SUBGROUP, table, data=DATA, metric=metric)
    sex = np.array(table["sex"])
    expected = {
        f"sex={name}": other(np.array(table["happened"])[sex == name], np.array(table[column])[sex == name])
        for name in ("female", "male")
    }
    assert {item.group: item.value for item in found.by_group} == pytest.approx(expected, abs=1e-9)
    assert found.value == min(expected.values()) or found.value == pytest.approx(min(expected.values()), abs=1e-9)
    worst = min(found.by_group, key=lambda item: item.value)
    assert found.low <= worst.low


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc"])
def test_small_and_unknown_groups_are_shown_and_counted(metric):
    table = cases()
    table["sex"] = ["other" if at < 20 else None if at < 40 else sex for at, sex in enumerate(table["sex"])]
    found = run(SUBGROUP, table, data=DATA, metric=metric)
    unjudged = {item.group: item.note for item in found.by_group if not item.assessed}
    assert unjudged == {"sex=other": "fewer than 30 cases", "sex=(missing)": "group unknown"}
    assert found.share_unassessable == pytest.approx(40 / 1500)


def test_a_better_brier_score_is_a_lower_one():
    check = find(TASK)
    brier = parameters(TASK, cases(10), data=DATA, metric="brier")
    assert check.direction(brier) == "lower"
    assert check.slice(brier) == "metric=brier"
    assert (
        judge(run(TASK, cases(), data=DATA, metric="brier"), check.criterion("<= 0.25", brier)).verdict is Verdict.PASS
    )
