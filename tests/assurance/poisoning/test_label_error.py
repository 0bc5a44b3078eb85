"""Label errors by confident learning."""

import numpy as np
import pytest

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.poisoning.confident_joint import ProbabilitiesUnusable, count_confident_joint
from clerestory.assurance.poisoning.cross_validation import TooFewRows, design_matrix, out_of_sample_probabilities
from clerestory.assurance.poisoning.label_error import error_share
from clerestory.assurance.registry import find
from clerestory.assurance.tally import ConfidentJointTally
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run

NAME = "poisoning.label-error"
DATA = {"label": "given"}


def planted(n=3000, rate=0.1, seed=0, apart=4.0):
    """Two classes far apart, a known share of labels flipped."""
    chance = np.random.default_rng(seed)
    truth = chance.random(n) < 0.5
    flipped = chance.random(n) < rate
    x = chance.normal(apart * truth, 1, n)
    given = np.where(truth ^ flipped, "yes", "no")
    p = 1 / (1 + np.exp(-(apart * x - apart**2 / 2)))
    return {"given": given.tolist(), "x": x.tolist(), "p_yes": p.tolist()}, float(flipped.mean())


def test_the_estimate_is_that_of_the_example_in_the_paper():
    # Northcutt, Jiang and Chuang (2021), figure 1: dog, fox, cow; off-diagonal joint 0.1+0.05+0.14+0+0.08+0.03.
    joint = ((100, 40, 20), (56, 60, 0), (32, 12, 80))
    tally = ConfidentJointTally(classes=("dog", "fox", "cow"), labelled=(160, 116, 124), joint=joint)
    assert error_share(tally).value == pytest.approx(0.4)


def test_the_joint_follows_its_definition_on_a_small_example():
    # Means of the given class: a 0.6, b 0.7. Confident in a: rows 1, 2, 5; in b: rows 3, 4.
    a = np.array([0.9, 0.7, 0.2, 0.1, 0.8])
    labels = ["a", "a", "a", "b", "b"]
    found = count_confident_joint(np.column_stack([a, 1 - a]), labels, ("a", "b"))
    assert found.joint == ((2, 1), (1, 1))
    assert found.labelled == (3, 2)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.2])
def test_planted_label_errors_are_found_with_given_probabilities(rate):
    table, truth = planted(rate=rate)
    found = run(NAME, table, data=DATA, probabilities={"yes": "p_yes"})
    assert found.low - 0.01 <= truth <= found.high + 0.01
    assert found.value == pytest.approx(truth, abs=0.02)


def test_planted_label_errors_are_found_by_a_model_trained_in_folds():
    table, truth = planted(rate=0.1)
    found = run(NAME, table, data=DATA, features=["x"])
    assert found.value == pytest.approx(truth, abs=0.03)
    assert judge(found, find(NAME).criterion("<= 0.05")).verdict is Verdict.FAIL
    assert run(NAME, table, data=DATA, features=["x"]) == found
    assert run(NAME, table, data=DATA, features=["x"], seed=1).value == pytest.approx(found.value, abs=0.02)


def test_clean_labels_pass():
    table, _ = planted(rate=0.0, apart=6.0)
    found = run(NAME, table, data=DATA, features=["x"])
    assert judge(found, find(NAME).criterion("<= 0.05")).verdict is Verdict.PASS


def test_few_rows_and_missing_labels_are_inconclusive():
    table, _ = planted(40)
    assert run(NAME, table, data=DATA, probabilities={"yes": "p_yes"}).reason is Reason.INSUFFICIENT_DATA
    table, _ = planted(2000)
    table["given"] = [None if at % 10 == 0 else label for at, label in enumerate(table["given"])]
    assert run(NAME, table, data=DATA, probabilities={"yes": "p_yes"}).reason is Reason.LABELS_MISSING


def test_rows_beyond_those_trained_on_do_not_make_the_unlabelled_ones_many():
    table, truth = planted(6000)
    table["given"][:100] = [None] * 100
    found = run(NAME, table, data=DATA, features=["x"], max_rows=1500)
    assert found.reason is None
    assert found.details["labelled rows left out"] == "4400"
    assert found.value == pytest.approx(truth, abs=0.04)


def test_without_probabilities_or_features_there_is_nothing_to_go_by():
    table, _ = planted(100)
    with pytest.raises(ParameterRefused, match="neither"):
        find(NAME).wants(parameters(NAME, table, data=DATA))
    with pytest.raises(ParameterRefused, match="p_no"):
        parameters(NAME, table, data=DATA, probabilities={"no": "p_no"})


def test_out_of_sample_probabilities_are_close_to_those_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    chance = np.random.default_rng(3)
    x = chance.normal(0, 1, (600, 3))
    labels = np.where(x @ [1.0, -1, 0.5] + chance.normal(0, 1, 600) > 0, "b", "a")
    mine = out_of_sample_probabilities(x, labels.tolist(), folds=5, seed=0)
    other = cross_val_predict(LogisticRegression(), x, labels, cv=5, method="predict_proba")
    assert np.abs(mine - other).mean() < 0.03
    assert mine.sum(axis=1) == pytest.approx(np.ones(600))


@pytest.mark.parametrize("labels, folds", [(["a"] * 10, 5), (["a"] * 10 + ["b"], 5), ([], 5), (["a", "b"] * 10, 1)])
def test_what_cannot_be_learned_in_folds_is_refused(labels, folds):
    with pytest.raises(TooFewRows):
        out_of_sample_probabilities(np.zeros((len(labels), 1)), labels, folds=folds, seed=0)


def test_a_design_has_numbers_marks_of_missing_ones_and_frequent_texts():
    found = design_matrix([[1.0, None, 3.0], ["a", "b", "a"], [True, None, False]])
    assert found.shape == (3, 7)
    assert found[:, 0].tolist() == [1, 2, 3]
    assert found[:, 1].tolist() == [0, 1, 0]
    assert found[:, 2].tolist() == [1, 0, 1]
    with pytest.raises(TooFewRows):
        design_matrix([])


@pytest.mark.parametrize(
    "probabilities, labels",
    [([[0.5, 0.5]], ["a", "b"]), ([[0.5, float("nan")]], ["a"]), ([[1.5, -0.5]], ["a"]), ([[0.5, 0.5]], ["c"])],
)
def test_probabilities_that_are_none_are_refused(probabilities, labels):
    with pytest.raises(ProbabilitiesUnusable):
        count_confident_joint(np.array(probabilities), labels, ("a", "b"))
