"""Signatures of supplied artefacts: each must be signed by a key that the organisation trusts."""

from collections.abc import Generator, Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Read, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import has_digest, matching, offered
from clerestory.assurance.trial.statement import NotAStatement, detached, envelopes, keys, signers, statement

NAME = "supply_chain.artefact-signature"
_DETACHED = (".sig", ".signature")
_ENVELOPES = (".dsse.json", ".intoto.json", ".intoto.jsonl", ".sigstore.json")
_PARAMETERS = (
    Parameter(
        name="artefacts",
        kind="texts",
        default=("**/*.onnx", "**/*.safetensors", "**/*.pkl", "**/*.joblib", "**/*.pt", "**/*.keras", "**/*.h5"),
        names_slice=True,
        meaning="Patterns of the files that must be signed.",
    ),
    Parameter(
        name="keys",
        kind="texts",
        default=("keys/*.pem", "keys/*.pub"),
        names_slice=True,
        meaning="Patterns of the public keys that are trusted, as PEM.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look beside each artefact for a detached signature or a signed statement, and ask whether a key signed it."""
    census, used = Census(), set[str]()
    trusted = yield from keys(parameters.texts("keys"))
    for path in (yield from matching(parameters.texts("artefacts"))):
        body, why = yield from offered(path)
        if body is None:
            census.unjudged("artefact", f"{path} {why}")
            continue
        by, why = yield from _signed_by(path, body, trusted)
        used.update(by)
        if by:
            census.kept("artefact")
        else:
            census.broken("artefact", f"{path} {why}")
    census.note("trusted keys", ", ".join(sorted(trusted)))
    census.note("keys that signed", ", ".join(sorted(used)) or "none")
    return census.tally()


def _signed_by(
    path: str, body: bytes, trusted: Mapping[str, bytes]
) -> Generator[Move, Any, tuple[tuple[str, ...], str]]:
    """Return the keys that signed an artefact, or why none did."""
    why = "has no signature beside it"
    for suffix in _DETACHED:
        signature: bytes | None = yield Read(path + suffix)
        if signature is not None:
            by = yield from signers(trusted, {signature, detached(signature)}, body)
            if by:
                return by, ""
            why = "is not signed by a trusted key"
    for suffix in _ENVELOPES:
        written: bytes | None = yield Read(path + suffix)
        if written is None:
            continue
        by, why = yield from _stated(path + suffix, written, body, trusted)
        if by:
            return by, ""
    return (), why


def _stated(
    path: str, written: bytes, body: bytes, trusted: Mapping[str, bytes]
) -> Generator[Move, Any, tuple[tuple[str, ...], str]]:
    why = "is named by no signed statement"
    try:
        for envelope in envelopes(path, written):
            by = yield from signers(trusted, envelope.signatures, envelope.signed)
            if not by:
                why = "has a statement that no trusted key signed"
                continue
            digests = [said for _, said in statement(envelope).subjects]
            if any(has_digest(body, f"sha256:{said.get('sha256', '')}") for said in digests):
                return by, ""
            why = "is another file than its signed statement names"
    except NotAStatement as error:
        return (), f"has an envelope that cannot be read: {error}"
    return (), why


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def artefact_signature(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the artefacts that no trusted key signed; ``<= 0`` asks that every one is signed.

    Formula: per file a detached signature beside it (``.sig``, raw or base64) or a DSSE envelope with an in-toto
    statement that names its SHA-256 (DSSE 1.0, in-toto attestation 1.0) must hold under one of the trusted keys:
    Ed25519 (RFC 8032, points of small order refused), ECDSA (FIPS 186-5) or RSA from 2,048 bits on. A missing
    signature counts as one that does not hold; what an envelope says of its own key is not believed. Unit: number of
    artefacts. The interval is from those counted to those plus the files that could not be read. INCONCLUSIVE where no
    artefact was found. Certificates of Sigstore are not followed: lay the key beside the manifest.
    Misleads where a private key is in other hands: a signature says who, not that it is good.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "signature under a trusted key", trial_tally(NAME, tallies, parameters))
