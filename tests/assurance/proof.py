"""Reads tests without running them: which node exists, which is a property, and which holds an answer from outside.

What rests on the code under test is followed through imports, functions and assignments of the file: a value counts as
an answer from outside when none of the names in it leads there.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_UNDER_TEST = ("clerestory", "tests")
_ONLY_INPUT = ("clerestory.intake.trial.array_of", "clerestory.demo", "tests.assurance.privacy.adult")
"""What prepares input. Everything else of ours, stand-ins too, may compute with the code under test."""

_SHARED = tuple(f"clerestory.assurance.{name}." for name in ("statistics", "tally", "trial"))
"""What many checks share: a property of that is none of one check."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of tests: its functions, what each name leads to, what it imports, and the names that lead to our code."""

    functions: Mapping[str, Function]
    named: Mapping[str, tuple[ast.AST, ...]]
    imports: Mapping[str, str]
    ours: frozenset[str]


@dataclass(frozen=True)
class Found:
    """A test in its file."""

    home: Module
    test: Function


def found_test(node: str, root: Path) -> Found | None:
    """Return the test that a node ``path::name`` names; None where there is none."""
    path, _, name = node.partition("::")
    collected = Path(path).name.startswith("test_") and name.startswith("test_")
    if not collected or not (root / path).is_file():
        return None
    home = _module(root / path)
    return Found(home, home.functions[name]) if name in home.functions else None


def is_property(found: Found) -> bool:
    """Tell whether hypothesis draws the input of a test, and the test reaches our code."""
    drawing = {name for name, full in found.home.imports.items() if full == "hypothesis.given"}
    drawn = any(isinstance(item, ast.Call) and _names(item.func) & drawing for item in found.test.decorator_list)
    return drawn and bool(_names(found.test) & found.home.ours)


def holds_answer(found: Found) -> bool:
    """Tell whether a test asserts that something of ours equals, or holds, a value that does not come from our code."""
    ours = _ours_inside(found)
    asserts = (item for item in ast.walk(found.test) if isinstance(item, ast.Assert))
    compared = (part for item in asserts for part in ast.walk(item) if isinstance(part, ast.Compare))
    return any(_is_answer(item, ours) for item in compared)


def speaks_of(found: Found, check: str, formula: str) -> bool:
    """Tell whether a test reaches the name of the check, with or without its family, or a part of its formula."""
    words, used = _reached(found)
    parts = _parts(formula)
    named = {check, check.partition(".")[2]} & words
    return bool(named) or any({full, full.rpartition(".")[0]} & parts for full in used)


@cache
def _parts(formula: str) -> frozenset[str]:
    """Return the file of a formula and those of ours that it rests on, but for what many checks share."""
    found, waiting = set[str](), {formula}
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= {part for part in _rests_on(name) if not part.startswith(_SHARED)} - found
    return frozenset(found)


@cache
def _rests_on(name: str) -> frozenset[str]:
    """Return the files below a family of checks that a file imports."""
    tree = ast.parse(_source(name).read_text(encoding="utf-8"))
    places = {full if _source(full).is_file() else full.rpartition(".")[0] for _, full in _imports(tree)}
    return frozenset(
        place
        for place in places
        if place.startswith("clerestory.assurance.") and place.count(".") > 2 and _source(place).is_file()
    )


def _source(name: str) -> Path:
    """Return the file of a module; that of a folder is its __init__."""
    place = ROOT / "src" / name.replace(".", "/")
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


@cache
def _module(file: Path) -> Module:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named: dict[str, tuple[ast.AST, ...]] = {}
    for item in tree.body:
        for name, value in _given(item):
            named[name] = (*named.get(name, ()), value)
    imports = dict(_imports(tree))
    ours = {name for name, full in imports.items() if _is_ours(full)}
    places = [(name, _names(value)) for name, values in named.items() for value in values]
    functions = {item.name: item for item in tree.body if isinstance(item, Function)}
    return Module(functions, named, imports, frozenset(_spread(ours, places)))


def _ours_inside(found: Found) -> set[str]:
    """Return the names that lead to our code inside a test; its own arguments hide those of the file but fixtures."""
    arguments = {item.arg for item in (*found.test.args.args, *found.test.args.kwonlyargs)}
    start = set(found.home.ours) - {name for name in arguments if name not in found.home.functions}
    drawn = [pair for item in found.test.decorator_list for pair in _handed(item, arguments)]
    places = [(name, _names(value)) for item in ast.walk(found.test) for name, value in _given(item)]
    return _spread(start, [*drawn, *places])


