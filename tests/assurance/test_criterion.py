"""Criteria: what is read, and the interval rule."""

import pytest

from clerestory.assurance.criterion import Criterion, CriterionUnreadable, NotFinite
from clerestory.terms.status import Verdict

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "text, low, high, verdict",
    [
        (">= 0.8", 0.8, 0.9, PASS),
        (">= 0.8", 0.79, 0.9, INCONCLUSIVE),
        (">= 0.8", 0.7, 0.8, INCONCLUSIVE),
        (">= 0.8", 0.7, 0.79, FAIL),
        ("> 0.8", 0.8, 0.9, INCONCLUSIVE),
        ("> 0.8", 0.81, 0.9, PASS),
        ("> 0.8", 0.7, 0.8, FAIL),
        ("<= 0.1", 0.05, 0.1, PASS),
        ("<= 0.1", 0.05, 0.11, INCONCLUSIVE),
        ("<= 0.1", 0.11, 0.2, FAIL),
        ("< 0.2", 0.2, 0.3, FAIL),
        ("< 0.2", 0.0, 0.2, INCONCLUSIVE),
        ("< 0.2", 0.0, 0.19, PASS),
        ("<= 0", 0.0, 0.0, PASS),
        ("between 0.8 and 1.25", 0.8, 1.25, PASS),
        ("between 0.8 and 1.25", 0.7, 1.3, INCONCLUSIVE),
        ("between 0.8 and 1.25", 1.26, 1.3, FAIL),
        ("between 0.8 and 1.25", 0.7, 0.79, FAIL),
    ],
)
def test_a_verdict_follows_from_the_whole_interval(text, low, high, verdict):
    assert Criterion.parse(text).judge(low, high) is verdict


@pytest.mark.parametrize("text", [">= 0.8", "< 0.2", "> -1", "<= 1000000", "between 0.8 and 1.25"])
def test_a_criterion_is_written_as_it_is_read(text):
    assert str(Criterion.parse(text)) == text


@pytest.mark.parametrize("text, canonical", [(">=.80", ">= 0.8"), ("  < 2e-1 ", "< 0.2"), ("<= 5.0", "<= 5")])
def test_a_criterion_has_one_canonical_form(text, canonical):
    assert str(Criterion.parse(text)) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "0.8", "== 0.8", ">= nan", ">= inf", ">= 1e999", "=> 0.8", ">= 0,8", ">= 80 %", "between 1 and 0", "between 1",
     ">= 0.8 and <= 1", "≥ 0.8", "between nan and 1"],
)  # fmt: skip
def test_anything_else_is_no_criterion_and_the_remedy_shows_one(text):
    with pytest.raises(CriterionUnreadable) as caught:
        Criterion.parse(text)
    assert ">= 0.8" in caught.value.remedy


@pytest.mark.parametrize("low, high", [(float("nan"), 1), (0, float("inf")), (float("-inf"), 0), (1, 0)])
def test_what_is_not_finite_is_refused_and_never_judged(low, high):
    with pytest.raises(NotFinite):
        Criterion.parse("<= 1").judge(low, high)


def test_the_point_rule_stands_beside_the_verdict():
    assert Criterion.parse(">= 0.8").holds(0.8)
    assert not Criterion.parse("> 0.8").holds(0.8)
