"""Fairness checks: values against fairlearn, groups that cannot be judged, bad data."""

import numpy as np
import pytest
from fairlearn import metrics

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import ConfusionCell, ConfusionTally
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run

DATA = {"outcome": "approved", "label": "repaid", "sensitive_features": ("sex",)}
BOTH = {**DATA, "sensitive_features": ("sex", "age_group")}
RATIO, PARITY = "fairness.selection-rate-ratio", "fairness.demographic-parity"
ODDS, OPPORTUNITY = "fairness.equalized-odds", "fairness.equal-opportunity"
CELLS = "fairness.intersectional-selection-rate"


def people(n=1200, seed=0, gap=0.15):
    chance = np.random.default_rng(seed)
    sex = chance.choice(["female", "male"], n)
    age = chance.choice(["old", "middle", "young"], n)
    repaid = chance.random(n) < 0.6
    approved = chance.random(n) < 0.3 + 0.3 * repaid - gap * (sex == "female") + 0.1 * (age == "old")
    return {
        "sex": sex.tolist(), "age_group": age.tolist(), "repaid": repaid.tolist(), "approved": approved.tolist(),
    }  # fmt: skip


def shown(measurement, group):
    return next(item for item in measurement.by_group if item.group == group)


FAIRLEARN = {
    RATIO: metrics.demographic_parity_ratio,
    PARITY: metrics.demographic_parity_difference,
    ODDS: metrics.equalized_odds_difference,
    OPPORTUNITY: metrics.equal_opportunity_difference,
}


@pytest.mark.parametrize("name", FAIRLEARN)
@pytest.mark.parametrize("seed", range(3))
def test_values_are_those_of_fairlearn(name, seed):
    table = people(seed=seed)
    other = FAIRLEARN[name](table["repaid"], table["approved"], sensitive_features=table["sex"])
    assert run(name, table, data=DATA).value == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize("name", FAIRLEARN)
def test_the_worst_of_features_and_intersection_is_that_of_fairlearn(name):
    table = people(3000)
    pick = min if name == RATIO else max
    features = [
        table["sex"],
        table["age_group"],
        [f"{a} {b}" for a, b in zip(table["sex"], table["age_group"], strict=True)],
    ]
    other = pick(
        FAIRLEARN[name](table["repaid"], table["approved"], sensitive_features=feature) for feature in features
    )
    assert run(name, table, data=BOTH).value == pytest.approx(other, abs=1e-9)


def test_rates_per_group_are_those_of_metric_frame():
    table = people()
    frame = metrics.MetricFrame(
        metrics=metrics.selection_rate, y_true=table["repaid"], y_pred=table["approved"],
        sensitive_features=table["sex"],
    )  # fmt: skip
    found = run(PARITY, table, data=DATA)
    for name, rate in frame.by_group.items():
        assert shown(found, f"sex={name}").value == pytest.approx(rate, abs=1e-12)
    assert found.n == 1200


def test_checks_on_decisions_share_one_tally():
    table = people(50)
    asked = {find(name).wants(parameters(name, table, data=BOTH)) for name in (RATIO, PARITY, ODDS, OPPORTUNITY, CELLS)}
    assert len(asked) == 1
    (requests,) = asked
    assert len(requests) == 1


def test_both_error_rates_stand_in_the_details_of_equalized_odds():
    found = run(ODDS, people(), data=DATA)
    assert {"true positive rate: sex", "false positive rate: sex"} <= set(found.details)
    assert shown(found, "false positive rate: sex=male").n + shown(found, "true positive rate: sex=male").n > 500


def test_intersections_can_be_left_out_and_that_is_visible():
    table = people()
    complete = parameters(PARITY, table, data=BOTH, intersections=False)
    assert "intersections=False" in find(PARITY).slice(complete)
    found = run(PARITY, table, data=BOTH, intersections=False)
    assert len(found.by_group) == 5


@pytest.mark.parametrize("size", [0, 1, 29])
def test_a_group_below_the_declared_size_is_shown_and_counted_not_judged(size):
    table = people(1000)
    for key, value in (("sex", "other"), ("age_group", "old"), ("repaid", True), ("approved", False)):
        table[key] = table[key] + [value] * size
    found = run(RATIO, table, data=DATA)
    assert found.value > 0
    assert found.share_unassessable == pytest.approx(size / (1000 + size), abs=1e-12)
    if size:
        assert not shown(found, "sex=other").assessed
        assert shown(found, "sex=other").n == size
        assert "fewer than 30" in shown(found, "sex=other").note


def test_too_many_people_in_small_groups_keep_a_check_from_passing():
    table = people(2000, gap=0)
    table["sex"] = [f"group {at % 5}" if at < 130 else sex for at, sex in enumerate(table["sex"])]
    found = run(PARITY, table, data=DATA)
    assert found.share_unassessable == pytest.approx(130 / 2000)
    verdict = judge(found, find(PARITY).criterion("<= 0.5"))
    assert (verdict.verdict, verdict.reason) == (Verdict.INCONCLUSIVE, Reason.UNJUDGED_SHARE)
    looser = run(PARITY, table, data=DATA, max_unjudged_share=0.1)
    assert judge(looser, find(PARITY).criterion("<= 0.5")).verdict is Verdict.PASS


