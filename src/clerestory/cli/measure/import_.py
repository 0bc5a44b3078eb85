"""``clerestory import``: registers the AI systems of a CSV or XLSX file, and reports by row and field before."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import typer

from clerestory.cli.measure.push import TokenMissing
from clerestory.cli.shell import _, output, people, print_document
from clerestory.terms.error import ClerestoryError

_EPILOG = "Example: clerestory import systems.csv --dry-run"
Answer = Mapping[str, object]


class RowsWrong(ClerestoryError):
    """Rows of the file are wrong; nothing was imported."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("import", epilog=_EPILOG)(import_)


def import_(
    path: Path = typer.Argument(help=_("CSV in UTF-8, or XLSX, with a head.")),
    dry_run: bool = typer.Option(False, "--dry-run", help=_("Report by row and field, and write nothing.")),
    column: list[str] = typer.Option([], help=_("Which column means what, as name=Title; more than once.")),
    server: str = typer.Option(
        "",
        envvar=["CLERESTORY_SERVER", "CLERESTORY_URL"],
        help=_("Address of the server; without it, this machine at the port that PORT names, or 8000."),
    ),
    port: int = typer.Option(8000, envvar="PORT", hidden=True),
    token: str = typer.Option("", envvar="CLERESTORY_TOKEN", help=_("Token with the scopes read and write.")),
    as_json: bool = typer.Option(False, "--json", help=_("Print one JSON document on stdout.")),
) -> None:
    """Register every AI system of a file, or none.

    Exit code 0: imported, or nothing wrong in a dry run. 2: rows are wrong, bad input, or refused; nothing was written.
    """
    from clerestory.cli.measure.remote import post

    if not token:
        raise TokenMissing(
            _("There is no token."), _("Make one under Members and tokens, and set CLERESTORY_TOKEN, or give --token.")
        )
    server = server or f"http://localhost:{port}"
    wanted = {"table": _table(path), "name": path.name, "mapping": _mapping(column), "dry_run": True}
    answer = post(server, "inventory/systems/import", _body(wanted), token=token)
    wrong = cast("list[Mapping[str, object]]", answer.get("problems", []))
    if not wrong and not dry_run:
        answer = post(server, "inventory/systems/import", _body(wanted | {"dry_run": False}), token=token)
    console = people() if as_json else output()
    for one in wrong:
        line = f"{_('Row')} {one['row']}, {one['field']}: {one['problem']} {one['remedy']}"
        console.print(line, soft_wrap=True, markup=False)
    for one in cast("list[Mapping[str, object]]", answer.get("duplicates", [])):
        likely = _("Row {row}: {name} is likely the same as {other}.")
        said = likely.format(row=one["row"], name=one["name"], other=one["other_name"])
        console.print(said, soft_wrap=True, markup=False)
    if as_json:
        print_document(answer)
    if wrong:
        raise RowsWrong(
            _("Wrong fields: {n}. Nothing was imported.").format(n=len(wrong)), _("Correct the rows named above.")
        )
    console.print(_done(answer, dry_run), soft_wrap=True, markup=False)


def _done(answer: Answer, dry_run: bool) -> str:
    if dry_run:
        return _("{n} systems can be imported; nothing was written.").format(n=answer.get("rows"))
    if answer.get("run_id"):
        return _("{n} systems are being imported.").format(n=answer.get("rows"))
    return _("{n} systems registered.").format(n=answer.get("registered"))


def _table(path: Path) -> str:
    """Return a file as CSV text; what is wrong with it is told before anything is sent."""
    from clerestory.registers.inventory.rules.imported import LARGEST, FileUnreadable, read_sheet

    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)  # a file without an end, such as a device, has one here
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.", "Name a CSV or XLSX file.") from error
    sheet = read_sheet(body, path.name)
    if body[:4] != b"PK\x03\x04":
        return body.decode("utf-8-sig")
    written = io.StringIO()
    csv.writer(written).writerows((sheet.head, *(cells for _number, cells in sheet.rows)))
    return written.getvalue()


def _mapping(columns: list[str]) -> dict[str, str]:
    return {name: title for name, _mark, title in (one.partition("=") for one in columns)}


def _body(wanted: Mapping[str, object]) -> bytes:
    return json.dumps(wanted).encode()