def _handed(decorator: ast.expr, arguments: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield each argument that a decorator hands over, with the names in what it is given."""
    given = decorator.args if isinstance(decorator, ast.Call) else []
    if len(given) == 2 and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str):
        named, rows = [name.strip() for name in given[0].value.split(",")], given[1]
        cells = rows.elts if isinstance(rows, ast.List | ast.Tuple) else []
        if cells and all(isinstance(row, ast.Tuple) and len(row.elts) == len(named) for row in cells):
            yield from ((name, _names(cell)) for row in cells for name, cell in zip(named, row.elts, strict=True))  # type: ignore[attr-defined]
            return
        yield from ((name, _names(rows)) for name in named)
        return
    yield from ((name, _names(decorator)) for name in arguments)


def _spread(ours: set[str], places: list[tuple[str, set[str]]]) -> set[str]:
    grown = True
    while grown:
        more = {name for name, used in places if used & ours} - ours
        ours, grown = ours | more, bool(more)
    return ours


def _reached(found: Found) -> tuple[set[str], set[str]]:
    """Return the texts and the imported names that a test reaches through the functions and constants of its file."""
    words: set[str] = set()
    used: set[str] = set()
    seen: set[str] = set()
    waiting: list[ast.AST] = [found.test]
    while waiting:
        item = waiting.pop()
        words |= {
            part.value for part in ast.walk(item) if isinstance(part, ast.Constant) and isinstance(part.value, str)
        }
        names = _names(item) | {argument.arg for argument in ast.walk(item) if isinstance(argument, ast.arg)}
        used |= {found.home.imports[name] for name in names if name in found.home.imports}
        waiting += [value for name in names - seen for value in found.home.named.get(name, ())]
        seen |= names
    return words, used


def _given(item: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that an item gives a value to, with that value."""
    if isinstance(item, Function | ast.ClassDef):
        yield item.name, item
    elif isinstance(item, ast.Assign):
        for target in item.targets:
            yield from _unpacked(target, item.value)
    elif isinstance(item, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and item.value is not None:
        yield from _unpacked(item.target, item.value)
    elif isinstance(item, ast.For | ast.comprehension):
        yield from _unpacked(item.target, item.iter)
    elif isinstance(item, ast.withitem) and item.optional_vars is not None:
        yield from _unpacked(item.optional_vars, item.context_expr)


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    sides = (target, value)
    if all(isinstance(side, ast.Tuple) for side in sides) and len(target.elts) == len(value.elts):  # type: ignore[attr-defined]
        for one, other in zip(target.elts, value.elts, strict=True):  # type: ignore[attr-defined]
            yield from _unpacked(one, other)
        return
    yield from ((part.id, value) for part in ast.walk(target) if isinstance(part, ast.Name))


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for item in ast.walk(tree):
        if isinstance(item, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{item.module}.{alias.name}") for alias in item.names)
        elif isinstance(item, ast.Import):
            yield from ((alias.asname or alias.name.partition(".")[0], alias.name) for alias in item.names)


def _is_ours(full: str) -> bool:
    return full.partition(".")[0] in _UNDER_TEST and not full.startswith(_ONLY_INPUT)


def _names(item: ast.AST) -> set[str]:
    """Return the names in an item, but for those of types that are only annotated."""
    annotated = {
        id(name)
        for part in ast.walk(item)
        for note in (getattr(part, "annotation", None), getattr(part, "returns", None))
        if isinstance(note, ast.AST)
        for name in ast.walk(note)
    }
    return {part.id for part in ast.walk(item) if isinstance(part, ast.Name) and id(part) not in annotated}


def _is_answer(item: ast.Compare, ours: set[str]) -> bool:
    if not isinstance(item.ops[0], ast.Eq | ast.In):
        return False
    sides = (item.left, item.comparators[0])
    apart = [side for side in sides if not _names(side) & ours]
    return len(apart) == 1 and _says_something(apart[0])


def _says_something(side: ast.expr) -> bool:
    """Tell whether a side is more than None, a truth value or an empty text."""
    values = [part.value for part in ast.walk(side) if isinstance(part, ast.Constant)]
    return bool(_names(side) - {"pytest"}) or any(
        not isinstance(value, bool) and value not in (None, "") for value in values
    )
