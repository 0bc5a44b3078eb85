"""Noise for releases: drawn with exactly the chances that the papers give, and never less than the promise needs."""

import random
from fractions import Fraction
from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from clerestory.assurance.privacy.privacy_loss import composed, enclosed, merged
from clerestory.assurance.privacy.released.answer import (
    Price,
    QuestionRefused,
    mean_of,
    noisy,
    quantiles_of,
    step_of,
    sum_most,
)
from clerestory.assurance.privacy.released.discrete_noise import (
    NoiseImpossible,
    bernoulli_exp,
    discrete_gaussian,
    discrete_laplace,
)


def below(seed: int):
    """Return a source of whole numbers that a test can draw again."""
    return random.Random(seed).randrange


def fits(draws: list[int], chance, edge: int) -> float:
    """Return the p of a chi-square test of draws against chances, all beyond the edge in one cell each."""
    counted = np.bincount(np.clip(draws, -edge, edge) + edge, minlength=2 * edge + 1)
    chances = np.array([chance(n) for n in range(-edge, edge + 1)])
    tails = [sum(chance(n) for n in range(edge + 1, 60 * edge))] * 2
    chances[0] += tails[0]
    chances[-1] += tails[1]
    return float(chisquare(counted, chances / chances.sum() * len(draws)).pvalue)


@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(2), Fraction(7, 3)])
def test_geometric_noise_has_the_chances_of_ghosh_roughgarden_and_sundararajan(scale):
    draw = below(1)
    draws = [discrete_laplace(scale, draw) for _ in range(20_000)]
    a = exp(-1 / float(scale))
    assert fits(draws, lambda n: (1 - a) / (1 + a) * a ** abs(n), 6) > 1e-3
    # A twin with the wrong scale is found out.
    b = exp(-1 / float(scale * 2))
    assert fits(draws, lambda n: (1 - b) / (1 + b) * b ** abs(n), 6) < 1e-9


@pytest.mark.parametrize("variance", [Fraction(1, 2), Fraction(4), Fraction(25, 3)])
def test_discrete_normal_noise_has_the_chances_of_canonne_kamath_and_steinke(variance):
    draw = below(2)
    draws = [discrete_gaussian(variance, draw) for _ in range(15_000)]
    norm = sum(exp(-(n**2) / (2 * float(variance))) for n in range(-200, 201))
    assert fits(draws, lambda n: exp(-(n**2) / (2 * float(variance))) / norm, 5) > 1e-3
    assert fits(draws, lambda n: exp(-(n**2) / (3 * float(variance))) / norm, 5) < 1e-6


@pytest.mark.parametrize("power", [Fraction(0), Fraction(1, 3), Fraction(1), Fraction(5, 2)])
def test_a_coin_of_an_exponential_chance(power):
    draw = below(3)
    heads = sum(bernoulli_exp(power, draw) for _ in range(20_000)) / 20_000
    expected = exp(-float(power))
    assert heads == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 20_000) ** 0.5)


@given(st.fractions(Fraction(1, 20), 5), st.integers(1, 6), st.integers(-40, 40))
def test_the_chances_of_neighbours_differ_by_no_more_than_epsilon_allows(epsilon, most, told):
    # log P(told | count) - log P(told | count + most), from the chances above: at most epsilon.
    scale = float(Fraction(most) / epsilon)
    assert abs(abs(told) - abs(told - most)) / scale <= float(epsilon) * (1 + 1e-12)


def test_an_answer_carries_the_noise_that_its_price_buys():
    draw = below(4)
    told, spread = noisy([100] * 3_000, 2, Price(mechanism="geometric", size=Fraction(1, 2)), draw)
    apart = np.abs(np.array(told) - 100)
    a = exp(-1 / 4)  # scale 2 / 0.5
    assert apart.mean() == pytest.approx(2 * a / (1 - a * a), rel=0.08)
    assert (apart <= spread.half).mean() == pytest.approx(0.95, abs=0.02)
    told, spread = noisy([100] * 3_000, 2, Price(mechanism="gaussian", size=Fraction(1, 8)), draw)
    assert np.std(told) == pytest.approx(4.0, rel=0.06)  # rho = most^2 / (2 variance), so the variance is 16
    assert (np.abs(np.array(told) - 100) <= spread.half).mean() == pytest.approx(0.95, abs=0.02)


