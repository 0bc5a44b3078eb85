"""The import contracts of pyproject.toml hold, and each is seen to break."""

import os
import shutil
import subprocess
import sys
import tomllib
from copy import deepcopy
from pathlib import Path

import grimp
import importlinter.api  # noqa: F401 - configures import-linter
import pytest
from importlinter.application.use_cases import _register_contract_types, read_user_options
from importlinter.domain.contract import Contract, registry

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = [contract["id"] for contract in CONTRACTS]

BREAKS = {
    "floors": [
        ("clerestory.terms.status", "clerestory.catalogue.rule"),
        ("clerestory.ledger.tree", "clerestory.assurance.measurement"),
        ("clerestory.judgement", "clerestory.store.unit"),
        ("clerestory.store.unit", "clerestory.desk.models"),
        ("clerestory.desk.models", "clerestory.registers.roles"),
        ("clerestory.registers.roles", "clerestory.report"),
        ("clerestory.web", "clerestory.cli"),
        ("clerestory.report", "clerestory.processes"),
    ],
    "settings-apart": [
        ("clerestory.registers.roles.commands", "clerestory.settings"),
        ("clerestory.store", "clerestory.settings"),
    ],
    "judge-alone": [
        ("clerestory.judgement", "clerestory.assurance.measurement"),
        ("clerestory.judgement", "clerestory.ledger.tree"),
    ],
    "pure-floors": [
        ("clerestory.assurance", "polars"),
        ("clerestory.catalogue", "sqlite3"),
        ("clerestory.judgement", "django.db"),
        ("clerestory.ledger.tree", "subprocess"),
        ("clerestory.registers.roles.rules", "django.utils.timezone"),
        ("clerestory.registers.roles.facts", "socket"),
        ("clerestory.verify", "urllib.request"),
    ],
    "check-without-server": [
        ("clerestory.intake.run", "django.conf"),
        ("clerestory.store.engine", "clerestory.store.models"),
    ],
    "verifier-alone": [("clerestory.verify", "numpy"), ("clerestory.judgement", "pydantic")],
    "one-place-for-keys": [("clerestory.ledger.tree", "cryptography")],
    "registers-apart": [("clerestory.registers.roles.queries", "clerestory.registers.inventory.queries")],
    "register-shape": [
        ("clerestory.registers.roles.rules", "clerestory.registers.roles.models"),
        ("clerestory.registers.roles.queries", "clerestory.registers.roles.views"),
        ("clerestory.registers.roles.models", "clerestory.registers.roles.commands"),
    ],
    "own-models": [
        ("clerestory.registers.roles.views", "clerestory.registers.roles.models"),
        ("clerestory.report", "clerestory.registers.roles.models"),
        ("clerestory.web", "clerestory.registers.inventory.models"),
    ],
    "no-knots": [("clerestory.ledger.tree", "clerestory.ledger.checkpoint")],
}
"""Contract -> imports of which each alone must break it."""

NEW_FILES = {"floors": "clerestory.helpers", "register-shape": "clerestory.registers.roles.logic"}
"""Contract that is exhaustive -> a module that has no place in it."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("clerestory", include_external_packages=True, cache_dir=None)


def contract(name: str) -> Contract:
    options = read_user_options(str(ROOT / "pyproject.toml"))
    _register_contract_types(options)
    wanted = next(each for each in options.contracts_options if each["id"] == name)
    return registry.get_contract_class(wanted["type"])(
        name=wanted["name"], session_options=options.session_options, contract_options=wanted
    )


def add_import(graph: grimp.ImportGraph, importer: str, imported: str) -> grimp.ImportGraph:
    changed = deepcopy(graph)
    if not imported.startswith("clerestory"):
        imported = imported.partition(".")[0]
    for module in (importer, imported):
        if module not in changed.modules:
            changed.add_module(module, is_squashed=not module.startswith("clerestory"))
    changed.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")
    return changed


def without(graph: grimp.ImportGraph, name: str) -> grimp.ImportGraph:
    """The graph in which a contract holds for sure, so that a break is the test's own."""
    assert contract(name).check(deepcopy(graph), verbose=False).kept, f"contract {name} is broken already"
    return graph


@pytest.mark.parametrize("name", NAMES)
def test_contract_holds(graph: grimp.ImportGraph, name: str) -> None:
    assert contract(name).check(deepcopy(graph), verbose=False).kept


@pytest.mark.parametrize("name,importer,imported", [(name, *pair) for name, pairs in BREAKS.items() for pair in pairs])
def test_contract_breaks_on_a_forbidden_import(
    graph: grimp.ImportGraph, name: str, importer: str, imported: str
) -> None:
    changed = add_import(without(graph, name), importer, imported)
    assert not contract(name).check(changed, verbose=False).kept


@pytest.mark.parametrize("name,module", NEW_FILES.items())
def test_exhaustive_contract_breaks_on_a_module_without_a_place(
    graph: grimp.ImportGraph, name: str, module: str
) -> None:
    changed = deepcopy(without(graph, name))
    changed.add_module(module)
    assert not contract(name).check(changed, verbose=False).kept


def test_every_contract_is_broken_on_purpose_by_a_test() -> None:
    assert set(BREAKS) == set(NAMES)


def test_command_line_fails_on_a_real_file_that_breaks_the_floors(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src" / "clerestory", tmp_path / "src" / "clerestory", ignore=_only_code)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src" / "clerestory" / "terms" / "wrong.py").write_text("from clerestory.catalogue import rule\n")
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache", "--contract", "floors"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "clerestory.terms is not allowed to import clerestory.catalogue" in done.stdout


def _only_code(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()} | {
        "static",
        "data",
    }
