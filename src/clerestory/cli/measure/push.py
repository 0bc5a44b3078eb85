"""``clerestory push``: hands a run to a server, or registers a manifest there before anything is measured."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from clerestory.cli.measure.check import LAST_RUN
from clerestory.cli.shell import _, output, people, print_document
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    from rich.console import Console

_EPILOG = "Example: CLERESTORY_TOKEN=clr_... clerestory push --server https://clerestory.example.org"
Answer = Mapping[str, object]


class NothingToPush(ClerestoryError):
    """There is no run to push, or the file is none."""


class TokenMissing(ClerestoryError):
    """No token was given."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("push", epilog=_EPILOG)(push)


def push(
    path: Path = typer.Argument(Path(), help=_("Run file, manifest, or the folder that holds clerestory.toml.")),
    server: str = typer.Option(
        "",
        envvar=["CLERESTORY_SERVER", "CLERESTORY_URL"],
        help=_("Address of the server; without it, this machine at the port that PORT names, or 8000."),
    ),
    port: int = typer.Option(8000, envvar="PORT", hidden=True),
    token: str = typer.Option("", envvar="CLERESTORY_TOKEN", help=_("Token with the scope push; better by variable.")),
    register: bool = typer.Option(
        False, "--register", help=_("Register system, model and data, and propose the limits on data, before a check.")
    ),
    as_json: bool = typer.Option(False, "--json", help=_("Print one JSON document on stdout.")),
) -> None:
    """Hand the last run of `clerestory check` to a server, which computes every verdict again.

    With --register nothing measured is sent: the limits on data are proposed, so that a second person can approve them
    before the data are measured. Exit code 0: recorded. 2: bad input, or refused by the server; nothing was recorded.
    """
    from clerestory.cli.measure.remote import post

    if not token:
        raise TokenMissing(
            _("There is no token."),
            _("Make one under Members and tokens, and set CLERESTORY_TOKEN, or give --token."),
        )
    server = server or f"http://localhost:{port}"
    body = _registration(path) if register else _run(path)
    answer = post(server, "intake/registrations" if register else "intake/runs", body, token=token)
    console = people() if as_json else output()
    if register:
        _show_registration(console, answer, server)
    else:
        _show_receipt(console, answer, server)
    if as_json:
        print_document(answer)


def _run(path: Path) -> bytes:
    from clerestory.ledger.canonical import NotCanonical, decode

    file = path / LAST_RUN if path.is_dir() else path.parent / LAST_RUN if path.suffix == ".toml" else path
    try:
        body = file.read_bytes()
    except OSError as error:
        raise NothingToPush(
            _("There is no run at {file}.").format(file=file),
            _("Run `clerestory check` first, or name the file that it wrote with --out."),
        ) from error
    try:
        decode(body)
    except NotCanonical as error:
        raise NothingToPush(
            _("{file} is no run as `clerestory check` writes it.").format(file=file),
            _("Run `clerestory check` again; the file cannot be edited."),
        ) from error
    return body


def _registration(path: Path) -> bytes:
    from clerestory.intake import manifest
    from clerestory.intake.registration import registration
    from clerestory.ledger.canonical import encode

    return encode(registration(manifest.read(path), now=datetime.now(UTC)))


def _show_receipt(console: "Console", answer: Answer, server: str) -> None:
    from rich.table import Table
    from rich.text import Text

    colours = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (_("Check"), _("Criterion"), _("Verdict"), _("Entry")):
        table.add_column(heading)
    for check in cast("list[Mapping[str, str | None]]", answer.get("checks", [])):
        verdict = check["verdict"] or _("could not run")
        name = f"{check['name']} [{check['slice']}]" if check["slice"] else str(check["name"])
        table.add_row(
            Text(name),
            Text(str(check["criterion"])),
            Text(verdict, style=colours.get(verdict, "")),
            Text(check["entry_id"] or "-"),
        )
    console.print(table)
    _show_news(console, answer)
    known = _("was recorded before; nothing changed") if answer.get("already_received") else _("is recorded")
    console.print(
        f"{answer.get('run_id')} {known}: {server.rstrip('/')}/systems/{answer.get('system_id')}/",
        soft_wrap=True,
        markup=False,
    )


def _show_registration(console: "Console", answer: Answer, server: str) -> None:
    _show_news(console, answer)
    version = answer.get("dataset_version_id")
    if answer.get("criteria_entry"):
        console.print(
            _("Limits on data are proposed; a second person approves them at: {url}").format(
                url=f"{server.rstrip('/')}/data/version/{version}/"
            ),
            soft_wrap=True,
            markup=False,
        )
    topics = ", ".join(cast("list[str]", answer.get("topics_without_limit", [])))
    if topics:
        console.print(
            _("No check of the manifest sets a limit on: {topics}. Add them there.").format(topics=topics),
            soft_wrap=True,
            markup=False,
        )


def _show_news(console: "Console", answer: Answer) -> None:
    for subject in cast("list[str]", answer.get("registered", [])):
        console.print(_("Registered: {subject}").format(subject=subject), soft_wrap=True, markup=False)
    for difference in cast("list[str]", answer.get("differences", [])):
        console.print(_("Different: {difference}").format(difference=difference), soft_wrap=True, markup=False)
