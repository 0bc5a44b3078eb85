"""``clerestory ledger recover``: the deliberate way out for a log that is older than what was signed."""

from pathlib import Path

import typer

from clerestory.cli.server.people import acting
from clerestory.cli.server.start import ready
from clerestory.cli.shell import _, output, print_document


def recover(
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help=_("What happened; it is written into the log.")),
    by: str = typer.Option(..., "--as", help=_("E-mail address of the member who does this.")),
    pack: list[Path] = typer.Option([], metavar="FILE", help=_("A pack of this log to read entries in from.")),
    organisation: str | None = typer.Option(
        None, "--organisation", help=_("Id of the organisation; all where none is named.")
    ),
    as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout.")),
) -> None:
    """Read in again what was signed and is missing, from the publication and packs; say in the log who did so and why.

    Refused where not all that was signed is held: then nothing changes.
    """
    ready()
    from clerestory.registers.organisation.commands import recover_log

    done = recover_log(actor=acting(by, organisation), packs=pack, reason=reason)
    if as_json:
        print_document({
            "had": done.had, "size": done.size, "root": done.root, "entries": list(done.entries),
            "lost": list(done.lost), "moved": done.moved, "disowned": list(done.disowned),
        })  # fmt: skip
        return
    said = _("{back} entries are back; the log has the {size} that were signed. {moved} others stand behind them.")
    output().print(said.format(back=len(done.entries), size=done.size, moved=done.moved), markup=False)
    for entry in done.lost:
        output().print(_("Its content is lost: {entry}").format(entry=entry), markup=False)
    for note in done.disowned:
        output().print(_("Signed over another history: {note}").format(note=note), markup=False)
    if done.entries:
        output().print(_("Their records are not in the registers: add those by hand."), markup=False)
