"""Checks on drift, quality and fairness through a manifest: the engine counts, trials draw rows, the model is asked."""

import numpy as np
import polars as pl
import pytest

from clerestory.terms.status import Verdict
from tests.intake.conftest import DATA, SYSTEM, Project, decisions, run
from tests.simulators.checking import run as run_on_lists

CHECK = '\n[[check]]\nname = "{name}"\ncriterion = "{criterion}"\nsource = "own"\n{more}\n'
ASKED = [
    ("drift.wasserstein-distance", "<= 0.2", 'columns = ["income", "score"]', Verdict.PASS),
    ("drift.domain-classifier", "<= 0.6", 'columns = ["income", "sex", "score"]', Verdict.PASS),
    ("drift.concept", "<= 0.2", 'features = ["income", "sex"]', Verdict.PASS),
    ("performance.conformal-coverage", ">= 0.85", "", Verdict.PASS),
    ("performance.canary-holdout", ">= 0.65", 'keys = ["case_id", "income"]', Verdict.PASS),
    ("fairness.individual-consistency", "<= 0.1", 'features = ["income"]', Verdict.FAIL),
    ("fairness.selection-rate-ratio", ">= 0.8", 'rate = "scoring"', Verdict.PASS),
    ("performance.task-metric", ">= 0.7", "estimated = true\nthreshold = 0.5", Verdict.PASS),
]

ENTRY = """
def scores(document):
    columns = document["columns"]
    told = zip(columns["income"], columns["sex"])
    return {"scores": [0.2 + income / 10 + (0.05 if sex == "male" else 0.0) for income, sex in told]}
"""


def manifest() -> str:
    return SYSTEM + DATA + "".join(CHECK.format(name=name, criterion=c, more=more) for name, c, more, _ in ASKED)


@pytest.fixture
def results(project: Project):
    return {result.declared.check.name: result for result in run(project(manifest())).results}


def test_each_check_reaches_its_verdict_on_real_tables(results):
    assert {name: (result.verdict, str(result.reason)) for name, result in results.items()} == {
        name: (verdict, "") for name, _, _, verdict in ASKED
    }


def test_the_engine_counts_what_plain_lists_say(results):
    current, reference = (decisions(seed=seed) for seed in (1, 2))
    found = results["drift.wasserstein-distance"].measurement
    lists = run_on_lists(found.check, {"x": current["income"].to_list()}, {"x": reference["income"].to_list()})
    assert found.by_group[0].value == pytest.approx(lists.value, abs=1e-9)
    scoring = results["fairness.selection-rate-ratio"].measurement
    above = current.with_columns(pl.col("score") > pl.col("score").median())
    rates = dict(above.group_by("sex").agg(pl.col("score").mean()).iter_rows())
    assert {item.group: item.value for item in scoring.by_group} == pytest.approx(
        {f"sex={sex}": rate for sex, rate in rates.items()}
    )


def test_canary_cases_that_are_in_the_reference_are_found_by_key(project):
    folder = project(manifest(), decisions(seed=2).head(400))
    result = {each.declared.check.name: each for each in run(folder).results}["performance.canary-holdout"]
    assert result.measurement.details["canary cases seen in training"] == "400 of 400"
    assert result.verdict is Verdict.FAIL


def test_more_scores_than_the_engine_keeps_apart_have_the_exact_median(project):
    many = decisions(12_345, seed=5)
    result = {each.declared.check.name: each for each in run(project(manifest(), many)).results}
    shown = result["fairness.selection-rate-ratio"].measurement.by_group
    above = many["score"].to_numpy() > np.median(many["score"].to_numpy())
    assert sum(item.value * item.n for item in shown) == pytest.approx(above.sum())


def test_the_model_is_asked_again_with_another_sex(project, tmp_path):
    model = '\n[model]\nentry = "scoring:scores"\nfeatures = ["income", "sex"]\nthreshold = 0.5\n'
    asked = CHECK.format(
        name="fairness.individual-consistency", criterion="<= 0.05", more='measure = "counterfactual"\nrows = 500'
    )
    folder = project(SYSTEM + DATA + model + asked)
    (folder / "scoring.py").write_text(ENTRY, encoding="utf-8")
    (result,) = run(folder).results
    # Incomes of 2.5 to 3 are decided by sex alone: Phi(0) - Phi(-0.5) = 0.191 of the cases.
    assert result.measurement.by_group[0].value == pytest.approx(0.191, abs=0.06)
    assert result.verdict is Verdict.FAIL


def test_without_a_model_the_same_check_says_what_it_lacks(project):
    asked = CHECK.format(
        name="fairness.individual-consistency",
        criterion="<= 0.05",
        more='measure = "counterfactual"\nfeatures = ["income", "sex"]',
    )
    (result,) = run(project(SYSTEM + DATA + asked)).results
    assert result.measurement is None
    assert "needs a model" in str(result.reason)


def test_training_data_without_decisions_scores_or_keys_still_serve_where_they_are_not_needed(project):
    asked = CHECK.format(name="drift.concept", criterion="<= 0.2", more='features = ["income", "sex"]')
    asked += CHECK.format(name="performance.canary-holdout", criterion=">= 0.65", more="")
    folder = project(SYSTEM + DATA + asked)
    rows = pl.read_parquet(folder / "reference.parquet")
    rows.drop("case_id", "score").write_parquet(folder / "reference.parquet")
    results = {result.declared.check.name: result for result in run(folder).results}
    assert results["drift.concept"].verdict is Verdict.PASS
    assert results["performance.canary-holdout"].verdict is Verdict.PASS
    assert "case_id" in results["performance.canary-holdout"].measurement.details["not known by"]
