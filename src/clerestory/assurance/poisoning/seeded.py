"""Recall over seeded runs: a run is one case, for what is planted together is found or missed together."""

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, bounded_mean, critical
from clerestory.assurance.tally import TrialCell, TrialTally

MINIMUM_RUNS = 10
RECALL, HELD_BACK = "recall", "clean rows held back"


def seeded_cell(measure: str, recipe: str, values: list[float]) -> TrialCell:
    """Write down a share per run of a recipe; a run hits when the share is a half or more."""
    return TrialCell(
        kind=(measure, recipe),
        n=len(values),
        hits=sum(value >= 0.5 for value in values),
        total=sum(values),
        squares=sum(value * value for value in values),
    )


def recall_of(
    check: str, method: str, tally: TrialTally, *, measure: str = RECALL, better: str = "higher"
) -> Measurement:
    """Return the worst mean share over the runs of each recipe; each mean at 1 - 0.05 / recipes (Bonferroni).

    Recipes with fewer than 10 runs are shown and leave the whole INCONCLUSIVE: what was asked was not tried.
    """
    cells = [cell for cell in tally.cells if cell.kind[0] == measure and len(cell.kind) == 2 and cell.n]
    judged = [cell for cell in cells if cell.n >= MINIMUM_RUNS]
    z = critical(family=len(judged))
    found = worst([_mean(cell, z) for cell in judged], better=better) if judged else None
    alarms = {
        f"{HELD_BACK}, {cell.kind[1]}": f"{cell.total / cell.n:.4f}"
        for cell in tally.cells
        if cell.kind[0] == HELD_BACK and cell.n and measure == RECALL
    }
    return Measurement(
        check=check,
        method=method,
        method_version="1",
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=sum(cell.n for cell in cells),
        by_group=tuple(_shown(cell, z) for cell in cells),
        reason=None if judged and len(judged) == len(cells) else Reason.INSUFFICIENT_DATA,
        details=dict(tally.notes) | alarms,
    )


def _mean(cell: TrialCell, z: float) -> Interval:
    return bounded_mean(cell.n, cell.total, cell.squares, z=z)


def _shown(cell: TrialCell, z: float) -> GroupResult:
    mean = _mean(cell, z)
    note = f"{cell.n} runs, in {cell.hits} a half or more"
    return GroupResult(
        group=cell.kind[1],
        value=mean.value,
        low=mean.low,
        high=mean.high,
        n=cell.n,
        assessed=cell.n >= MINIMUM_RUNS,
        note=note if cell.n >= MINIMUM_RUNS else f"{note}: fewer than {MINIMUM_RUNS}",
    )
