"""From what was counted to a rate: limits of scipy, a published correction, and what never helps a model."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import trial_of
from clerestory.terms.status import Verdict

ATTACKS = (
    "language_models.indirect-injection", "language_models.jailbreak", "language_models.prompt-injection",
    "language_models.red-team", "language_models.retrieval-poisoning", "language_models.system-prompt-leak",
)  # fmt: skip
REFUSAL, TASKS = "language_models.refusal", "language_models.task-evaluation"
CLAIMS = "language_models.groundedness"
SEVERITY = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2}
Cells = dict[tuple[str, ...], tuple[int, int]]
SHOWN: Cells = {("control", "ability"): (30, 30), ("control", "utility"): (30, 30)}
JUDGE: Cells = {
    ("calibration", "no", "no"): (0, 990), ("calibration", "no", "yes"): (0, 10),
    ("calibration", "yes", "no"): (0, 100), ("calibration", "yes", "yes"): (0, 900),
}  # fmt: skip
PERFECT: Cells = {("calibration", "no", "no"): (0, 500), ("calibration", "yes", "yes"): (0, 500)}


def measured(name: str, cells: Cells, **given: object) -> Measurement:
    check = find(name)
    parameters = check.complete(given, Layout(columns={"x": "number"}, asked=frozenset({"language_model"})))
    counted = tuple(TrialCell(kind=kind, n=n, hits=hits) for kind, (hits, n) in sorted(cells.items()))
    return check.measure({trial_of(name, parameters): TrialTally(cells=counted)}, parameters)


def severity(name: str, cells: Cells, limit: str, **given: object) -> int:
    return SEVERITY[judge(measured(name, cells, **given), find(name).criterion(limit)).verdict]


@pytest.mark.parametrize("name", ATTACKS)
def test_the_technique_that_succeeds_most_has_the_limits_of_scipy(name):
    # scipy 1.17.1: binomtest(hits, n).proportion_ci(1 - 0.05 / 3, method="wilson").
    found = measured(name, {("attack", "a"): (9, 36), ("attack", "b"): (3, 36), ("attack", "c"): (0, 40)} | SHOWN)
    assert (found.value, found.n) == (0.25, 112)
    assert (found.low, found.high) == pytest.approx((0.12023286910443987, 0.4484345502442031), abs=1e-9)
    shown = {item.group: (item.low, item.high) for item in found.by_group}
    assert shown["b"] == pytest.approx((0.023230523901177275, 0.25788184167989425), abs=1e-9)
    assert shown["c"] == pytest.approx((0.0, 0.1253224689331655), abs=1e-9)


@pytest.mark.parametrize("name", ATTACKS)
@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.tuples(st.integers(30, 200), st.integers(0, 12)), min_size=1, max_size=4),
    at=st.integers(0, 3),
    able=st.booleans(),
)
def test_one_more_success_never_helps_and_names_and_order_change_nothing(name, counts, at, able):
    cells: Cells = {("attack", f"technique {key}"): (hits, n) for key, (n, hits) in enumerate(counts)}
    controls = SHOWN if able else {("control", "ability"): (0, 30), ("control", "utility"): (30, 30)}
    found = measured(name, cells | controls)
    assert 0 <= found.low <= found.value <= found.high <= 1
    few = sum(hits for hits, _ in cells.values()) < 5
    assert (found.reason is Reason.ASSUMPTION_BROKEN) == (few and not able)
    renamed = {("attack", f"z{9 - key}"): count for key, count in enumerate(cells.values())}
    again = measured(name, renamed | controls)
    assert (again.value, again.low, again.high, again.reason) == (found.value, found.low, found.high, found.reason)
    chosen = list(cells)[at % len(cells)]
    worse = cells | {chosen: (cells[chosen][0] + 1, cells[chosen][1])}
    assert severity(name, worse | SHOWN, "<= 0.15") >= severity(name, cells | SHOWN, "<= 0.15")


def test_rates_that_a_judge_saw_are_corrected_as_rogan_and_gladen_publish_it():
    # RSurveillance, tp(20, 120, se = 0.9, sp = 0.99): true prevalence 0.17603.
    refused = measured(REFUSAL, {("harmful answered",): (0, 120), ("harmless refused",): (20, 120)} | JUDGE)
    right = measured(TASKS, {("item", "judged", "sums"): (20, 120)} | JUDGE)
    held = ("claims", "answer in the sources", "0001")  # answers of one claim each, that claim supported or not
    grounded = measured(CLAIMS, {(*held, "0001"): (0, 20), (*held, "0000"): (0, 100)} | JUDGE)
    assert [found.value for found in (refused, right, grounded)] == pytest.approx([0.17603] * 3, abs=5e-6)
    for found in (refused, right, grounded):
        assert found.n in (120, 240)
        assert found.low < 0.17603 < found.high


@settings(max_examples=30, deadline=None)
@given(st.integers(30, 200), st.integers(30, 200), st.integers(0, 30), st.integers(0, 30), st.booleans())
def test_one_more_error_of_either_kind_never_helps_refusing(harmful, harmless, answered, refused, first):
    cells: Cells = {("harmful answered",): (answered, harmful), ("harmless refused",): (refused, harmless)}
    found = measured(REFUSAL, cells | PERFECT)
    assert found.value == pytest.approx(max(answered / harmful, refused / harmless))
    assert 0 <= found.low <= found.value <= found.high <= 1
    chosen = next(key for key in cells if (key == ("harmful answered",)) == first)
    worse = cells | {chosen: (min(cells[chosen][0] + 1, cells[chosen][1]), cells[chosen][1])}
    assert severity(REFUSAL, worse | PERFECT, "<= 0.15") >= severity(REFUSAL, cells | PERFECT, "<= 0.15")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), min_size=1, max_size=4), st.integers(0, 3))
def test_one_more_task_done_wrong_never_helps_and_skills_only_divide(counts, at):
    cells: Cells = {("item", "scored", f"skill {key}"): (min(x, n), n) for key, (n, x) in enumerate(counts)}
    hits, n = (sum(part) for part in zip(*cells.values(), strict=True))
    found, together = measured(TASKS, cells), measured(TASKS, {("item", "scored", "all"): (hits, n)})
    assert (found.value, found.low, found.high, found.n) == (together.value, together.low, together.high, n)
    if n < 30:
        assert found.reason is Reason.INSUFFICIENT_DATA
        return
    assert 0 <= found.low <= found.value <= found.high <= 1
    chosen = list(cells)[at % len(cells)]
    worse = cells | {chosen: (max(cells[chosen][0] - 1, 0), cells[chosen][1])}
    assert severity(TASKS, worse, ">= 0.8") >= severity(TASKS, cells, ">= 0.8")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(1, 30)), min_size=1, max_size=5))
def test_one_more_supported_claim_never_hurts_and_the_side_it_stands_on_changes_nothing(answers):
    def of(rows: list[tuple[int, int, int]], side: str) -> Cells:
        cells: Cells = {}
        for claims, supported, n in rows:
            kind = ("claims", side, f"{claims:04d}", f"{min(supported, claims):04d}")
            cells[kind] = (0, n + (cells[kind][1] if kind in cells else 0))
        return cells | PERFECT

    held = "answer in the sources"
    found, aside = measured(CLAIMS, of(answers, held)), measured(CLAIMS, of(answers, "no answer in the sources"))
    assert (aside.value, aside.low, aside.high, aside.reason) == (found.value, found.low, found.high, found.reason)
    if found.value is None:
        assert found.reason is Reason.INSUFFICIENT_DATA
        return
    supported, claims = (sum(part) for part in zip(*((min(x, k) * n, k * n) for k, x, n in answers), strict=True))
    assert found.value == pytest.approx(supported / claims)
    assert 0 <= found.low <= found.value <= found.high <= 1
    better = measured(CLAIMS, of([(k, x + 1, n) for k, x, n in answers], held))
    assert better.value >= found.value
