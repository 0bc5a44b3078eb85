"""A gate is held to its own rules: real results of tools, decided anew."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.trial.files import FileUnusable
from clerestory.assurance.trial.results import sarif_levels
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "pipeline.policy-gate"
VECTORS = Path(__file__).parents[2] / "vectors" / "pipeline"
JUNIT = (VECTORS / "promptfoo_0.121.20.junit.xml").read_bytes()
SARIF = (VECTORS / "ai-bom_3.6.0.sarif").read_bytes()
RULES = """
[[rule]]
name = "tests"
file = "junit.xml"
kind = "junit"
max = {failures}
[[rule]]
name = "scan"
file = "scan.sarif"
kind = "sarif"
level = "error"
max = {errors}
[[rule]]
name = "auc"
file = "metrics.json"
kind = "json"
value = "test.auc"
min = {auc}
"""
MODEL = b"weights"


def decided(
    folder, decision="passed", outcomes=("passed", "passed", "passed"), failures=2, errors=99, auc=0.8, **rules
):
    recorded = [
        {"name": name, "outcome": outcome} | rules.get(name, {})
        for name, outcome in zip(("tests", "scan", "auc"), outcomes, strict=False)
    ]
    record = {"decision": decision, "version": f"sha256:{hashlib.sha256(MODEL).hexdigest()}", "rules": recorded}
    files = {
        "gate.toml": RULES.format(failures=failures, errors=errors, auc=auc),
        "gate_decision.json": json.dumps(record),
        "junit.xml": JUNIT,
        "scan.sarif": SARIF,
        "metrics.json": '{"test": {"auc": 0.84}}',
        "model.onnx": MODEL,
    }
    return measured(NAME, write(folder, files), artefact="model.onnx")


def test_a_version_that_keeps_all_rules_and_passed_is_a_pass(tmp_path):
    found = decided(tmp_path)  # promptfoo's own file counts failures="2"
    assert {cell.group: cell.n for cell in found.by_group} == {"decision": 1, "rule": 3, "version": 1}
    assert verdict(found) is Verdict.PASS


def test_a_version_that_was_stopped_for_a_broken_rule_is_a_pass_of_the_gate(tmp_path):
    assert verdict(decided(tmp_path, "stopped", ("failed", "passed", "passed"), failures=1)) is Verdict.PASS


@pytest.mark.parametrize(
    "given, why",
    [
        ({"failures": 1, "outcomes": ("failed", "passed", "passed")}, "1 rules are broken and not waived"),
        ({"failures": 1}, "tests: is broken (2), recorded passed"),
        ({"decision": "stopped"}, "although every rule holds"),
        ({"outcomes": ("passed", "passed")}, "auc: holds (0.84), recorded nothing"),
        ({"auc": 0.9, "outcomes": ("passed", "passed", "failed")}, "not waived"),
    ],
)
def test_a_gate_that_did_otherwise_than_its_rules_say_fails(given, why, tmp_path):
    found = decided(tmp_path, **given)
    assert why in " ".join(found.details.values())
    assert verdict(found) is Verdict.FAIL


def test_a_rule_that_somebody_waived_with_a_reason_lets_it_pass_and_one_without_a_reason_does_not(tmp_path):
    given = {"failures": 1, "outcomes": ("failed", "passed", "passed")}
    assert verdict(decided(tmp_path, **given, tests={"waived_by": "p-7", "reason": "known flake"})) is Verdict.PASS
    assert verdict(decided(tmp_path, **given, tests={"waived_by": "p-7"})) is Verdict.FAIL


def test_a_gate_whose_artefact_nobody_names_is_no_pass(tmp_path):
    decided(tmp_path)
    found = measured(NAME, tmp_path)
    assert (found.value, found.high) == (0.0, 1.0)
    assert verdict(found) is Verdict.INCONCLUSIVE
    assert "no artefact is named" in found.details["version: not judged"]


def test_another_version_fails_and_results_that_are_not_there_are_not_judged(tmp_path):
    decided(tmp_path)
    write(tmp_path, {"model.onnx": b"other"})
    assert verdict(measured(NAME, tmp_path, artefact="model.onnx")) is Verdict.FAIL
    (tmp_path / "scan.sarif").unlink()
    assert verdict(measured(NAME, tmp_path)) is Verdict.INCONCLUSIVE


def test_results_without_any_test_break_a_rule(tmp_path):
    decided(tmp_path)
    found = measured(NAME, write(tmp_path, {"junit.xml": "<testsuites/>"}))
    assert "is broken (inf)" in found.details["rule: broken"]


def test_levels_of_a_real_sarif_file_are_counted_as_it_says_and_defaults_follow_the_standard():
    expected = {"error": 0, "warning": 0, "note": 0}
    for result in json.loads(SARIF)["runs"][0]["results"]:
        expected[result["level"]] += 1
    assert sarif_levels("a.sarif", SARIF) == expected
    # SARIF 2.1.0, 3.27.10: without a level, that of the rule, else "warning"; suppressed results do not count.
    own = {
        "runs": [
            {
                "tool": {"driver": {"rules": [{"id": "R", "defaultConfiguration": {"level": "error"}}]}},
                "results": [{"ruleId": "R"}, {"ruleId": "S"}, {"ruleId": "R", "suppressions": [{"kind": "inSource"}]}],
            }
        ]
    }
    assert sarif_levels("a.sarif", json.dumps(own).encode()) == {"error": 1, "warning": 1, "note": 0}


@pytest.mark.parametrize(
    "files, problem",
    [
        ({"gate.toml": ""}, "has no rule"),
        ({"gate_decision.json": "{}"}, "neither passed nor stopped"),
        ({"metrics.json": "{}"}, "no number at"),
        ({"gate.toml": '[[rule]]\nname = "a"\nfile = "junit.xml"\nkind = "junit"\n'}, "has no limit"),
        ({"gate.toml": '[[rule]]\nname = "a"\nfile = "junit.xml"\nkind = "odd"\nmax = 1\n'}, "of kind 'odd'"),
        ({"scan.sarif": "{}"}, "no runs of SARIF"),
    ],
)
def test_files_of_another_form_are_refused(files, problem, tmp_path):
    decided(tmp_path)
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, files))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.booleans(), st.booleans())
def test_the_verdict_is_that_of_the_truth_table(tmp_path, holds, recorded, passed):
    found = decided(
        tmp_path,
        "passed" if passed else "stopped",
        ("passed" if recorded else "failed", "passed", "passed"),
        failures=2 if holds else 1,
    )
    assert (verdict(found) is Verdict.PASS) is (holds == recorded == passed)
