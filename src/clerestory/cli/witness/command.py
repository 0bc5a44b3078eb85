"""``clerestory witness``: sees the logs of others, so that their owners cannot show two histories. Runs by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clerestory.cli.shell import _, output, print_document
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    from clerestory.ledger.vkey import VerifierKey

_FOLDER = typer.Argument(help=_("Folder of the witness: its key and its memory."))
_JSON = typer.Option(False, "--json", help=_("Write one JSON document on stdout."))


class LogsUnclear(ClerestoryError):
    """A file says no log that a witness could serve."""


def add(app: typer.Typer) -> None:
    """Register the commands."""
    witness = typer.Typer(
        no_args_is_help=True, help=_("A witness for the logs of others: it signs what it saw, and never an older log.")
    )
    witness.command(
        "init",
        help=_(
            "Make a witness: its key and an empty memory.\n\n"
            "Example: clerestory witness init ~/witness --name auditor.example/northlight"
        ),
    )(init)
    witness.command(
        "key",
        help=_("Print the key to hand to the owners of logs.\n\nExample: clerestory witness key ~/witness"),
    )(key)
    witness.command(
        "serve",
        help=_(
            "Answer logs that ask for cosignatures, until stopped.\n\n"
            "Example: clerestory witness serve ~/witness --logs northlight-trust.json"
        ),
    )(serve)
    witness.command(
        "seen",
        help=_("Show what was cosigned last of each log.\n\nExample: clerestory witness seen ~/witness --json"),
    )(seen)
    app.add_typer(witness, name="witness")


def init(
    folder: Path = _FOLDER,
    name: str = typer.Option(..., "--name", help=_("Name of the witness, as a web address without https://.")),
    as_json: bool = _JSON,
) -> None:
    """Make a witness and print its public key; the private one never leaves the folder."""
    from clerestory.ledger.vkey import vkey_text
    from clerestory.store.witness.keeping import make

    _print_key(vkey_text(make(folder, name).key), as_json)


def key(folder: Path = _FOLDER, as_json: bool = _JSON) -> None:
    """Print the public key of a witness as one line."""
    from clerestory.ledger.vkey import vkey_text
    from clerestory.store.witness.keeping import Keeping

    _print_key(vkey_text(Keeping(folder).key.key), as_json)


def serve(
    folder: Path = _FOLDER,
    logs: list[Path] = typer.Option(
        ..., "--logs", metavar="FILE", help=_("Trust file or policy of a log to witness; may be repeated.")
    ),
    host: str = typer.Option("127.0.0.1", help=_("Address to listen at.")),
    port: int = typer.Option(8190, min=0, max=65535, help=_("Port to listen at.")),
) -> None:
    """Serve add-checkpoint of c2sp.org/tlog-witness, and what was cosigned last of each log."""
    from clerestory.cli.witness.serving import Server
    from clerestory.store.witness.keeping import Keeping

    keeping, known = Keeping(folder), _logs(logs)
    with Server((host, port), keeping, known) as server:
        output().print(
            _("Witness {name} for {logs} at http://{host}:{port}").format(
                name=keeping.key.key.name,
                logs=", ".join(sorted(known)),
                host=f"[{host}]" if ":" in host else host,
                port=server.server_address[1],
            ),
            markup=False,
            soft_wrap=True,
        )
        _until_stopped(server.serve_forever)


def seen(folder: Path = _FOLDER, as_json: bool = _JSON) -> None:
    """Show the newest cosigned checkpoint of each log; as JSON with the signed note, a file for --earlier."""
    from datetime import UTC, datetime

    from clerestory.store.witness.keeping import Keeping
    from clerestory.terms.moment import moment_text

    rows = [
        {
            "origin": row.origin,
            "size": row.size,
            "root": row.root.hex(),
            "at": moment_text(datetime.fromtimestamp(row.at, UTC)),
            "note": row.note.decode(),
        }
        for row in Keeping(folder).seen()
    ]
    if as_json:
        print_document({"logs": rows})
        return
    for row in rows:
        output().print(
            _("{origin}: {size} entries, cosigned {at}, root {root}").format(**row), markup=False, soft_wrap=True
        )
    if not rows:
        output().print(_("Nothing was cosigned yet."), markup=False)


def _print_key(line: str, as_json: bool) -> None:
    if as_json:
        print_document({"key": line})
    else:
        typer.echo(line)


def _logs(files: list[Path]) -> dict[str, tuple["VerifierKey", ...]]:
    from clerestory.verify.trust import LARGEST, TrustUnreadable, read_trust

    known: dict[str, tuple[VerifierKey, ...]] = {}
    for file in files:
        try:
            with file.open("rb") as opened:
                trust = read_trust(opened.read(LARGEST))
        except OSError as error:
            raise LogsUnclear(
                _("The file {file} cannot be read: {reason}.").format(file=file, reason=error.strerror),
                _("Name the trust file of the log, from `clerestory ledger trust`."),
            ) from error
        except TrustUnreadable as error:
            raise LogsUnclear(f"{file}: {error.problem}", error.remedy) from error
        for key in trust.keys:
            known[key.name] = tuple(dict.fromkeys((*known.get(key.name, ()), key)))
    return known


def _until_stopped(work: Callable[[], None]) -> None:
    import signal

    def stop(*_arguments: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    try:
        work()
    except KeyboardInterrupt:
        raise SystemExit(0) from None
