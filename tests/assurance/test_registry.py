"""The registry: names, parameters, criteria, and what every registered check must have."""

import inspect
import subprocess
import sys

import pytest

from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import KINDS, ParameterRefused
from clerestory.assurance.registry import (
    CheckNamedTwice,
    CriterionAlwaysHolds,
    CriterionBackwards,
    TallyMissing,
    UnknownCheck,
    check,
    find,
    registered,
)
from clerestory.catalogue.load import load

CHECKS = registered()
TABLE = Layout(
    columns={"sex": "text", "approved": "boolean", "repaid": "boolean", "score": "number"},
    outcome="approved",
    label="repaid",
    score="score",
    sensitive_features=("sex",),
    features=("score",),
    asked=frozenset({"model", "previous", "language_model", "agent"}),
)


@pytest.mark.parametrize("name", CHECKS)
def test_every_registered_check_is_in_the_catalogue(name):
    entry = load().checks[name]
    assert entry.family == CHECKS[name].family
    assert entry.emits in load().families[entry.family].emits
    assert CHECKS[name].subject in load().kinds[entry.emits].subjects
    assert (CHECKS[name].subject == "deployment") == (entry.emits != "check")


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_says_what_it_measures_in_which_unit_after_whom(name):
    about = CHECKS[name].about
    assert "nterval" in about
    assert "Unit" in about
    assert "Raises:" in about


@pytest.mark.parametrize("name", CHECKS)
def test_every_parameter_is_of_a_known_kind_and_says_what_it_means(name):
    for parameter in CHECKS[name].parameters:
        inner = parameter.kind.replace("table of ", "")
        assert inner in KINDS or inner in ("number", "share", "range", "choice")
        assert parameter.meaning.endswith(".")
        assert parameter.from_data is None or parameter.from_data in Layout.__dataclass_fields__


@pytest.mark.parametrize(
    "name, near",
    [
        ("fairness.selection-ratio", "fairness.selection-rate-ratio"),
        ("drift.psi", "drift"),
        ("performance.accuracy", "performance"),
    ],
)
def test_an_unknown_check_names_the_nearest_one(name, near):
    with pytest.raises(UnknownCheck) as caught:
        find(name)
    assert near in caught.value.remedy


def test_a_name_can_be_taken_once():
    with pytest.raises(CheckNamedTwice):
        check("fairness.demographic-parity", subject="model_version", wants=lambda _: ())(lambda _tallies, _given: None)


