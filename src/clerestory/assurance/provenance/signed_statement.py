"""Signed statements of origin: who says what data or models were made of, and whether the files are those."""

from collections.abc import Generator, Mapping
from posixpath import basename, dirname, join
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import STRONG, digest, has_digest, matching, offered
from clerestory.assurance.trial.statement import Envelope, NotAStatement, envelopes, keys, signers, statement

NAME = "provenance.signed-statement"
_PARAMETERS = (
    Parameter(
        name="statements",
        kind="texts",
        default=("**/*.intoto.json", "**/*.intoto.jsonl", "**/*.dsse.json"),
        names_slice=True,
        meaning="Patterns of the signed statements: DSSE envelopes, as JSON or one a line.",
    ),
    Parameter(
        name="keys",
        kind="texts",
        default=("keys/*.pem", "keys/*.pub"),
        names_slice=True,
        meaning="Patterns of the public keys that are trusted, as PEM.",
    ),
    Parameter(
        name="covers",
        kind="texts",
        names_slice=True,
        meaning="Patterns of files that a signed statement must name.",
    ),
    Parameter(
        name="predicates",
        kind="texts",
        names_slice=True,
        meaning="Types of statement that are accepted, such as https://slsa.dev/provenance/v1; any.",
    ),
    Parameter(
        name="signatures", kind="count", default=1, names_slice=True, meaning="Trusted keys that must sign each."
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Verify each envelope, then the digests of the files that its statement names, then what none names."""
    census, named = Census(), set[str]()
    trusted = yield from keys(parameters.texts("keys"))
    for path in (yield from matching(parameters.texts("statements"))):
        body, why = yield from offered(path)
        if body is None:
            census.unjudged("statement", f"{path} {why}")
            continue
        try:
            for envelope in envelopes(path, body):
                yield from _judge(path, envelope, trusted, parameters, census, named)
        except NotAStatement as error:
            census.broken("statement", f"{path}: {error}")
    covered = yield from matching(parameters.texts("covers"))
    if parameters.texts("covers") and not covered:
        census.unjudged("covered file", f"{', '.join(parameters.texts('covers'))} matches no file")
    for path in covered:
        body, why = yield from offered(path)
        if body is None:
            census.unjudged("covered file", f"{path} {why}")
        else:
            census.judged("covered file", path, [] if digest(body) in named else ["no signed statement names it"])
    return census.tally()


def _judge(
    path: str,
    envelope: Envelope,
    trusted: Mapping[str, bytes],
    parameters: Parameters,
    census: Census,
    named: set[str],
) -> Generator[Move, Any, None]:
    by = yield from signers(trusted, envelope.signatures, envelope.signed)
    said = statement(envelope)
    faults = []
    if len(by) < parameters.count("signatures"):
        faults.append(f"signed by {len(by)} of {parameters.count('signatures')} trusted keys")
    accepted = parameters.texts("predicates")
    if accepted and said.predicate not in accepted:
        faults.append(f"says {said.predicate}")
    census.judged("statement", path, faults)
    if faults:
        return
    if not said.subjects:
        census.unjudged("subject", f"{path} names no file")
    for name, digests in said.subjects:
        strong = {algorithm: value for algorithm, value in digests.items() if algorithm in STRONG}
        named.update(f"{algorithm}:{value.lower()}" for algorithm, value in strong.items())
        yield from _subject(path, name, strong, census)


def _subject(path: str, name: str, digests: Mapping[str, str], census: Census) -> Generator[Move, Any, None]:
    """Compare a named file, which lies beside the statement, below the manifest, or is the statement's own."""
    for place in dict.fromkeys((join(dirname(path), name), name, join(dirname(path), basename(name)))):
        body: bytes | None = None
        if name and not place.startswith(("/", "..")) and "://" not in place:
            body, _ = yield from offered(place)
        if body is None:
            continue
        if not digests:
            census.unjudged("subject", f"{name}: it has no digest that cannot be forged")
        elif all(has_digest(body, f"{algorithm}:{value}") for algorithm, value in digests.items()):
            census.kept("subject")
        else:
            census.broken("subject", f"{place} is another file than {path} names")
        return
    census.unjudged("subject", f"{name or '(no name)'}, named by {path}, is not there")


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def signed_statement(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count what does not verify in signed statements of origin; ``<= 0`` asks that everything does.

    Formula: counted are statements that too few trusted keys signed, that are no in-toto statement, or of a type that
    is not accepted; files that differ from the digest a valid statement gives them; and files of ``covers`` that no
    valid statement names. Signatures are over the encoding of DSSE 1.0, statements are in-toto attestation 0.1 or 1.0
    (Torres- Arias et al. 2019), keys as in supply_chain.artefact-signature. Unit: number of statements and files. The
    interval is from those counted to those plus the named files that are not there to compare, so lay them beside.
    INCONCLUSIVE where there is no statement.
    Misleads where a statement is true and says little: what its predicate claims of the making is not checked here.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "DSSE and in-toto under trusted keys", trial_tally(NAME, tallies, parameters))
