"""The environment of a run against its description, with what pip itself writes."""

import json
import platform
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "resources.environment-capture"
FREEZE = "numpy==2.4.6\nScikit_Learn==1.9.1\n# comment\nlocal @ file:///x\n"
CAPTURED = {"python": "3.11.4", "os": "Linux", "cpus": 8, "libraries": {"numpy": "2.4.6"}}


def described(folder, environment="", libraries="", captured=None, **given):
    text = f"[environment]\n{environment}\n[libraries]\n{libraries}\n"
    return measured(NAME, write(folder, {"environment.toml": text} | (captured or {})), **given)


def test_this_very_environment_agrees_with_its_own_description_as_pip_captured_it(tmp_path):
    import numpy as np

    captured = subprocess.run(
        [sys.executable, "-m", "pip", "inspect", "--local"], capture_output=True, check=True
    ).stdout
    environment = (
        f'python = "=={platform.python_version()}"\nos = "{platform.system()}"\narchitecture = "{platform.machine()}"'
    )
    files = {"captured/inspect.json": captured}
    found = described(tmp_path, environment, f'numpy = "=={np.__version__}"', files)
    assert (found.n, found.high) == (4, 0.0)
    assert verdict(found) is Verdict.PASS
    assert verdict(described(tmp_path, environment, 'numpy = "<1"', files)) is Verdict.FAIL


@pytest.mark.parametrize(
    "libraries, expected",
    [
        ('numpy = "2.4.6"', Verdict.PASS),
        ('numpy = ">=2,<3"\nscikit-learn = "~=1.9"', Verdict.PASS),
        ('numpy = "2.4.5"', Verdict.FAIL),
        ('torch = ">=2"', Verdict.FAIL),
        ('numpy = "newest"', Verdict.INCONCLUSIVE),
    ],
)
def test_libraries_as_pip_froze_them(libraries, expected, tmp_path):
    assert verdict(described(tmp_path, "", libraries, {"captured/freeze.txt": FREEZE})) is expected


def test_libraries_that_are_not_described_count_when_asked(tmp_path):
    given = ("", 'numpy = "2.4.6"', {"captured/freeze.txt": FREEZE})
    assert described(tmp_path, *given).value == 0.0
    assert "scikit-learn 1.9.1 is not described" in described(tmp_path, *given, closed=True).details["library: broken"]


@pytest.mark.parametrize(
    "environment, expected",
    [
        ('python = ">=3.11,<3.12"\nos = "linux"\ncpus_min = 4', Verdict.PASS),
        ("cpus_min = 16", Verdict.FAIL),
        ("cpus_max = 4", Verdict.FAIL),
        ('python = "<3.11"', Verdict.FAIL),
        ('os = "Linux"\nimage = "sha256:00"', Verdict.INCONCLUSIVE),
        ('os = "Linux"\npython_min = 3', Verdict.INCONCLUSIVE),
    ],
)
def test_settings_are_ranges_limits_or_the_text_itself_and_unknown_where_not_captured(environment, expected, tmp_path):
    assert verdict(described(tmp_path, environment, "", {"captured/run.json": json.dumps(CAPTURED)})) is expected


@pytest.mark.parametrize("body, problem", [("[]", "no table at its top"), ("{", "no JSON")])
def test_files_of_another_form_are_refused(body, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        described(tmp_path, 'os = "Linux"', "", {"captured/run.json": body})
    with pytest.raises(FileUnusable, match="describes nothing"):
        described(tmp_path)


def test_nothing_captured_says_nothing(tmp_path):
    assert described(tmp_path, 'os = "Linux"').reason is Reason.INSUFFICIENT_DATA


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1)
)
def test_as_many_libraries_count_as_are_of_another_version(tmp_path, versions):
    libraries = "\n".join(f'{name} = "=={wanted}.0"' for name, (wanted, _) in versions.items())
    frozen = "".join(f"{name}=={have}.0\n" for name, (_, have) in versions.items())
    found = described(tmp_path, "", libraries, {"captured/freeze.txt": frozen})
    assert found.value == sum(wanted != have for wanted, have in versions.values())
