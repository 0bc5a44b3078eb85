"""``clerestory ledger rotate``: the next key of a log, and the end of the one before."""

from typing import TYPE_CHECKING

import typer

from clerestory.cli.server.people import acting
from clerestory.cli.server.start import ready
from clerestory.cli.shell import _, output, print_document

if TYPE_CHECKING:
    from clerestory.store.rotation import Rotated


def add(ledger: typer.Typer) -> None:
    """Register the command."""
    ledger.command(
        "rotate",
        help=_(
            "Let the log's key name the next one, or end the old one of two.\n\n"
            "Example: clerestory ledger rotate --as ada@example.org"
        ),
    )(rotate)


def rotate(
    by: str = typer.Option(..., "--as", help=_("E-mail address of the administrator who does this.")),
    end: bool = typer.Option(False, "--end", help=_("End the older of the two keys that sign the log.")),
    compromised: bool = typer.Option(
        False, "--compromised", help=_("The old key is in other hands: it ends at once, and the log says why.")
    ),
    organisation: str | None = typer.Option(
        None, "--organisation", help=_("Id of the organisation; needed where there are several.")
    ),
    as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout.")),
) -> None:
    """Name the next key, by the one in force; both sign until the old one is ended."""
    ready()
    from clerestory.registers.organisation.commands import end_key, rotate_key
    from clerestory.store.keys import key_path

    actor = acting(by, organisation)
    rotated = (end_key if end else rotate_key)(actor=actor, compromised=compromised)
    if as_json:
        print_document(_document(rotated))
        return
    output().print(_("New key: {key}").format(key=_document(rotated)["key"]), markup=False, soft_wrap=True)
    output().print(
        _("It lies in {path}: back up the keys folder now.").format(path=key_path(actor.organisation_id, rotated.new)),
        markup=False,
        soft_wrap=True,
    )
    said = (
        _("The key {old} signs no longer. Hand out the new trust file: clerestory ledger trust")
        if rotated.ended
        else _("Both keys sign from now on. Hand out the new trust file, then run: clerestory ledger rotate --end")
    )
    output().print(said.format(old=rotated.old.key_id.hex()), markup=False, soft_wrap=True)


def _document(rotated: "Rotated") -> dict[str, object]:
    from clerestory.ledger.vkey import vkey_text

    return {"key": vkey_text(rotated.new), "before": vkey_text(rotated.old), "ended": rotated.ended}
