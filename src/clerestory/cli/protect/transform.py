"""``clerestory transform``: writes a safer version of a table by a recipe, with the attacks on it and what it costs."""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from clerestory.cli.shell import _, output, people, print_document, write_together
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from clerestory.intake.protect.recipe import Recipe

Part = Mapping[str, Any]


class OutputThere(ClerestoryError):
    """The file that would be written is there already, or the lineage cannot be written on."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "transform",
        help=_(
            "Write a safer version of data by a recipe: coarser values, rare rows left out, keyed tokens, noise.\n\n"
            "The report says how far people hide before and after, what attacks with the original still find, and what "
            "use is lost. Nothing is written unless everything worked.\n\n"
            "Exit code 0: written. 2: bad input; nothing was written.\n\n"
            "Example: clerestory transform transform.toml --lineage lineage.toml"
        ),
    )(transform)


def transform(
    recipe: Path = typer.Argument(Path("transform.toml"), help=_("Recipe beside the manifest.")),
    report: Path | None = typer.Option(
        None, "--report", metavar="FILE", help=_("Where the report goes; else beside the output, with .report.json.")
    ),
    lineage: Path | None = typer.Option(
        None, "--lineage", metavar="FILE", help=_("Add both versions of the data to a lineage file (TOML).")
    ),
    force: bool = typer.Option(False, "--force", help=_("Replace files that are there.")),
    as_json: bool = typer.Option(False, "--json", help=_("Print the report on stdout; the tables go to stderr.")),
) -> None:
    """Carry a recipe out, write the new table with its report, and show what it did."""
    from clerestory.intake.protect.recipe import read_recipe
    from clerestory.intake.protect.run import lineage_text
    from clerestory.intake.protect.run import transform as carry_out

    read = read_recipe(recipe)
    target = read.folder / read.output
    told = report or target.with_name(target.name + ".report.json")
    _require_apart({"output": target, "--report": told, "--lineage": lineage}, (recipe, _key_of(read)))
    for file in (target, told):
        if file.exists() and not force:
            raise OutputThere(
                _("{file} is there already; nothing was written.").format(file=file),
                _("Replace it with --force, or name another file."),
            )
    held = _held(lineage)
    with _bar() as tell:
        found = carry_out(read, now=datetime.now(UTC), tell=tell)
    files = {found.output: found.body, told: found.report_body()}
    if lineage is not None:
        known = frozenset(str(item["id"]) for item in tomllib.loads(held).get("version", ()))
        if read.output in known:
            raise OutputThere(
                _("{file} has a version {name!r} already; nothing was written.").format(file=lineage, name=read.output),
                _("Name another output for each version."),
            )
        files[lineage] = (held + lineage_text(found.report, known)).encode()
    write_together(files)
    _show(people() if as_json else output(), found.report, told)
    if as_json:
        print_document(found.report)


def _key_of(recipe: "Recipe") -> Path | None:
    return None if recipe.key_file is None else recipe.folder / recipe.key_file


def _require_apart(written: Mapping[str, Path | None], read: tuple[Path | None, ...]) -> None:
    """Refuse to write two things into one file, or over the recipe or the key."""
    taken = {file.resolve() for file in read if file is not None}
    for name, file in written.items():
        if file is None:
            continue
        if file.resolve() in taken:
            raise OutputThere(
                _("{name} names {file}, which is another file of this run; nothing was written.").format(
                    name=name, file=file
                ),
                _("Give each a file of its own."),
            )
        taken.add(file.resolve())


def _held(lineage: Path | None) -> str:
    if lineage is None or not lineage.exists():
        return ""
    try:
        text = lineage.read_text(encoding="utf-8")
        tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise OutputThere(
            _("{file} is no lineage that can be added to.").format(file=lineage),
            _("Name a TOML file with [[version]]."),
        ) from error
    return text


@contextmanager
def _bar() -> "Iterator[Callable[[str, int, int], None]]":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = people()
    words = {
        "reading": _("Reading"),
        "changing": _("Changing"),
        "coarsening": _("Coarsening"),
        "measuring": _("Measuring"),
    }
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(words[what], total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield tell


def _show(console: "Console", report: Mapping[str, Any], told: Path) -> None:
    rows: list[tuple[str, ...]] = []
    for part in report["anonymity"]:
        before, after, name = part["before"], part["after"], part["sensitive"]
        if not rows:
            rows.append((_("smallest class (k)"), f"{before['k']}", f"{after['k']}"))
            rows.append((_("rows that stand alone"), _share(before["singled_out"]), _share(after["singled_out"])))
        if name:
            rows.append((_("fewest values of {name} (l)").format(name=name), f"{before['l']}", f"{after['l']}"))
    if (linkage := report["linkage"]) is not None:
        pair = linkage["before"], linkage["after"]
        rows.append((_("persons found by linkage"), *(_share(part["found"]) for part in pair)))
        rows.append((_("found for certain"), *(_share(part["certain"]) for part in pair)))
    for part in report["attributes"]:
        label = _("{name} learned by being in the data").format(name=part["sensitive"])
        rows.append((label, *(_share(part[when]["gain"]) for when in ("before", "after"))))
    if (use := report["use"]) is not None:
        rows.append(
            (_("area of a model of {name}").format(name=use["label"]), _in(use["area_before"]), _in(use["area_after"]))
        )
        members = use["membership_before"]["area"], use["membership_after"]["area"]
        rows.append((_("membership told (0.5: not at all)"), *map(_in, members)))
    _table(console, (_("What"), _("Before"), _("After")), rows)
    if use is not None:
        console.print(
            _("Loss of use: {difference} area, McNemar p {p:.2g}.").format(
                difference=_in(use["difference"]), p=use["mcnemar_p"]
            ),
            markup=False,
        )
    console.print()
    columns = [
        (
            p["column"],
            f"{_(p['did'])} {p['step']}".strip(),
            _share(p["kept"]),
            "-" if p["distance"] is None else f"{p['distance']:.3f}",
        )
        for p in report["columns"]
    ]
    _table(console, (_("Column"), _("Done"), _("Information kept"), _("Distance")), columns)
    for part in report["noise"]:
        if part["column"] is None:
            console.print(_("Each row spends epsilon {epsilon:.4g} by its noise.").format(epsilon=part["epsilon"]))
    made = report["output"]
    console.print(
        _("Wrote {rows} rows ({left:.1%} left out) to {file}, and {report}.").format(
            rows=made["rows"], left=made["left_out"], file=made["location"], report=told
        ),
        soft_wrap=True,
        markup=False,
    )


def _table(console: "Console", heads: tuple[str, ...], rows: "list[Any]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)


def _share(value: float) -> str:
    return f"{value:.2%}"


def _in(found: Part) -> str:
    return f"{found['value']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"