def test_people_whose_group_is_unknown_count_as_unjudged():
    table = people(1000)
    table["sex"] = [None if at < 100 else sex for at, sex in enumerate(table["sex"])]
    found = run(PARITY, table, data=DATA)
    assert found.share_unassessable == pytest.approx(0.1)
    assert shown(found, "sex=(missing)").note == "group unknown"


def test_people_without_decision_count_as_unjudged():
    table = people(1000)
    table["approved"] = [None if at < 80 else value for at, value in enumerate(table["approved"])]
    found = run(PARITY, table, data=DATA)
    assert (found.n, found.share_unassessable) == (920, pytest.approx(0.08))


def test_a_large_group_in_which_nobody_is_selected_fails_rather_than_being_too_small():
    table = people(2000)
    table["approved"] = [sex == "male" and value for sex, value in zip(table["sex"], table["approved"], strict=True)]
    found = run(RATIO, table, data=DATA)
    assert found.value == 0
    assert judge(found, find(RATIO).criterion(">= 0.8")).verdict is Verdict.FAIL


@pytest.mark.parametrize("name", [RATIO, PARITY])
@pytest.mark.parametrize("selected", [True, False])
def test_a_single_outcome_value_never_fails(name, selected):
    table = people(1000)
    table["approved"] = [selected] * 1000
    criterion = find(name).criterion(">= 0.8" if name == RATIO else "<= 0.1")
    assert judge(run(name, table, data=DATA), criterion).verdict is (Verdict.PASS if selected else Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("label, name", [(True, ODDS), (False, ODDS), (False, OPPORTUNITY)])
def test_labels_of_one_class_are_inconclusive(label, name):
    table = people(1000)
    table["repaid"] = [label] * 1000
    found = run(name, table, data=DATA)
    verdict = judge(found, find(name).criterion("<= 0.9"))
    assert verdict.verdict is Verdict.INCONCLUSIVE
    assert found.share_unassessable == 1


@pytest.mark.parametrize("name", [ODDS, OPPORTUNITY])
def test_missing_labels_are_inconclusive_for_error_rates_only(name):
    table = people(1000)
    table["repaid"] = [None if at % 10 == 0 else value for at, value in enumerate(table["repaid"])]
    assert run(name, table, data=DATA).reason is Reason.LABELS_MISSING
    assert run(name, table, data=DATA, max_unlabelled_share=0.2).reason is None
    assert run(PARITY, table, data=DATA).reason is None
    assert run(PARITY, table, data=DATA).n == 1000


@pytest.mark.parametrize("name", [RATIO, PARITY, ODDS, OPPORTUNITY])
def test_empty_data_and_a_single_group_are_inconclusive(name):
    empty = {key: [] for key in people(1)}
    single = people(1000)
    single["sex"] = ["female"] * 1000
    for table in (empty, single):
        found = run(name, table, data=DATA)
        assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
        assert found.share_unassessable == 1


def test_text_outcomes_and_numeric_thresholds_are_read_as_declared():
    table = people(1000)
    worded = {**table, "approved": ["granted" if value else "denied" for value in table["approved"]]}
    scored = {**table, "approved": [0.75 if value else 0.25 for value in table["approved"]]}
    plain = run(PARITY, table, data=DATA).value
    assert run(PARITY, worded, data={**DATA, "favourable": "granted"}).value == plain
    assert run(PARITY, scored, data=DATA, favourable_from=0.5).value == plain


def test_intersectional_cells_are_noted_with_shrunk_rates_between_their_own_and_the_common_one():
    table = people(3000)
    found = run(CELLS, table, data=BOTH)
    assert len(found.by_group) == 6
    pooled = sum(table["approved"]) / 3000
    for item in found.by_group:
        shrunk = float(item.note.split()[2].rstrip(";"))
        assert min(item.value, pooled) - 1e-4 <= shrunk <= max(item.value, pooled) + 1e-4
        assert "P(ratio < 0.8)" in item.note


def test_the_posterior_of_intersectional_cells_follows_the_data():
    table = people(4000, gap=0.25)
    found = run(CELLS, table, data=BOTH)
    low = shown(found, "age_group=young, sex=female")
    high = shown(found, "age_group=old, sex=male")
    assert float(low.note.rsplit(" ", 1)[1]) > 0.99
    assert float(high.note.rsplit(" ", 1)[1]) == 0


def test_intersections_need_two_features():
    table = people(100)
    with pytest.raises(ParameterRefused, match="two sensitive features"):
        find(CELLS).wants(parameters(CELLS, table, data=DATA))


@pytest.mark.parametrize("name", ["fairness.demographic-parity", "fairness.selection-rate-ratio"])
def test_more_than_a_thousand_groups_are_not_compared_pair_by_pair_and_the_reason_is_given(name):
    one = find(name)
    given = {"sensitive_features": ["branch"], "max_unjudged_share": "0.05", "min_group_size": 30, "outcome": "o"}
    parameters = one.read_parameters({**given, "intersections": True})
    cells = tuple(
        ConfusionCell(group=(f"{at:05}",), favourable_unlabelled=15, unfavourable_unlabelled=15) for at in range(1001)
    )
    (request,) = one.wants(parameters)
    found = one.measure({request: ConfusionTally(cells)}, parameters)
    assert (found.value, found.reason) == (None, Reason.TOO_MANY_GROUPS)
    assert found.n == 30 * 1001
    assert one.measure({request: ConfusionTally(cells[1:])}, parameters).value is not None
