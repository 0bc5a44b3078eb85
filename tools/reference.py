"""The reference of checks, commands and words: written from the registry, the command line, the catalogue and `terms`.

Usage: python -m tools.reference write | check
"""

import ast
import contextlib
import os
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.proofs import proofs_page

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
FAMILIES = {
    "fairness": "Fairness",
    "performance": "Performance",
    "drift": "Drift",
    "data_quality": "Data quality",
    "poisoning": "Poisoning",
    "robustness": "Robustness",
    "privacy": "Privacy",
    "explainability": "Explainability",
    "language_models": "Language models",
    "agents": "Agents",
    "security": "Security",
    "supply_chain": "Supply chain",
    "provenance": "Provenance",
    "inventory": "Inventory",
    "resources": "Resources",
    "pipeline": "Pipeline",
    "records": "Records",
    "operation": "Operation",
    "logging": "Logging",
    "oversight": "Oversight",
    "use": "Use",
    "transparency": "Transparency",
}
NEEDS = {
    "outcome": "`outcome`",
    "label": "`label`",
    "score": "`score`",
    "sensitive_features": "`sensitive_features`",
    "reference": "`reference`",
    "model": "a model that can be asked",
    "language_model": "a language model: `[language_model]`",
    "agent": "the place where an agent's acts are decided: `[agent]`",
}
SUBJECTS = {
    "model_version": "the version of the model",
    "dataset_version": "the version of the data",
    "ai_system": "the AI system",
    "deployment": "the deployment: `[deployment]`",
    "organisation": "the organisation",
}
EXAMPLES = Path(__file__).resolve().parent / "examples"
"""Per family a file with criterion, source and further keys of the example of each check; a test reads all of them."""
_TURNS = r"(?:Formula|Unit|Interval|Bins|Value|Against|Simulated|Groups below|Small expected counts|INCONCLUSIVE)\b"
"""Words that a new thought begins with, so that a docstring's block becomes paragraphs."""
HEAD = "<!-- Written by script/docs reference from the code; edits are lost. -->\n\n"


CHECKS = """# Checks

Each check measures one value with its 95 % interval. PASS means that the whole interval keeps the criterion, FAIL that
none of it does; otherwise the verdict is INCONCLUSIVE, with its reason. Every `[[check]]` needs `name`, `criterion` and
`source`; what stands below as parameter may be added.
"""
COMMANDS = """# Commands

Every command has `--help`; those that answer have `--json` for machines. Errors name the problem and the remedy on
stderr. [Exit codes](../guide.md#check-a-model) are the same everywhere.
"""


