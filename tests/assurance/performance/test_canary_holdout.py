"""Canary cases: published intervals, cases seen in training cannot pass, learning by heart is found, bad input."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance.canary_holdout import digests
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "performance.canary-holdout"
CHECK = find(NAME)
GERMAN = "src/clerestory/demo/data/german_credit.parquet"


def completed(table: Table, keys: tuple[str, ...] = (), **given_: object):
    columns = {name: "text" if values.dtype == object else "number" for name, values in table.items()}
    return CHECK.complete(given_, Layout(columns=columns, reference=columns, label="label", outcome="said", keys=keys))


def measured(canary: Table, training: Table, keys: tuple[str, ...] = (), **given_: object) -> Measurement:
    parameters = completed(canary, keys, **given_)
    tally = drive(CHECK.begin(parameters), tables={"current": canary, "reference": training})
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def cases(right: int, n: int, start: int = 0) -> Table:
    """Cases numbered from start on, of which so many are decided right."""
    label = np.arange(n) % 2
    said = np.where(np.arange(n) < right, label, 1 - label)
    x = np.arange(start, start + n, dtype=np.float64)
    return {"x": x, "id": x.copy(), "label": label.astype(np.float64), "said": said.astype(np.float64)}


def test_quality_has_the_interval_of_wilson_and_loss_that_of_newcombe():
    # Newcombe (1998), table II, example (a): 56/70 less 48/80 is 0.2 with 0.0524 to 0.3339 by method 10.
    training, canary = cases(56, 70), cases(48, 80, start=1_000)
    lost = measured(canary, training, measure="loss")
    assert (lost.value, lost.low, lost.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    # Newcombe (1998, single proportion), Wilson: 81 of 263 is 0.2553 to 0.3662.
    quality = measured(cases(81, 263, start=1_000), training)
    assert (quality.value, quality.low, quality.high) == pytest.approx((81 / 263, 0.2553, 0.3662), abs=5e-5)
    assert [item.n for item in quality.by_group] == [263, 70]


@settings(max_examples=30, deadline=None)
@given(st.integers(30, 90), st.integers(0, 90), st.integers(30, 90), st.integers(0, 90), st.integers(0, 20))
def test_one_more_wrong_or_seen_canary_case_never_helps(n, right, others, known, seen):
    right, known, seen = min(right, n), min(known, others), min(seen, n)
    training = cases(known, others)

    def both(right: int, seen: int) -> tuple[Measurement, Measurement]:
        canary = {name: np.concatenate([values[:seen], cases(right, n, start=1_000)[name]])
                  for name, values in training.items()}  # fmt: skip
        return measured(canary, training), measured(canary, training, measure="loss")

    quality, lost = both(right, seen)
    assert quality.value == pytest.approx(right / (n + seen))
    assert lost.value == pytest.approx(known / others - right / (n + seen))
    for worse in (both(max(right - 1, 0), seen), both(right, seen + 1)):
        assert worse[0].low <= quality.low
        assert worse[0].share_unassessable >= quality.share_unassessable
        assert worse[1].high >= lost.high - 1e-12


def test_canary_cases_of_the_training_data_count_as_wrong_and_never_pass():
    training = cases(300, 300)
    leaked = measured({name: values[:100] for name, values in training.items()}, training)
    assert leaked.value == 0.0
    assert leaked.details["canary cases seen in training"] == "100 of 100"
    assert judge(leaked, CHECK.criterion(">= 0.7")).verdict is Verdict.FAIL
    clean = cases(100, 100, start=1_000)
    assert judge(measured(clean, training), CHECK.criterion(">= 0.7")).verdict is Verdict.PASS
    one = {name: np.concatenate([values, training[name][:1]]) for name, values in clean.items()}
    judged = judge(measured(one, training), CHECK.criterion(">= 0.7"))
    assert (judged.verdict, judged.reason) == (Verdict.INCONCLUSIVE, Reason.UNJUDGED_SHARE)
    allowed = measured(one, training, max_seen_share=0.01)
    assert judge(allowed, CHECK.criterion(">= 0.7")).verdict is Verdict.PASS


def test_a_case_is_known_again_by_its_key_when_a_column_was_changed_and_by_columns_when_its_key_was():
    training = cases(200, 200)
    canary = {name: values[:50].copy() for name, values in training.items()}
    renamed = measured({**canary, "id": canary["id"] + 1_000}, training, ("id",), match=["x", "label"])
    changed = measured({**canary, "x": canary["x"] + 0.5}, training, ("id",), match=["x", "label"])
    assert renamed.value == changed.value == 0.0
    nameless = {**cases(50, 50, start=1_000), "id": np.full(50, np.nan)}
    before = {**training, "id": np.full(200, np.nan)}
    assert measured(nameless, before, ("id",), match=["x"]).value == 1.0


def test_a_tree_that_learned_german_loans_by_heart_loses_on_new_ones_and_a_stump_does_not():
    frame = pl.read_parquet(GERMAN).sample(fraction=1.0, shuffle=True, seed=1)
    columns = ["duration_months", "credit_amount", "age", "installment_rate"]
    x, label = frame.select(columns).to_numpy(), frame["good_credit"].to_numpy()
    trained = np.arange(1_000) < 600

    def tables(model) -> list[Table]:
        said = model.fit(x[trained], label[trained]).predict(x).astype(np.float64)
        whole = {name: array_of(frame[name]) for name in frame.columns if name != "good_credit"}
        whole |= {"label": label.astype(np.float64), "said": said}
        return [{name: values[chosen] for name, values in whole.items()} for chosen in (~trained, trained)]

    heart = measured(*tables(DecisionTreeClassifier(random_state=0)), measure="loss")
    assert heart.details["canary cases seen in training"] == "0 of 400"
    assert judge(heart, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL
    stump = measured(*tables(DecisionTreeClassifier(max_depth=1, random_state=0)), measure="loss")
    assert judge(stump, CHECK.criterion("<= 0.1")).verdict is Verdict.PASS


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), min_size=1, max_size=30))
def test_rows_have_equal_digests_exactly_when_their_values_are_equal(rows):
    table = {name: np.array([row[at] for row in rows], dtype=object) for at, name in enumerate(("a", "b"))}
    found = digests(table, ("a", "b"))
    for at, row in enumerate(rows):
        assert [digest == found[at] for digest in found] == [other == row for other in rows]


def test_few_cases_missing_labels_and_unread_rows_say_nothing():
    training = cases(200, 200)
    assert measured(cases(20, 20, start=1_000), training).reason is Reason.INSUFFICIENT_DATA
    late = cases(100, 100, start=1_000)
    late["label"][::4] = np.nan
    assert measured(late, training).reason is Reason.LABELS_MISSING
    assert measured(cases(100, 100, start=1_000), training, rows=150).reason is Reason.PARTIAL_RUN
    empty = measured(cases(0, 0), training)
    assert (empty.value, empty.reason) == (None, Reason.INSUFFICIENT_DATA)


def test_decisions_that_are_neither_yes_nor_no_and_cases_without_a_column_are_refused():
    table = cases(50, 100)
    with pytest.raises(ParameterRefused, match=r"outcome holds '0\.5'"):
        measured({**table, "said": np.full(100, 0.5)}, table)
    number = measured({**table, "said": np.where(table["said"] == 1, 0.7, 0.2)}, cases(9, 9, 500), favourable_from=0.5)
    assert number.value == 0.5
    parameters = completed(table, match=["said"])
    with pytest.raises(ParameterRefused, match="nothing to know a case by"):
        CHECK.wants(parameters)


def test_which_side_is_good_depends_on_what_is_measured():
    quality, loss = completed(cases(1, 1)), completed(cases(1, 1), measure="loss")
    assert str(CHECK.criterion(">= 0.8", quality)) == ">= 0.8"
    assert str(CHECK.criterion("<= 0.05", loss)) == "<= 0.05"
