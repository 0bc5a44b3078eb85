"""``clerestory ledger``: where the log stands, whether it still fits, and the trust file for an auditor."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clerestory.cli.server import rotation
from clerestory.cli.server.recovery import recover
from clerestory.cli.server.start import one_organisation, organisations, ready
from clerestory.cli.shell import FAILED, FINE, _, output, print_document
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    from clerestory.store.log import LogStatus
    from clerestory.terms.ids import OrganisationId

_ORGANISATION = typer.Option(None, "--organisation", help=_("Id of the organisation; all where none is named."))
_JSON = typer.Option(False, "--json", help=_("Write one JSON document on stdout."))


class PolicyUnreadable(ClerestoryError):
    """The file with the policy cannot be read."""


class NowhereToPublish(ClerestoryError):
    """No folder is named in which logs are published."""


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
    ledger.command(
        "witnesses",
        help=_(
            "Show the witnesses of the log, or take the policy that names them.\n\n"
            "Example: clerestory ledger witnesses --policy witnesses.policy"
        ),
    )(witnesses)
    ledger.command(
        "publish",
        help=_(
            "Write the log as files into the folder that CLERESTORY_PUBLISH names.\n\n"
            "Example: clerestory ledger publish --json"
        ),
    )(publish)
    ledger.command(
        "recover",
        help=_(
            "Read in again what was signed and is missing, and say so in the log.\n\n"
            "Example: clerestory ledger recover --pack northlight.zip --reason 'disk failed' --as ada@example.org"
        ),
    )(recover)
    ledger.command(
        "timestamp",
        help=_(
            "Ask the time stamping authority for a token over the newest checkpoint.\n\n"
            "Example: clerestory ledger timestamp"
        ),
    )(timestamp)
    rotation.add(ledger)
    app.add_typer(ledger, name="ledger")


def status(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """Show where each log stands; exit code 1 where a log is not the continuation of what was signed."""
    ready()
    from clerestory.store import log

    rows = [log.status(organisation_id) for organisation_id in organisations(organisation)]
    documents = [{**_status_document(row), **_recheck_document(row.organisation_id)} for row in rows]
    if as_json:
        print_document({"logs": documents})
    else:
        for document in documents:
            _show(document)
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
                        "rows": result.rows,
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
                _("{id}: {size} entries, {checkpoints} checkpoints, {rows} rows, {problems} problems").format(
                    id=organisation_id,
                    size=result.size,
                    checkpoints=result.checkpoints,
                    rows=result.rows,
                    problems=len(result.misfits),
                ),
                markup=False,
            )
            for misfit in result.misfits:
                output().print(f"  {misfit.code}  {misfit.where}: {misfit.problem}", markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if any(result.misfits for result in results.values()) else FINE)


def trust(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """Print the trust file: the log's name, its keys, and what each may sign. It is JSON with and without --json."""
    del as_json
    ready()
    from clerestory.store import keys
    from clerestory.verify.trust import Trust, trust_text

    organisation_id = one_organisation(organisation)
    terms = keys.terms(organisation_id)
    known = tuple(term.key for term in terms)
    typer.echo(trust_text(Trust(keys.origin(organisation_id), known, terms=terms)), nl=False)


