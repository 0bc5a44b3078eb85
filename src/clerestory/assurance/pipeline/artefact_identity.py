"""What runs, hashed now, against the digest that was approved, and the signature over that approval."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from posixpath import basename
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.window import AS_OF
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Read, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.checksums import content_digest, listed
from clerestory.assurance.trial.files import (
    STRONG,
    FileUnusable,
    digest,
    has_digest,
    matching,
    needed,
    offered,
    split_digest,
)
from clerestory.assurance.trial.statement import NotAStatement, detached, envelopes, keys, signers, statement

NAME = "pipeline.artefact-identity"
_ENVELOPES = (".dsse.json", ".intoto.json", ".intoto.jsonl", ".sigstore.json")
_PARAMETERS = (
    Parameter(
        name="deployed",
        kind="texts",
        default=("deployed/**/*",),
        names_slice=True,
        meaning="Patterns of the files that run: where the service takes them from.",
    ),
    Parameter(
        name="approved",
        kind="text",
        default="approved.sha256",
        names_slice=True,
        meaning="What was approved, by file name: lines of sha256sum, CSV or JSON with digests, or a signed in-toto "
        "statement.",
    ),
    Parameter(
        name="keys",
        kind="texts",
        names_slice=True,
        meaning="Patterns of the public keys, as PEM, of which one must have signed what was approved; none is asked.",
    ),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hash each deployed file now, and compare it with what was approved under its name."""
    census, path = Census(), parameters.text("approved")
    body = yield from needed(path)
    trusted = (yield from keys(parameters.texts("keys"))) if parameters.texts("keys") else {}
    approved = yield from _approved(path, body, trusted, census)
    running: dict[str, str] = {}
    for place in (yield from matching(parameters.texts("deployed"))):
        name = basename(place)
        there, why = yield from offered(place)
        if there is None:
            census.unjudged("file", f"{place} {why}")
            continue
        if name in running:
            raise FileUnusable(f"Two deployed files are named {name!r}.", "Name the folder of one deployment.")
        running[name] = digest(there)
        census.judged("file", place, _faults(there, approved.get(name)))
    for name in sorted(set(approved) - set(running)):
        census.broken("file", f"{name} was approved and is not deployed")
    if not running:
        census.unjudged("file", f"{', '.join(parameters.texts('deployed'))} matches no file")
    strong = {name: said for name, said in approved.items() if _is_strong(said)}
    census.note("deployed digest", content_digest(running) if running else "")
    census.note("approved digest", content_digest(strong) if len(strong) == len(approved) else "")
    return census.tally()


def _approved(
    path: str, body: bytes, trusted: Mapping[str, bytes], census: Census
) -> Generator[Move, Any, Mapping[str, str]]:
    """Return the approved digests by file name, and count whether a trusted key signed them."""
    if path.endswith(_ENVELOPES):
        return (yield from _stated(path, body, trusted, census))
    if trusted:
        signature: bytes | None = yield Read(f"{path}.sig")
        by = () if signature is None else (yield from signers(trusted, {signature, detached(signature)}, body))
        why = "has no signature beside it" if signature is None else "is not signed by a trusted key"
        census.judged("approval", path, [] if by else [why])
    return _by_name(path, listed(path, body))


def _stated(
    path: str, body: bytes, trusted: Mapping[str, bytes], census: Census
) -> Generator[Move, Any, Mapping[str, str]]:
    if not trusted:
        raise FileUnusable(f"{path} is a signed statement, and no key is trusted.", 'Give keys = ["keys/*.pem"].')
    found: list[tuple[str, str]] = []
    try:
        for envelope in envelopes(path, body):
            by = yield from signers(trusted, envelope.signatures, envelope.signed)
            census.judged("approval", path, [] if by else ["is not signed by a trusted key"])
            if by:
                subjects = statement(envelope).subjects
                found += [(name, f"sha256:{said['sha256']}") for name, said in subjects if "sha256" in said]
    except NotAStatement as error:
        raise FileUnusable(f"{path} is no signed statement: {error}.", "Make it with in-toto or cosign.") from error
    return _by_name(path, found)


def _by_name(path: str, pairs: list[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, said in pairs:
        if found.setdefault(basename(name), said) != said:
            raise FileUnusable(f"{path} approves two contents of {basename(name)!r}.", "List each file name once.")
    return found


def _is_strong(written: str) -> bool:
    parts = split_digest(written)
    return parts is not None and parts[0] in STRONG


def _faults(body: bytes, approved: str | None) -> list[str]:
    if approved is None:
        return ["was not approved"]
    if not _is_strong(approved):
        return ["was approved by a digest that can be forged"]
    return [] if has_digest(body, approved) else ["runs with another content than was approved"]


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def artefact_identity(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count what runs and is not what was approved; ``<= 0`` asks that everything is.

    Formula: each deployed file is hashed at the moment of the run (FIPS 180-4) and compared with the digest approved
    under its name; counted are files with another content, files that nobody approved, approved files that are not
    deployed, digests that can be forged (MD5, SHA-1), and, where ``keys`` are trusted, an approval that none of them
    signed: a detached signature beside it, or a DSSE envelope with an in-toto statement (in-toto attestation 1.0). What
    a service says of itself is not read. Unit: number of files and approvals. The interval is from those counted to
    those plus files that could not be read. INCONCLUSIVE where nothing is deployed that could be hashed.
    Misleads where the process was started before the file was changed: restart it, or compare in its image.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    notes = dict(tally.notes)
    digests = {"deployed_digest": notes.get("deployed digest", ""), "approved_digest": notes.get("approved digest", "")}
    found = counted(NAME, "hashed now against the approval", tally)
    return replace(found, figures={name: text for name, text in digests.items() if text})
