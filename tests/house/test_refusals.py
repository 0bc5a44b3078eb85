"""What is refused is a sentence that pages can say in German: nobody raises a refusal of bare English text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "clerestory"
SAID = ("desk", "processes", "registers", "report", "store", "web", "terms/day.py", "terms/moment.py", "terms/text.py")
ENGLISH = {
    "store/engine": "counts in data that a manifest names: the command line and results of checks show it",
    "store/source": "reads data that a manifest names: the command line and results of checks show it",
}
"""Where refusals stay English within those folders, and why. Of the other floors, `intake` has pages too: its refusals
are not marked yet; `assurance`, `catalogue`, `judgement`, `ledger` and `verify` speak on the command line."""


def refusals(package: Path) -> set[str]:
    """Return the names of all classes of errors with a problem and a remedy."""
    bases: dict[str, set[str]] = {}
    for file in package.rglob("*.py"):
        for part in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(part, ast.ClassDef):
                named = {ast.unparse(base).rpartition(".")[2] for base in part.bases}
                bases.setdefault(part.name, set()).update(named)
    known = {"ClerestoryError"}
    while more := {name for name, of in bases.items() if of & known} - known:
        known |= more
    return known


def bare(text: ast.expr) -> bool:
    """Tell whether an argument is English that nothing marks."""
    if isinstance(text, ast.IfExp):
        return bare(text.body) or bare(text.orelse)
    if isinstance(text, ast.BoolOp):
        return any(map(bare, text.values))
    if isinstance(text, ast.Call):  # a mark, or a function that returns what is marked
        return ast.unparse(text.func) in ("str", "repr") or ast.unparse(text.func).endswith((".format", ".join"))
    return isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp)


def unmarked(code: bytes, names: set[str]) -> Iterator[int]:
    """Yield the lines on which a refusal is made of bare text."""
    tree = ast.parse(code)
    texts = {
        target.id: statement.value
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for part in ast.walk(tree):
        if isinstance(part, ast.Call) and ast.unparse(part.func).rpartition(".")[2] in names:
            for text in part.args[:2]:
                known = texts.get(text.id, text) if isinstance(text, ast.Name) else text
                if bare(known):
                    yield part.lineno


def test_every_refusal_that_a_page_can_show_is_marked() -> None:
    names = refusals(PACKAGE)
    wrong = []
    for file in sorted(PACKAGE.rglob("*.py")):
        place = file.relative_to(PACKAGE).as_posix()
        if place.startswith(SAID) and not place.startswith(tuple(ENGLISH)):
            wrong += [f"{place}:{line}" for line in unmarked(file.read_bytes(), names)]
    assert wrong == [], "write _(...) of clerestory.terms.sentence around problem and remedy, values as arguments"


def test_the_names_of_fields_within_a_refusal_are_marked() -> None:
    wrong = []
    for file in sorted(PACKAGE.rglob("*.py")):
        place = file.relative_to(PACKAGE).as_posix()
        if not place.startswith(SAID):
            continue
        for part in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(part, ast.Call) and ast.unparse(part.func) in ("plain", "not_before", "not_after"):
                wrong += [f"{place}:{part.lineno}" for what in part.args[1:2] if bare(what)]
    assert wrong == []


@pytest.mark.parametrize(
    "code, lines",
    [
        (b'raise Wrong("It is.", "Mend it.")', [1, 1]),
        (b'raise Wrong(_("It is."), f"Mend {it}.")', [1]),
        (b'raise Wrong(_("It is."), REMEDY)\nREMEDY = "Mend it."', [1]),
        (b'raise rules.Wrong(_("It is.") if a else "It was.", _("Mend it."))', [1]),
        (b'raise Wrong(_("It is {n}.", n=n), _("Mend it."))', []),
        (b"raise Wrong(error.problem, error.remedy)", []),
        (b'raise ValueError("It is.")', []),
    ],
)
def test_bare_text_is_found(code: bytes, lines: list[int]) -> None:
    assert list(unmarked(code, {"Wrong"})) == lines
