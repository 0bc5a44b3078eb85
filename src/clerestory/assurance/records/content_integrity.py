"""Stored documents and records against the digests in their register."""

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.checksums import compare, listed
from clerestory.assurance.trial.files import FileUnusable, matching, needed

NAME = "records.content-integrity"
_PARAMETERS = (
    Parameter(
        name="registers",
        kind="texts",
        default=("records.csv", "records.json", "records/SHA256SUMS"),
        names_slice=True,
        meaning="Patterns of the registers: CSV with path and digest, JSON with digests by path, lines of sha256sum.",
    ),
    Parameter(
        name="stored",
        kind="texts",
        names_slice=True,
        meaning="Patterns of places where every file must be registered.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hash each registered file again, then look for files that no register names."""
    census, known = Census(), dict[str, str]()
    registers = yield from matching(parameters.texts("registers"))
    for path in registers:
        for place, written in listed(path, (yield from needed(path))):
            if known.setdefault(place, written) != written:
                raise FileUnusable(f"{place} has two digests.", "Keep one version of a record in one place.")
    yield from compare(sorted(known.items()), census, missing_is_broken=True, kind="record")
    stored = yield from matching(parameters.texts("stored"))
    if parameters.texts("stored") and not stored:
        census.unjudged("stored file", f"{', '.join(parameters.texts('stored'))} matches no file")
    for place in stored:
        if place not in registers:
            census.judged("stored file", place, [] if place in known else ["is not registered"])
    census.note("registers", ", ".join(registers) or "none")
    return census.tally()


@check(NAME, subject="ai_system", wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def content_integrity(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the stored documents and records that are not as registered; ``<= 0`` asks that all are.

    Formula: a record counts when its content has another digest than registered (FIPS 180-4) or it is not there, a file
    in the places of ``stored`` when no register names it. Unit: number of records and files. The interval is from those
    counted to those plus records that could not be judged: unreadable ones, and those registered with MD5 or SHA-1,
    which can be forged (Stevens et al. 2017). All are hashed, none is sampled. INCONCLUSIVE where nothing is
    registered. Misleads where somebody changed register and record together: keep the register's own digest in the
    evidence log (records.ledger-verification).

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "records hashed again", trial_tally(NAME, tallies, parameters))
