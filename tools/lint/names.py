"""Rules on names: no drawer in which anything can be put, no suffix that says nothing of the concept."""

import ast
from collections.abc import Iterator

from tools.lint.rule import Place, Rule, dotted, is_test

DRAWERS = {"util", "utils", "helper", "helpers", "common", "core", "base", "misc", "service", "services", "manager",
           "managers", "lib", "stuff", "shared"}  # fmt: skip
SUFFIXES = ("View", "Form", "Service", "Manager", "Helper", "Helpers", "Util", "Utils", "Data", "Info")


def drawer(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find files and folders that are named after nothing."""
    del tree
    for part in place.parts:
        if part.removesuffix(".py") in DRAWERS:
            yield 1, f"{part!r} is a drawer, not a place"


def suffix(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find classes whose last word says how they are built instead of what they are."""
    if is_test(place):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or not node.name.endswith(SUFFIXES) or node.name in SUFFIXES:
            continue
        ending = next(word for word in SUFFIXES if node.name.endswith(word))
        if not any(dotted(base).endswith(ending) for base in node.bases):  # a form of the framework is a form
            yield node.lineno, f"class {node.name} ends in a word that names no concept"


RULES = (
    Rule(
        name="no-drawer",
        reason="What lies in a drawer is found by nobody; each thing has the place of its concept.",
        example_at="judgement/helpers.py",
        wrong="LIMIT = 1",
        right="LIMIT = 1",
        right_at="judgement/age.py",
        check=drawer,
    ),
    Rule(
        name="no-empty-suffix",
        reason="RiskManager manages anything; a class is named by the word of the standard (docs/house.md, 'Words').",
        example_at="registers/risk/rules.py",
        wrong="class RiskInfo:\n    pass",
        right="class Risk:\n    pass",
        check=suffix,
    ),
)
