"""The reference of checks, commands and words: written from the registry, the command line, the catalogue and `terms`.

Usage: python -m tools.reference write | check
"""

import ast
import contextlib
import os
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
FAMILIES = {
    "fairness": "Fairness",
    "performance": "Performance",
    "drift": "Drift",
    "data_quality": "Data quality",
    "poisoning": "Poisoning",
}
NEEDS = {
    "outcome": "`outcome`",
    "label": "`label`",
    "score": "`score`",
    "sensitive_features": "`sensitive_features`",
    "reference": "`reference`",
}
FOUR_FIFTHS = "29 CFR 1607.4(D), four-fifths rule"
OWN = "own limit: say here why it is right for this system"
PREVIOUS = '[model]\npath = "model.onnx"\n\n[model.previous]\noutcome = "approved_before"\n\n'
EXAMPLES: Mapping[str, tuple[str, str, str]] = {
    "fairness.selection-rate-ratio": (">= 0.8", FOUR_FIFTHS, ""),
    "fairness.demographic-parity": ("<= 0.1", OWN, ""),
    "fairness.equalized-odds": ("<= 0.1", OWN, "intersections = false\n"),
    "fairness.equal-opportunity": ("<= 0.1", OWN, ""),
    "fairness.calibration-by-group": ("<= 0.05", OWN, 'measure = "in_the_large"\n'),
    "fairness.intersectional-selection-rate": (">= 0.5", OWN, 'sensitive_features = ["sex", "age_group"]\n'),
    "performance.task-metric": (">= 0.7", OWN, 'metric = "roc_auc"\n'),
    "performance.calibration": ("<= 0.1", OWN, ""),
    "performance.subgroup": (">= 0.7", OWN, 'metric = "accuracy"\n'),
    "performance.version-comparison": (">= -0.02", "own margin: what a change may cost at most", ""),
    "drift.population-stability-index": ("< 0.2", "credit-scoring convention (Siddiqi 2006)", 'columns = "all"\n'),
    "drift.kolmogorov-smirnov": ("< 0.1", OWN, 'columns = ["income", "score"]\n'),
    "drift.jensen-shannon-distance": ("< 0.1", OWN, 'columns = "all"\n'),
    "drift.chi-square": ("< 0.1", OWN, 'columns = ["purpose"]\n'),
    "data_quality.schema": ("<= 0", OWN, 'columns = { case_id = "integer", income = "number", sex = "text" }\n'),
    "data_quality.contract": ("<= 0", OWN, "missing = { income = 0.02 }\nrange = { score = [0, 1] }\n"),
    "data_quality.representativeness": (
        "<= 0.1",
        OWN,
        'population = { sex = { female = 0.5, male = 0.5 } }\npopulation_source = "census 2025"\n',
    ),
    "data_quality.profile": ("<= 0", OWN, "missing_share = { income = [0, 0.02] }\nmean = { age = [30, 45] }\n"),
    "data_quality.group-imbalance": ("<= 0.3", OWN, ""),
    "data_quality.annotator-agreement": (">= 0.6", OWN, 'annotators = ["first_label", "second_label"]\n'),
    "poisoning.label-error": ("<= 0.05", OWN, 'probabilities = { true = "score" }\n'),
}
"""Criterion, its source and further keys of the example of each check; a test runs all of them through the reader."""
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
            file.write_text(text, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            lagging.append(f"docs/reference/{name} lags behind the code: run `script/docs reference`.")
    print("\n".join(lagging), end="\n" if lagging else "")
    return 1 if lagging else 0


def pages() -> Mapping[str, str]:
    """Return the text of each page by its file name."""
    return {"checks.md": checks_page(), "commands.md": commands_page(), "glossary.md": glossary_page()}


def checks_page() -> str:
    """Return what each registered check measures, from what, with which parameters and against which limit."""
    from clerestory.assurance.registry import registered
    from clerestory.catalogue.load import load

    what = {name: item.what for name, item in load().checks.items()}
    parts = [HEAD + CHECKS]
    for family, title in FAMILIES.items():
        parts.append(f"## {title}\n")
        parts += [_check(item, what[name]) for name, item in registered().items() if item.family == family]
    others = sorted({item.family for item in registered().values()} - set(FAMILIES))
    if others:
        raise SystemExit(f"tools/reference.py does not know the families {', '.join(others)}: add them to FAMILIES.")
    return "\n".join(parts)


def example(name: str) -> str:
    """Return the example of a check as it stands in a manifest."""
    criterion, source, more = EXAMPLES[name]
    before = PREVIOUS if name == "performance.version-comparison" else ""
    return f'{before}[[check]]\nname = "{name}"\ncriterion = "{criterion}"\nsource = "{source}"\n{more}'


def _check(check: Any, what: str) -> str:
    first, _, rest = check.about.partition("\n")
    about = re.split(r"\n(?:Raises|Args):\n", rest)[0].strip()
    needs = [NEEDS[need] for need in check.needs]
    better = check.better if isinstance(check.better, str) else "depends on the metric"
    top = "by its parameters" if callable(check.highest) else "open" if check.highest is None else f"{check.highest:g}"
    facts = [
        ("About", "the version of the model" if check.subject == "model_version" else "the version of the data"),
        ("Needs", ", ".join(needs) or "nothing but the data"),
        ("Better", better),
        ("Values", f"from {check.lowest:g}; top {top}"),
    ]
    return "\n".join([
        f"### {check.name}\n",
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