def test_prices_add_up_as_the_textbooks_say():
    half = Price(mechanism="geometric", size=Fraction(1, 2)).release()
    assert composed([half, half, half], 0.0).epsilon == pytest.approx(1.5)
    rho = Price(mechanism="gaussian", size=Fraction(1, 10)).release()
    # Bun and Steinke (2016), proposition 1.3: rho-zCDP is (rho + 2 sqrt(rho log(1 / delta)), delta); the conversion of
    # Canonne, Kamath and Steinke (2020) is never worse.
    assert composed([rho], 1e-6).epsilon <= 0.1 + 2 * (0.1 * log(1e6)) ** 0.5
    assert composed([rho], 0.0).epsilon == inf
    parts = [Price(mechanism="gaussian", size=Fraction(1, 10)).of(Fraction(1, 4)).release()] * 4
    assert composed(parts, 1e-6).epsilon == pytest.approx(composed([rho], 1e-6).epsilon, rel=1e-9)


@pytest.mark.parametrize(
    "rho, delta, epsilon",
    [
        # opendp 0.16.0: make_zCDP_to_approxDP(make_gaussian(...)).map(1.0).epsilon(delta), run once elsewhere.
        (0.1, 1e-6, 2.141938928385474),
        (0.125, 1e-5, 2.1657155451754857),
        (0.125, 1e-6, 2.4190931768671953),
        (0.125, 1e-9, 3.0581221668459135),
    ],
)
def test_normal_noise_costs_what_opendp_says(rho, delta, epsilon):
    release = Price(mechanism="gaussian", size=Fraction(str(rho))).release()
    assert epsilon * (1 - 1e-9) <= composed([release], delta).epsilon <= epsilon * 1.005


def test_equal_releases_count_as_one_that_happened_more_often():
    one = Price(mechanism="geometric", size=Fraction(1, 4)).release()
    (both,) = merged([one, one])
    assert both.times == 2
    assert enclosed(merged([one] * 4), 1e-6).epsilon == pytest.approx(enclosed((one,) * 4, 1e-6).epsilon, rel=0.01)


@settings(max_examples=60)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 9), st.data())
def test_nobody_moves_a_sum_by_more_than_it_is_priced_for(lowest, wide, rows, data):
    highest = lowest + wide
    step, most = step_of(lowest, highest), sum_most(lowest, highest, rows)
    values = data.draw(st.lists(st.floats(lowest, highest), min_size=1, max_size=rows))
    assert abs(sum(int(np.rint(value / step)) for value in values)) <= most


def test_quantiles_come_from_the_counts_alone():
    edges = [0.0, 10, 20, 40]
    found = quantiles_of([10, 10, 20], edges, [0.25, 0.5, 0.75])
    assert dict(found) == {0.25: 10.0, 0.5: 20.0, 0.75: 30.0}
    assert quantiles_of([-3, 8, -2], edges, [0.5])[0.5] == 15.0
    assert quantiles_of([0, 0, 0], edges, [0.5])[0.5] == 40


def test_a_mean_stays_in_its_bounds():
    assert mean_of(500.0, 100, 0, 100) == 55.0
    assert mean_of(1e9, 100, 0, 100) == 100
    assert mean_of(-5.0, -7, 0, 100) == 45.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: discrete_laplace(Fraction(0), below(0)),
        lambda: discrete_gaussian(Fraction(-1), below(0)),
        lambda: noisy([1], 0, Price(mechanism="geometric", size=Fraction(1)), below(0)),
        lambda: noisy([1], 1, Price(mechanism="geometric", size=Fraction(0)), below(0)),
        lambda: noisy([1], 1, Price(mechanism="gaussian", size=Fraction(0)), below(0)),
        lambda: step_of(1, 1),
    ],
)
def test_noise_that_hides_nobody_is_refused(call):
    with pytest.raises((NoiseImpossible, QuestionRefused)):
        call()
