"""``clerestory bias-audit``: runs the checks of an audit and writes what Local Law 144 of New York wants published."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clerestory.cli.shell import _, output, write_together

if TYPE_CHECKING:
    from clerestory.cli.report.sheet import Cell, Sheet
    from clerestory.intake.result import Run


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "bias-audit",
        help=_(
            "Write the published summary of a bias audit after New York City's Local Law 144 (6 RCNY 5-300 on).\n\n"
            "It runs each check fairness.selection-rate-ratio of the manifest; [bias_audit] says who audited, when, "
            "on which data. Not legal advice: an independent auditor is declared, never assumed.\n\n"
            "Exit codes are those of `clerestory check`: 1 where the interval fails the manifest's own limit. The law "
            "sets none.\n\n"
            "Example: clerestory bias-audit --html audit.html --csv audit.csv --xlsx audit.xlsx"
        ),
    )(bias_audit)


def bias_audit(
    manifest: Path = typer.Argument(Path(), help=_("Manifest, or the folder that holds clerestory.toml.")),
    html: Path = typer.Option(Path("bias-audit.html"), "--html", metavar="FILE", help=_("The page to publish.")),
    csv: Path | None = typer.Option(None, "--csv", metavar="FILE", help=_("Write the tables as one CSV file.")),
    xlsx: Path | None = typer.Option(None, "--xlsx", metavar="FILE", help=_("Write summary and tables as a workbook.")),
    out: Path | None = typer.Option(None, "--out", metavar="FILE", help=_("Write the run for `clerestory push`.")),
    as_json: bool = typer.Option(False, "--json", help=_("Print summary and tables as one JSON document on stdout.")),
    engine: str = typer.Option("polars", envvar="CLERESTORY_ENGINE", help=_("What counts: polars, duckdb or spark.")),
) -> None:
    """Run the checks of the audit, write the files whole or not at all, and end with the exit code of the run."""
    from clerestory.cli.measure.progress import run_shown
    from clerestory.cli.report.bias_audit import NAME, bias_audit_page
    from clerestory.cli.report.sheet import csv_document, workbook
    from clerestory.intake import manifest as manifests
    from clerestory.intake.result import run_id

    read = manifests.read(manifest)
    found = run_shown(replace(read, checks=tuple(table for table in read.checks if table.name == NAME)), engine)
    body = found.body()
    files = {html: bias_audit_page(found, run_id(body)).encode()}
    summary, tables = _sheets(found)
    if csv is not None:
        files[csv] = csv_document(tables)
    if xlsx is not None:
        files[xlsx] = workbook([summary, tables], title="Bias audit", at=found.started_at)
    if out is not None:
        files[out] = body
    write_together(files)
    if as_json:
        _print_json(found, run_id(body), summary, tables)
    else:
        _show(found, summary, files)
    raise typer.Exit(found.exit_code)


def _sheets(run: "Run") -> tuple["Sheet", "Sheet"]:
    """Return the summary, and all tables in one."""
    from clerestory.cli.report.bias_audit import audits, facts, name, note, reason_for_excluding
    from clerestory.cli.report.sheet import Sheet

    found = audits(run)
    rows: list[tuple[Cell, ...]] = []
    for audit in found:
        for part in audit.parts:
            for item in part.categories:
                below = item.is_below_four_fifths
                rows.append((
                    audit.title(part),
                    audit.rate,
                    name(item),
                    item.assessed,
                    item.selected,
                    None if item.rate is None else item.rate.value,
                    None if item.rate is None else item.rate.low,
                    None if item.rate is None else item.rate.high,
                    item.impact_ratio,
                    "" if below is None else "yes" if below else "no",
                    item.status,
                    note(item, reason_for_excluding(audit)),
                ))  # fmt: skip
    heads = (
        "Categories", "Rate", "Category", "Applicants", "Selected or above the median", "Rate of the category",
        "95 % low", "95 % high", "Impact ratio", "Below four fifths", "Status", "Note",
    )  # fmt: skip
    return Sheet("Summary", ("", "Published"), facts(run, found)), Sheet("Categories", heads, rows)


def _print_json(run: "Run", run_id: str, summary: "Sheet", tables: "Sheet") -> None:
    from clerestory.cli.shell import print_document

    keys = (
        "categories", "rate", "category", "applicants", "selected", "value", "low", "high", "impact_ratio",
        "below_four_fifths", "status", "note",
    )  # fmt: skip
    print_document(
        {
            **run.report(run_id),
            "summary": {str(key): value for key, value in summary.rows},
            "tables": [dict(zip(keys, row, strict=True)) for row in tables.rows],
        }
    )


def _show(run: "Run", summary: "Sheet", files: dict[Path, bytes]) -> None:
    from clerestory.cli.measure.table import show

    console = output()
    for key, value in summary.rows:
        console.print(f"{key}: {value}", markup=False)
    console.print()
    show(run, console)
    for file in files:
        console.print(_("Written: {file}").format(file=file), markup=False)
