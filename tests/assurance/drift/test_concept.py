"""Change at equal features: known changes, none under covariate shift, real data, bad input."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.drift.concept import residuals
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.statistics import logistic
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "drift.concept"
CHECK = find(NAME)
DATA = "src/clerestory/demo/data/"


def measured(current: Table, reference: Table, positive: str | None = None, **given_: object) -> Measurement:
    types = [
        {name: "text" if values.dtype == object else "number" for name, values in table.items()}
        for table in (current, reference)
    ]
    parameters = CHECK.complete(given_, Layout(columns=types[0], reference=types[1], label="label", positive=positive))
    tally = drive(CHECK.begin(parameters), tables={"current": current, "reference": reference})
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def drawn(n: int, seed: int, line, *, shift: float = 0.0) -> Table:
    draw = np.random.default_rng(seed)
    a, b = draw.normal(shift, 1, n), draw.normal(0, 1 + shift / 2, n)
    return {"a": a, "b": b, "label": (draw.random(n) < 1 / (1 + np.exp(-line(a, b)))).astype(np.float64)}


def shown(found: Measurement, group: str):
    return next(item for item in found.by_group if item.group == group)


def plain(a, b):
    return a + 0.5 * b


def test_a_known_change_of_the_rate_is_found_in_its_size_and_direction():
    reference = drawn(3_000, 1, lambda a, _: np.full(len(a), np.log(0.3 / 0.7)))
    current = drawn(3_000, 2, lambda a, _: np.zeros(len(a)), shift=0.5)
    change = shown(measured(current, reference), "all cases")
    assert change.value == pytest.approx(0.2, abs=0.03)  # from 0.3 to 0.5, whatever else came
    assert change.low < 0.2 < change.high
    assert change.high - change.low < 0.06


def test_other_cases_alone_are_no_change_though_labels_drift_and_far_fewer_rows_alarm_a_plain_comparison():
    reference, current = drawn(3_000, 3, plain), drawn(3_000, 4, plain, shift=0.8)
    found = measured(current, reference)
    change = shown(found, "all cases")
    assert current["label"].mean() - reference["label"].mean() > 0.1
    assert change.low < 0 < change.high
    assert found.low == 0.0
    assert judge(found, CHECK.criterion("<= 0.15")).verdict is Verdict.PASS


def test_a_change_that_cancels_out_over_all_cases_is_found_in_the_strata():
    found = measured(drawn(2_000, 6, lambda a, b: a - 0.5 * b), drawn(2_000, 5, plain))
    assert abs(shown(found, "all cases").value) < 0.05
    assert shown(found, "1 expected to fall most").high < -0.1
    assert shown(found, "4 expected to rise most").low > 0.1
    assert judge(found, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL


def test_without_change_no_run_fails_whatever_cases_come():
    criterion = CHECK.criterion("<= 0.1")
    for seed in range(8):
        found = measured(drawn(400, 2 * seed, plain, shift=0.7), drawn(400, 2 * seed + 1, plain))
        assert judge(found, criterion).verdict is not Verdict.FAIL


def test_residuals_are_those_of_scikit_learn_where_no_product_helps():
    draw = np.random.default_rng(11)
    a = draw.integers(0, 2, 600).astype(np.float64)
    yes, current = draw.random(600) < 0.3 + 0.4 * a, draw.random(600) < 0.5
    part = logistic.folds_of(current.astype(np.int64), 2, draw)
    found = residuals(a[:, None], current, yes, part)
    held = part == 0
    scaled = (a[:, None] - a[~held].mean()) / a[~held].std()
    model = LogisticRegression(C=1.0, tol=1e-10).fit(scaled[~held], yes[~held])
    assert found.label[held] == pytest.approx(yes[held] - model.predict_proba(scaled[held])[:, 1], abs=1e-4)


def test_income_relates_to_work_as_before_in_a_second_draw_and_otherwise_for_women_than_for_men():
    features = ["age", "education_num", "hours_per_week", "occupation"]
    train, test = (pl.read_parquet(DATA + f"adult_{name}.parquet")[:3_500] for name in ("train", "test"))

    def table(frame: pl.DataFrame) -> Table:
        return {name: array_of(frame[name]) for name in features} | {"label": array_of(frame["income_over_50k"])}

    alike = measured(table(test), table(train))
    assert judge(alike, CHECK.criterion("<= 0.15")).verdict is Verdict.PASS
    women, men = (table(train.filter(pl.col("sex") == sex)) for sex in ("Female", "Male"))
    other = measured(women, men)
    assert shown(other, "all cases").high < -0.05
    assert judge(other, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1_000))
def test_a_change_turns_round_when_labels_are_exchanged(seed):
    reference, current = drawn(500, seed, plain), drawn(500, seed + 1, lambda a, b: plain(a, b) + 1, shift=0.3)
    found = measured(current, reference)
    other = measured(*({**table, "label": 1 - table["label"]} for table in (current, reference)))
    assert shown(other, "all cases").value == pytest.approx(-shown(found, "all cases").value, abs=0.1)
    for each in (found, other):
        assert 0 <= each.low <= each.value <= each.high <= 1


def test_too_few_rows_and_one_sided_labels_say_nothing():
    few = measured(drawn(100, 1, plain), drawn(500, 2, plain))
    assert (few.value, few.reason) == (None, Reason.INSUFFICIENT_DATA)
    current = drawn(500, 1, plain)
    current["label"] = np.ones(500)
    assert measured(current, drawn(500, 2, plain)).reason is Reason.INSUFFICIENT_DATA


def test_tables_that_hardly_overlap_break_the_assumption_and_missing_labels_say_so():
    far = measured(drawn(800, 1, lambda _, b: b, shift=6.0), drawn(800, 2, plain))
    assert far.reason is Reason.ASSUMPTION_BROKEN
    late = drawn(800, 3, plain)
    late["label"] = np.where(np.arange(800) % 5 == 0, np.nan, late["label"])
    assert measured(late, drawn(800, 4, plain)).reason is Reason.LABELS_MISSING


def test_labels_that_are_not_two_valued_and_a_single_fold_are_refused():
    words = drawn(300, 1, plain)
    words["label"] = np.array(["good", "bad"] * 150, dtype=object)
    with pytest.raises(ParameterRefused, match="neither yes nor no"):
        measured(words, words)
    assert measured(words, words, positive="good").n == 600
    columns = {"a": "number", "label": "boolean"}
    single = CHECK.complete({"folds": 1}, Layout(columns=columns, reference=columns, label="label"))
    with pytest.raises(ParameterRefused, match="folds"):
        CHECK.wants(single)


def test_the_formula_reads_the_change_from_the_tally_alone():
    cells = [("change", "all cases", 400, 400, 40.0, 104.0), ("label", "current", 200, 90, 0, 0)]
    cells += [("label", "reference", 200, 50, 0, 0), ("unlabelled", "current", 0, 0, 0, 0)]
    cells += [("unlabelled", "reference", 0, 0, 0, 0)]
    tally = TrialTally(
        cells=tuple(
            TrialCell(kind=(kind, name), n=n, hits=hits, total=total, squares=squares)
            for kind, name, n, hits, total, squares in cells
        )
    )
    columns = {"a": "number", "label": "boolean"}
    parameters = CHECK.complete({}, Layout(columns=columns, reference=columns, label="label"))
    found = CHECK.measure({trial_of(NAME, parameters): tally}, parameters)
    # Mean 0.1, standard deviation 0.5, 400 rows, five folds: 0.1 -+ 1.959964 * sqrt(5 / 4) * 0.5 / sqrt(399).
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.045150, 0.154850), abs=1e-5)
