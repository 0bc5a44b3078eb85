"""Giving weights away: files, tests and approvals for exactly these files."""

import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "pipeline.weights-release"
WEIGHTS = {"w/a.safetensors": b"abc", "w/b.safetensors": b"def"}
FILES = {name: f"sha256:{hashlib.sha256(body).hexdigest()}" for name, body in WEIGHTS.items()}
# What `sha256sum w/a.safetensors w/b.safetensors | sha256sum` prints.
WHOLE = "sha256:" + hashlib.sha256("".join(f"{d[7:]}  {n}\n" for n, d in sorted(FILES.items())).encode()).hexdigest()
RULES = 'tests = ["test_misuse", "test_memorised"]\nroles = ["security", "owner"]\n'
OK = {"misuse": "", "memorised": ""}


def approvals(**changed: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"role": role, "person": f"p-{role}", "at": "2026-11-20T12:00:00Z", "digest": WHOLE} | changed.get(role, {})
        for role in ("security", "owner")
    ]


def released(folder, tests=None, given=None, prepared_by="p-author", at="2026-11-20T10:00:00Z", files=None, **more):
    cases = "".join(
        f'<testcase classname="t" name="test_{n}">{inner}</testcase>'
        for n, inner in (OK if tests is None else tests).items()
    )
    record = {"files": FILES, "prepared_by": prepared_by, "approvals": approvals() if given is None else given} | more
    return measured(
        NAME,
        write(
            folder,
            WEIGHTS
            | (files or {})
            | {
                "release_rules.toml": RULES,
                "release.json": json.dumps(record),
                "junit.xml": f'<testsuite timestamp="{at}">{cases}</testsuite>',
            },
        ),
    )


def test_a_complete_release_passes(tmp_path):
    found = released(tmp_path)
    assert {cell.group: cell.n for cell in found.by_group} == {"approval": 2, "file": 2, "test": 2}
    assert verdict(found) is Verdict.PASS


@pytest.mark.parametrize(
    "change, why",
    [
        ({"files": {"w/a.safetensors": b"abx"}}, "w/a.safetensors has another content"),
        ({"tests": {"misuse": ""}}, "test_memorised: has no result"),
        ({"tests": {"misuse": "<failure/>", "memorised": ""}}, "test_misuse failed"),
        ({"tests": {"misuse": "<skipped/>", "memorised": ""}}, "has no result that passed"),
        ({"given": approvals()[:1]}, "owner: nobody approved"),
        ({"given": approvals(owner={"digest": f"sha256:{'0' * 64}"})}, "for other files"),
        ({"given": approvals(owner={"person": "p-author"})}, "who prepared the release"),
        ({"given": approvals(owner={"person": "p-security"})}, "who approved as security"),
        ({"given": approvals(owner={"person": "P-Security "})}, "who approved as security"),
        ({"given": approvals(owner={"person": "P-AUTHOR"})}, "who prepared the release"),
        ({"given": approvals(owner={"person": " "})}, "names no person"),
        ({"given": approvals(owner={"at": "2026-11-20T09:00:00Z"})}, "before the tests"),
        ({"given": approvals(owner={"at": "soon"})}, "says no moment"),
    ],
)
def test_whatever_is_missing_fails_and_is_named(change, why, tmp_path):
    found = released(tmp_path, **change)
    assert why in " ".join(found.details.values())
    assert found.value == 1.0
    assert verdict(found) is Verdict.FAIL


@pytest.mark.parametrize("change", [{"at": ""}, {"prepared_by": ""}])
def test_what_is_not_said_is_not_judged(change, tmp_path):
    assert verdict(released(tmp_path, **change)) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "files, problem",
    [({"release_rules.toml": ""}, "asks for nothing"), ({"release.json": "{}"}, "no table of digests")],
)
def test_files_of_another_form_are_refused(files, problem, tmp_path):
    released(tmp_path)
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, files))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.booleans(), min_size=4, max_size=4))
def test_as_many_count_as_are_missing(tmp_path, there):
    tests = {name: "" for name, ok in zip(("misuse", "memorised"), there[:2], strict=True) if ok}
    given = [item for item, ok in zip(approvals(), there[2:], strict=True) if ok]
    assert released(tmp_path, tests=tests, given=given).value == there.count(False)
