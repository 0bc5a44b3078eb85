"""What a fresh interpreter really loads: import contracts read code, these tests run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OF_CRYPTOGRAPHY = {"cryptography", "cffi", "_cffi_backend", "pycparser", "_openssl"}
HEAVY = {"django", "polars", "narwhals", "numpy", "scipy", "onnxruntime", "sklearn", "pydantic", "pandas", "duckdb"}
LIST = """
import importlib, json, pkgutil, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
        importlib.import_module(found.name)
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""


def loaded(*modules: str) -> set[str]:
    """The top-level names that importing the modules and everything below them loads in a fresh interpreter."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", LIST, *modules], env=environment, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def foreign(names: set[str]) -> set[str]:
    return {name for name in names if name not in sys.stdlib_module_names and not name.startswith(("clerestory", "__"))}


def test_verifier_loads_nothing_but_the_standard_library_and_cryptography() -> None:
    assert foreign(loaded("clerestory.verify")) <= OF_CRYPTOGRAPHY


@pytest.mark.parametrize("floor", ["terms", "catalogue", "judgement"])
def test_pure_floor_loads_the_standard_library_alone(floor: str) -> None:
    assert foreign(loaded(f"clerestory.{floor}")) == set()


def test_ledger_loads_cryptography_alone() -> None:
    assert foreign(loaded("clerestory.ledger")) <= OF_CRYPTOGRAPHY


def test_methods_load_numpy_and_scipy_at_most() -> None:
    assert not (foreign(loaded("clerestory.assurance")) & HEAVY) - {"numpy", "scipy"}


def test_a_check_loads_no_django() -> None:
    names = loaded(
        "clerestory.intake.run", "clerestory.intake.manifest", "clerestory.store.engine", "clerestory.cli.measure",
        "clerestory.cli.witness.serving",
    )  # fmt: skip
    assert "django" not in names


def test_command_line_starts_without_anything_heavy() -> None:
    assert foreign(loaded("clerestory.cli.main")) & HEAVY == set()


def test_foreign_module_is_found() -> None:
    assert "iniconfig" in foreign(loaded("iniconfig"))
