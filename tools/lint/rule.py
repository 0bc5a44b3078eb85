"""What a rule is, and small readings of a syntax tree that several rules share."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

Place = PurePosixPath
"""Path of the file below ``src/clerestory``, such as ``registers/risk/commands.py``; tests start with ``tests/``."""

Check = Callable[[ast.Module, Place], Iterator[tuple[int, str]]]
"""Reads one file and yields line and message of each breach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule with its reason and two examples; ``example_at`` is where they stand, ``right_at`` where it differs."""

    name: str
    reason: str
    example_at: str
    wrong: str
    right: str
    right_at: str = ""
    check: Check


def top(place: Place) -> str:
    """Return the floor that a file stands on: the first folder, or the file itself."""
    return place.parts[0]


def is_migration(place: Place) -> bool:
    """Tell whether the file is a database migration."""
    return "migrations" in place.parts


def is_test(place: Place) -> bool:
    """Tell whether the file is a test."""
    return place.parts[0] == "tests"


def in_role(place: Place, *roles: str) -> bool:
    """Tell whether the file is ``<role>.py`` of a register, or stands in a folder of that name."""
    if len(place.parts) < 3 or place.parts[0] != "registers":
        return False
    return place.parts[2].removesuffix(".py") in roles


def dotted(node: ast.expr) -> str:
    """Write a chain of names as text: ``datetime.datetime.now``; calls and indexes on the way are passed over."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Name):
            return ".".join(reversed([*parts, node.id]))
        else:
            return ".".join(reversed([*parts, ""]))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield every call of a tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the public functions that stand at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def body_after_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """Return the statements of a function without its docstring."""
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
