"""Whether reviews are real: time taken, deviation and agreement shown together, and one share that is judged."""

from collections import Counter, defaultdict
from itertools import combinations

import numpy as np

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.oversight.reviews import PARAMETERS, Reviews, as_fields, figures, reviews
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.window import with_figures
from clerestory.assurance.statistics.quantile import quantile
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Talk, Tried, pooled, trial_of, trial_tally

NAME = "oversight.human-effect"
_PARAMETERS = (
    *PARAMETERS,
    Parameter(
        name="least_seconds",
        kind="number",
        default=10.0,
        names_slice=True,
        meaning="Time that it takes at least to read a case; who confirms faster did not look.",
    ),
    Parameter(
        name="enough",
        kind="count",
        default=300,
        names_slice=True,
        meaning="Reviews after which a person who never deviated counts as one who only agrees.",
    ),
    Parameter(name="minimum_cases", kind="count", default=30, meaning="Fewer reviews are not judged."),
)
_QUICK, _NEVER, _REAL = "confirmed too fast", "by somebody who never deviated", "reviewed"


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Sort each review into real, confirmed too fast, or made by somebody who never deviated."""
    found = yield from reviews(parameters, planted=False)
    over = found.overruled
    per_person, deviated = Counter(found.reviewer), Counter[str]()
    for person, other in zip(found.reviewer, over, strict=True):
        deviated[person] += other
    sorted_into, unknown = Counter[str](), found.unusable
    for at, person in enumerate(found.reviewer):
        seconds = float(found.seconds[at])
        if per_person[person] >= parameters.count("enough") and not deviated[person]:
            sorted_into[_NEVER] += 1
        elif over[at]:
            sorted_into[_REAL] += 1
        elif seconds != seconds or seconds < 0:
            unknown += 1
        else:
            sorted_into[_QUICK if seconds < parameters.number("least_seconds") else _REAL] += 1
    cells = (TrialCell(kind=(kind,), n=n, hits=0 if kind == _REAL else n) for kind, n in sorted(sorted_into.items()))
    notes = dict(found.window.notes) | figures(found) | _shown(found)
    return TrialTally(cells=tuple(cells), unanswered=unknown, notes=tuple(sorted(notes.items())))


def _shown(found: Reviews) -> dict[str, str]:
    """Return time, deviation and agreement with their intervals, for people; nobody is named."""
    notes = {"reviewers": str(len(set(found.reviewer)))}
    ordered = np.sort(found.seconds[np.isfinite(found.seconds)]).tolist()
    median = quantile(ordered, 0.5)
    if median is not None:
        notes["median seconds with interval"] = f"{median.value:.6g} [{median.low:.6g}, {median.high:.6g}]"
    if found.proposed:
        rate = wilson(sum(found.overruled), len(found.proposed))
        notes["deviation"] = f"{rate.value:.4f} [{rate.low:.4f}, {rate.high:.4f}]"
    by_case: dict[str, dict[str, str]] = defaultdict(dict)
    for case, person, final in zip(found.case, found.reviewer, found.final, strict=True):
        if case and person:
            by_case[case][person] = final
    pairs = [first == second for said in by_case.values() for first, second in combinations([*said.values()], 2)]
    if pairs:
        rate = wilson(sum(pairs), len(pairs))
        notes["agreement of two reviewers"] = f"{rate.value:.4f} [{rate.low:.4f}, {rate.high:.4f}], {len(pairs)} pairs"
    return notes


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, trial=perform)
def human_effect(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Share of reviews in which nothing shows that a person really looked; ``<= 0.1`` asks that few are.

    Formula: (reviews that confirm the proposal in less than ``least_seconds`` + all reviews of persons who made
    ``enough`` of them and never deviated) / reviews of the window; planted errors are left out. With none in 300 the
    rate is below 1 % with 95 % confidence (rule of three: Hanley and Lippman-Hand 1983). Unit: share. Interval: Wilson
    (1927). Shown beside it: median time with the interval between order statistics, share of deviations, and how often
    two persons who saw the same case decided alike. INCONCLUSIVE with fewer than ``minimum_cases`` reviews, or when of
    more than 5 % the time or another part is missing. Why it matters: whoever only confirms leaves the decision to the
    system (Article 22 of the GDPR; Court of Justice, C-634/21, 2023).
    Misleads where a person waits before clicking; planted errors (oversight.seeded-error-catch) show that.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    how = Tried(check=NAME, method="reviews without effect", minimum_cases=parameters.count("minimum_cases"))
    return with_figures(pooled(how, tally), tally, as_fields(dict(tally.notes)))