def main(task: str) -> int:
    """Write the files, or say which of them lag; return the exit code."""
    if task not in ("write", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    lagging = []
    for name, text in pages().items():
        file = FOLDER / name
        if task == "write":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            lagging.append(f"docs/reference/{name} lags behind the code: run `script/docs reference`.")
    print("\n".join(lagging), end="\n" if lagging else "")
    return 1 if lagging else 0


def pages() -> Mapping[str, str]:
    """Return the text of each page by its file name."""
    return {
        "checks.md": checks_page(),
        **{f"checks/{family}.md": family_page(family) for family in _families()},
        "commands.md": commands_page(),
        "glossary.md": glossary_page(),
        "proofs.md": proofs_page(HEAD),
    }


def checks_page() -> str:
    """Return the list of all checks, each with what it says and where it is described."""
    from clerestory.assurance.registry import registered
    from clerestory.catalogue.load import load

    what = {name: item.what for name, item in load().checks.items()}
    parts = [HEAD + CHECKS]
    for family in _families():
        rows = [
            f"| [{item.name}](checks/{family}.md#{_anchor(item.name)}) | {_cell(what[item.name])} |"
            for item in registered().values()
            if item.family == family
        ]
        parts.append(f"## {FAMILIES[family]}\n\n| check | what it says |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def family_page(family: str) -> str:
    """Return what each check of a family measures, from what, with which parameters and against which limit."""
    from clerestory.assurance.registry import registered
    from clerestory.catalogue.load import load

    what = {name: item.what for name, item in load().checks.items()}
    title = f"# {FAMILIES[family]}\n\nHow a value becomes a verdict: [Checks](../checks.md).\n"
    described = [_check(item, what[name]) for name, item in registered().items() if item.family == family]
    return "\n".join([HEAD + title, *described])


def _families() -> list[str]:
    """Return the families that have a check, in the order of the list."""
    from clerestory.assurance.registry import registered

    there = {item.family for item in registered().values()}
    if there - set(FAMILIES):
        raise SystemExit(
            f"tools/reference.py does not know {', '.join(sorted(there - set(FAMILIES)))}: add to FAMILIES."
        )
    return [family for family in FAMILIES if family in there]


def _anchor(name: str) -> str:
    return name.replace(".", "")


def example(name: str) -> str:
    """Return the example of a check as it stands in a manifest."""
    file = EXAMPLES / f"{name.partition('.')[0]}.toml"
    said = tomllib.loads(file.read_text(encoding="utf-8"))[name]
    head = f'[[check]]\nname = "{name}"\ncriterion = "{said["criterion"]}"\nsource = "{said["source"]}"\n'
    return said.get("before", "") + head + said.get("more", "")


def _check(check: Any, what: str) -> str:
    first, _, rest = check.about.partition("\n")
    about = re.split(r"\n(?:Raises|Args):\n", rest)[0].strip()
    needs = [NEEDS[need] for need in check.needs]
    better = check.better if isinstance(check.better, str) else "depends on the metric"
    top = "by its parameters" if callable(check.highest) else "open" if check.highest is None else f"{check.highest:g}"
    facts = [
        ("About", SUBJECTS.get(check.subject, check.subject.replace("_", " "))),
        ("Needs", ", ".join(needs) or "nothing but the data"),
        ("Better", better),
        ("Values", f"from {check.lowest:g}; top {top}"),
    ]
    return "\n".join([
        f"## {check.name}\n",
        f"{what}\n",
        *(f"- **{name}**: {value}" for name, value in facts),
        f"\n{first}\n",
        _prose(about),
        "```toml\n" + example(check.name) + "```\n",
        "| parameter | kind | default | meaning |\n|---|---|---|---|",
        *(_parameter(item) for item in check.parameters),
        "",
    ])  # fmt: skip


def _prose(text: str) -> str:
    """Paragraphs of a docstring as Markdown: stars and angle brackets are what they are."""
    spaced = re.sub(rf"(?<=[.)])\s+(?={_TURNS})", "\n\n", text)
    paragraphs = [" ".join(part.split()) for part in spaced.split("\n\n")]
    return "\n\n".join(re.sub(r"([<>*_|])", r"\\\1", part) for part in paragraphs) + "\n" if text else ""


def _parameter(item: Any) -> str:
    default = f"`{_plain(item.default)}`" if item.default is not None else ""
    if item.from_data:
        place = "[model.previous]" if item.from_data.startswith("previous_") else "[data]"
        key = item.from_data.removeprefix("previous_")
        default = f"`{key}` of `{place}`" + (f", else {default}" if default else "")
        if item.from_data in ("as_of", "previous_model"):
            default = "by the run"
    kind = f"one of {', '.join(f'`{option}`' for option in item.options)}" if item.options else item.kind
    needed = " (needed)" if item.required and not item.from_data else ""
    return f"| `{item.name}` | {kind} | {default}{needed} | {_cell(item.meaning)} |"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def commands_page() -> str:
    """Return the help of every command: what it does, its arguments and options, an example."""
    parts = [HEAD + COMMANDS]
    with _english():
        for path, command in leaf_commands():
            parts.append(_command(path, command))
    return "\n".join(parts)


def leaf_commands(command: Any = None, path: str = "clerestory") -> Iterator[tuple[str, Any]]:
    """Yield each command with its whole name."""
    if command is None:
        import typer

        from clerestory.cli.main import build

        command = typer.main.get_command(build())
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from leaf_commands(inner, f"{path} {name}")


def _command(path: str, command: Any) -> str:
    said = textwrap.dedent(f"{command.help or ''}\n\n{command.epilog or ''}").strip()
    said, _, shown = said.partition("Example:")
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [item for item in command.params if item.param_type_name == "option" and not item.hidden]
    usage = " ".join([path, "[OPTIONS]", *(f"[{item.name}]" for item in arguments)])
    rows = [f"| `{item.name}` | {_cell(item.help or '')} | {_default(item)} |" for item in arguments]
    rows += [f"| {_names(item)} | {_cell(item.help or '')} | {_default(item)} |" for item in options]
    table = ["| argument or option | meaning | default |\n|---|---|---|", *rows] if rows else []
    lines = [f"## {path}\n", said.strip() + "\n", f"Usage: `{usage}`\n"]
    if shown.strip():
        lines.append("```bash\n" + " ".join(shown.split()) + "\n```\n")
    return "\n".join([*lines, *table, ""])


def _names(item: Any) -> str:
    return ", ".join(f"`{name}`" for name in (*item.opts, *item.secondary_opts))


def _default(item: Any) -> str:
    named = [item.envvar] if isinstance(item.envvar, str) else item.envvar or []
    where = ", else ".join(f"`{name}`" for name in named)
    value = item.default
    shown = f"`{value}`" if value is not None and not callable(value) and value not in (False, (), [], "") else ""
    return ", else ".join(part for part in (where, shown) if part)


@contextlib.contextmanager
def _english() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ("LANGUAGE", "LC_ALL", "LANG")}
    os.environ.update(LANGUAGE="en", LC_ALL="C.UTF-8", LANG="C.UTF-8")
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def glossary_page() -> str:
    """Return the words of the house, and the types of `terms` with their values."""
    house = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    words = house.partition("## Words")[2].partition("\n## ")[0]
    rows = [line for line in words.splitlines() if line.startswith("|")][2:]
    parts = [
        HEAD + "# Glossary\n",
        "The only spelling in code, pages and papers.\n",
        "| word | meaning | not |\n|---|---|---|",
        *sorted(rows, key=str.casefold),
        "\n## Types\n",
        "What the code calls them; `clerestory.terms` holds them, and everything else uses them.\n",
    ]
    for file in sorted((ROOT / "src" / "clerestory" / "terms").glob("*.py")):
        parts += list(_types(file))
    return "\n".join(parts) + "\n"


def _types(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and ast.get_docstring(node):
            first = re.split(r"(?<=\.)\s", ast.get_docstring(node) or "")[0].replace("\n", " ")
            values = [
                f"`{item.value.value!s}`"
                for item in node.body
                if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)
                and any(getattr(base, "id", "") in ("StrEnum", "Enum") for base in node.bases)
            ]  # fmt: skip
            yield f"- **{node.name}**: {first}" + (f" {' · '.join(values)}" if values else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
