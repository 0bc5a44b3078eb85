"""The privacy budget: figures of Google's accountant (dp-accounting 0.6.0, run once elsewhere), and a strict ledger."""

import json
from math import inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.privacy.budget_ledger import LedgerUnusable, read_ledger
from clerestory.assurance.privacy.loss_distribution import Step, bracket, chernoff, sampled_normal
from clerestory.assurance.privacy.privacy_loss import (
    Release,
    batches_as_passes,
    composed,
    enclosed,
    gaussian_delta,
    gaussian_epsilon,
    renyi,
    sampled_gaussian,
)
from clerestory.assurance.registry import find
from clerestory.assurance.tally import InconsistentTally, TrialCell, TrialTally
from clerestory.assurance.trial import trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "privacy.budget-accounting"
CHECK = find(NAME)
LAYOUT = Layout(columns={"age": "integer"})
TRAINING = """
[[release]]
day = 2026-03-01
what = "training"
dataset = "loans"
unit = "person"
mechanism = "gaussian"
sensitivity = 1.0
noise = 0.8
sampling_rate = 0.05
sampling = "poisson"
steps = 200
"""


def gaussian(noise: float, times: int = 1, q: float = 1.0) -> Release:
    return Release(mechanism="gaussian", noise=noise, times=times, sampling_rate=q)


def laplace(noise: float, times: int = 1) -> Release:
    return Release(mechanism="laplace", noise=noise, times=times)


def measured(ledger: str | bytes | None, path: str = "privacy_budget.toml", **given: object) -> Measurement:
    parameters = CHECK.complete({"ledger": path} | given, LAYOUT)
    body = ledger.encode() if isinstance(ledger, str) else ledger
    files = {} if body is None else {path: body}
    tables = {"current": {"age": np.arange(60_000.0)}}
    tally = drive(CHECK.begin(parameters), tables=tables, files=files)
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


@pytest.mark.parametrize(
    "releases, delta, epsilon",
    [
        # dp_accounting.rdp.RdpAccountant at the same orders. The first is the MNIST training of the DP-SGD tutorials.
        ([gaussian(1.1, 14063, 256 / 60000)], 1e-5, 2.5970795196566616),
        ([gaussian(4.0, 10000, 0.01)], 1e-5, 1.0354900660362436),
        ([gaussian(0.8, 200, 0.05)], 1e-6, 9.905257248336735),
        ([gaussian(0.6, 5000, 0.001)], 1e-7, 4.829983370136831),
        ([laplace(10.0, 100)], 1e-6, 4.984173965049364),
        ([laplace(50.0, 1000)], 1e-5, 2.7975540536251096),
        ([laplace(20.0, 12), gaussian(8.0), gaussian(1.2, 1000, 0.01)], 1e-6, 1.924466506166942),
        # Pure: epsilon is sensitivity / scale, at no delta.
        ([laplace(2.0)], 1e-6, 0.5),
        ([laplace(2.0, 3)], 0.0, 1.5),
    ],
)
def test_epsilon_is_that_of_the_published_accountant(releases, delta, epsilon):
    assert composed(releases, delta).epsilon == pytest.approx(epsilon, rel=1e-10)


@pytest.mark.parametrize(
    "releases, delta, epsilon",
    [
        # dp_accounting.pld.PLDAccountant, which rounds up by its discretisation of 1e-4.
        ([gaussian(4.0)], 1e-5, 0.9263415237343752),
        ([gaussian(10.0, 30)], 1e-6, 2.491962059468327),
    ],
)
def test_normal_noise_on_all_data_is_exact(releases, delta, epsilon):
    found = composed(releases, delta)
    assert found.epsilon == pytest.approx(epsilon, abs=1e-7)
    assert found.by == "exact for normal noise"


def test_renyi_divergences_are_those_of_the_published_accountant():
    sampled = [0.00010025459547915311, 0.0004374556825667784, 6.357387093867499]
    assert [sampled_gaussian(0.01, 1.2, order) for order in (2, 8, 32)] == pytest.approx(sampled, rel=1e-10)
    plain = [0.15597787848573952, 0.200303896173616, 0.41026788176229156, 0.47814842504542626]
    assert [renyi(laplace(2.0), order) for order in (1.5, 2, 8, 32)] == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize(
    "accounted, numerical",
    [  # epsilon of dp_accounting.pld for the same: what is proven here must lie above.
        ((gaussian(1.1, 14063, 256 / 60000), 1e-5), 2.381778812581751),
        ((gaussian(4.0, 10000, 0.01), 1e-5), 0.9469993068930963),
        ((gaussian(0.6, 5000, 0.001), 1e-7), 3.4373406535853435),
        ((laplace(10.0, 100), 1e-6), 4.6926674386475),
    ],
)
def test_what_is_proven_lies_above_the_numerical_loss_by_at_most_two_fifths(accounted, numerical):
    release, delta = accounted
    assert numerical <= composed([release], delta).epsilon <= 1.41 * numerical


