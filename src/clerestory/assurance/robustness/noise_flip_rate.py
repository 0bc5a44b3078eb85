"""Share of decisions that change when one input is a little off, missing, of another category or in another unit."""

from collections.abc import Iterator

import numpy as np

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.robustness import perturbation
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import (
    Predict,
    Sample,
    Sampled,
    Table,
    Talk,
    Tried,
    Unanswered,
    trial_of,
    trial_tally,
    worst_cell,
)
from clerestory.assurance.trial.asking import FEATURES, THRESHOLD

NAME = "robustness.noise-flip-rate"
KINDS = ("noise", "missing", "category")
_PARAMETERS = (
    FEATURES,
    Parameter(
        name="columns",
        kind="columns",
        names_slice=True,
        meaning="Features that are changed, one at a time; all of them.",
    ),
    Parameter(
        name="kinds",
        kind="texts",
        default=KINDS,
        names_slice=True,
        meaning="What happens to them: noise, missing, category.",
    ),
    Parameter(
        name="noise",
        kind="table of number",
        names_slice=True,
        meaning="Standard deviation of the noise by column, in the column's own unit.",
    ),
    Parameter(
        name="noise_share",
        kind="share",
        default=0.05,
        meaning="Noise of the other columns, as a share of their standard deviation.",
    ),
    Parameter(
        name="units",
        kind="table of number",
        names_slice=True,
        meaning="Factor by column of another unit that the number may come in, such as 1000.",
    ),
    THRESHOLD,
    Parameter(name="rows", kind="count", default=2_000, meaning="Rows that are tried at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of the noise."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Ask for decisions about rows as they are and about each changed version of them."""
    features = parameters.texts("features")
    sampled: Sampled = yield Sample(features, parameters.count("rows"), parameters.count("seed"))
    rows = len(next(iter(sampled.table.values()), ()))
    threshold = parameters.number("threshold")
    scores = yield Predict(sampled.table)
    decided = np.asarray(scores) >= threshold
    cells, silent, same = [], [], []
    for kind, column, changed in _changes(sampled.table, parameters):
        other = perturbation.differing(sampled.table[column], changed[column])
        if not other.any():
            same.append(f"{kind} {column}")
            continue
        try:
            moved = yield Predict(changed)
            hits = int(np.count_nonzero(other & ((np.asarray(moved) >= threshold) != decided)))
        except Unanswered:
            hits = int(other.sum())  # no decision is not the decision that was made
            silent.append(f"{kind} {column}")
        cells.append(TrialCell(kind=(kind, column), n=int(other.sum()), hits=hits))
    notes = {"rows": f"{rows} of {sampled.total}", "seed": str(parameters.count("seed"))}
    if same:
        notes["changed no row"] = ", ".join(same)
    if silent:
        notes["no decision at all"] = ", ".join(silent)
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _changes(table: Table, parameters: Parameters) -> Iterator[tuple[str, str, Table]]:
    draw = np.random.default_rng(parameters.count("seed"))
    noise, share = parameters.table("noise"), parameters.number("noise_share")
    for column in parameters.texts("columns") or parameters.texts("features"):
        values = table[column]
        for kind in parameters.texts("kinds"):
            if kind == "noise" and perturbation.is_number(values):
                size = float(str(noise.get(column, share * perturbation.spread(values))))
                yield kind, column, perturbation.with_noise(table, column, size, draw)
            elif kind == "missing":
                yield kind, column, perturbation.with_gap(table, column)
            elif kind == "category" and not perturbation.is_number(values):
                yield kind, column, perturbation.with_other_category(table, column, draw)
    for column, factor in parameters.table("units").items():
        yield "unit", column, perturbation.in_other_unit(table, column, float(str(factor)))


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, needs=("model",), trial=perform)
def noise_flip_rate(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how many decisions change when one input changes a little; the most sensitive input counts.

    Formula: per feature and kind of change the rows whose decision (score >= threshold) differs from that about the
    unchanged row, divided by the rows that were changed; the value is the largest such rate. Kinds: normal noise in the
    column's own unit, cut at the values that occur; the value missing; another category that occurs; the number in
    another unit. A model that gives no decision where a value is missing has changed all of them. Unit: share of
    decisions. Interval: Wilson (1927) per cell at 1 - 0.05 / cells (Bonferroni), so that all hold at once. INCONCLUSIVE
    below 30 rows. The limit is the organisation's: no standard gives one, and how much noise is normal is of the
    domain, so state ``noise`` in units; the default, 5 % of a standard deviation, only shows inputs on the edge.
    Misleads where features hang together: one alone changed may be a row that cannot occur. Invariance tests: Ribeiro
    et al. (2020); common corruptions: Hendrycks and Dietterich (2019).

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    how = Tried(check=NAME, method="flip rate, Wilson, Bonferroni over feature and kind")
    return worst_cell(how, trial_tally(NAME, tallies, parameters))
