"""The plugin fails a build on a failed criterion, skips what could not be concluded, and leaves other builds alone."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.intake.conftest import MANIFEST, decisions

SRC = str(Path(__file__).parents[3] / "src")
FAILING = '\n[[check]]\nname = "performance.task-metric"\ncriterion = ">= 0.99"\nsource = "own"\nmetric = "accuracy"\n'
OPEN = '\n[[check]]\nname = "performance.task-metric"\ncriterion = ">= 0.744"\nsource = "own"\nmetric = "accuracy"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    decisions().write_parquet(tmp_path / "current.parquet")
    decisions(seed=2).write_parquet(tmp_path / "reference.parquet")
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n")
    return tmp_path


def outcome_of(folder: Path, manifest: str, *options: str) -> tuple[int, str, dict[str, int]]:
    """Run pytest in a project as its owner does; return its exit code, what it says, and its counts."""
    (folder / "clerestory.toml").write_text(manifest, encoding="utf-8")
    alone = {"PYTHONPATH": SRC, "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "clerestory.cli.measure.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-rs", *options],
        cwd=folder,
        env={**os.environ, **alone},
        capture_output=True,
        text=True,
        check=False,
    )
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout)}
    return done.returncode, done.stdout, counts


def test_every_check_is_a_test_and_the_run_is_kept_for_push(folder):
    code, said, counts = outcome_of(folder, MANIFEST, "--clerestory", "-v")
    assert (code, counts) == (0, {"passed": 5})
    assert "fairness::selection-rate-ratio[>= 0.8] PASSED" in said
    assert (folder / ".clerestory" / "last-run.json").is_file()


def test_a_failed_criterion_fails_the_build_and_says_value_interval_and_limit_without_a_trace(folder):
    code, said, counts = outcome_of(folder, MANIFEST + FAILING, "--clerestory")
    assert (code, counts) == (1, {"failed": 1, "passed": 5})
    assert re.search(r"performance\.task-metric is 0\.\d+ in \[0\.\d+, 0\.\d+\], n = 2000; criterion >= 0\.99", said)
    assert "Traceback" not in said
    assert ".py:" not in said.split("FAILURES")[1].split("short test summary")[0]


@pytest.mark.parametrize("strict", [False, True])
def test_what_cannot_be_concluded_is_skipped_with_its_reason_or_fails_when_strict(folder, strict):
    options = ("--clerestory", *(["--clerestory-strict"] if strict else []))
    code, said, counts = outcome_of(folder, MANIFEST + OPEN, *options)
    assert (code, counts) == ((1, {"failed": 1, "passed": 5}) if strict else (0, {"skipped": 1, "passed": 5}))
    assert "interval crosses the limit" in said


def test_a_manifest_that_cannot_be_read_is_an_error_with_its_line(folder):
    code, said, _counts = outcome_of(
        folder, MANIFEST.replace("fairness.selection-rate-ratio", "fairness.ratio"), "--clerestory"
    )
    assert code == 1
    assert "There is no check 'fairness.ratio'" in said
    (folder / "current.parquet").unlink()
    code, said, _counts = outcome_of(folder, MANIFEST, "--clerestory")
    assert code == 1
    assert "Remedy: " in said


def test_without_the_option_a_manifest_is_no_test(folder):
    code, _said, counts = outcome_of(folder, MANIFEST + FAILING)
    assert (code, counts) == (0, {"passed": 1})
