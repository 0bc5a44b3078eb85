"""Hostile feedback: what is held back and why, honest sources that are not, and rings that nobody contradicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.poisoning.filtering import hostile
from clerestory.assurance.poisoning.filtering.feedback import (
    CONTRADICTS,
    FLOOD,
    KEPT,
    REPEATED,
    Feedback,
    contradicting,
    rings,
    screened,
)
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "poisoning.chaff-filter"
CHECK = find(NAME)


def voices(sources: int = 40, rows: int = 1_200, items: int = 250, right: float = 0.9, seed: int = 1) -> Table:
    """Sources of different activity that are right in most cases."""
    draw = np.random.default_rng(seed)
    truth, weight = draw.integers(0, 2, items), draw.gamma(2, 1, sources)
    who, item = draw.choice(sources, rows, p=weight / weight.sum()), draw.integers(0, items, rows)
    said = np.where(draw.random(rows) < right, truth[item], 1 - truth[item])
    return {
        "who": np.array([f"user {at}" for at in who], dtype=object),
        "case": item.astype(np.float64),
        "said": said.astype(bool),
        "verified": truth[item].astype(bool),
    }


def honest(seed: int, right: float = 0.9) -> Feedback:
    table = voices(seed=seed, right=right)
    who = np.unique(table["who"], return_inverse=True)[1]
    return Feedback(who, table["case"].astype(np.int64), table["said"].astype(np.int64), 2)


def measured(table: Table, **given: object) -> Measurement:
    layout = Layout(columns={"who": "text", "case": "integer", "said": "boolean", "verified": "boolean"})
    parameters = CHECK.complete(
        {"source_column": "who", "item": "case", "feedback": "said", "runs": 20} | given, layout
    )
    return CHECK.measure(
        {trial_of(NAME, parameters): drive(CHECK.begin(parameters), tables={"current": table})}, parameters
    )


def test_one_who_contradicts_by_the_binomial_law_is_held_back_and_one_short_of_it_is_not():
    # Ten others agree on every item; the usual rate is 110 of 110 minus what the last one breaks.
    items, sources = np.tile(np.arange(10), 11), np.repeat(np.arange(11), 10)
    for wrong in range(11):
        labels = np.where((sources == 10) & (items < wrong), 1, 0)
        usual = min((110 - wrong) / 110, 0.999)
        agrees = 10 - wrong
        expected = agrees < 0.5 * usual * 10 and binom.cdf(agrees, 10, usual) < 0.01 / 11
        found = contradicting(Feedback(sources, items, labels, 2))
        assert found.tolist() == [False] * 10 + [expected]
    assert expected


def test_each_reason_has_its_name_and_the_first_voice_counts():
    base = honest(1)
    added, mask = hostile.stuffing(base, 60, np.random.default_rng(1))
    answers = screened(added)
    # Sixty rows are three items, twenty times each: too few to call the source hostile, but nobody has a second voice.
    assert sorted(answers[mask].tolist()) == [KEPT] * 3 + [REPEATED] * 57
    twice = Feedback(np.array([0, 0]), np.array([3, 3]), np.array([1, 0]), 2)
    assert screened(twice).tolist() == [KEPT, REPEATED]
    many = Feedback(np.repeat(np.arange(6), [300, 5, 5, 5, 5, 5]), np.arange(325), np.zeros(325, dtype=np.int64), 2)
    assert (screened(many) == FLOOD).sum() == 300 - 50


def test_no_honest_source_is_taken_for_hostile():
    assert not any(contradicting(honest(seed)).any() for seed in range(30))
    assert sum(contradicting(honest(seed, right=0.75)).sum() for seed in range(30)) <= 2


def test_sources_on_the_same_items_are_a_ring_and_honest_ones_are_left_alone():
    sent, mask = hostile.ring(honest(3), 120, np.random.default_rng(2))
    found = rings(sent.sources, sent.items)
    assert any(set(np.unique(sent.sources[mask])) <= set(group.tolist()) for group in found)
    assert (screened(sent)[mask] == CONTRADICTS).all()
    same = Feedback(sent.sources, sent.items, np.zeros(len(sent), dtype=np.int64), 2)
    assert not contradicting(same).any()


def test_hostile_feedback_is_found_and_honest_feedback_passes():
    found = measured(voices())
    recalls = {item.group: item.value for item in found.by_group}
    assert min(recalls[name] for name in ("flood", "ring", "stuffing")) > 0.9
    assert judge(found, CHECK.criterion(">= 0.6")).verdict is Verdict.PASS
    # Second voices of honest sources are all that is held back of them.
    alarms = measured(voices(), metric="false_alarms")
    assert alarms.value < 0.12
    assert judge(alarms, CHECK.criterion("<= 0.4")).verdict is Verdict.PASS


def test_where_nobody_else_speaks_of_an_item_a_turned_source_is_not_found_without_what_was_expected():
    table = dict(voices(items=250)) | {"case": np.arange(1_200.0)}
    alone = measured(table, recipes=["turned"])
    assert alone.value < 0.1
    assert judge(alone, CHECK.criterion(">= 0.6")).verdict is Verdict.FAIL
    helped = measured(table, recipes=["turned"], expected="verified")
    assert judge(helped, CHECK.criterion(">= 0.6")).verdict is Verdict.PASS


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(hostile.RECIPES)), st.integers(20, 80))
def test_recipes_leave_the_other_rows_as_they_are_and_the_seed_decides(seed, name, rows):
    base = honest(2)
    one, other = (hostile.RECIPES[name](base, rows, np.random.default_rng(seed)) for _ in range(2))
    sent, mask = one
    assert (sent.labels == other[0].labels).all()
    kept = ~mask[: len(base)]
    assert (sent.labels[: len(base)][kept] == base.labels[kept]).all()
    assert (sent.sources[: len(base)] == base.sources).all()
    assert mask.any()


def test_few_rows_few_sources_and_rows_without_source_say_nothing():
    assert measured(voices(rows=100)).reason is Reason.INSUFFICIENT_DATA
    assert measured(voices(sources=3)).reason is Reason.INSUFFICIENT_DATA
    assert measured(voices(), runs=3).reason is Reason.INSUFFICIENT_DATA
    nobody = dict(voices()) | {"who": np.full(1_200, None, dtype=object)}
    assert measured(nobody).reason is Reason.INSUFFICIENT_DATA


def test_an_unknown_recipe_or_a_missing_source_is_refused():
    layout = Layout(columns={"who": "text", "case": "integer", "said": "boolean"})
    given = {"source_column": "who", "item": "case", "feedback": "said"}
    with pytest.raises(ParameterRefused, match="no recipe 'magic'"):
        CHECK.wants(CHECK.complete(given | {"recipes": ["magic"]}, layout))
    with pytest.raises(ParameterRefused, match="source_column is missing"):
        CHECK.complete({"item": "case", "feedback": "said"}, layout)
