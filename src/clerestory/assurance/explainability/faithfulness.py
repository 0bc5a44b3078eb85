"""Whether explanations name what the model really uses: deletion and insertion in their order against random orders."""

from collections.abc import Generator
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.explainability import explained
from clerestory.assurance.explainability.shapley import Floats, values_of_sets
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.interval import critical
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Move, Table, Talk, Tried, trial_of, trial_tally
from clerestory.assurance.trial.asking import FEATURES, SHOWN
from clerestory.assurance.trial.slices import cells_by_slice, mean_of_all

NAME = "explainability.faithfulness"
BETWEEN = ("between the curves",)
"""Kind of the cell with the areas between insertion and deletion curve."""
_SAME = 1e-12
_PARAMETERS = (
    FEATURES,
    explained.CONTRIBUTIONS,
    explained.BACKGROUND,
    explained.BACKGROUND_ROWS,
    explained.ROUNDS,
    Parameter(name="orders", kind="count", default=10, meaning="Random orders per case; rounded up to an even number."),
    SHOWN,
    explained.CASES,
    explained.SEED,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    explained.require_features(NAME, parameters, "contributions")
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Explain cases, take inputs away and put them in by the explanation and at random, and compare the areas."""
    features, sensitive = parameters.texts("features"), parameters.texts("sensitive_features")
    if len(features) < 2:
        raise ParameterRefused(f"{NAME} orders features, and there is one.", "Check a model with several.")
    drawn = yield from explained.draw_cases(parameters, "contributions")
    behind = yield from explained.draw_background(parameters)
    found = yield from explained.explanations(parameters, drawn, behind)
    draw = np.random.default_rng(parameters.count("seed"))
    given, at_random = yield from areas(
        drawn.inputs, behind, features, found.contributions, draw, pairs=-(-parameters.count("orders") // 2)
    )
    good = explained.usable(found) & np.isfinite(given) & np.isfinite(at_random).all(axis=1)
    better = shares_beaten(given, at_random)
    shown = {name: drawn.table[name][good] for name in sensitive}
    area = given[good]
    cells = cells_by_slice(shown, sensitive, values=better[good])
    cells += (TrialCell(kind=BETWEEN, n=len(area), total=float(area.sum()), squares=float((area * area).sum())),)
    notes = explained.source_note(parameters) | {
        "rows": f"{drawn.size} of {drawn.total}",
        "seed": str(parameters.count("seed")),
        "cases no better than half of the random orders": f"{int((better[good] <= 0.5).sum())} of {len(area)}",
    }
    return TrialTally(
        cells=tuple(sorted(cells, key=lambda cell: cell.kind)),
        unanswered=int((~good).sum()),
        notes=tuple(sorted(notes.items())),
    )


def areas(
    cases: Table,
    behind: Table,
    features: tuple[str, ...],
    contributions: Floats,
    draw: np.random.Generator,
    *,
    pairs: int,
) -> Generator[Move, Any, tuple[Floats, Floats]]:
    """Return per case the area between both curves: by the contributions, and for random orders with their reverses.

    The area is the mean over k = 1 .. d - 1 of v(first k inputs) - v(all but the first k). The reverse of an order has
    the same area with the other sign, so that one pair needs one order to be asked.
    """
    size, width = contributions.shape
    by_contribution = np.argsort(-np.nan_to_num(contributions), axis=1, kind="stable")
    orders = [by_contribution] + [np.argsort(draw.random((size, width)), axis=1) for _ in range(pairs)]
    found = []
    for order in orders:
        first = np.argsort(order, axis=1)[:, None, :] < np.arange(1, width)[None, :, None]
        values = yield from values_of_sets(cases, behind, features, np.concatenate([first, ~first], axis=1))
        found.append((values[:, : width - 1] - values[:, width - 1 :]).mean(axis=1))
    given, *at_random = found
    half = np.array(at_random).T
    return given, np.concatenate([half, -half], axis=1)


def shares_beaten(given: Floats, at_random: Floats) -> Floats:
    """Return per case the share of random orders with a smaller area; an equal one counts half."""
    gap = given[:, None] - at_random
    beaten: NDArray[np.float64] = (gap > _SAME).mean(axis=1) + 0.5 * (np.abs(gap) <= _SAME).mean(axis=1)
    return beaten


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("model",),
    better="higher",
    trial=perform,
)
def faithfulness(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how well explanations order the inputs by what they do to the score, against random orders.

    Formula: inputs are put into background rows (insertion) and taken out of the case (deletion) in the order of their
    signed contributions, largest first; the area between both curves is the mean over k of v(first k) - v(all but the
    first k), v being the mean score over background rows for the inputs left out. The value is the mean over cases of
    the share of random orders whose area is smaller, an equal one counting half. Unit: share of random orders: 0.5 is
    what a meaningless explanation has, near 1 a faithful one, below 0.5 one that points the wrong way; with d features
    at most 1 - 1 / (2 d!). Interval: over cases (`bounded_mean`); INCONCLUSIVE below 30 cases. The area itself, in the
    unit of the score, is in the details with its interval. Groups are shown each.
    Contributions are the owner's columns, or own Shapley values (`shapley`). Deletion and insertion: Samek et al.
    (2017), Petsiuk et al. (2018). The limit is the organisation's: no standard gives one.
    Simulated, 4 features, 60 cases, 400 runs: explanations drawn at random had 0.500 on average, the interval held 0.5
    in 96 % of runs, and ">= 0.6" was never passed.
    It asks about cases x 2 (orders / 2 + 1) (d - 1) x background_rows rows: fewer do where a model is paid by use.
    Misleads where features hang together: rows with some inputs replaced may be none that can occur, and a model can
    behave there as it never does. A faithful explanation says what the model uses, not what is right
    or what causes anything.

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    area = next((cell for cell in tally.cells if cell.kind == BETWEEN), TrialCell(kind=BETWEEN, n=0))
    rest = TrialTally(
        cells=tuple(cell for cell in tally.cells if cell.kind != BETWEEN),
        unanswered=tally.unanswered,
        notes=tally.notes,
    )
    details = {"area between insertion and deletion": _with_interval(area)} if area.n > 1 else {}
    return mean_of_all(
        Tried(
            check=NAME,
            method="share of random orders beaten, interval of a bounded mean",
            better="higher",
            details=details,
        ),
        rest,
    )


def _with_interval(cell: TrialCell) -> str:
    mean = cell.total / cell.n
    half = critical() * sqrt(max(cell.squares / cell.n - mean * mean, 0.0) / (cell.n - 1))
    return f"{mean:.4g} [{mean - half:.4g}, {mean + half:.4g}]; 0 at random"
