"""Writes what Python 3.9 does not read in a way that it does, by changes of the text alone."""

import ast
from collections.abc import Iterator

from clerestory.report.verifier.names import Places

Edit = tuple[int, int, bytes]
"""From where to where in the bytes of a module, and what stands there instead."""


def lowered(node: ast.stmt, places: Places) -> Iterator[Edit]:
    """Yield the changes that a statement of a module's own scope needs."""
    if isinstance(node, ast.Assign) and _is_type(node):
        start, end = places.start(node.value), places.end(node.value)
        yield start, end, repr(" ".join(places.data[start:end].decode().split())).encode()
        return
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            yield from _call(one, places)


def _is_type(node: ast.Assign) -> bool:
    """Say whether a name for one of several types is given: it stands in annotations alone, which nobody evaluates."""
    named = isinstance(node.targets[0], ast.Name) and node.targets[0].id[:1].isupper() and "_" not in node.targets[0].id
    return named and any(isinstance(one, ast.BitOr) for one in ast.walk(node.value))


def _call(node: ast.Call, places: Places) -> Iterator[Edit]:
    if isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        yield from _tuple(node.args[1], places)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "bit_count":
        start, end = places.start(node), places.end(node)
        yield start, start, b"bin("
        yield places.data.rindex(b".bit_count", start, end), end, b').count("1")'


def _tuple(node: ast.expr, places: Places) -> Iterator[Edit]:
    if not isinstance(node, ast.BinOp):
        return
    yield places.start(node), places.start(node), b"("
    yield places.end(node), places.end(node), b")"
    while isinstance(node, ast.BinOp):
        yield places.end(node.left), places.start(node.right), b", "
        node = node.left
