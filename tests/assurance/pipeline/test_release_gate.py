"""Conditions of a release: each holds by its evidence, of the same artefact, from before the release."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.trial.files import FileUnusable
from clerestory.intake.manifest import read
from clerestory.intake.run import run_check
from clerestory.terms.status import Verdict
from tests.intake.loans import write as loans
from tests.organisation import NOW
from tests.simulators.grounded import measured, verdict, write

NAME = "pipeline.release-gate"
ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc": FIPS 180-4, appendix B.1
CONDITIONS = """
[[condition]]
name = "tests pass"
kind = "tests"
file = "junit.xml"
[[condition]]
name = "somebody else approved"
kind = "approval"
file = "approval.json"
"""
JUNIT = '<testsuite timestamp="2026-11-20T09:00:00"><testcase name="a">{}</testcase></testsuite>'
APPROVAL = {"by": "ben", "author": "ana", "at": "2026-11-20T10:00:00Z", "digest": ABC}
RELEASE = {"released_at": "2026-11-20T12:00:00Z", "digest": ABC}
FINE = {
    "release_conditions.toml": CONDITIONS, "junit.xml": JUNIT.format(""), "approval.json": json.dumps(APPROVAL),
    "release.json": json.dumps(RELEASE), "model.onnx": "abc",
}  # fmt: skip


def test_conditions_that_all_held_let_a_version_live(tmp_path):
    found = measured(NAME, write(tmp_path, FINE), artefact="model.onnx")
    assert verdict(found) is Verdict.PASS
    assert found.covers == ("somebody else approved", "tests pass")
    assert found.figures == {"conditions_met": 2, "deployed_digest": ABC}


@pytest.mark.parametrize(
    "file, body, why",
    [
        ("junit.xml", JUNIT.format("<failure/>"), "1 of 1 tests failed"),
        ("junit.xml", JUNIT.format("<skipped/>"), "no test ran"),
        ("junit.xml", JUNIT.format("").replace("20T09", "21T09"), "ran after the release"),
        ("junit.xml", JUNIT.format("").replace(' timestamp="2026-11-20T09:00:00"', ""), "do not say when"),
        ("junit.xml", "<html/>", "holds no testsuite"),
        ("approval.json", json.dumps(APPROVAL | {"by": "ana"}), "nobody else than its author"),
        ("approval.json", json.dumps(APPROVAL | {"by": ""}), "nobody else than its author"),
        ("approval.json", json.dumps(APPROVAL | {"by": "Ana "}), "nobody else than its author"),
        ("approval.json", json.dumps(APPROVAL | {"by": "  "}), "nobody else than its author"),
        ("approval.json", json.dumps({k: v for k, v in APPROVAL.items() if k != "author"}), "who its author is"),
        ("approval.json", json.dumps(APPROVAL | {"at": "2026-11-20T13:00:00Z"}), "approved after the release"),
        ("approval.json", json.dumps(APPROVAL | {"digest": "sha256:00"}), "approves another artefact"),
        ("approval.json", "[]", "lacks a part"),
        ("model.onnx", "abd", "is not what was released"),
    ],
)
def test_a_condition_without_its_evidence_stops_the_release(tmp_path, file, body, why):
    found = measured(NAME, write(tmp_path, FINE | {file: body}), artefact="model.onnx")
    assert verdict(found) is Verdict.FAIL
    assert any(why in text for text in found.details.values())


def test_evidence_that_is_not_there_is_a_condition_that_did_not_hold(tmp_path):
    files = {name: body for name, body in FINE.items() if name != "approval.json"}
    found = measured(NAME, write(tmp_path, files))
    assert (found.value, found.covers) == (1.0, ("tests pass",))


RUN = '[[condition]]\nname = "fair"\nkind = "check"\nfile = "run.json"\ncheck = "fairness.selection-rate-ratio"\n'


def test_the_verdict_of_a_run_is_computed_again_from_its_counts(tmp_path):
    folder = loans(tmp_path / "loans")
    run = json.loads(_run_with(folder, "sha256:" + "1" * 64))
    release = json.dumps({"released_at": "2026-11-21T10:00:00Z", "digest": "sha256:" + "1" * 64})
    files = {"release_conditions.toml": RUN, "release.json": release, "run.json": json.dumps(run)}
    assert verdict(measured(NAME, write(tmp_path, files))) is Verdict.PASS
    (ratio,) = (check for check in run["checks"] if check["name"] == "fairness.selection-rate-ratio")
    ratio["criterion"] = ">= 0.9999"  # the file still says PASS
    found = measured(NAME, write(tmp_path, files | {"run.json": json.dumps(run)}))
    assert "selection-rate-ratio >= 0.9999 gives" in found.details["fair: broken"]
    ratio["criterion"] = ">= 0"  # every ratio keeps it
    found = measured(NAME, write(tmp_path, files | {"run.json": json.dumps(run)}))
    assert "fair" not in found.covers
    ratio["criterion"] = ">= 0.01"
    asked = {"release_conditions.toml": RUN + 'criterion = ">= 0.8"\n', "run.json": json.dumps(run)}
    assert measured(NAME, write(tmp_path, files | asked)).value == 1.0
    other = json.dumps({"released_at": "2026-11-21T10:00:00Z", "digest": ABC})
    found = measured(NAME, write(tmp_path, files | {"release.json": other}))
    assert "is a run of another artefact" in found.details["fair: broken"]
    early = json.dumps({"released_at": "2026-11-01T00:00:00Z", "digest": "sha256:" + "1" * 64})
    found = measured(NAME, write(tmp_path, files | {"release.json": early}))
    assert "was run after the release" in found.details["fair: broken"]


def _run_with(folder, digest: str) -> bytes:
    """Return the push file of the loans, as if it were of this artefact."""
    body = json.loads(run_check(read(folder), now=lambda: NOW).body())
    return json.dumps(body | {"model": {"artefact_digest": digest}}).encode()


@pytest.mark.parametrize(
    "files, problem",
    [
        ({"release_conditions.toml": ""}, "has no condition"),
        ({"release_conditions.toml": CONDITIONS + CONDITIONS}, "two of one name"),
        ({"release_conditions.toml": CONDITIONS.replace('"tests"', '"hope"')}, "of kind 'hope'"),
        ({"release.json": "{}"}, "no moment of release"),
        ({"release.json": json.dumps(RELEASE | {"released_at": "2999-01-01T00:00:00Z"})}, "still to come"),
    ],
)
def test_conditions_or_a_release_that_say_nothing_are_refused(tmp_path, files, problem):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, FINE | files))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_as_many_conditions_count_as_have_no_evidence(tmp_path_factory, held):
    folder = tmp_path_factory.mktemp("one")
    lines = [f'[[condition]]\nname = "c{at}"\nkind = "approval"\nfile = "a{at}.json"' for at in range(len(held))]
    files = {f"a{at}.json": json.dumps(APPROVAL) for at, one in enumerate(held) if one}
    write(folder, files | {"release_conditions.toml": "\n".join(lines), "release.json": json.dumps(RELEASE)})
    found = measured(NAME, folder)
    assert found.value == held.count(False)
    assert len(found.covers) == held.count(True)
