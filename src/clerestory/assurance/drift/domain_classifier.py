"""How well a model tells reference from current rows, over all columns together."""

from collections import Counter
from math import sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance.drift import columns, rows
from clerestory.assurance.drift.rows import Joined
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics import logistic
from clerestory.assurance.statistics.area import roc_area
from clerestory.assurance.statistics.interval import critical
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.tally.request import REFERENCE
from clerestory.assurance.trial import Sample, Sampled, Talk, trial_of, trial_tally

NAME = "drift.domain-classifier"
MINIMUM_ROWS = 100
PRODUCTS = 100
LEVELS = 1_000
_SHOWN = 5
Floats = npt.NDArray[np.float64]
_PARAMETERS = (columns.COLUMNS, rows.ROWS, rows.FOLDS, rows.SEED)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    rows.require_folds(NAME, parameters.count("folds"))
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Draw rows of both tables and count, per level of the model's rank of a row, how many there are and are current.

    A row is ranked among those of its part by a model that saw none of them.
    """
    names, most, seed = parameters.texts("columns"), parameters.count("rows"), parameters.count("seed")
    current: Sampled = yield Sample(names, most, seed)
    reference: Sampled = yield Sample(names, most, seed, REFERENCE)
    both = rows.joined(NAME, reference.table, current.table, names)
    n = int(both.current.sum())
    notes = {
        "rows of the current data": f"{n} of {current.total}",
        "rows of the reference": f"{len(both.current) - n} of {reference.total}",
        "seed": str(seed),
    }
    if both.left_out:
        notes["left out, neither numbers nor text"] = ", ".join(both.left_out)
    if min(n, len(both.current) - n) < MINIMUM_ROWS:
        cells = [TrialCell(kind=("too few",), n=len(both.current), hits=n)]
        return TrialTally(cells=tuple(cells), notes=tuple(sorted(notes.items())))
    level, told = _levels(both, parameters.count("folds"), np.random.default_rng(seed))
    notes["tells most"] = told
    counts, hits = (np.bincount(level[chosen], minlength=LEVELS) for chosen in (slice(None), both.current))
    cells = [
        TrialCell(kind=(f"{at:03d}",), n=int(counts[at]), hits=int(hits[at])) for at in range(LEVELS) if counts[at]
    ]
    return TrialTally(cells=tuple(cells), notes=tuple(sorted(notes.items())))


def _levels(both: Joined, folds: int, draw: np.random.Generator) -> tuple[npt.NDArray[np.int64], str]:
    """The level of each row, and which columns and products the models lean on."""
    part = logistic.folds_of(both.current.astype(np.int64), folds, draw)
    level = np.zeros(len(part), dtype=np.int64)
    weight: Counter[str] = Counter()
    for fold in range(folds):
        held = part == fold
        terms = logistic.choose_terms(both.numbers[~held], both.current[~held], products=PRODUCTS)
        lone = both.numbers.shape[1]
        weights = logistic.fit(terms.of(both.numbers[~held]), both.current[~held], lone=lone)
        ranks = logistic.average_ranks(logistic.chance(terms.of(both.numbers[held]), weights))
        level[held] = np.minimum((ranks * LEVELS).astype(np.int64), LEVELS - 1)
        pairs = [f"{both.names[first]} x {both.names[second]}" for first, second in terms.pairs.tolist()]
        for name, size in zip((*both.names, *pairs), np.abs(weights[:-1]).tolist(), strict=True):
            weight[name] += size
    return level, ", ".join(name for name, _ in sorted(weight.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN])


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, needs=("reference",), trial=perform)
def domain_classifier(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how well a model tells current from reference rows, by all columns together.

    Formula: area under the ROC curve of a model of "the row is current", each row scored by a model trained on the
    other folds and ranked within its fold (classifier two-sample test: Lopez-Paz and Oquab 2017; Friedman 2003). Unit:
    share of pairs of a current and a reference row that are told apart; 0.5 is chance, 1 is certain. Model: logistic
    regression with a ridge penalty on the ranks of numbers, on the 20 most frequent texts of a column, on gaps, and on
    the 100 products of two of these whose means differ most among the rows it is trained on. The products let it see
    a shift of the relation between columns where no column by itself moved; relations of three columns it does not see.
    Interval: that of `performance.task-metric` for the area (DeLong et al. 1988; Hanley and McNeil 1982) at the
    critical value times sqrt(1 + K / (K - 1)), K folds: each row is in the training of all other folds, so that areas
    spread more than those of rows that serve once (Nadeau and Bengio 2003). It is about this model trained on so many
    rows: PASS says that this model cannot tell more, not that none could, and with more rows it learns more.
    Simulated, five normal columns, n = m = 200, 500 and 1,000, criterion "<= 0.6", 200 runs each: without shift 0 %
    FAIL, 69, 98 and 100 % PASS, and the low end above 0.5 in 0, 0.5 and 1.0 %; with a correlation of 0.6 in the place
    of none and no column moved 6, 43 and 92 % FAIL, none PASS.
    Misleads where a column says by its nature which table a row is from, such as a date, a running number or a label
    that did not come yet: name the columns without it. How much is too much is the organisation's decision; large drift
    that does not matter to the model, and small drift that does, are told apart by `drift.concept` and performance.
    INCONCLUSIVE below 100 rows of either table.

    Raises:
        ParameterRefused: there are fewer than two folds; in the trial, no column holds numbers or text.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    current = [cell.hits for cell in tally.cells]
    reference = [cell.n - cell.hits for cell in tally.cells]
    enough = min(sum(current), sum(reference)) >= MINIMUM_ROWS
    folds = parameters.count("folds")
    z = critical() * sqrt(1 + folds / (folds - 1))  # rows serve more than once: see the docstring
    area = roc_area(current, reference, z=z) if enough else None
    return Measurement(
        check=NAME,
        method="out-of-fold logistic regression with products, area with wider of DeLong and Hanley-McNeil",
        method_version="1",
        value=area.value if area else None,
        low=area.low if area else None,
        high=area.high if area else None,
        n=sum(current) + sum(reference),
        reason=None if area else Reason.INSUFFICIENT_DATA,
        details=dict(tally.notes),
    )
