"""The command as such: it starts fast, needs no server for checks, and errors are problem and remedy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Clerestory


def modules_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after the code."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_building_the_command_line_loads_nothing_heavy() -> None:
    loaded = modules_after("from clerestory.cli.main import build; build()")
    assert not loaded & {"django", "polars", "numpy", "scipy", "narwhals", "cryptography", "onnxruntime", "rich.table"}


def test_checks_run_without_django() -> None:
    loaded = modules_after(
        "import clerestory.intake.run, clerestory.intake.sample\n"
        "import clerestory.cli.measure.table, clerestory.cli.report.junit\n"
        "from clerestory.assurance.registry import registered; registered()\n"
        "from clerestory.store.engine.engine import open_engine; open_engine()"
    )
    assert not loaded & {"django", "pandas", "sklearn", "onnxruntime", "duckdb", "pyspark"}


def test_wrong_usage_ends_with_two_and_a_hint(clerestory: Clerestory) -> None:
    for arguments in (("chek",), ("check", "--jsn"), ("check", "a", "b")):
        said = clerestory(*arguments)
        assert (said.code, said.out) == (2, "")
        assert "Usage" in said.err


def test_every_command_has_help_with_an_example(clerestory: Clerestory) -> None:
    for command in ("init", "check"):
        said = clerestory(command, "--help")
        assert said.code == 0
        assert f"clerestory {command}" in said.out.split("xample")[1]


def test_the_version_is_shown(clerestory: Clerestory) -> None:
    said = clerestory("--version")
    assert (said.code, said.out.split()[0]) == (0, "clerestory")


def test_where_a_place_has_few_letters_a_command_ends_as_usual() -> None:
    code = "import sys\nsys.argv[1:] = ['check', 'no-such-\\u2713.toml']\nfrom clerestory.cli.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Problem:" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no file that is always full")
@pytest.mark.parametrize("arguments", [["--version"], ["check", "--help"]])
def test_output_that_a_full_disk_does_not_take_is_said_and_not_called_fine(arguments: list[str]) -> None:
    code = f"import sys\nsys.argv[1:] = {arguments!r}\nfrom clerestory.cli.main import run; run()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"]])
def test_output_that_is_cut_off_is_neither_fine_nor_a_criterion_that_failed(arguments: list[str]) -> None:
    code = f"import sys\nsys.argv[1:] = {arguments}\nfrom clerestory.cli.main import run; run()"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")