@given(st.floats(0.6, 20), st.integers(1, 500), st.sampled_from([1.0, 0.3, 0.01]), st.floats(1e-9, 1e-3), st.booleans())
def test_more_releases_and_less_noise_and_a_smaller_delta_never_cost_less(noise, times, q, delta, normal):
    kind = "gaussian" if normal else "laplace"
    one = Release(mechanism=kind, noise=noise, times=times, sampling_rate=q)
    more = Release(mechanism=kind, noise=noise, times=times + 1, sampling_rate=q)
    louder = Release(mechanism=kind, noise=noise * 1.5, times=times, sampling_rate=q)
    spent, room = composed([one], delta).epsilon, 1 + 1e-9
    assert 0 <= spent <= composed([more], delta).epsilon * room + 1e-9
    assert composed([louder], delta).epsilon <= spent * room + 1e-9
    assert spent <= composed([one], delta / 2).epsilon * room + 1e-9
    assert spent <= composed([Release(mechanism=kind, noise=noise, times=times)], delta).epsilon * room + 1e-9


@settings(deadline=None)
@given(st.floats(0.01, 5), st.floats(0, 10))
def test_the_exact_trade_off_is_a_chance_that_falls_with_epsilon(mu, epsilon):
    assert 0 <= gaussian_delta(mu, epsilon + 0.1) <= gaussian_delta(mu, epsilon) <= 1


@pytest.mark.parametrize(
    "releases, delta, numerical",
    [  # epsilon of dp_accounting.pld.PLDAccountant 0.6.0 for the same
        ([gaussian(0.8, 200, 0.05)], 1e-6, 8.865663709462277),
        ([laplace(10.0, 100)], 1e-6, 4.6926674386475),
        ([laplace(2.0)], 1e-6, 0.4999980000480009),
        ([laplace(20.0, 12), gaussian(8.0), gaussian(1.2, 1000, 0.01)], 1e-6, 1.7618527124811851),
    ],
)
def test_the_numerical_loss_of_the_published_accountant_lies_inside(releases, delta, numerical):
    found = enclosed(tuple(releases), delta)
    assert found.least <= numerical <= found.epsilon
    assert found.epsilon - found.least < 0.06
    assert found.epsilon <= composed(releases, delta).epsilon


@settings(max_examples=15, deadline=None)
@given(st.floats(1, 5), st.integers(1, 10))
def test_the_grid_encloses_the_exact_trade_off_of_normal_noise(noise, times):
    orders = [(order, times * renyi(gaussian(noise), order)) for order in range(2, 200)]
    removed, added = sampled_normal(1.0, noise)
    found = bracket([Step(removed, added, times)], 1e-5, chernoff(orders), fine=0.02)
    exact = gaussian_epsilon(times**0.5 / noise, 1e-5)
    assert found is not None and found[0] <= exact <= found[1] <= found[0] + 0.04


def test_a_training_within_the_budget_passes_and_beyond_it_fails_and_between_both_ends_nothing_follows():
    found = measured(TRAINING)
    assert found.low is not None and found.high is not None
    assert found.low <= 8.865663709462277 <= found.high == found.value
    assert judge(found, CHECK.criterion("<= 9")).verdict is Verdict.PASS
    assert judge(found, CHECK.criterion("<= 8")).verdict is Verdict.FAIL
    assert judge(found, CHECK.criterion("<= 8.865")).verdict is Verdict.INCONCLUSIVE
    twice = measured(TRAINING + TRAINING.replace('"training"', '"second training"'))
    assert judge(twice, CHECK.criterion("<= 9")).verdict is Verdict.FAIL
    assert twice.n == 2 * 200


def test_data_sets_add_up_unless_one_is_named():
    other = TRAINING.replace('"loans"', '"cards"').replace("200", "50")
    both, one = measured(TRAINING + other), measured(TRAINING + other, dataset="loans")
    assert both.value is not None and both.value > 9 and one.value == measured(TRAINING).value
    assert [cell.group for cell in both.by_group] == ["dataset=cards", "dataset=loans"]


def test_delta_must_be_below_one_over_the_people():
    found = measured(TRAINING, delta=2e-5)
    assert found.reason is Reason.ASSUMPTION_BROKEN
    assert "delta 2e-05 is not below 1 / 60000" in found.details["not accounted for"]
    assert measured(TRAINING, delta=1e-5, people=60_000).reason is None


@pytest.mark.parametrize("people", [1, 40_000])
def test_fewer_people_than_rows_are_not_believed_and_more_are(people):
    found = measured(TRAINING, delta=2e-5, people=people)
    assert found.reason is Reason.ASSUMPTION_BROKEN
    assert (found.details["people"], found.details["people declared"]) == ("60000", str(people))
    assert measured(TRAINING, delta=1e-5, people=200_000).reason is Reason.ASSUMPTION_BROKEN


