"""How often people overrule the system, held against the band that was expected."""

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.oversight.reviews import PARAMETERS, as_fields, figures, reviews
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.window import with_figures
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Talk, Tried, pooled, trial_of, trial_tally

NAME = "oversight.override-rate"
_PARAMETERS = (
    *PARAMETERS,
    Parameter(name="minimum_cases", kind="count", default=30, meaning="Fewer reviews are not judged."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Count the reviews in which the person decided otherwise, by what the system proposed."""
    found = yield from reviews(parameters, planted=False)
    cells = []
    for proposed in sorted(set(found.proposed)):
        hits = [over for said, over in zip(found.proposed, found.overruled, strict=True) if said == proposed]
        cells.append(TrialCell(kind=(f"proposed {proposed}",), n=len(hits), hits=sum(hits)))
    notes = dict(found.window.notes) | figures(found)
    return TrialTally(cells=tuple(cells), unanswered=found.unusable, notes=tuple(sorted(notes.items())))


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, trial=perform)
def override_rate(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Share of reviews in which the person overruled the system; ``between 0.02 and 0.2`` asks for a band.

    Formula: reviews whose decision differs from the proposal / reviews of the window; planted errors are left out.
    Unit: share. Interval: Wilson (1927); shown for each proposal apart. A rate near 0 can be a person who only agrees
    (automation bias: Parasuraman and Manzey 2010), a high one a system that is of no use, so the expected band belongs
    into the criterion, and both of its ends are held against the interval. INCONCLUSIVE with fewer than
    ``minimum_cases`` reviews, or when more than 5 % lack a proposal, a decision or a readable moment.
    Misleads where cases are sent to review because they are doubtful: the band must be that of those cases.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    how = Tried(check=NAME, method="overruled of reviewed", minimum_cases=parameters.count("minimum_cases"))
    return with_figures(pooled(how, tally), tally, as_fields(dict(tally.notes)))
