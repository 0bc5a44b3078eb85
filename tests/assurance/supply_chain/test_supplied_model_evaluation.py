"""A supplied model on own data against its supplier's claim."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, Unanswered, trial_of
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "supply_chain.supplied-model-evaluation"
CHECK = find(NAME)
LAYOUT = Layout(
    columns={"x": "number", "sex": "text", "repaid": "boolean"},
    label="repaid", features=("x",), sensitive_features=("sex",), asked=frozenset({"model"}),
)  # fmt: skip


def rows(n: int = 1_000, wrong: float = 0.2) -> Table:
    draw = np.random.default_rng(1)
    x = draw.random(n)
    return {"x": x, "sex": draw.choice(["f", "m"], n).astype(object), "repaid": (x >= 0.5) ^ (draw.random(n) < wrong)}


def measured(
    table: Table, files: dict[str, bytes] | None = None, model=lambda t: t["x"], **given: object
) -> Measurement:
    parameters = CHECK.complete(given, LAYOUT)
    tally = drive(CHECK.begin(parameters), tables={"current": table}, predict=model, files=files)
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


@pytest.mark.parametrize(
    "claim, criterion, expected", [(0.80, "<= 0.05", Verdict.PASS), (0.95, "<= 0.05", Verdict.FAIL)]
)
def test_the_shortfall_is_claim_less_measured_with_the_interval_of_scipy(claim, criterion, expected):
    table = rows()
    right = int(np.count_nonzero((table["x"] >= 0.5) == table["repaid"]))
    interval = stats.binomtest(right, 1_000).proportion_ci(method="wilson")
    found = measured(table, claimed=claim)
    assert found.value == pytest.approx(claim - right / 1_000, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((claim - interval.high, claim - interval.low), abs=1e-9)
    assert {cell.group for cell in found.by_group} == {"sex = f", "sex = m"}
    assert judge(found, CHECK.criterion(criterion)).verdict is expected


def test_the_metrics_are_those_of_scikit_learn():
    from sklearn.metrics import accuracy_score, precision_score, recall_score

    table = rows()
    truth, decided = table["repaid"], table["x"] >= 0.5
    expected = {
        "accuracy": accuracy_score(truth, decided),
        "recall": recall_score(truth, decided),
        "specificity": recall_score(~truth, ~decided),
        "precision": precision_score(truth, decided),
    }
    for metric, share in expected.items():
        assert measured(table, claimed=1.0, metric=metric).value == pytest.approx(1 - share, abs=1e-12)


METRICS = [{"type": "accuracy", "slice": "sex = f", "value": "0.1"}, {"type": "Accuracy", "value": "0.91"}]
CARD = {"modelCard": {"quantitativeAnalysis": {"performanceMetrics": METRICS}}}
BOM = {"bomFormat": "CycloneDX", "components": [{"type": "machine-learning-model"} | CARD]}
MARKDOWN = """---
license: mit
model-index:
- name: scorer
  results:
  - task:
      type: tabular-classification
    metrics:
    - type: accuracy
      value: 91.0
---
# Scorer
"""


@pytest.mark.parametrize("path, body", [("card.json", json.dumps(BOM)), ("README.md", MARKDOWN)])
def test_the_claim_is_read_from_the_supplier_s_card(path, body):
    found = measured(rows(), {path: body.encode()}, card=path)
    assert found.details["claimed"] == "0.91"


def test_the_card_of_the_standard_s_own_sample_claims_no_accuracy_and_is_refused():
    sample = Path(__file__).parents[2] / "vectors" / "inventory" / "valid-machine-learning-1.6.json"
    with pytest.raises(FileUnusable, match="claims no accuracy"):
        measured(rows(), {"card.json": sample.read_bytes()}, card="card.json")


def test_without_claim_or_model_it_is_refused_and_with_few_rows_or_no_answer_nothing_is_said():
    with pytest.raises(FileUnusable, match="no claim"):
        measured(rows())
    with pytest.raises(ParameterRefused, match="tries a model"):
        CHECK.complete({}, Layout(columns=LAYOUT.columns))
    assert measured(rows(20), claimed=0.9).reason is Reason.INSUFFICIENT_DATA

    def silent(_: Table) -> object:
        raise Unanswered("It does not answer.", "Wait.")

    found = measured(rows(), model=silent, claimed=0.9)
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)


def test_missing_labels_are_left_out_and_too_many_of_them_forbid_a_pass():
    table = rows(2_000, 0.0)
    labels = table["repaid"].astype(object)
    labels[:400] = None
    found = measured({**table, "repaid": labels}, claimed=0.9)
    assert (found.n, found.share_unassessable) == (1_600, 0.2)
    assert judge(found, CHECK.criterion("<= 0.05")).reason is Reason.UNJUDGED_SHARE


def test_it_runs_on_the_german_credit_data():
    import polars as pl

    data = pl.read_parquet(Path(__file__).parents[3] / "src/clerestory/demo/data/german_credit.parquet")
    numeric = next(name for name, kind in data.schema.items() if kind.is_numeric() and data[name].n_unique() > 20)
    rank = (data[numeric].rank() / data.height).to_numpy()
    table = {"x": rank, "sex": np.array(["all"] * data.height, dtype=object), "repaid": rank >= 0.5}
    assert judge(measured(table, claimed=0.99), CHECK.criterion("<= 0.02")).verdict is Verdict.PASS
    assert (
        judge(measured(table, claimed=0.99, model=lambda t: 1 - t["x"]), CHECK.criterion("<= 0.02")).verdict
        is Verdict.FAIL
    )


@given(st.integers(30, 200), st.floats(0, 1), st.floats(0, 1))
def test_the_interval_holds_the_value_and_moves_with_the_claim(n, wrong, claim):
    one = measured(rows(n, wrong), claimed=claim)
    assert one.low is not None and one.value is not None and one.high is not None
    assert one.low <= one.value <= one.high
    assert one.high - one.low == pytest.approx(
        measured(rows(n, wrong), claimed=0.5).high - measured(rows(n, wrong), claimed=0.5).low
    )
