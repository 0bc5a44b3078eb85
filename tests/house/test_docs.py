"""Papers cannot lag behind the code: docstrings, commands, links, decisions and change fragments."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "clerestory"
PURE_FLOORS = ("terms", "catalogue", "assurance", "ledger", "judgement", "verify")
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
FRAGMENTS = sorted(path for path in (ROOT / "changes").iterdir() if path.name not in ("README.md", ".gitkeep"))
FRAGMENT_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.(added|changed|fixed|removed)\.md")
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"```(?:bash|sh|shell|console)\n(.*?)```", re.DOTALL)


def undocumented_functions(text: str) -> Iterator[str]:
    for node in ast.parse(text).body:
        if (
            isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ):
            yield node.name


def fragment_problem(path: Path) -> str | None:
    if not FRAGMENT_NAME.fullmatch(path.name):
        return "is not named <id>.<added|changed|fixed|removed>.md"
    text = path.read_text(encoding="utf-8").strip()
    if not text or "\n" in text or not text.endswith("."):
        return "is not one sentence on one line that ends with a full stop"
    return None


def decision_problem(text: str) -> str | None:
    for part in ("Context", "Decision", "Price", "Enforced by"):
        if not re.search(rf"^\*\*{part}\.?\*\*", text, re.MULTILINE):
            return f"has no part {part!r}"
    return "is longer than a page" if len(text.splitlines()) > 70 else None


def missing_scripts(text: str) -> Iterator[str]:
    """Yield each script, command and option in shell blocks that does not exist."""
    for line in "\n".join(BLOCK.findall(text)).splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        if words and words[0].startswith(("script/", ".ci/")) and not (ROOT / words[0]).is_file():
            yield words[0]
        if words and words[0] == "clerestory":
            yield from missing_command(words[1:])


def missing_command(words: list[str]) -> Iterator[str]:
    """Yield what the command line does not know of ``words``."""
    command, path = root_command(), "clerestory"
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        path = f"{path} {words[0]}"
        if words[0] not in command.commands:
            yield path
            return
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    yield from (f"{path} {word}" for word in words if word.startswith("--") and word.partition("=")[0] not in known)


def root_command() -> Any:
    import typer

    from clerestory.cli.main import build

    return typer.main.get_command(build())


def leaf_commands(command: Any = None, path: str = "clerestory") -> Iterator[tuple[str, Any]]:
    command = command or root_command()
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from leaf_commands(inner, f"{path} {name}")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_says_what_it_is_for(path: Path) -> None:
    if path.name.startswith("_") and path.name != "__init__.py":
        return
    text = path.read_text(encoding="utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "write one to four lines: what it is for, what it refuses to do"


def test_public_parts_of_pure_floors_are_documented() -> None:
    bare = [
        f"{path.relative_to(PACKAGE)}::{name}"
        for floor in PURE_FLOORS
        for path in sorted((PACKAGE / floor).rglob("*.py"))
        for name in undocumented_functions(path.read_text(encoding="utf-8"))
    ]
    assert bare == []


def test_bare_function_is_found() -> None:
    assert list(undocumented_functions("def bare(): pass\ndef _own(): pass\nclass Bare: pass")) == ["bare", "Bare"]


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_commands_of_papers_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (path.parent / link).exists()] == []
    assert list(missing_scripts(text)) == []


def test_command_that_does_not_exist_is_found() -> None:
    assert list(missing_scripts("```bash\nscript/fly --high\nclerestory teleport\n```")) == [
        "script/fly",
        "clerestory teleport",
    ]


def test_every_command_stands_in_the_guide() -> None:
    guide = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert [path for path, _command in leaf_commands() if path not in guide] == []


def test_help_of_every_command_has_an_example() -> None:
    bare = [path for path, command in leaf_commands() if "Example" not in f"{command.help} {command.epilog}"]
    assert bare == []


def test_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "script/server" in readme
    assert "script/test" in readme


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_decision_is_one_page_and_says_how_it_is_enforced(path: Path) -> None:
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name)
    assert decision_problem(path.read_text(encoding="utf-8")) is None


def test_no_two_decisions_have_the_same_number() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers))


def test_decision_without_its_enforcement_is_found() -> None:
    assert decision_problem("# 1\n**Context.** a\n**Decision.** b\n**Price.** c\n") == "has no part 'Enforced by'"


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_change_fragment_is_well_formed(path: Path) -> None:
    assert fragment_problem(path) is None


@pytest.mark.parametrize(
    "name,text", [("spine.md", "A."), ("spine.new.md", "A."), ("spine.added.md", "no full stop"), ("a.fixed.md", "")]
)
def test_malformed_fragment_is_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert fragment_problem(tmp_path / name) is not None


def test_version_stands_in_one_place_only() -> None:
    import clerestory

    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == clerestory.__version__
