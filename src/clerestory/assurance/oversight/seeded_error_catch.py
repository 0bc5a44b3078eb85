"""Wrong proposals that were planted among the others: how many of them reviewers catch."""

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.oversight.reviews import PARAMETERS, reviews
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.window import with_figures
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Talk, Tried, trial_of, trial_tally, worst_cell

NAME = "oversight.seeded-error-catch"
_PARAMETERS = (
    *PARAMETERS,
    Parameter(name="minimum_cases", kind="count", default=20, meaning="Kinds planted less often are not judged."),
)
_PLAIN = ("true", "yes", "1")


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Count for each kind of planted error how often the person decided otherwise than the wrong proposal."""
    found = yield from reviews(parameters, planted=True)
    kinds = ["planted error" if kind.lower() in _PLAIN else kind for kind in found.planted]
    caught: dict[str, dict[tuple[str, str], bool]] = {kind: {} for kind in sorted(set(kinds))}
    for at, (kind, over) in enumerate(zip(kinds, found.overruled, strict=True)):
        # One proposal is one trial of a person, however often its row stands there; a row without a case is its own.
        who = (found.case[at], found.reviewer[at]) if found.case[at] else ("", str(at))
        caught[kind][who] = caught[kind].get(who, True) and over
    cells = [TrialCell(kind=(kind,), n=len(said), hits=sum(said.values())) for kind, said in caught.items()]
    return TrialTally(
        cells=tuple(cells), unanswered=found.unusable, notes=tuple(sorted(dict(found.window.notes).items()))
    )


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, better="higher", trial=perform)
def seeded_error_catch(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Share of planted wrong proposals that reviewers caught, of the kind that is caught least.

    Formula: planted proposals that the person did not follow / planted proposals that were decided, for each kind of
    ``planted``. Unit: share. The value is the lowest, with Wilson intervals (1927) at 1 - 0.05 / kinds (Bonferroni).
    Planting known errors: threat image projection in baggage screening (Hofer and Schwaninger 2005), error seeding
    (Mills 1972). A case that stands there again for the same person counts once, and as caught only where each time.
    INCONCLUSIVE where no kind was planted ``minimum_cases`` times, or too much is left out.
    Misleads where planted errors are easier to see than real ones, or reviewers know when they come.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    how = Tried(
        check=NAME,
        method="planted and caught, worst kind",
        better="higher",
        minimum_cases=parameters.count("minimum_cases"),
    )
    planted, caught = (sum(getattr(cell, part) for cell in tally.cells) for part in ("n", "hits"))
    return with_figures(worst_cell(how, tally), tally, {"planted": planted, "planted_caught": caught})
