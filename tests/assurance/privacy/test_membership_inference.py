"""Membership inference: known curves, honest intervals, and forests that did or did not learn their rows by heart."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score, roc_curve

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.privacy.attack_curve import Curve, count, curve_of, enough, false_alarms, true_positives
from clerestory.assurance.privacy.membership_attack import ScoresUnusable
from clerestory.assurance.privacy.plain_model import fit, fits_of_parts
from clerestory.assurance.registry import CriterionAlwaysHolds, find
from clerestory.assurance.trial import Table, trial_of
from clerestory.terms.status import Verdict
from tests.assurance.privacy.adult import FEATURES, LABEL, matrix, people
from tests.simulators.answering import drive

NAME = "privacy.membership-inference"
CHECK = find(NAME)
COLUMNS = dict.fromkeys((*FEATURES, "sex", LABEL), "number")
LAYOUT = Layout(
    columns=COLUMNS,
    reference=COLUMNS,
    label=LABEL,
    features=FEATURES,
    sensitive_features=("sex",),
    asked=frozenset({"model"}),
)


@cache
def forest(by_heart: bool) -> RandomForestClassifier:
    members = people()[0]
    how = {"bootstrap": False} if by_heart else {"min_samples_leaf": 60}
    model = RandomForestClassifier(20, random_state=0, **how)
    return model.fit(matrix(members), members[LABEL])


def measured(model: object, others: Table | None = None, **given: object) -> Measurement:
    parameters = CHECK.complete({"shadow_models": 6} | given, LAYOUT)
    members, rest = people()
    tally = drive(CHECK.begin(parameters), tables={"reference": members, "current": others or rest}, predict=model)  # type: ignore[arg-type]
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def asked(by_heart: bool) -> object:
    return lambda table: forest(by_heart).predict_proba(matrix(table))[:, 1]


def series(scores: np.ndarray, member: np.ndarray, rate: float = 0.01, seed: int = 0) -> Curve:
    return curve_of(count(("a", "all"), scores, member, (rate,), seed=seed, family=1))


def test_true_positives_and_area_are_those_of_scikit_learn():
    draw = np.random.default_rng(7)
    member = draw.random(6_000) < 0.4
    scores = draw.normal(size=6_000) + member
    false, true, _ = roc_curve(member, scores, drop_intermediate=False)
    for rate in (0.01, 0.05, 0.2):
        at_most = np.floor(rate * (~member).sum()) / (~member).sum()
        curve = series(scores, member, rate)
        assert true_positives(curve, rate).value == pytest.approx(true[false <= at_most + 1e-12].max(), abs=1e-12)
    area = curve.area()
    assert area.low <= roc_auc_score(member, scores) <= area.high
    assert area.value == pytest.approx(roc_auc_score(member, scores), abs=5e-4)


def test_the_interval_holds_the_truth_of_two_normals():
    # TPR at FPR a of two normals one deviation apart is Phi(1 + Phi^-1(a)): 0.09239 at 1 % (binormal ROC, Green and
    # Swets 1966).
    held = above = 0
    for seed in range(300):
        draw = np.random.default_rng(seed)
        member = np.arange(2_000) < 1_000
        found = true_positives(series(draw.normal(size=2_000) + member, member, seed=seed), 0.01)
        held += found.low <= 0.09239 <= found.high
        above += found.low > 0.09239
    assert held >= 0.97 * 300
    assert above <= 0.02 * 300


def test_thresholds_are_those_that_the_beta_quantiles_give():
    # scipy.stats.beta: the 11th of 10,000 has a rate at most 0.05-0.17 %; these bounds hold with error 1.25 % a side.
    from scipy.stats import beta

    strict, middle, loose = false_alarms(10_000, 0.001)
    assert middle == 10
    assert strict is not None and loose is not None
    assert beta.sf(0.001, strict + 1, 10_000 - strict) <= 0.0125 < beta.sf(0.001, strict + 2, 10_000 - strict - 1)
    assert beta.cdf(0.001, loose + 1, 10_000 - loose) <= 0.0125 < beta.cdf(0.001, loose, 10_000 - loose + 1)


def test_ten_thousand_non_members_are_needed_for_one_in_a_thousand():
    assert enough(10_000, 0.001) and not enough(9_999, 0.001)
    assert enough(1_000, 0.01) and not enough(999, 0.01)
    found = measured(asked(False), false_positive_rate=0.001)
    assert found.reason is Reason.INSUFFICIENT_DATA
    assert judge(found, CHECK.criterion("<= 0.05")).verdict is Verdict.INCONCLUSIVE


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 60), st.integers(20, 300), st.floats(0.01, 0.5), st.integers(1, 5))
def test_counts_add_up_and_the_interval_holds_its_value(seed, members, others, rate, levels):
    draw = np.random.default_rng(seed)
    member = np.arange(members + others) < members
    curve = series(draw.integers(0, levels, members + others).astype(float), member, rate, seed)
    assert curve.size == (members, others)
    found = true_positives(curve, rate)
    assert 0 <= found.low <= found.value <= found.high <= 1
    caught = [curve.caught(at) for at in range(others + 1)]
    assert caught == sorted(caught) and caught[-1] == members


def test_a_forest_that_learnt_its_rows_by_heart_fails_and_one_that_could_not_passes():
    criterion = CHECK.criterion("<= 0.05")
    learnt, held_back = measured(asked(True)), measured(asked(False))
    assert judge(learnt, criterion).verdict is Verdict.FAIL
    assert judge(held_back, criterion).verdict is Verdict.PASS
    assert learnt.low is not None and learnt.low > 0.1
    shown = {cell.group: cell for cell in learnt.by_group}
    assert shown["likelihood ratio, sex=Female, area"].low > 0.7  # type: ignore[operator]
    assert not shown["likelihood ratio, sex=Female, area"].assessed
    assert float(learnt.details["epsilon is at least"]) > 2


def test_a_claimed_epsilon_is_refuted_by_a_leak_and_a_claim_that_allows_all_is_refused():
    found = measured(asked(True), claimed_epsilon=1.0)
    assert judge(found, CHECK.criterion("<= 1")).verdict is Verdict.FAIL
    # By hand: e times one in a hundred, and delta.
    assert found.details["true positives that the claim allows"] == "0.0272"
    with pytest.raises(CriterionAlwaysHolds):
        CHECK.criterion("<= 1", CHECK.complete({"claimed_epsilon": 8.0}, LAYOUT))


def test_a_difference_of_the_samples_is_no_leak():
    others = people()[1]
    young = others["age"] < np.median(others["age"])
    shifted = {name: np.concatenate([values[young]] * 2) for name, values in others.items()}
    found = measured(asked(False), shifted)
    assert found.reason is Reason.ASSUMPTION_BROKEN
    assert float(found.details["area of an attack that does not see the model"][:5]) > 0.6


def test_missing_labels_are_counted_and_too_many_say_nothing():
    others = dict(people()[1])
    label = others[LABEL].astype(np.float64)
    label[: len(label) // 3] = np.nan
    found = measured(asked(False), {**others, LABEL: label})
    assert found.reason is Reason.LABELS_MISSING
    assert found.details["rows without label"] == str(len(label) // 3)


def test_groups_can_be_judged_too():
    found = measured(asked(True), judge_groups=True, false_positive_rate=0.05)
    assert {cell.group for cell in found.by_group if cell.assessed} == {
        f"{attack}, {group}, TPR at 5 % FPR"
        for attack in ("likelihood ratio", "loss")
        for group in ("all", "sex=Female", "sex=Male")
    }


def test_scores_that_are_no_probabilities_are_refused():
    with pytest.raises(ScoresUnusable, match="no probabilities"):
        measured(lambda table: np.full(len(table["age"]), 1.5))


def test_a_label_of_words_needs_the_one_that_means_yes():
    others = people()[1]
    words = {**others, LABEL: np.array(["no"] * len(others[LABEL]), dtype=object)}
    with pytest.raises(ScoresUnusable, match="holds 'no'"):
        measured(asked(False), words)
    assert measured(asked(False), positive="true").reason is None


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_rate_at_the_edge_is_refused(rate):
    with pytest.raises(ParameterRefused, match="false_positive_rate"):
        CHECK.wants(CHECK.complete({"false_positive_rate": rate}, LAYOUT))


def test_the_plain_model_is_what_scikit_learn_fits():
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(3)
    x = draw.normal(size=(400, 3))
    y = (draw.random(400) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    expected = LogisticRegression(C=1.0, tol=1e-10).fit(x, y)
    found = fit(np.column_stack([x, np.ones(400)]), y)
    assert found == pytest.approx([*expected.coef_[0], *expected.intercept_], abs=1e-4)


def test_a_model_of_a_part_is_near_the_one_that_is_fitted_to_it_alone():
    draw = np.random.default_rng(5)
    x = np.column_stack([draw.normal(size=(800, 3)), np.ones(800)])
    y = (draw.random(800) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(float)
    parts = [draw.random(800) < 0.5 for _ in range(3)]
    for part, found in zip(parts, fits_of_parts(x, y, parts), strict=True):
        assert found == pytest.approx(fit(x[part], y[part]), abs=0.02)