@pytest.mark.parametrize(
    "given, problem, remedy",
    [
        ({"min_groupsize": 5}, "min_groupsize", "min_group_size"),
        ({"min_group_size": 0}, "no count", "from 1 on"),
        ({"min_group_size": 2.5}, "no count", "whole"),
        ({"min_group_size": True}, "no count", "whole"),
        ({"max_unjudged_share": 5}, "no share", "0 to 1"),
        ({"max_unjudged_share": float("nan")}, "finite", "number"),
        ({"intersections": "yes"}, "intersections", "true or false"),
        ({"sensitive_features": ["gender"]}, "'gender'", "sex"),
        ({"sensitive_features": "sex"}, "no list", '["sex"]'),
        ({"outcome": "aproved"}, "'aproved'", "'approved'"),
        ({"outcome": 3}, "no text", "quotes"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_key_and_the_nearest_valid_one(given, problem, remedy):
    with pytest.raises(ParameterRefused) as caught:
        find("fairness.demographic-parity").complete(given, TABLE)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert "fairness.demographic-parity" in caught.value.problem


def test_what_the_data_table_does_not_say_is_asked_for():
    with pytest.raises(ParameterRefused) as caught:
        find("fairness.equalized-odds").complete({}, Layout(columns=TABLE.columns, outcome="approved"))
    assert "sensitive_features is missing" in caught.value.problem
    assert "[data]" in caught.value.remedy


@pytest.mark.parametrize("name", CHECKS)
def test_parameters_survive_their_document(name):
    given = {
        "data_quality.annotator-agreement": {"annotators": ["approved", "repaid"]},
        "data_quality.contract": {
            "missing": {"sex": 0.1},
            "range": {"score": {"min": 0.25}},
            "categories": {"sex": ["f"]},
        },
        "data_quality.profile": {"mean": {"score": [0, 0.5]}},
        "data_quality.representativeness": {"population": {"sex": {"f": 0.5, "m": 0.5}}, "population_source": "census"},
        "data_quality.schema": {"columns": {"sex": "text"}},
        "explainability.additive-residual": {"contributions": ["score"], "base": 0.5},
        "poisoning.label-error": {"probabilities": {"true": "score"}},
        "poisoning.source-shift": {"source_column": "sex"},
        "poisoning.chaff-filter": {"source_column": "sex", "item": "approved", "feedback": "repaid"},
        "data_quality.out-of-distribution": {"features": ["score"]},
        "robustness.evasion": {"changes": {"score": [0, 0.1]}},
        "robustness.presentation-attack": {"species": "sex"},
        "robustness.text-perturbation": {"texts": ["score"]},
    }
    one = CHECKS[name]
    layout = Layout(**{**{f: getattr(TABLE, f) for f in TABLE.__dataclass_fields__}, "reference": TABLE.columns})
    complete = one.complete(given.get(name, {}), layout)
    document = one.parameters_document(complete)
    assert one.read_parameters(document) == complete
    with pytest.raises(ParameterRefused):
        one.read_parameters({**document, "extra": 1})


def test_a_document_without_a_required_parameter_is_refused():
    one = find("fairness.demographic-parity")
    document = dict(one.parameters_document(one.complete({}, TABLE)))
    for key in ("sensitive_features", "min_group_size", "intersections"):
        with pytest.raises(ParameterRefused, match=key):
            one.read_parameters({name: item for name, item in document.items() if name != key})


@pytest.mark.parametrize(
    "name, text",
    [
        ("fairness.selection-rate-ratio", "<= 0.8"),
        ("fairness.selection-rate-ratio", ">= 80"),
        ("fairness.demographic-parity", ">= 0.1"),
        ("fairness.demographic-parity", "<= -0.1"),
        ("fairness.demographic-parity", "<= 10"),
        ("drift.population-stability-index", "> 0.1"),
        ("data_quality.contract", ">= 0"),
    ],
)
def test_a_criterion_that_accepts_the_bad_side_or_everything_is_refused(name, text):
    with pytest.raises(CriterionBackwards):
        find(name).criterion(text)


@pytest.mark.parametrize(
    "name, text",
    [
        ("data_quality.representativeness", "<= 1"),
        ("data_quality.group-imbalance", "<= 1.0"),
        ("data_quality.annotator-agreement", ">= -1"),
        ("fairness.selection-rate-ratio", ">= 0"),
        ("fairness.demographic-parity", "between 0 and 1"),
        ("performance.task-metric", ">= 0"),
        ("performance.task-metric", "<= 1"),
        ("poisoning.label-error", "<= 1"),
        ("drift.kolmogorov-smirnov", "<= 1"),
    ],
)
def test_a_criterion_that_nothing_could_fail_is_refused(name, text):
    with pytest.raises(CriterionAlwaysHolds, match="nothing could fail"):
        find(name).criterion(text)


@pytest.mark.parametrize(
    "name, given",
    [
        ("data_quality.contract", {"missing": {"sex": 0.1}, "range": {"score": [0, 1]}}),
        ("data_quality.profile", {"mean": {"score": [0, 1]}, "missing_share": {"sex": [0, 0.1]}}),
        ("data_quality.schema", {"columns": {"sex": "text", "score": "number"}, "allow_extra": True}),
    ],
)
def test_no_more_limits_can_be_broken_than_there_are(name, given):
    one = find(name)
    parameters = one.complete(given, TABLE)
    assert str(one.criterion("<= 1", parameters)) == "<= 1"
    with pytest.raises(CriterionAlwaysHolds):
        one.criterion("<= 2", parameters)


def test_which_side_is_good_may_depend_on_the_parameters():
    one = find("performance.task-metric")
    accuracy, brier = (one.complete({"metric": metric}, TABLE) for metric in ("accuracy", "brier"))
    assert str(one.criterion("<= 0.25", brier)) == "<= 0.25"
    assert str(one.criterion("<= 0.25")) == "<= 0.25"
    for text, parameters in ((">= 0.25", brier), ("<= 0.25", accuracy)):
        with pytest.raises(CriterionBackwards):
            one.criterion(text, parameters)


@pytest.mark.parametrize(
    "name, text",
    [
        ("fairness.selection-rate-ratio", ">= 0.8"),
        ("fairness.selection-rate-ratio", "between 0.8 and 1"),
        ("drift.population-stability-index", "< 0.2"),
        ("data_quality.annotator-agreement", "> -0.5"),
        ("data_quality.contract", "<= 0"),
    ],
)
def test_a_criterion_on_the_right_side_is_read(name, text):
    assert str(find(name).criterion(text)) == text


def test_a_missing_tally_is_refused_not_taken_as_zero():
    one = find("fairness.demographic-parity")
    with pytest.raises(TallyMissing):
        one.measure({}, one.complete({}, TABLE))


def test_runs_of_one_check_are_told_apart_by_their_slice():
    one = find("performance.task-metric")
    assert one.slice(one.complete({}, TABLE)) == ""
    assert one.slice(one.complete({"metric": "roc_auc"}, TABLE)) == "metric=roc_auc"
    two = find("fairness.demographic-parity")
    assert two.slice(two.complete({}, TABLE)) == "sensitive_features=sex"


def test_finding_checks_loads_neither_scipy_stats_nor_an_engine_nor_a_server():
    heavy = ("scipy.stats", "scipy.special", "polars", "narwhals", "django", "pandas")
    code = (
        "import sys; from clerestory.assurance.registry import registered; registered(); "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         env={"PYTHONPATH": "src"})  # fmt: skip
    assert run.stdout.strip() == "[]"


def test_every_formula_takes_tallies_and_parameters_alone():
    for one in CHECKS.values():
        assert list(inspect.signature(one._formula).parameters) == ["tallies", "parameters"]
