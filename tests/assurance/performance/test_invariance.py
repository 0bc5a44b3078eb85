"""What must change nothing in a measure of quality, what mirrors it, and what must narrow its interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators.checking import run

DATA = {"outcome": "predicted", "label": "happened", "score": "score", "sensitive_features": ("sex",)}
TASK, CALIBRATION, SUBGROUP = "performance.task-metric", "performance.calibration", "performance.subgroup"
MEASURES = [
    (TASK, {"metric": "accuracy"}), (TASK, {"metric": "roc_auc"}), (TASK, {"metric": "brier"}),
    (SUBGROUP, {"metric": "accuracy"}), (SUBGROUP, {"metric": "roc_auc"}), (CALIBRATION, {}),
]  # fmt: skip


def cases(seed, n=160):
    draw = np.random.default_rng(seed)
    score = np.round(draw.beta(1 + seed % 3, 2, n), 1 + seed % 2)
    return {
        "score": score, "happened": draw.random(n) < score, "predicted": score >= 0.5,
        "sex": np.where(np.arange(n) % 2 == 0, "female", "male"),
    }  # fmt: skip


def figures(table, name, given):
    found = run(name, {key: values.tolist() for key, values in table.items()}, data=DATA, **given)
    return found, (found.value, found.low, found.high)


@pytest.mark.parametrize("name, given", MEASURES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_neither_the_order_of_rows_nor_the_names_of_groups_change_anything(name, given, seed):
    table = cases(seed)
    found, expected = figures(table, name, given)
    assert 0 <= found.low <= found.value <= found.high <= 1
    order = np.random.default_rng(seed + 1).permutation(len(table["sex"]))
    mixed = {key: values[order] for key, values in table.items()}
    mixed["sex"] = np.where(mixed["sex"] == "female", "zz", "1")
    assert figures(mixed, name, given)[1] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name, given", MEASURES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_four_times_the_same_rows_have_the_same_value_and_a_narrower_interval(name, given, seed):
    table = cases(seed)
    once, _ = figures(table, name, given)
    often, _ = figures({key: np.tile(values, 4) for key, values in table.items()}, name, given)
    assert often.value == pytest.approx(once.value, abs=1e-12)
    assert often.high - often.low < once.high - once.low


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_area_knows_the_order_alone_and_turns_round_with_the_labels(seed):
    table = cases(seed)
    for name in (TASK, SUBGROUP):
        found, expected = figures(table, name, {"metric": "roc_auc"})
        assert figures(table | {"score": table["score"] ** 3}, name, {"metric": "roc_auc"})[1] == pytest.approx(
            expected
        )
        other = table | {"score": 1 - table["score"], "happened": ~table["happened"]}
        assert figures(other, name, {"metric": "roc_auc"})[0].value == pytest.approx(found.value)
    brier, worse = (
        figures(part, TASK, {"metric": "brier"})[0] for part in (table, table | {"score": 1 - table["score"]})
    )
    assert (brier.value < worse.value) == (np.mean((1 - 2 * table["happened"]) * (table["score"] - 0.5)) < 0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 159))
def test_one_more_right_decision_never_lowers_accuracy_and_no_group_beats_its_worst(seed, at):
    table = cases(seed)
    right = table["predicted"].copy()
    right[at] = table["happened"][at]
    for name in (TASK, SUBGROUP):
        before, after = (
            figures(table | {"predicted": said}, name, {"metric": "accuracy"})[0]
            for said in (table["predicted"], right)
        )
        assert after.value >= before.value
        assert after.low >= before.low
        assert all(item.value >= before.value for item in before.by_group)
