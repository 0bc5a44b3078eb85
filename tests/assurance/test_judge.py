"""Verdicts of measurements."""

import pytest

from clerestory.assurance.criterion import Criterion, NotFinite
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import (
    GroupResult,
    Measurement,
    MeasurementUnreadable,
    Reason,
    measurement_document,
    read_measurement,
)
from clerestory.terms.status import Verdict


def measured(value=0.9, low=0.85, high=0.95, **rest):
    return Measurement(
        check="fairness.selection-rate-ratio", method="m", method_version="1", value=value, low=low, high=high, n=100,
        **rest,
    )  # fmt: skip


AT_LEAST = Criterion.parse(">= 0.8")


def test_a_pass_needs_almost_everybody_judged():
    judged = judge(measured(share_unassessable=0.06, max_unjudged_share=0.05), AT_LEAST)
    assert (judged.verdict, judged.reason) == (Verdict.INCONCLUSIVE, Reason.UNJUDGED_SHARE)
    assert judge(measured(share_unassessable=0.05, max_unjudged_share=0.05), AT_LEAST).verdict is Verdict.PASS


def test_a_failure_stands_however_many_are_unjudged():
    bad = measured(0.5, 0.4, 0.6, share_unassessable=0.5, max_unjudged_share=0.05)
    assert judge(bad, AT_LEAST).verdict is Verdict.FAIL


def test_a_reason_of_the_measurement_is_never_a_pass_nor_a_failure():
    for value, low, high in ((0.9, 0.85, 0.95), (0.5, 0.4, 0.6)):
        judged = judge(measured(value, low, high, reason=Reason.LABELS_MISSING), AT_LEAST)
        assert (judged.verdict, judged.reason) == (Verdict.INCONCLUSIVE, Reason.LABELS_MISSING)


def test_an_interval_that_crosses_the_limit_says_so_and_the_point_rule_stands_beside():
    judged = judge(measured(0.82, 0.7, 0.95), AT_LEAST)
    assert (judged.verdict, judged.reason, judged.point_rule) == (Verdict.INCONCLUSIVE, Reason.CROSSES_LIMIT, True)


def test_nothing_measured_is_inconclusive():
    judged = judge(measured(None, None, None, reason=Reason.INSUFFICIENT_DATA), AT_LEAST)
    assert (judged.verdict, judged.reason, judged.point_rule) == (Verdict.INCONCLUSIVE, Reason.INSUFFICIENT_DATA, None)


@pytest.mark.parametrize(
    "numbers", [(0.9, None, None), (float("nan"), 0, 1), (0.5, 0.6, 0.7), (0.5, 0.0, float("inf")), (None, None, None)]
)
def test_a_measurement_without_finite_value_in_its_interval_or_reason_cannot_exist(numbers):
    with pytest.raises(NotFinite):
        measured(*numbers)


def test_a_measurement_survives_its_document():
    group = GroupResult(group="sex=female", value=1 / 3, low=0.1, high=0.5, n=3, assessed=False, note="few")
    blank = GroupResult(group="sex=male", value=None, low=None, high=None, n=0)
    for one in (
        measured(0.1 + 0.2, 0.0, 1.0, by_group=(group, blank), details={"a": "b"}, share_unassessable=0.1),
        measured(None, None, None, reason=Reason.PARTIAL_RUN),
    ):
        assert read_measurement(measurement_document(one)) == one


@pytest.mark.parametrize(
    "change",
    [
        {"value": 0.9},
        {"value": "0.90"},
        {"value": "2"},
        {"n": "100"},
        {"extra": 1},
        {"reason": "because"},
        {"low": "nan"},
    ],
)
def test_an_edited_document_is_refused(change):
    document = {**measurement_document(measured()), **change}
    with pytest.raises(MeasurementUnreadable):
        read_measurement(document)


def test_fields_of_the_fact_and_what_is_covered_travel_with_the_measurement():
    figures = {"window_to": "2026-11-21T12:00:00.000000Z", "gaps": 0, "safe_state_reached": True}
    one = measured(figures=figures, covers=("drift", "service"))
    assert read_measurement(measurement_document(one)) == one
    assert {"figures", "covers"}.isdisjoint(measurement_document(measured()))  # earlier documents stay as they were


@pytest.mark.parametrize(
    "wrong", [{"figures": {"gaps": 0.5}}, {"figures": {"gaps": None}}, {"covers": [1]}, {"covers": 1}]
)
def test_fields_of_another_type_are_refused(wrong):
    with pytest.raises(MeasurementUnreadable):
        read_measurement({**measurement_document(measured()), **wrong})


def test_a_document_that_is_no_object_is_refused():
    with pytest.raises(MeasurementUnreadable):
        read_measurement([1])
