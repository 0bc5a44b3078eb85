"""Losses of a year: closed forms of the compound Poisson, scipy's quantiles, and a seed that gives the same bits."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from clerestory.registers.risk import commands
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.risk.queries.residual import estimates
from clerestory.registers.risk.rules.money import (
    Appetite,
    Estimate,
    MoneyRefused,
    Shape,
    Verdict,
    _poisson,
    _uniform,
    check_appetite,
    check_estimate,
    lognormal,
    pert,
    runs_for,
    simulate,
    wilson,
)
from clerestory.registers.risk.rules.residual import Bearing
from clerestory.registers.risk.rules.risk import Nature, Reduction, Treatment
from clerestory.store import log
from tests.organisation import NOW
from tests.registers.records import register
from tests.registers.risk.risks import HIGH, HOUR, agreed, approve_all, identified, method, version

SAID = Estimate(often_low=0.1, often_high=2, loss_low=10_000, loss_high=500_000)
PERT = Estimate(often_low=1, often_high=1, loss_low=1_000, loss_likely=4_000, loss_high=20_000, shape=Shape.PERT)
APPETITE = Appetite(currency="EUR", points=((100_000, 0.3), (1_000_000, 0.01)))
WHY = "Claims of three years, and what the insurer asked"


def test_the_quantiles_asked_for_are_those_of_the_distributions_by_scipy():
    mu, sigma = lognormal(10_000, 500_000)
    made = stats.lognorm(s=sigma, scale=math.exp(mu))
    assert made.ppf([0.05, 0.95]) == pytest.approx([10_000, 500_000])
    alpha, beta = pert(1_000, 4_000, 20_000)
    spread = stats.beta(alpha, beta, loc=1_000, scale=19_000)
    assert spread.mean() == pytest.approx((1_000 + 4 * 4_000 + 20_000) / 6)
    assert (alpha - 1) / (alpha + beta - 2) == pytest.approx((4_000 - 1_000) / 19_000), "the mode is the most likely"


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_the_mean_of_a_year_is_that_of_a_compound_poisson_within_its_interval(seed):
    rate_mu, rate_sigma = lognormal(SAID.often_low, SAID.often_high)
    mu, sigma = lognormal(SAID.loss_low, SAID.loss_high)
    rate, each = stats.lognorm(rate_sigma, scale=math.exp(rate_mu)), stats.lognorm(sigma, scale=math.exp(mu))
    mean = rate.mean() * each.mean()
    variance = rate.mean() * (each.var() + each.mean() ** 2) + rate.var() * each.mean() ** 2
    curve = simulate(SAID, seed=seed)
    assert curve.mean == pytest.approx(mean, abs=4 * math.sqrt(variance / curve.runs))
    assert (curve.high - curve.low) / 2 == pytest.approx(1.96 * math.sqrt(variance / curve.runs), rel=0.35)


def test_with_a_known_rate_and_pert_losses_mean_and_chance_of_a_quiet_year_have_closed_forms():
    curve = simulate(PERT, seed=3)
    assert curve.runs == 20_000
    assert curve.mean == pytest.approx(37_000 / 6, rel=0.03)
    assert curve.any_loss == pytest.approx(1 - math.exp(-1), abs=0.012)


@pytest.mark.parametrize("rate", [0.05, 1.0, 30.0])
def test_counts_are_poisson_by_scipy(rate):
    uniform = _uniform(np.random.PCG64(5), 20_000)
    counts = _poisson(np.full(20_000, rate), uniform)
    assert np.array_equal(counts, stats.poisson.ppf(uniform, rate).astype(int))


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    assert simulate(SAID, seed=7, appetite=APPETITE) == simulate(SAID, seed=7, appetite=APPETITE)
    assert simulate(SAID, seed=7).mean != simulate(SAID, seed=8).mean
    raw = _uniform(np.random.PCG64(7), 3)
    assert raw.tolist() == pytest.approx([0.6250954, 0.8972138, 0.7756857], abs=1e-7), "numpy keeps the stream of PCG64"


def test_measures_lower_the_curve_and_a_share_of_all_leaves_it_as_it_is():
    before, left = simulate(SAID, seed=7), simulate(SAID, seed=7, often=0.5, loss=0.4)
    assert simulate(SAID, seed=7, often=1.0, loss=1.0) == before
    assert left.mean == pytest.approx(before.mean * 0.2, rel=0.1)
    halved = simulate(SAID, seed=7, loss=0.5)
    assert halved.mean == pytest.approx(before.mean / 2, abs=0.02), "the same years, each at half the cost"


def test_a_curve_falls_and_is_read_against_the_appetite_with_its_interval():
    curve = simulate(SAID, seed=7, appetite=APPETITE)
    likely = [p for _amount, p in curve.points]
    assert likely == sorted(likely, reverse=True) and len(likely) == 60
    assert [said for *_rest, said in curve.against] == ["within", "over"]
    assert curve.verdict is Verdict.OVER
    near = Appetite(currency="EUR", points=((100_000, curve.against[0][2] + 0.001),))
    assert simulate(SAID, seed=7, appetite=near).verdict is Verdict.UNCLEAR
    assert simulate(SAID, seed=7).verdict is None
    assert wilson(0.05, 1000) == pytest.approx((0.0381, 0.0653), abs=1e-4), "Wilson's interval, as R's prop.test gives"


@pytest.mark.parametrize(
    "changes",
    [
        {"often_low": 0}, {"often_low": 3}, {"often_high": 101}, {"loss_low": -1}, {"loss_high": 1},
        {"loss_high": 1e13}, {"often_low": float("nan")}, {"loss_high": float("inf")},
        {"shape": Shape.PERT, "loss_likely": 1},
    ],
)  # fmt: skip
def test_quantiles_that_do_not_fit_are_refused_with_their_numbers(changes):
    with pytest.raises(MoneyRefused):
        check_estimate(replace(SAID, **changes))


@pytest.mark.parametrize(
    "said",
    [
        Appetite(currency="euro", points=((1, 0.5),)), Appetite(currency="EUR", points=()),
        Appetite(currency="EUR", points=((1, 0.5), (2, 0.6))), Appetite(currency="EUR", points=((2, 0.5), (1, 0.1))),
        Appetite(currency="EUR", points=((1, 1.5),)),
    ],
)  # fmt: skip
def test_an_appetite_in_which_more_may_be_likelier_is_refused(said):
    with pytest.raises(MoneyRefused):
        check_appetite(said)


def test_many_events_a_year_are_simulated_in_fewer_years_which_are_stated():
    assert runs_for(SAID) == 20_000
    assert 2_000 <= runs_for(replace(SAID, often_low=50, often_high=100)) < 6_000


def test_an_estimate_keeps_its_seed_and_its_residual_follows_the_measures(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    register(actor)
    made = commands.propose_method(actor=actor, method=method(money=APPETITE), now=NOW)
    commands.approve_method(actor=boss, version=made.version, now=NOW)
    identified(actor, HIGH, at=NOW)
    cut = Reduction(measure="A.6.2.4", why="Tests before release find most of it", frequency=80)
    agreed(
        actor, by=boss, treatment=Treatment.MODIFY, nature=Nature.TECHNICAL, controls=("A.6.2.4",), reductions=(cut,)
    )  # fmt: skip
    commands.estimate_loss(
        actor=actor, risk_id="R-1", said=SAID, reason=WHY, expected_version=version(actor), now=NOW + HOUR
    )
    (kept,) = estimates(actor, "R-1")
    plain = simulate(SAID, seed=kept.seed, appetite=APPETITE)
    assert (kept.expected_then, kept.left_then, kept.currency) == (plain.mean, plain.mean, "EUR")
    fact = log.entry(actor.organisation_id, kept.entry_id).fact
    assert (fact.kind, fact.values["seed"], fact.values["runs"]) == ("record.loss_estimate", kept.seed, 20_000)
    record = risk_record(actor, "R-1")
    assert (record.expected_loss, record.loss_over) == (plain.mean, True)
    holds = Bearing(measure="A.6.2.4", state="CONFORMS")
    commands.note_bearings(actor=actor, bearings=(holds,), now=NOW + 2 * HOUR)
    lower = simulate(SAID, seed=kept.seed, often=1 - 80 / 100, appetite=APPETITE)
    record = risk_record(actor, "R-1")
    assert (record.expected_loss, record.loss_over) == (lower.mean, lower.verdict is Verdict.OVER)
    commands.note_bearings(actor=actor, bearings=(replace(holds, state="STALE"),), now=NOW + 3 * HOUR)
    assert risk_record(actor, "R-1").expected_loss == plain.mean
    approve_all(boss, NOW + 3 * HOUR)


def test_an_estimate_says_where_its_numbers_come_from_and_takes_no_strange_seed(actor):
    register(actor)
    identified(actor, HIGH)
    said = {"actor": actor, "risk_id": "R-1", "said": SAID, "expected_version": version(actor), "now": NOW}
    with pytest.raises(MoneyRefused, match="seed"):
        commands.estimate_loss(reason=WHY, seed=-1, **said)
    with pytest.raises(Exception, match="too short"):
        commands.estimate_loss(reason="guess", **said)
    assert estimates(actor, "R-1") == () and risk_record(actor, "R-1").expected_loss is None
