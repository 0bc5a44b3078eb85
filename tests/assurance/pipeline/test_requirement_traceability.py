"""Requirements and tests: real results of tools, a test for each, fresh and passed."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.assurance.trial.results import junit
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "pipeline.requirement-traceability"
SAMPLE = (Path(__file__).parents[2] / "vectors" / "pipeline" / "promptfoo_0.121.20.junit.xml").read_bytes()


def results(*cases: str, at: str = "2026-11-20T10:00:00Z") -> str:
    return f'<testsuites><testsuite name="s" timestamp="{at}">{"".join(cases)}</testsuite></testsuites>'


def case(name: str, inner: str = "") -> str:
    return f'<testcase classname="tests.test_model" name="{name}">{inner}</testcase>'


def traced(folder, requirements: str, xml: str | bytes, **given):
    return measured(
        NAME,
        write(folder, {"requirements.csv": requirements, "junit.xml": xml}),
        requirements="requirements.csv",
        **given,
    )


def test_a_real_file_of_promptfoo_says_of_each_case_what_its_own_totals_say():
    cases = junit("junit.xml", SAMPLE)
    assert [item.outcome for item in cases] == ["passed", "failed", "failed"]  # tests="3" failures="2"
    assert cases[0].at == "2026-11-21T03:14:32.432Z"


def test_requirements_are_held_against_the_real_file(tmp_path):
    found = traced(
        tmp_path,
        "id,tests\nR1,contains\n",
        SAMPLE.replace(b"test 1: contains", b"contains"),
    )
    assert verdict(found) is Verdict.PASS
    named = {"R1": "test 1: contains", "R2": "test 2: fails"}
    listed = "".join(f'[[requirement]]\nid = "{name}"\ntests = ["{test}"]\n' for name, test in named.items())
    both = measured(NAME, write(tmp_path, {"requirements.toml": listed, "junit.xml": SAMPLE}))
    assert (both.value, both.n) == (1.0, 2)
    assert "test 2: fails failed" in both.details["requirement: broken"]
    assert both.details["tests of no requirement"] == "1"


@pytest.mark.parametrize(
    "cases, why",
    [
        ((), "no test"),
        ((case("test_REQ_1_accepts", "<failure/>"),), "failed"),
        ((case("test_REQ_1_accepts", "<error/>"), case("test_req-1_more")), "failed"),
        ((case("test_REQ_1", "<skipped/>"),), "all skipped"),
        ((case("test_REQ_11"),), "no test"),
    ],
)
def test_a_requirement_without_a_test_that_passed_fails(cases, why, tmp_path):
    found = traced(tmp_path, "id\nREQ-1\n", results(*cases))
    assert why in found.details["requirement: broken"]
    assert verdict(found) is Verdict.FAIL


@pytest.mark.parametrize(
    "one",
    [
        case("test_REQ_1_accepts"),
        case("t", '<properties><property name="requirement" value="REQ-1, REQ-2"/></properties>'),
    ],
)
def test_a_test_says_by_name_or_property_what_it_is_of(one, tmp_path):
    assert verdict(traced(tmp_path, "id\nREQ-1\n", results(one))) is Verdict.PASS


@pytest.mark.parametrize(
    "at, expected",
    [("2026-07-01T00:00:00Z", Verdict.FAIL), ("", Verdict.INCONCLUSIVE), ("2026-11-20T10:00:00", Verdict.PASS)],
)
def test_only_fresh_results_count_and_one_without_a_moment_is_not_judged(at, expected, tmp_path):
    found = traced(tmp_path, "id\nREQ-1\n", results(case("test_REQ_1"), at=at))
    if expected is Verdict.INCONCLUSIVE:
        assert found.reason is Reason.INSUFFICIENT_DATA
    assert verdict(found) is expected


def test_a_listed_test_without_a_result_counts_and_of_two_results_the_latest_does(tmp_path):
    both = "id,tests\nR1,test_a;test_b\n"
    assert "test_b has no result" in traced(tmp_path, both, results(case("test_a"))).details["requirement: broken"]
    write(tmp_path, {"later/TEST-x.xml": results(case("test_a"), case("test_b"), at="2026-11-21T10:00:00Z")})
    assert verdict(traced(tmp_path, both, results(case("test_a", "<failure/>")))) is Verdict.PASS


@pytest.mark.parametrize(
    "requirements, xml, problem",
    [
        ("name\nx\n", "<testsuite/>", "no column 'id'"),
        ("id\nR\nR\n", "<testsuite/>", "twice"),
        ("id\nR\n", "<html/>", "no testsuite"),
        ("id\nR\n", "<testsuite>", "no XML"),
        ("id\nR\n", '<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>', "document type"),
    ],
)
def test_files_of_another_form_are_refused(requirements, xml, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        traced(tmp_path, requirements, xml)


def test_no_requirement_says_nothing(tmp_path):
    assert traced(tmp_path, "id\n", results()).reason is Reason.INSUFFICIENT_DATA


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["passed", "failed", "none"]), min_size=1, max_size=8))
def test_as_many_requirements_count_as_lack_a_pass(tmp_path, outcomes):
    inner = {"passed": "", "failed": "<failure/>"}
    cases = [case(f"test_Q{n}_x", inner[o]) for n, o in enumerate(outcomes) if o != "none"]
    found = traced(tmp_path, "id\n" + "".join(f"Q{n}\n" for n in range(len(outcomes))), results(*cases))
    assert found.value == sum(outcome != "passed" for outcome in outcomes)
    assert found.n == len(outcomes)
