"""Bias audit of Local Law 144: the example of its rules, scoring rates with ties and gaps, exclusions, bad input."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run

NAME = "fairness.selection-rate-ratio"
CHECK = find(NAME)
WHO = {"sensitive_features": ("who",), "score": "score"}
# 6 RCNY 5-301, the example of scores for "culture fit": applicants, published scoring rate and impact ratio. The
# categories that the excerpt at hand did not show are put together: 36 applicants, with what is left of half of 168.
SEX = {"male": (92, 50, "54.3%", "1.00"), "female": (76, 34, "44.7%", "0.82")}
RACE = {
    "Hispanic or Latino": (28, 18, "64.2%", "1.00"),
    "White": (40, 15, "37.5%", "0.58"),
    "Black or African American": (32, 16, "50.0%", "0.78"),
    "Native Hawaiian or Pacific Islander": (8, 5, "62.5%", "0.97"),
    "Asian": (24, 10, "41.7%", "0.65"),
    "others": (36, 20, None, None),
}


def scored(categories, seed: int = 0):
    """Rows whose scores lie above the median as often as published."""
    draw = np.random.default_rng(seed)
    who, score = [], []
    for name, (n, above, *_) in categories.items():
        who += [name] * n
        score += [*draw.uniform(60, 100, above).tolist(), *draw.uniform(0, 50, n - above).tolist()]
    return {"who": who, "score": score}


def notes(found):
    return {item.group.removeprefix("who="): item for item in found.by_group}


@pytest.mark.parametrize("categories", [SEX, RACE])
def test_scoring_rates_and_impact_ratios_are_those_of_the_example_in_the_rules(categories):
    shown = notes(run(NAME, scored(categories), data=WHO, rate="scoring"))
    for name, (n, _, rate, ratio) in categories.items():
        assert shown[name].n == n
        if rate is None:
            continue
        assert 100 * shown[name].value == pytest.approx(float(rate[:-1]), abs=0.1)  # 18 of 28 is printed as 64.2
        assert float(shown[name].note.split()[2].rstrip(";")) == pytest.approx(float(ratio), abs=0.0051)
        assert ("below four fifths" in shown[name].note) == (float(ratio) < 0.8)


def test_the_point_rule_of_the_example_is_shown_and_the_verdict_waits_for_more_people():
    found = run(NAME, scored(SEX), data=WHO, rate="scoring")
    assert found.value == pytest.approx((34 / 76) / (50 / 92))
    assert judge(found, CHECK.criterion(">= 0.8")).verdict is Verdict.INCONCLUSIVE
    many = run(NAME, scored({name: (50 * n, 50 * up) for name, (n, up, *_) in RACE.items()}), data=WHO, rate="scoring")
    assert judge(many, CHECK.criterion(">= 0.8")).verdict is Verdict.FAIL


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5)), min_size=2, max_size=60))
def test_above_the_median_is_what_numpy_says_with_ties_and_any_number_of_rows(rows):
    table = {"who": [who for who, _ in rows], "score": [float(score) for _, score in rows]}
    shown = notes(run(NAME, table, data=WHO, rate="scoring", min_group_size=1))
    above = np.array(table["score"]) > np.median(table["score"])
    for who in set(table["who"]):
        mine = np.array(table["who"]) == who
        assert shown[who].value == pytest.approx(above[mine].mean())


def test_more_scores_than_are_counted_one_by_one_give_the_same_rates():
    draw = np.random.default_rng(3)
    for n in (10_501, 10_502):
        table = {"who": draw.choice(["a", "b"], n).tolist(), "score": draw.normal(size=n).tolist()}
        shown = notes(run(NAME, table, data=WHO, rate="scoring"))
        above = np.array(table["score"]) > np.median(table["score"])
        mine = np.array(table["who"]) == "a"
        assert shown["a"].value == pytest.approx(above[mine].mean(), abs=1e-12)


def test_people_of_unknown_category_make_the_median_and_are_counted_but_take_no_part():
    table = scored(SEX)
    table["who"] += [None] * 40
    table["score"] += [99.0] * 30 + [None] * 10
    found = run(NAME, table, data=WHO, rate="scoring")
    assert found.details["unknown who"] == "30"
    assert found.share_unassessable > 0.05
    assert "impact ratio" not in notes(found)["(missing)"].note
    above = np.array(table["score"][:198]) > np.median([score for score in table["score"] if score is not None])
    assert notes(found)["male"].value == pytest.approx(above[:92].mean())


def test_a_category_below_two_percent_is_shown_with_its_rate_and_the_reason_and_left_out():
    table = {"who": ["a"] * 2_000 + ["b"] * 2_000 + ["c"] * 40, "said": [1, 0] * 1_000 + [1, 1, 0, 0] * 500 + [0] * 40}
    data = {"sensitive_features": ("who",), "outcome": "said"}
    assert run(NAME, table, data=data).value == 0.0
    found = run(NAME, table, data=data, exclude_below=0.02, exclude_because="fewer than 2 % of the applicants")
    assert found.value == 1.0
    shown = notes(found)["c"]
    assert (shown.value, shown.n, shown.assessed) == (0.0, 40, False)
    assert shown.note == "excluded, below 2 % of the data: fewer than 2 % of the applicants"
    assert judge(found, CHECK.criterion(">= 0.8")).verdict is Verdict.PASS


def test_scores_of_census_incomes_by_sex_fail_and_by_chance_pass():
    adults = pl.read_parquet("src/clerestory/demo/data/adult_train.parquet")[:3_000]
    table = {"who": adults["sex"].to_list(), "score": adults["hours_per_week"].cast(pl.Float64).to_list()}
    assert judge(run(NAME, table, data=WHO, rate="scoring"), CHECK.criterion(">= 0.8")).verdict is Verdict.FAIL
    table["score"] = np.random.default_rng(1).random(3_000).tolist()
    assert judge(run(NAME, table, data=WHO, rate="scoring"), CHECK.criterion(">= 0.8")).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "given_, problem",
    [
        ({"exclude_below": 0.05, "exclude_because": "small"}, "exclude_below is 0.05"),
        ({"exclude_below": 0.01}, "without a reason"),
        ({"rate": "selection"}, "needs outcome"),
    ],
)
def test_what_no_audit_could_publish_is_refused(given_, problem):
    with pytest.raises(ParameterRefused, match=problem):
        parameters(NAME, scored(SEX), data=WHO, **({"rate": "scoring"} | given_))


def test_parameters_recorded_before_there_were_two_rates_are_still_read():
    table = {"who": ["a", "b"], "said": [True, False]}
    complete = parameters(NAME, table, data={"sensitive_features": ("who",), "outcome": "said"})
    assert set(CHECK.parameters_document(complete)) == {
        "sensitive_features", "outcome", "intersections", "min_group_size", "max_unjudged_share"
    }  # fmt: skip
