"""From tried cases to a measurement: one way in that works is one too many, and none found is known up to a bound."""

from clerestory.assurance.enforcement.attempt import AGAIN, ALLOWED, DENIED
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial.cells import MINIMUM_CASES

METHOD = "worst of the rate over all cases and of each act that got through, tried again; Wilson, Bonferroni"
MAX_UNANSWERED = 0.05


def of_breaches(check: str, tally: TrialTally, parameters: Parameters) -> Measurement:
    """Return how surely what must not happen happens, with its interval.

    Without a breach: 0 of n with the Wilson interval, which ends at z^2 / (n + z^2): 73 cases for 0.05, 189 for 0.02,
    381 for 0.01. With breaches each is tried again, and the worst of all rates counts at 1 - 0.05 / (breaches + 1): an
    attacker takes the way that works, so other cases that hold do not make up for it, and a breach that comes back is
    a FAIL at any sensible limit. Where what must be possible is refused, nothing is concluded: who denies everything
    proves no policy.

    Simulated, 2,000 runs of 400 cases against 0.02: with one case that always gets through 100 % FAIL; where each gets
    through by chance, at 5 % 94 % FAIL, at 1 % (inside the limit) 2.2 % FAIL and 1.8 % PASS, at 0.1 % 0.05 % FAIL and
    67 % PASS; with none 100 % PASS. A run that saw a breach never passed.
    """
    denied = [cell for cell in tally.cells if cell.kind[0] == DENIED]
    again = [cell for cell in tally.cells if cell.kind[0] == AGAIN]
    n, hits = sum(cell.n for cell in denied), sum(cell.hits for cell in denied)
    z = critical(family=1 + len(again))
    found: Interval | None = None
    if again or n >= MINIMUM_CASES:
        rates = [wilson(hits, n, z=z)] if n >= MINIMUM_CASES else []
        found = worst([*rates, *(wilson(cell.hits, cell.n, z=z) for cell in again)], better="lower")
    reason, refused = _obstacle(tally, parameters, breached=hits > 0)
    if hits and not again:
        reason = Reason.PARTIAL_RUN  # something got through, and nothing answered when it was tried again
    return Measurement(
        check=check,
        method=METHOD,
        method_version="1",
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=n,
        by_group=tuple(_shown(cell, z) for cell in tally.cells),
        share_unassessable=tally.unanswered / total if (total := _tried(tally) + tally.unanswered) else 1.0,
        max_unjudged_share=MAX_UNANSWERED,
        reason=reason or (None if found else Reason.INSUFFICIENT_DATA),
        details={
            **dict(tally.notes),
            "got through at least once": f"{hits} of {n}",
            "refused though possible": refused,
            **({"cases without an answer": str(tally.unanswered)} if tally.unanswered else {}),
        },
    )


def _obstacle(tally: TrialTally, parameters: Parameters, *, breached: bool) -> tuple[Reason | None, str]:
    """Return why nothing is concluded, if so, and how many possible acts were refused. A breach stands in any case."""
    allowed = [cell for cell in tally.cells if cell.kind[0] == ALLOWED]
    n, hits = sum(cell.n for cell in allowed), sum(cell.hits for cell in allowed)
    text = f"{hits} of {n}"
    if breached:
        return None, text
    if not n:
        return Reason.INSUFFICIENT_DATA, text
    idle = hits == n or hits / n > parameters.number("max_refused_share")
    return (Reason.ASSUMPTION_BROKEN if idle else None), text


def _tried(tally: TrialTally) -> int:
    """Return the number of cases; one that waits stands in two cells and counts once."""
    return sum(cell.n for cell in tally.cells if cell.kind[0] == DENIED)


def _shown(cell: TrialCell, z: float) -> GroupResult:
    rate = wilson(cell.hits, cell.n, z=z)
    what = "refused" if cell.kind[0] == ALLOWED else "got through"
    return GroupResult(
        group=": ".join(cell.kind),
        value=rate.value,
        low=rate.low,
        high=rate.high,
        n=cell.n,
        note=f"{cell.hits} of {cell.n} {what}",
    )
