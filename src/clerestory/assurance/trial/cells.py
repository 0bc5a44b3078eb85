"""From the cells of a trial to a measurement: the worst cell or all cells together, each with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import TrialCell, TrialTally

MINIMUM_CASES = 30
"""Fewer cases of a kind than this are shown and not judged, unless a check says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a check reads its trial: its name, method, which way is good, and how much is enough."""

    check: str
    method: str
    method_version: str = "1"
    better: str = "lower"
    minimum_cases: int = MINIMUM_CASES
    max_unjudged_share: float = 0.05
    details: Mapping[str, str] = field(default_factory=dict)


def worst_cell(how: Tried, tally: TrialTally) -> Measurement:
    """Return the rate of hits of the worst kind of case, with the interval that holds for all kinds at once.

    Each kind gets its Wilson interval at 1 - 0.05 / kinds (Bonferroni); the worst lower and upper ends bound the worst
    rate. Kinds with too few cases are shown, not judged, and their share of the cases is what was left unjudged. Where
    one of them is surely worse than all that are judged it is no noise, and there is no pass, however small its share.
    """
    judged = [cell for cell in tally.cells if cell.n >= how.minimum_cases]
    z = critical(family=len(judged))
    found = None if not judged else worst([_rate(cell, z) for cell in judged], better=how.better)
    measured = _measurement(how, tally, found, judged, z)
    small = [cell for cell in tally.cells if 0 < cell.n < how.minimum_cases]
    return with_surely_worse(
        measured, {", ".join(cell.kind): (cell.hits, cell.n) for cell in small}, len(judged), better=how.better
    )


def with_surely_worse(
    measured: Measurement, small: Mapping[str, tuple[int, int]], judged: int, *, better: str
) -> Measurement:
    """Return the measurement with its interval widened to what a kind with too few cases surely has, if that is worse.

    So a small kind that is surely beyond the limit forbids a pass, and worse counts never lead to a better verdict.

    Args:
        measured: of the judged kinds.
        small: hits and cases of each kind with too few cases, by name.
        judged: how many kinds are judged: all intervals hold at once.
        better: ``higher`` or ``lower``.
    """
    low, high = measured.low, measured.high
    if low is None or high is None:
        return measured
    z = critical(family=judged + len(small))
    rates = {name: wilson(*count, z=z) for name, count in small.items() if count[1]}
    beyond = [name for name, rate in rates.items() if (rate.high < low if better == "higher" else rate.low > high)]
    if not beyond:
        return measured
    if better == "higher":
        low = min(rates[name].high for name in beyond)
    else:
        high = max(rates[name].low for name in beyond)
    named = "; ".join(beyond[:20])
    return replace(measured, low=low, high=high, details={**measured.details, "few cases and surely worse": named})


def pooled(how: Tried, tally: TrialTally) -> Measurement:
    """Return the rate of hits over all kinds together with its Wilson interval; kinds are shown each with its own."""
    n, hits = sum(cell.n for cell in tally.cells), sum(cell.hits for cell in tally.cells)
    found = wilson(hits, n) if n >= how.minimum_cases else None
    return _measurement(how, tally, found, tally.cells, critical())


def _rate(cell: TrialCell, z: float) -> Interval:
    return wilson(cell.hits, cell.n, z=z)


def _measurement(
    how: Tried, tally: TrialTally, found: Interval | None, judged: Sequence[TrialCell], z: float
) -> Measurement:
    tried = sum(cell.n for cell in tally.cells)
    left = tried - sum(cell.n for cell in judged) + tally.unanswered
    share = left / (tried + tally.unanswered) if tried + tally.unanswered else 1.0
    return Measurement(
        check=how.check,
        method=how.method,
        method_version=how.method_version,
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=tried,
        by_group=tuple(
            shown_rate(
                ", ".join(cell.kind),
                cell.hits,
                cell.n,
                z=z,
                obstacle="" if cell in judged else "too few cases to judge",
            )
            for cell in tally.cells
        ),
        share_unassessable=share,
        max_unjudged_share=how.max_unjudged_share,
        reason=Reason.INSUFFICIENT_DATA if found is None else None,
        details={
            **dict(tally.notes),
            **({"cases without an answer": str(tally.unanswered)} if tally.unanswered else {}),
            **how.details,
        },
    )


def shown_rate(name: str, hits: int, n: int, *, z: float, obstacle: str = "") -> GroupResult:
    """Return a rate as it is shown with its Wilson interval; ``obstacle``: why it was not judged."""
    if not n:
        return GroupResult(group=name, value=None, low=None, high=None, n=0, assessed=False, note="no case")
    rate = wilson(hits, n, z=z)
    note = f"{hits} of {n}" + (f": {obstacle}" if obstacle else "")
    return GroupResult(
        group=name, value=rate.value, low=rate.low, high=rate.high, n=n, assessed=not obstacle, note=note
    )
