"""``clerestory mitigate``: tries ways to lessen a gap between groups and shows before and after side by side."""

import json
from datetime import UTC, datetime
from pathlib import Path

import typer

from clerestory.cli.shell import _, output, print_document, write_together


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "mitigate",
        help=_(
            "Try ways to lessen a gap between groups, and measure each on rows that nothing was learned from.\n\n"
            "[mitigation] in the manifest says which: reweighing (a model refitted with weights) and, where lawful, "
            "thresholds per group, which need a declared reason. Nothing is changed but what is shown.\n\n"
            "Exit code 0: it was tried. 2: bad input, nothing was tried.\n\n"
            "Example: clerestory mitigate --html mitigation.html --out mitigation.json"
        ),
    )(mitigate)


def mitigate(
    manifest: Path = typer.Argument(Path(), help=_("Manifest, or the folder that holds clerestory.toml.")),
    html: Path | None = typer.Option(None, "--html", metavar="FILE", help=_("Write a page with plots, to be read.")),
    csv: Path | None = typer.Option(None, "--csv", metavar="FILE", help=_("Write the values before and after as CSV.")),
    out: Path | None = typer.Option(None, "--out", metavar="FILE", help=_("Write the JSON document to a file.")),
    as_json: bool = typer.Option(False, "--json", help=_("Print one JSON document on stdout.")),
) -> None:
    """Try it, write the files asked for whole or not at all, and show what came of it."""
    from clerestory.cli.measure.progress import shown
    from clerestory.cli.report.mitigation import HEADS, mitigation_page, rows, show
    from clerestory.cli.report.sheet import Sheet, csv_document
    from clerestory.intake import manifest as manifests
    from clerestory.intake.mitigation.run import mitigate as try_all

    read = manifests.read(manifest)
    with shown() as tell:
        tried = try_all(read, now=lambda: datetime.now(UTC), progress=tell)
    files: dict[Path, bytes] = {}
    if html is not None:
        files[html] = mitigation_page(tried).encode()
    if out is not None:
        files[out] = (json.dumps(tried.document(), indent=2, ensure_ascii=False) + "\n").encode()
    if csv is not None:
        cells = [(item.method, *row) for item in tried.attempts for row in rows(item)]
        files[csv] = csv_document(Sheet("Mitigation", ("Method", *HEADS), cells))
    write_together(files)
    if as_json:
        print_document(tried.document())
        return
    console = output()
    show(tried, console)
    for file in files:
        console.print(_("Written: {file}").format(file=file), markup=False)
