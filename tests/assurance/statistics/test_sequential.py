"""Looked at every day, it alarms without drift in few runs, and finds a small shift within days."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clerestory.assurance.statistics.sequential import change_evidence, first_alarm, log_evidence, threshold

COLUMNS, DAYS, BINS = 28, 90, 10


def daily(draw: np.random.Generator, shares: np.ndarray, rows: int, days: int = DAYS) -> np.ndarray:
    return draw.multinomial(rows, shares, size=days)


def test_a_coin_against_the_published_form_of_the_mixture():
    # Krichevsky and Trofimov: 3 heads and 1 tail in any order: (1/2)(3/2)(5/2)(1/2) / (1*2*3*4) = 5/128.
    # Against nothing before: sup is (3/4)^3 (1/4) = 27/256, so E = (5/128) / (27/256) = 10/27.
    assert np.exp(log_evidence([0, 0], [[3, 1]]))[0] == pytest.approx(10 / 27)


def test_no_alarm_in_most_runs_of_ninety_days_over_twenty_eight_columns_without_drift():
    draw, alarmed = np.random.default_rng(7), 0
    for _ in range(60):
        shares = draw.dirichlet(np.ones(BINS), size=COLUMNS)
        found = [
            first_alarm(log_evidence(draw.multinomial(5_000, row), daily(draw, row, 300)), COLUMNS) for row in shares
        ]
        alarmed += any(day is not None for day in found)
    assert alarmed <= stats.binom.ppf(0.999, 60, 0.05)
    assert alarmed == 0  # conservative, as universal inference is


def test_a_shift_of_a_tenth_of_a_standard_deviation_is_found_within_days():
    draw = np.random.default_rng(3)
    cuts = stats.norm.ppf(np.linspace(0, 1, BINS + 1))
    before, after = (np.diff(stats.norm.cdf(cuts - shift)) for shift in (0.0, 0.1))
    day = first_alarm(log_evidence(draw.multinomial(50_000, before), daily(draw, after, 5_000, 30)), COLUMNS)
    assert day is not None and day <= 6


@given(st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=1, max_size=6), st.integers(0, 5))
def test_merging_days_changes_no_later_evidence_and_an_unused_category_is_allowed(days, at):
    reference = [40, 30, 0]
    whole = log_evidence(reference, days)
    at = min(at, len(days) - 1)
    merged = [np.sum(days[: at + 1], axis=0).tolist(), *days[at + 1 :]]
    np.testing.assert_allclose(log_evidence(reference, merged), whole[at:], atol=1e-9)


def test_more_columns_ask_for_more_evidence_and_none_is_treated_as_one():
    assert threshold(28) == pytest.approx(np.log(560))
    assert threshold(0) == threshold(1) == pytest.approx(np.log(20))
    assert first_alarm(np.array([0.0, 2.9]), 1) is None


def test_a_change_after_quiet_days_is_found_where_all_days_together_hide_it():
    draw = np.random.default_rng(5)
    cuts = stats.norm.ppf(np.linspace(0, 1, BINS + 1))
    before, after = (np.diff(stats.norm.cdf(cuts - shift)) for shift in (0.0, 0.5))
    reference = draw.multinomial(3_200, before)
    days = np.vstack([daily(draw, before, 800, 30), daily(draw, after, 800, 2)])
    day = first_alarm(change_evidence(reference, days), COLUMNS)
    assert day is not None and 30 <= day <= 31
    assert first_alarm(log_evidence(reference, days), COLUMNS) is None


@pytest.mark.parametrize("share", [0.5, 0.3, 0.05])
def test_evidence_of_a_change_is_worth_at_most_one_on_average_by_counting_all_that_can_come(share):
    # Every sequence of two rows of the reference and three days of one row each, weighed by its exact probability.
    total = 0.0
    for rows in itertools.product((0, 1), repeat=5):
        counted = np.eye(2, dtype=np.int64)[list(rows)]
        weight = float(np.prod([share if row else 1 - share for row in rows]))
        total += weight * float(np.exp(change_evidence(counted[:2].sum(axis=0), counted[2:])[-1]))
    assert total <= 1


def test_a_change_from_the_first_day_costs_at_most_a_factor_of_two():
    days = [[90, 10], [80, 20], [85, 15]]
    assert (change_evidence([50, 50], days) >= log_evidence([50, 50], days) - np.log(2) - 1e-9).all()
