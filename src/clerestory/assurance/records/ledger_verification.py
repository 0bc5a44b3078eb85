"""The evidence log, verified from its first entry to its last checkpoint by the auditor's own program."""

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Audit, Audited, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, matching

NAME = "records.ledger-verification"
_CONTENT = ("E_FACTS", "E_CONTENT", "E_ERASURE")
_ABOVE = ("E_CATALOGUE", "E_STATUS", "E_PAGE")
"""What stands on top of a log: rules, statuses and pages. They are shown, and are no fault of the log."""
_UNREAD = ("E_PACK", "E_VERSION")
_PARAMETERS = (
    Parameter(
        name="packs",
        kind="texts",
        default=("pack*.zip", "packs/*.zip"),
        names_slice=True,
        meaning="Patterns of the packs of the log, as report writes them.",
    ),
    Parameter(
        name="trust",
        kind="text",
        default="trust.json",
        names_slice=True,
        meaning="The trust file: the log's keys and witnesses, received by another way than the packs.",
    ),
    Parameter(
        name="earlier",
        kind="texts",
        names_slice=True,
        meaning="Patterns of packs or checkpoints received earlier, which the log must extend.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Have each pack verified; count what does not follow, and what nobody vouched for."""
    census = Census()
    earlier = yield from matching(parameters.texts("earlier"))
    packs = yield from matching(parameters.texts("packs"))
    above = 0
    for path in packs:
        before = tuple(item for item in earlier if item != path)
        if parameters.texts("earlier") and not before:
            census.unjudged("log", f"{path}: nothing received earlier was found that it must extend")
        said: Audited = yield Audit(path, parameters.text("trust"), before)
        for code, where, problem in said.problems:
            if code in _UNREAD:
                raise FileUnusable(f"{path} cannot be verified: {problem}", "Write the pack again.")
            if code in _ABOVE:
                above += 1
            elif code == "E_UNTRUSTED":
                census.unjudged("log", f"{path}: nobody vouched for its key")
            else:
                census.broken("content" if code in _CONTENT else "log", f"{path}, {where}: {problem}")
        census.kept("entry", said.entries)
        if not said.entries:
            census.unjudged("log", f"{path} has no entry")
        elif all(code in _ABOVE for code, _, _ in said.problems):
            census.kept("log")
    census.note("statuses and pages that do not follow", str(above))
    census.note("packs", ", ".join(packs) or "none")
    return census.tally()


@check(NAME, subject="ai_system", wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def ledger_verification(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count what does not follow in packs of the evidence log; ``<= 0`` asks that everything does.

    Formula: each pack is read by the auditor's program: every entry is hashed into the tree (RFC 6962, Laurie et al.
    2013), whose root must be the signed one; facts and contents must be those that the entries commit to; the log must
    extend each pack or checkpoint received earlier; witnesses must agree as the trust file asks. Each problem counts as
    one, floods of one kind as 21. Statuses and pages on top of the log are shown and not counted. Unit: number of
    problems. The interval is from those counted to those plus the packs for whose key no trust file vouches: such a
    pack agrees with itself and may be anybody's. INCONCLUSIVE then, or without a pack.
    Misleads where entries were never made: a log proves what is in it.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "the auditor's program", trial_tally(NAME, tallies, parameters))
