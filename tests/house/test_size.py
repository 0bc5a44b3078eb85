"""Hard limits of size: what outgrows them is two things and wants two names."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "clerestory"
MODULE_LINES, FUNCTION_LINES, FOLDER_FILES, DEPTH = 500, 60, 12, 4
EXEMPT_FOLDERS = {"migrations", "templates", "static", "data", "locale"}
CODE = [path for top in ("src", "tests", "tools", "benchmarks") for path in sorted((ROOT / top).rglob("*.py"))]


def long_functions(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield node.name, lines


def too_deep(place: Path) -> bool:
    """A path below src may have four parts, one in a folder that a register's or an engine's file grew into five."""
    parts = place.parts
    grown = len(parts) > 3 and (parts[1] in ("registers", "assurance") or parts[1:3] == ("store", "engine"))
    return not EXEMPT_FOLDERS & set(parts) and len(parts) > DEPTH + grown


def wide_folders(package: Path) -> Iterator[str]:
    folders = {path.parent for path in package.rglob("*.py")}
    for folder in sorted(folders):
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(files) > FOLDER_FILES and not EXEMPT_FOLDERS & set(folder.parts):
            yield f"{folder}: {len(files)} files"


def test_modules_keep_the_hard_limit() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in CODE
        if (count := len(path.read_text().splitlines())) > MODULE_LINES
    }
    assert long == {}


def test_functions_keep_the_hard_limit() -> None:
    long = {
        f"{path.relative_to(ROOT)}::{name}": lines
        for path in CODE if "migrations" not in path.parts
        for name, lines in long_functions(path.read_text())
    }  # fmt: skip
    assert long == {}


def test_folders_stay_narrow_and_shallow() -> None:
    assert list(wide_folders(PACKAGE)) == []
    deep = [str(path) for path in PACKAGE.rglob("*.py") if too_deep(path.relative_to(ROOT / "src"))]
    assert deep == []


def test_limits_are_seen_to_break(tmp_path: Path) -> None:
    assert list(long_functions("def long():\n" + "    x = 1\n" * 60)) == [("long", 61)]
    assert list(long_functions("def fitting():\n" + "    x = 1\n" * 59)) == []
    assert too_deep(Path("clerestory/store/a/b/c.py"))
    assert not too_deep(Path("clerestory/registers/risk/commands/accept.py"))
    assert too_deep(Path("clerestory/registers/risk/commands/accept/now.py"))
    for number in range(13):
        (tmp_path / f"m{number}.py").touch()
    assert len(list(wide_folders(tmp_path))) == 1