def test_a_claim_without_its_mechanism_is_declared_only():
    claim = '[[release]]\ndataset = "loans"\nunit = "person"\nmechanism = "declared"\nepsilon = 0.5\n'
    found, without = measured(TRAINING + claim), measured(TRAINING)
    assert found.value is not None and without.value is not None
    assert found.value == pytest.approx(without.value + 0.5)
    assert judge(found, CHECK.criterion("<= 20")).verdict is Verdict.INCONCLUSIVE
    assert "declared only" in found.details["not accounted for"]
    assert composed([Release(mechanism="declared", epsilon=1.0, delta=1e-4)], 1e-5).epsilon == inf


def test_another_unit_of_privacy_is_another_budget():
    found = measured(TRAINING.replace('"person"', '"record"'))
    assert found.reason is Reason.ASSUMPTION_BROKEN
    assert "per record" in found.details["not accounted for"]


def test_a_shuffle_is_not_amplified():
    found = measured(TRAINING.replace('"poisson"', '"shuffle"'), delta=1e-5)
    assert batches_as_passes(0.05, 200) == 10
    assert batches_as_passes(0.004266666666666667, 14063) == 61
    assert found.value == found.low == pytest.approx(composed([gaussian(0.8, 10)], 1e-5).epsilon)
    assert found.value is not None and found.value > 20


def test_pure_mechanisms_on_a_sample_are_amplified():
    release = Release(mechanism="randomized response", epsilon=1.0, sampling_rate=0.1)
    assert composed([release], 0.0).epsilon == pytest.approx(log(1 + 0.1 * (np.e - 1)))


def test_toml_json_and_csv_say_the_same():
    row = {
        "dataset": "loans", "unit": "person", "mechanism": "gaussian", "sensitivity": 1.0, "noise": 0.8,
        "sampling_rate": 0.05, "sampling": "poisson", "steps": 200, "day": "2026-03-01", "what": "training",
    }  # fmt: skip
    as_json = json.dumps({"release": [row]}).encode()
    as_csv = (",".join(row) + "\n" + ",".join(str(item) for item in row.values()) + "\n").encode()
    entries = read_ledger("a.toml", TRAINING.encode())
    assert read_ledger("a.json", as_json) == entries == read_ledger("a.csv", as_csv)


def test_an_empty_ledger_says_nothing():
    assert measured("").reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    "path, body, problem",
    [
        ("a.toml", None, "There is no ledger a.toml"),
        ("a.toml", b"[[release]", "cannot be read"),
        ("a.json", b'{"release": 3}', "no list of releases"),
        ("a.xlsx", b"", "ends in none of"),
        ("a.toml", TRAINING.replace("gaussian", "gauss").encode(), "mechanism is 'gauss'"),
        ("a.toml", TRAINING.replace("noise = 0.8", "noise = -1").encode(), "noise is -1"),
        ("a.toml", TRAINING.replace("noise = 0.8", "").encode(), "needs noise"),
        ("a.toml", TRAINING.replace("0.05", "1.5").encode(), "sampling_rate is 1.5"),
        ("a.toml", TRAINING.replace('sampling = "poisson"', "").encode(), "drawn or shuffled"),
        ("a.toml", TRAINING.replace('unit = "person"', "").encode(), "says no unit"),
        ("a.toml", TRAINING.replace("steps = 200", "steps = 1.5").encode(), "steps is 1.5"),
        ("a.toml", TRAINING.replace("what =", "waht =").encode(), "unknown key 'waht'"),
        ("a.json", b'[{"dataset": "a", "unit": "b", "mechanism": "pure", "epsilon": 1}]', "needs source"),
        ("a.csv", b"day,dataset,unit,mechanism,epsilon\nsoon,a,b,declared,1\n", "day is 'soon'"),
    ],
)
def test_a_wrong_ledger_is_refused_with_its_place(path, body, problem):
    with pytest.raises(LedgerUnusable, match=problem):
        read_ledger(path, body)


@pytest.mark.parametrize(
    "kind",
    [
        ("census", "person"),
        ("census", "person", "pure", "0", "-1", "0", "0", "1"),
        ("census", "person", "pure", "0", "nan", "0", "0", "1"),
        ("census", "person", "pure", "0", "much", "0", "0", "1"),
        ("census", "person", "pure", "0", "1", "0", "0", "0"),
        ("census", "person", "magic", "0", "1", "0", "0", "1"),
        ("census", "person", "pure", "0", "1", "0", "0", "1", "soon", "counts"),
    ],
)
def test_a_pushed_release_that_no_ledger_could_hold_is_one_error(kind):
    parameters = CHECK.complete({}, Layout(columns={}))
    tally = TrialTally(cells=(TrialCell(kind=kind, n=1),))
    with pytest.raises(InconsistentTally, match="A release of the ledger"):
        CHECK.measure({trial_of(NAME, parameters): tally}, parameters)
