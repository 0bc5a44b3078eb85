"""``clerestory pack``: writes the one file that proves it all, and checks one without a server."""

from pathlib import Path

import typer

from clerestory.cli.shell import _, output, print_document, write_whole

_SCOPES = "without-personal"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    pack = typer.Typer(no_args_is_help=True, help=_("The audit pack: one file that proves it all offline."))
    pack.command(
        "create",
        help=_("Write the audit pack of an organisation.\n\nExample: clerestory pack create northlight.zip"),
    )(create)
    pack.command(
        "verify",
        help=_("Check a pack offline.\n\nExample: clerestory pack verify northlight.zip --trust trust.json"),
    )(verify)
    pack.command(
        "sample",
        help=_(
            "Draw entries out of a pack so that anybody draws the same.\n\n"
            "Example: clerestory pack sample northlight.zip 25 --seed 'dice 4 1 6' --trust trust.json"
        ),
    )(sample)
    pack.command(
        "verifier",
        help=_(
            "Write the auditor's program as one file, for Python 3.9 or newer or for a browser.\n\n"
            "Example: clerestory pack verifier --html -o verify.html"
        ),
    )(verifier)
    app.add_typer(pack, name="pack")


def create(
    file: Path = typer.Argument(help=_("File to write; an existing one is replaced when the new one is whole.")),
    at: str | None = typer.Option(
        None, metavar="DATE", help=_("Past day or moment to judge at; now where none is given.")
    ),
    organisation: str | None = typer.Option(None, help=_("Id of the organisation, where there are several.")),
    as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout.")),
) -> None:
    """Write the whole log, all facts, the contents in scope, the checkpoint and the claimed statuses into one file."""
    from clerestory.cli.server.start import held_at, one_organisation, ready
    from clerestory.terms.moment import moment_text

    ready()
    from clerestory.intake.witnessing.ask import ask
    from clerestory.report.pack.write import write
    from clerestory.store import clock
    from clerestory.store.log import status

    moment = held_at(at)
    chosen = one_organisation(organisation)
    ask(chosen, now=clock.now())
    write(chosen, file, at=moment, now=clock.now(), scope=_SCOPES)
    state = status(chosen)
    if as_json:
        print_document({
            "file": str(file), "bytes": file.stat().st_size, "entries": state.signed_size, "root": state.root,
            "at": moment_text(moment),
        })  # fmt: skip
        return
    output().print(
        _("{file}: {entries} entries, {bytes} bytes.").format(
            file=file, entries=state.signed_size, bytes=file.stat().st_size
        ),
        markup=False,
    )
    output().print(_("Hand the auditor the trust file by another way: clerestory ledger trust"), markup=False)


def verify(
    file: Path = typer.Argument(help=_("The pack, a zip file, or the proof of one entry.")),
    trust: Path | None = typer.Option(
        None, metavar="FILE", help=_("Keys of the log, from `clerestory ledger trust`, or a policy.")
    ),
    earlier: list[Path] = typer.Option(
        [], metavar="FILE", help=_("A pack or checkpoint received before, which this log must extend.")
    ),
    as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout.")),
) -> None:
    """Re-compute tree, signature, contents and every status. Needs no server, no network and no trust in either.

    Exit code 0: all follows. 1: something does not. 2: no readable pack. 4: no trust file was given. 5: too few
    witnesses for the trust file.
    """
    from clerestory.verify.command import check, show

    verdict = check(file, trust, earlier)
    show(verdict, file.name, as_json=as_json)
    raise typer.Exit(int(verdict.exit_code))


def verifier(
    file: Path | None = typer.Option(
        None, "--output", "-o", help=_("File to write; verify.py or verify.html where none is given.")
    ),
    html: bool = typer.Option(
        False, "--html", help=_("One page for a browser, which checks all but the statuses, without network.")
    ),
    as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout.")),
) -> None:
    """Write verify.py, which needs nothing but Python, and print the SHA-256 that tells it from any other.

    It gives the verdicts of `clerestory pack verify`. The same version writes the same bytes everywhere. With --html it
    is verify.html, which needs nothing but a browser and says that it derives no status again.
    """
    from clerestory.report.verifier.page import page
    from clerestory.report.verifier.write import digest, verifier

    data = page() if html else verifier()
    file = file or Path("verify.html" if html else "verify.py")
    write_whole(file, data)
    if as_json:
        print_document({"file": str(file), "bytes": len(data), "digest": f"sha256:{digest(data)}"})
        return
    output().print(
        _("{file}: {bytes} bytes, SHA-256 {digest}").format(file=file, bytes=len(data), digest=digest(data)),
        markup=False, soft_wrap=True,
    )  # fmt: skip


def sample(
    file: Path = typer.Argument(help=_("The pack, a zip file.")),
    count: int = typer.Argument(help=_("How many entries.")),
    seed: str = typer.Option(..., metavar="TEXT", help=_("What it is drawn by; say it after you received the pack.")),
    kind: str = typer.Option("", help=_("Draw from the entries of this kind alone.")),
    trust: Path | None = typer.Option(
        None, metavar="FILE", help=_("Keys of the log, from `clerestory ledger trust`, or a policy.")
    ),
    as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout.")),
) -> None:
    """Check a pack, then draw a sample by the seed and the signed root. Exit codes are those of pack verify.

    Nothing is drawn from a pack that does not follow.
    """
    from clerestory.verify.command import check, show, show_sample

    verdict = check(file, trust)
    if verdict.follows:
        raise typer.Exit(show_sample(file, verdict, count, seed, kind, as_json=as_json))
    show(verdict, file.name, as_json=as_json)
    raise typer.Exit(int(verdict.exit_code))
