"""Run all rules over the product and its tests.

A breach that is right for once carries `# house: allow <rule>: <why>` on its line or the line before. An allowance
without a reason, or one that allows nothing, is a breach itself.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.lint import database, names, purity
from tools.lint.rule import Rule

ALL: tuple[Rule, ...] = (*database.RULES, *purity.RULES, *names.RULES)
_ALLOWANCE = re.compile(r"#\s*house:\s*allow\s+(?P<rule>[\w-]+)(?::\s*(?P<why>\S.*))?")


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """One broken rule in one line."""

    file: str
    line: int
    rule: str
    message: str


def lint(root: Path, files: Iterable[Path] = ()) -> Iterator[Breach]:
    """Lint the given files, or all of src/clerestory and tests below ``root``."""
    package = root / "src" / "clerestory"
    chosen = list(files) or sorted([*package.rglob("*.py"), *(root / "tests").rglob("*.py")])
    for file in chosen:
        below = package if file.is_relative_to(package) else root
        place = PurePosixPath(file.relative_to(below).as_posix())
        for breach in lint_text(file.read_text(encoding="utf-8"), place):
            yield Breach(str(file.relative_to(root)), breach.line, breach.rule, breach.message)


def lint_text(text: str, place: PurePosixPath, rules: Iterable[Rule] = ALL) -> Iterator[Breach]:
    """Lint one text as if it stood at ``place``."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield Breach(str(place), error.lineno or 1, "readable", f"cannot be parsed: {error.msg}")
        return
    lines = text.splitlines()
    allowed = {_meant(line, lines): match for line, match in _allowances(text)}
    used: set[int] = set()
    for rule in rules:
        for line, message in rule.check(tree, place):
            match = allowed.get(line)
            if match and match["rule"] == rule.name and match["why"]:
                used.add(line)
            else:
                yield Breach(str(place), line, rule.name, message)
    for line in sorted(set(allowed) - used):
        yield Breach(str(place), line, "allowance", "allows nothing, or gives no reason")


def _meant(line: int, lines: list[str]) -> int:
    """Return the line that an allowance is for: its own, or the next where it stands alone."""
    return line + 1 if lines[line - 1].lstrip().startswith("#") else line


def _allowances(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    if "house: allow" not in text:
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (match := _ALLOWANCE.search(token.string)):
            yield token.start[0], match
