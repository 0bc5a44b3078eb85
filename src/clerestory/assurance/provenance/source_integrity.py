"""Whether what arrived is what the named source delivered: its own list of digests against the files."""

from collections.abc import Generator, Mapping
from posixpath import dirname
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Find, Move, Read, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.checksums import compare, listed
from clerestory.assurance.trial.files import matching, needed
from clerestory.assurance.trial.statement import detached, keys, signers

NAME = "provenance.source-integrity"
_PARAMETERS = (
    Parameter(
        name="lists",
        kind="texts",
        default=(
            "**/SHA256SUMS",
            "**/SHA512SUMS",
            "**/*.sha256",
            "**/*.sha512",
            "**/datapackage.json",
            "**/croissant.json",
        ),
        names_slice=True,
        meaning="Patterns of the source's lists of digests.",
    ),
    Parameter(
        name="keys",
        kind="texts",
        names_slice=True,
        meaning="Patterns of the source's public keys as PEM; with them each list must be signed, as LIST.sig.",
    ),
    Parameter(
        name="closed",
        kind="flag",
        default=False,
        names_slice=True,
        meaning="Count files beside a list, in its folder and below, that it does not name.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Compare each listed file; then, where asked, who signed the list and what lies there besides."""
    census = Census()
    patterns = parameters.texts("keys")
    trusted: Mapping[str, bytes] = (yield from keys(patterns)) if patterns else {}
    lists = yield from matching(parameters.texts("lists"))
    for path in lists:
        body = yield from needed(path)
        pairs = listed(path, body)
        if trusted:
            signature: bytes | None = yield Read(f"{path}.sig")
            given = set() if signature is None else {signature, detached(signature)}
            by = yield from signers(trusted, given, body)
            census.judged("list", path, [] if by else ["no key of the source signed it"])
        yield from compare(pairs, census, missing_is_broken=True)
        if parameters.flag("closed"):
            apart = {name for name, _ in pairs} | {name for one in lists for name in (one, f"{one}.sig")}
            yield from _besides(path, apart, census)
    census.note("lists", ", ".join(lists) or "none")
    return census.tally()


def _besides(path: str, known: set[str], census: Census) -> Generator[Move, Any, None]:
    folder = dirname(path)
    found = yield Find(f"{folder}/**/*" if folder else "**/*")
    for name in found:
        if name not in known:
            census.broken("file besides", f"{name} is not on {path}")


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def source_integrity(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the files that are not what their source delivered; ``<= 0`` asks that all are.

    Formula: a file of the source's list counts when its content has another digest (FIPS 180-4) or it is not there;
    with keys a list counts that no key of the source signed; with ``closed`` a file beside that is on no list. Lists of
    sha256sum and BSD, CSV, data packages and Croissant are read. Unit: number of files and lists. The interval is from
    those counted to those plus the files that could not be judged: those with MD5 or SHA-1 only, for which two files of
    one digest can be made (Wang et al. 2005; Stevens et al. 2017). INCONCLUSIVE where nothing is listed.
    Misleads where the list came by the same way as the files: only a signature, or a list got elsewhere, says more.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "files against the source's digests", trial_tally(NAME, tallies, parameters))
