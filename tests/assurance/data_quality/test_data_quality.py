"""Data quality checks."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn.metrics import cohen_kappa_score

from clerestory.assurance.data_quality.annotator_agreement import cohen_kappa
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.terms.moment import read_moment
from clerestory.terms.status import Verdict
from tests.simulators.checking import AS_OF, parameters, run

CONTRACT, SCHEMA, PROFILE = "data_quality.contract", "data_quality.schema", "data_quality.profile"
POPULATION, BALANCE = "data_quality.representativeness", "data_quality.group-imbalance"
AGREEMENT = "data_quality.annotator-agreement"
NOW = read_moment(AS_OF)


def table(n=100):
    return {
        "id": list(range(n)),
        "age": [20 + at % 60 for at in range(n)],
        "income": [1000.0 + at for at in range(n)],
        "sex": ["female" if at % 2 else "male" for at in range(n)],
        "decided_at": [NOW - timedelta(days=at % 50 + 1) for at in range(n)],
    }


LIMITS = {
    "missing": {"income": 0.02},
    "range": {"age": [18, 120], "income": {"min": 0}},
    "categories": {"sex": ["female", "male"]},
    "unique": ["id"],
    "freshness": {"decided_at": "P7D"},
}


def shown(measurement, group):
    return next(item for item in measurement.by_group if item.group == group)


def broken(measurement):
    return [item.group for item in measurement.by_group if item.note.startswith("broken")]


def test_data_that_keep_the_contract_pass_it():
    found = run(CONTRACT, table(), **LIMITS)
    assert (found.value, found.low, found.high, found.n) == (0, 0, 0, 100)
    assert judge(found, find(CONTRACT).criterion("<= 0")).verdict is Verdict.PASS
    assert found.details["limits"] == "6"


@pytest.mark.parametrize(
    "column, at, value, limit",
    [
        ("income", slice(0, 3), [None, float("nan"), None], "missing: income"),
        ("income", slice(0, 1), [-1.0], "range: income"),
        ("income", slice(0, 1), [float("inf")], "range: income"),
        ("age", slice(0, 1), [121], "range: age"),
        ("age", slice(0, 1), [17], "range: age"),
        ("sex", slice(0, 1), ["Male"], "categories: sex"),
        ("id", slice(0, 1), [1], "unique: id"),
        ("id", slice(0, 1), [None], "unique: id"),
        ("decided_at", slice(0, 1), [NOW + timedelta(seconds=1)], "freshness: decided_at"),
    ],
)
def test_each_kind_of_violation_breaks_its_limit_and_no_other(column, at, value, limit):
    data = table()
    data[column][at] = value
    found = run(CONTRACT, data, **LIMITS)
    assert broken(found) == [limit]
    assert judge(found, find(CONTRACT).criterion("<= 0")).verdict is Verdict.FAIL


def test_old_data_break_the_limit_on_freshness():
    data = table()
    data["decided_at"] = [NOW - timedelta(days=8)] * 100
    found = run(CONTRACT, data, **LIMITS)
    assert broken(found) == ["freshness: decided_at"]
    assert shown(found, "freshness: decided_at").value == pytest.approx(8)


def test_a_share_of_invalid_values_can_be_allowed():
    data = table()
    data["age"][0] = 130
    assert broken(run(CONTRACT, data, **LIMITS)) == ["range: age"]
    assert broken(run(CONTRACT, data, **LIMITS, max_invalid_share=0.01)) == []


def test_exactly_the_allowed_share_is_allowed():
    data = table()
    data["income"][:2] = [None, None]
    assert broken(run(CONTRACT, data, **LIMITS)) == []


def test_empty_data_prove_no_contract():
    found = run(CONTRACT, {name: [] for name in table()}, **LIMITS)
    assert judge(found, find(CONTRACT).criterion("<= 0")).verdict is Verdict.INCONCLUSIVE


def test_a_column_without_any_moment_is_not_fresh():
    data = {**table(), "decided_at": [None] * 100}
    assert broken(run(CONTRACT, data, freshness={"decided_at": "P7D"})) == ["freshness: decided_at"]


@pytest.mark.parametrize(
    "given, message",
    [
        ({}, "no limit"),
        ({"missing": {"income": 1.5}}, "no share"),
        ({"missing": {"incom": 0.1}}, "incom"),
        ({"missing": 0.1}, "no table"),
        ({"range": {"age": [120, 18]}}, "exchanged"),
        ({"range": {"age": [18, float("nan")]}}, "finite"),
        ({"range": {"age": 18}}, "table"),
        ({"categories": {"sex": []}}, "no list"),
        ({"categories": {"sex": ["a", "a"]}}, "twice"),
        ({"freshness": {"decided_at": "7 days"}}, "duration"),
        ({"unique": "id"}, "no list"),
        ({"nulls": {"income": 0.1}}, "nulls"),
    ],
)
def test_a_contract_that_cannot_be_read_is_refused_with_the_key(given, message):
    with pytest.raises(ParameterRefused) as caught:
        find(CONTRACT).wants(parameters(CONTRACT, table(), **given))
    assert message in str(caught.value)
    assert caught.value.remedy


SCHEMA_OF_TABLE = {"id": "integer", "age": "integer", "income": "number", "sex": "text", "decided_at": "moment"}


@pytest.mark.parametrize(
    "change, differing",
    [
        ({}, []),
        ({"age": "number"}, []),
        ({"income": "integer"}, ["income"]),
        ({"label": "boolean"}, ["label"]),
        ({"sex": None}, ["sex"]),
        ({"decided_at": "date"}, ["decided_at"]),
    ],
)
def test_columns_are_held_against_the_declared_schema(change, differing):
    declared = {name: kind for name, kind in {**SCHEMA_OF_TABLE, **change}.items() if kind}
    found = run(SCHEMA, table(), columns=declared)
    assert broken(found) == differing
    assert found.value == len(differing)


def test_columns_that_are_not_declared_can_be_accepted():
    assert run(SCHEMA, table(), columns={"age": "integer"}).value == 4
    assert run(SCHEMA, table(), columns={"age": "integer"}, allow_extra=True).value == 0


def test_a_schema_must_be_declared_with_known_types():
    with pytest.raises(ParameterRefused, match="columns is missing"):
        parameters(SCHEMA, table())
    with pytest.raises(ParameterRefused, match="Did you mean 'integer'"):
        parameters(SCHEMA, table(), columns={"age": "integr"})


def test_statistics_are_held_against_their_description():
    data = table()
    mean, spread = np.mean(data["age"]), np.std(data["age"])
    described = {
        "mean": {"age": [mean - 0.01, mean + 0.01]},
        "deviation": {"age": [spread - 0.01, spread + 0.01]},
        "missing_share": {"income": [0, 0]},
        "smallest": {"age": {"min": 20}},
        "largest": {"age": [0, 50]},
    }
    found = run(PROFILE, data, **described)
    assert broken(found) == ["largest: age"]
    assert shown(found, "mean: age").value == pytest.approx(mean, abs=1e-9)
    assert shown(found, "deviation: age").value == pytest.approx(spread, abs=1e-9)
    with pytest.raises(ParameterRefused):
        find(PROFILE).wants(parameters(PROFILE, data))


SOURCE = {"population_source": "register of customers, 2026"}


def sample(counts):
    return {"sex": [name for name, n in counts.items() for _ in range(n)]}


def test_a_sample_like_its_population_passes_and_the_details_hold_the_chi_square_of_scipy():
    data = sample({"female": 1020, "male": 980})
    found = run(POPULATION, data, population={"sex": {"female": 0.5, "male": 0.5}}, **SOURCE)
    assert found.value == pytest.approx(0.01)
    other = chisquare([1020, 980])
    assert found.details["sex: chi-square"] == (
        f"{other.statistic:.6g} with 1 degrees of freedom, p {other.pvalue:.3g}"
    )
    assert judge(found, find(POPULATION).criterion("<= 0.1")).verdict is Verdict.PASS


def test_a_sample_far_from_its_population_fails_and_a_small_one_is_inconclusive():
    stated = {"sex": {"female": 0.5, "male": 0.5}}
    criterion = find(POPULATION).criterion("<= 0.1")
    far = run(POPULATION, sample({"female": 600, "male": 1400}), population=stated, **SOURCE)
    assert (far.value, judge(far, criterion).verdict) == (pytest.approx(0.2), Verdict.FAIL)
    small = run(POPULATION, sample({"female": 20, "male": 20}), population=stated, **SOURCE)
    assert judge(small, criterion).verdict is Verdict.INCONCLUSIVE
    tiny = run(POPULATION, sample({"female": 10, "male": 10}), population=stated, **SOURCE)
    assert tiny.reason is Reason.INSUFFICIENT_DATA


def test_values_outside_the_population_count_against_the_sample_and_missing_ones_are_unjudged():
    data = sample({"female": 450, "male": 450, "other": 100})
    data["sex"] += [None] * 250
    found = run(POPULATION, data, population={"sex": {"female": 0.5, "male": 0.5}}, **SOURCE)
    assert found.value == pytest.approx(0.1)
    assert found.share_unassessable == pytest.approx(0.2)
    assert "infinite" in found.details["sex: chi-square"]


def test_a_population_needs_shares_that_add_up_and_a_source():
    data = sample({"female": 50, "male": 50})
    with pytest.raises(ParameterRefused, match="add up"):
        find(POPULATION).wants(parameters(POPULATION, data, population={"sex": {"female": 0.5, "male": 0.4}}, **SOURCE))
    with pytest.raises(ParameterRefused, match="population_source"):
        parameters(POPULATION, data, population={"sex": {"female": 0.5, "male": 0.5}})


DATA = {"label": "repaid", "sensitive_features": ("sex",)}


def people(n=2000, gap=0.2):
    chance = np.random.default_rng(0)
    sex = chance.choice(["female", "male"], n)
    return {
        "sex": sex.tolist(),
        "repaid": (chance.random(n) < 0.5 + gap * (sex == "male")).tolist(),
        "job": np.where(chance.random(n) < 0.3 + 0.4 * (sex == "male"), "skilled", "other").tolist(),
    }


def test_the_difference_of_label_shares_between_groups_is_measured():
    data = people()
    shares = {
        name: np.mean([label for label, sex in zip(data["repaid"], data["sex"], strict=True) if sex == name])
        for name in ("female", "male")
    }
    found = run(BALANCE, data, data=DATA)
    assert found.value == pytest.approx(shares["male"] - shares["female"], abs=1e-12)
    assert judge(found, find(BALANCE).criterion("<= 0.1")).verdict is Verdict.FAIL
    assert judge(run(BALANCE, people(4000, 0.0), data=DATA), find(BALANCE).criterion("<= 0.1")).verdict is Verdict.PASS


def test_features_are_compared_between_groups_too():
    data = people(gap=0.0)
    found = run(BALANCE, data, data=DATA, features=["job"])
    skilled = {
        name: np.mean([job == "skilled" for job, sex in zip(data["job"], data["sex"], strict=True) if sex == name])
        for name in ("female", "male")
    }
    assert found.value == pytest.approx(skilled["male"] - skilled["female"], abs=1e-12)
    assert set(found.details) >= {"label by sex", "job by sex"}


def test_a_feature_with_too_many_values_is_not_silently_left_out():
    data = people()
    data["name"] = [f"name {at}" for at in range(2000)]
    assert run(BALANCE, data, data=DATA, features=["name"]).reason is Reason.ASSUMPTION_BROKEN


def test_small_groups_and_missing_labels_are_counted():
    data = people()
    data["sex"] = ["other" if at < 20 else sex for at, sex in enumerate(data["sex"])]
    assert run(BALANCE, data, data=DATA).share_unassessable == pytest.approx(0.01)
    data["repaid"] = [None if at % 10 == 0 else label for at, label in enumerate(data["repaid"])]
    assert run(BALANCE, data, data=DATA).reason is Reason.LABELS_MISSING


def labels(n=200, noise=0.1, classes=3):
    chance = np.random.default_rng(1)
    truth = chance.integers(0, classes, n)
    return {
        f"label_{at}": np.where(chance.random(n) < noise, chance.integers(0, classes, n), truth).astype(str).tolist()
        for at in (1, 2)
    }


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.6, 1.0])
def test_agreement_is_the_kappa_of_scikit_learn(noise):
    data = labels(noise=noise)
    found = run(AGREEMENT, data, annotators=["label_1", "label_2"])
    assert found.value == pytest.approx(cohen_kappa_score(data["label_1"], data["label_2"]), abs=1e-9)
    assert found.low < found.value


def test_the_interval_of_kappa_has_the_variance_of_the_delta_method():
    counts = np.array([[88.0, 14, 18], [10, 40, 10], [2, 6, 12]])
    shares, n = counts / 200, 200

    def kappa(p):
        chance = p.sum(axis=1) @ p.sum(axis=0)
        return (np.trace(p) - chance) / (1 - chance)

    gradient, step = np.zeros((3, 3)), 1e-6
    for at in np.ndindex(3, 3):
        up, down = shares.copy(), shares.copy()
        up[at] += step
        down[at] -= step
        gradient[at] = (kappa(up) - kappa(down)) / (2 * step)
    variance = ((gradient**2 * shares).sum() - (gradient * shares).sum() ** 2) / n
    found = cohen_kappa(counts)
    assert found.value == pytest.approx(kappa(shares), abs=1e-12)
    half = 1.959963984540054 * np.sqrt(variance)
    assert found.low <= found.value - half + 1e-7
    assert found.low == pytest.approx(found.value - half, abs=0.02)


def test_full_agreement_on_few_rows_is_not_certain():
    found = run(AGREEMENT, labels(40, noise=0.0), annotators=["label_1", "label_2"])
    assert (found.value, found.high) == (1, 1)
    assert found.low < 0.95


def test_of_several_annotators_the_pair_that_agrees_least_counts():
    data = labels()
    data["label_3"] = labels(noise=1.0)["label_2"]
    found = run(AGREEMENT, data, annotators=["label_1", "label_2", "label_3"])
    assert len(found.by_group) == 3
    assert found.value == min(item.value for item in found.by_group)


def test_agreement_on_few_rows_or_a_single_label_has_no_meaning():
    few = run(AGREEMENT, labels(20), annotators=["label_1", "label_2"])
    single = run(AGREEMENT, {"a": ["x"] * 50, "b": ["x"] * 50}, annotators=["a", "b"])
    unlabelled = run(AGREEMENT, {"a": [None] * 50, "b": ["x"] * 50}, annotators=["a", "b"])
    for found in (few, single, unlabelled):
        assert found.reason is Reason.INSUFFICIENT_DATA
    with pytest.raises(ParameterRefused):
        find(AGREEMENT).wants(parameters(AGREEMENT, labels(), annotators=["label_1"]))


def test_ages_are_counted_at_the_moment_of_the_run():
    data = {"at": [datetime(2026, 11, 20, tzinfo=UTC)]}
    assert run(CONTRACT, data, freshness={"at": "P2D"}).value == 0
    assert run(CONTRACT, data, freshness={"at": "P2D"}, as_of="2026-12-01T00:00:00Z").value == 1
