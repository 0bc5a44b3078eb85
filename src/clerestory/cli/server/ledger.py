"""``clerestory ledger``: where the log stands, whether it still fits, and the trust file for an auditor."""

import typer

from clerestory.cli.server.start import one_organisation, organisations, ready
from clerestory.cli.shell import FAILED, FINE, _, output, print_document

_ORGANISATION = typer.Option(None, "--organisation", help=_("Id of the organisation; all where none is named."))
_JSON = typer.Option(False, "--json", help=_("Write one JSON document on stdout."))


def add(app: typer.Typer) -> None:
    """Register the commands."""
    ledger = typer.Typer(no_args_is_help=True, help=_("The evidence log of each organisation."))
    ledger.command(
        "status", help=_("Show size, root, checkpoint and what waits.\n\nExample: clerestory ledger status --json")
    )(status)
    ledger.command(
        "verify", help=_("Read the whole log again and name what does not fit.\n\nExample: clerestory ledger verify")
    )(verify)
    ledger.command(
        "trust",
        help=_(
            "Print the trust file to hand to an auditor.\n\nExample: clerestory ledger trust > northlight-trust.json"
        ),
    )(trust)
    ledger.command(
        "proof",
        help=_(
            "Write the proof that one entry stands in the log.\n\n"
            "Example: clerestory ledger proof ENTRY > entry.tlog-proof"
        ),
    )(proof)
    app.add_typer(ledger, name="ledger")


def status(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """Show where each log stands; exit code 1 where a log is not the continuation of what was signed."""
    ready()
    from clerestory.store import log

    rows = [log.status(organisation_id) for organisation_id in organisations(organisation)]
    if as_json:
        print_document({"logs": [_status_document(row) for row in rows]})
    else:
        for row in rows:
            _show(_status_document(row))
    raise typer.Exit(FAILED if any(row.problem for row in rows) else FINE)


def verify(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """Read every row again, rebuild the tree, and compare; exit code 1 where something does not fit."""
    ready()
    from clerestory.store.log.recheck import recheck

    results = {organisation_id: recheck(organisation_id) for organisation_id in organisations(organisation)}
    if as_json:
        print_document(
            {
                "logs": [
                    {
                        "organisation": organisation_id,
                        "size": result.size,
                        "root": result.root,
                        "outbox": result.outbox,
                        "checkpoints": result.checkpoints,
                        "follows": not result.misfits,
                        "problems": [
                            {
                                "code": misfit.code,
                                "where": misfit.where,
                                "problem": misfit.problem,
                                "remedy": misfit.remedy,
                            }
                            for misfit in result.misfits
                        ],
                    }
                    for organisation_id, result in results.items()
                ]
            }
        )
    else:
        for organisation_id, result in results.items():
            output().print(
                _("{id}: {size} entries, {checkpoints} checkpoints, {problems} problems").format(
                    id=organisation_id, size=result.size, checkpoints=result.checkpoints, problems=len(result.misfits)
                ),
                markup=False,
            )
            for misfit in result.misfits:
                output().print(f"  {misfit.code}  {misfit.where}: {misfit.problem}", markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if any(result.misfits for result in results.values()) else FINE)


def trust(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """Print the trust file: the name of the log and its public key. It is JSON with and without --json."""
    del as_json
    ready()
    from clerestory.ledger.vkey import read_vkey
    from clerestory.store import keys
    from clerestory.verify.trust import Trust, trust_text

    organisation_id = one_organisation(organisation)
    key = read_vkey(keys.verifier_key(organisation_id))
    typer.echo(trust_text(Trust(keys.origin(organisation_id), (key,))), nl=False)


def proof(entry: str = typer.Argument(help=_("Id of the entry.")), organisation: str | None = _ORGANISATION) -> None:
    """Write leaf, path and signed checkpoint as one text; clerestory pack verify checks it offline."""
    ready()
    from clerestory.store import log
    from clerestory.terms.ids import EntryId

    typer.echo(log.proof_file(one_organisation(organisation), EntryId(entry)), nl=False)


def _status_document(row: object) -> dict[str, object]:
    from clerestory.store.log import LogStatus
    from clerestory.terms.moment import moment_text

    assert isinstance(row, LogStatus)  # noqa: S101
    return {
        "organisation": row.organisation_id,
        "origin": row.origin,
        "size": row.size,
        "root": row.root,
        "outbox": row.outbox,
        "checkpoint_size": row.signed_size,
        "checkpoint_at": moment_text(row.signed_at) if row.signed_at else "",
        "unwitnessed_since": moment_text(row.unwitnessed_since) if row.unwitnessed_since else "",
        "follows": not row.problem,
        "problem": row.problem,
        "remedy": row.remedy,
    }


def _show(document: dict[str, object]) -> None:
    labels = {
        "origin": _("Log"),
        "size": _("Entries"),
        "root": _("Root"),
        "checkpoint_size": _("Signed entries"),
        "checkpoint_at": _("Signed at"),
        "outbox": _("Waiting"),
        "unwitnessed_since": _("Without witness since"),
        "problem": _("Problem"),
        "remedy": _("Remedy"),
    }
    for key, label in labels.items():
        if document[key] != "":
            output().print(f"{label:<24}{document[key]}", markup=False, soft_wrap=True)