def publish(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """Publish what the quorum of the witnesses has seen; the worker does the same as soon as there is more."""
    ready()
    from clerestory.store.publication.publish import publish as publish_log
    from clerestory.store.sequencer.published import folder_of

    rows = []
    for organisation_id in organisations(organisation):
        folder = folder_of(organisation_id)
        if folder is None:
            raise NowhereToPublish(
                _("No folder is named in which logs are published."),
                _("Set CLERESTORY_PUBLISH to a folder, here and for the worker."),
            )
        size = publish_log(organisation_id)
        rows.append({"organisation": organisation_id, "size": size, "folder": str(folder)})
    if as_json:
        print_document({"logs": rows})
        return
    for row in rows:
        output().print(
            _("{organisation}: {size} entries are published in {folder}").format(**row), markup=False, soft_wrap=True
        )


def proof(entry: str = typer.Argument(help=_("Id of the entry.")), organisation: str | None = _ORGANISATION) -> None:
    """Write leaf, path and signed checkpoint as one text; clerestory pack verify checks it offline."""
    ready()
    from clerestory.store import log
    from clerestory.terms.ids import EntryId

    typer.echo(log.proof_file(one_organisation(organisation), EntryId(entry)), nl=False)


def witnesses(
    policy: Path | None = typer.Option(
        None, metavar="FILE", help=_("C2SP policy with the witnesses to ask, their addresses and the quorum.")
    ),
    organisation: str | None = _ORGANISATION,
    as_json: bool = _JSON,
) -> None:
    """Ask the witnesses that are due and show how it stands with each; exit code 1 where one contradicts the log."""
    ready()
    from clerestory.intake.witnessing.ask import ask
    from clerestory.store import clock, log
    from clerestory.store.log.cosigned import policy_of, take_policy

    chosen = one_organisation(organisation)
    if policy is not None:
        take_policy(chosen, _policy(policy))
    policy_of(chosen)
    ask(chosen, now=clock.now())
    row = log.status(chosen)
    document = {key: _status_document(row)[key] for key in ("size", "witnessed_size", "unwitnessed_since", "witnesses")}
    if as_json:
        print_document(document)
    else:
        _show_witnesses(row)
    raise typer.Exit(FAILED if any(witness.contradicts for witness in row.witnesses) else FINE)


def timestamp(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """Ask for a token over the newest checkpoint and show how it stands; exit code 1 where there is none."""
    ready()
    from clerestory.intake.stamping.ask import AuthorityNotNamed, service, stamp
    from clerestory.store import clock
    from clerestory.terms.moment import moment_text

    chosen, asked = one_organisation(organisation), service()
    if asked is None:
        raise AuthorityNotNamed(
            _("No time stamping authority is named."),
            _("Set CLERESTORY_STAMP_URL to its address and CLERESTORY_STAMP_CERTIFICATES to its certificate."),
        )
    row = stamp(chosen, asked, now=clock.now())
    not_after = moment_text(row.at) if row.at else ""
    if as_json:
        print_document({"size": row.size, "not_after": not_after, "authority": row.authority, "problem": row.problem})
    else:
        if row.at:
            output().print(
                _("{size} entries existed not later than {moment}: a token of {authority}").format(
                    size=row.size, moment=not_after, authority=row.authority
                ),
                markup=False,
            )
        if row.problem:
            output().print(row.problem, markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if row.problem or not row.at else FINE)


def _policy(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PolicyUnreadable(
            _("The file {file} cannot be read: {reason}.").format(file=file, reason=error.strerror),
            _("Check the path and that you may read it."),
        ) from error


def _show_witnesses(row: "LogStatus") -> None:
    for witness in row.witnesses:
        counts = _("counts") if witness.counts else _("does not count")
        said = witness.problem or _("cosigned {size} entries").format(size=witness.size)
        output().print(f"{witness.name}  {counts}  {witness.address}: {said}", markup=False, soft_wrap=True)
    if not row.witnesses:
        output().print(_("There is no policy, so no witness is asked."), markup=False)


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
        "witnessed_size": row.witnessed_size,
        "witnesses": [
            {
                "name": witness.name,
                "address": witness.address,
                "counts": witness.counts,
                "size": witness.size,
                "at": moment_text(witness.at) if witness.at else "",
                "problem": witness.problem,
                "contradicts": witness.contradicts,
            }
            for witness in row.witnesses
        ],
        "published_size": "" if row.published_size is None else row.published_size,
        "follows": not row.problem,
        "problem": row.problem,
        "remedy": row.remedy,
    }


def _recheck_document(organisation_id: "OrganisationId") -> dict[str, object]:
    """Say how it went when the worker read the log again last; nothing where it never did."""
    from clerestory.store import log
    from clerestory.terms.moment import moment_text

    last = log.last_recheck(organisation_id)
    if last is None:
        return {
            "rechecked_at": "",
            "rechecked_by": "",
            "rechecked_size": "",
            "rechecked_rows": "",
            "rechecked_found": "",
        }
    return {
        "rechecked_at": moment_text(last.at),
        "rechecked_by": last.by,
        "rechecked_size": last.size,
        "rechecked_rows": last.rows,
        "rechecked_found": last.problems,
    }


def _show(document: dict[str, object]) -> None:
    labels = {
        "origin": _("Log"),
        "size": _("Entries"),
        "root": _("Root"),
        "checkpoint_size": _("Signed entries"),
        "checkpoint_at": _("Signed at"),
        "outbox": _("Waiting"),
        "witnessed_size": _("Witnessed entries"),
        "unwitnessed_since": _("Without witness since"),
        "published_size": _("Published entries"),
        "rechecked_at": _("Read again at"),
        "rechecked_size": _("Entries read again"),
        "rechecked_rows": _("Rows compared"),
        "rechecked_found": _("Found then"),
        "problem": _("Problem"),
        "remedy": _("Remedy"),
    }
    for key, label in labels.items():
        if document[key] != "":
            output().print(f"{label:<24}{document[key]}", markup=False, soft_wrap=True)
