"""``clerestory check``: runs the checks of a manifest and shows what they found."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clerestory.cli.shell import NotWritten, _, output, people, print_document, write_together

if TYPE_CHECKING:
    from clerestory.assurance.explainability.overview import Overview
    from clerestory.intake.result import Run

LAST_RUN = Path(".clerestory") / "last-run.json"
"""Where a run is kept beside its manifest, for ``clerestory push``."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "check",
        help=_(
            "Test model and data against the criteria of a manifest; no server is needed.\n\n"
            "Exit code 0: all passed. 1: a criterion failed. 2: bad input, nothing ran. 3: none failed, but something "
            "was inconclusive or could not run.\n\n"
            "With --repeat: 0 the numbers are those of the earlier run, 1 one differs.\n\n"
            "Example: clerestory check --html checks.html --junit checks.xml --out run.json"
        ),
    )(check)


def check(
    manifest: Path = typer.Argument(Path(), help=_("Manifest, or the folder that holds clerestory.toml.")),
    as_json: bool = typer.Option(
        False, "--json", help=_("Print one JSON document on stdout; the table goes to stderr.")
    ),
    junit: Path | None = typer.Option(None, "--junit", metavar="FILE", help=_("Write the results as JUnit XML.")),
    sarif: Path | None = typer.Option(None, "--sarif", metavar="FILE", help=_("Write the results as SARIF 2.1.0.")),
    in_toto: Path | None = typer.Option(
        None, "--in-toto", metavar="FILE", help=_("Write an unsigned in-toto statement of the test result.")
    ),
    html: Path | None = typer.Option(None, "--html", metavar="FILE", help=_("Write a page with plots, to be read.")),
    repeat: Path | None = typer.Option(
        None, "--repeat", metavar="RUN", help=_("Compare with an earlier run: are the numbers the same?")
    ),
    out: Path | None = typer.Option(None, "--out", metavar="FILE", help=_("Write the run for `clerestory push`.")),
    save: bool = typer.Option(True, help=_("Keep the run in .clerestory/last-run.json beside the manifest.")),
    engine: str = typer.Option("polars", envvar="CLERESTORY_ENGINE", help=_("What counts: polars, duckdb or spark.")),
) -> None:
    """Run the checks, write the files asked for, show the results and end with the exit code."""
    from clerestory.cli.measure.progress import run_shown
    from clerestory.intake import manifest as manifests
    from clerestory.intake.repeat import read_run
    from clerestory.intake.result import run_id

    read = manifests.read(manifest)
    before = None if repeat is None else read_run(repeat)
    found = run_shown(read, engine)
    body = found.body()
    asked = {"junit": junit, "sarif": sarif, "in_toto": in_toto, "html": html}
    files = {path: body for path in (out, read.folder / LAST_RUN if save else None) if path is not None}
    uses = None if html is None else _uses(found)
    files |= {path: _written(form, found, run_id(body), uses) for form, path in asked.items() if path is not None}
    try:
        write_together(files)
    except NotWritten as error:
        remedy = _("Make room or the folder writable, or run with --no-save and without a file to write.")
        raise NotWritten(error.problem, remedy) from error
    from clerestory.cli.measure.table import show, show_repeated

    show(found, people() if as_json else output())
    if as_json:
        print_document(found.report(run_id(body)))
    if before is not None:
        from clerestory.intake.repeat import compare

        repeated = compare(before, found)
        show_repeated(repeated, people() if as_json else output())
        raise typer.Exit(0 if repeated.is_same else 1)
    raise typer.Exit(found.exit_code)


def _uses(run: "Run") -> "Overview | None":
    """Ask the model what it uses, for the page; None where there is nothing to ask."""
    from clerestory.cli.measure.progress import shown
    from clerestory.intake.overview.asked import overview_of

    with shown() as tell:
        return overview_of(run, tell)


def _written(form: str, run: "Run", run_id: str, uses: "Overview | None" = None) -> bytes:
    """Return a run in one of the forms that other tools and people read."""
    import json

    from clerestory.cli.report.junit import junit_document
    from clerestory.cli.report.page import page
    from clerestory.cli.report.sarif import sarif_document
    from clerestory.cli.report.statement import in_toto_document

    if form == "junit":
        return junit_document(run)
    if form == "html":
        return page(run, run_id, uses).encode()
    document = sarif_document(run) if form == "sarif" else in_toto_document(run)
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
