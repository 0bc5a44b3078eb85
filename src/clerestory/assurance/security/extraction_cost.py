"""How well a copy made of a model's answers agrees with it, and how many questions that takes."""

from collections.abc import Iterator

import numpy as np

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.security.surrogate import copied, encoded
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Predict, Sample, Sampled, Table, Talk, trial_of, trial_tally
from clerestory.assurance.trial.asking import FEATURES, THRESHOLD
from clerestory.assurance.trial.cells import MINIMUM_CASES

NAME = "security.extraction-cost"
_FIRST = 25
_PARAMETERS = (
    FEATURES,
    Parameter(
        name="queries",
        kind="count",
        default=1_000,
        names_slice=True,
        meaning="Questions that an attacker can ask: what the rate limit lets through before he is noticed.",
    ),
    Parameter(
        name="answers",
        kind="choice",
        options=("score", "decision"),
        default="score",
        names_slice=True,
        meaning="What the interface answers with.",
    ),
    Parameter(
        name="inputs",
        kind="choice",
        options=("rows", "mixed"),
        default="rows",
        names_slice=True,
        meaning="What is asked about: rows of the data, or values of its columns mixed at random.",
    ),
    Parameter(name="level", kind="share", default=0.9, meaning="Agreement whose price in questions is shown."),
    THRESHOLD,
    Parameter(name="rows", kind="count", default=1_000, meaning="Rows on which copy and model are compared."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of the copy."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Ask the model, fit copies to growing parts of its answers, and compare their decisions on other rows."""
    features, budget = parameters.texts("features"), parameters.count("queries")
    wanted = budget + parameters.count("rows")
    sampled: Sampled = yield Sample(features, wanted, parameters.count("seed"))
    draw = np.random.default_rng(parameters.count("seed"))
    order = draw.permutation(len(next(iter(sampled.table.values()), ())))
    held = order[: min(parameters.count("rows"), len(order) // 2)]
    asked = _asked(sampled.table, order[len(held) :][:budget], parameters, draw)
    test = {name: values[held] for name, values in sampled.table.items()}
    threshold = parameters.number("threshold")
    said = np.asarray((yield Predict(asked)))
    decided = np.asarray((yield Predict(test))) >= threshold
    if parameters.text("answers") == "decision":
        said, cut = (said >= threshold).astype(np.float64), 0.5
    else:
        cut = threshold
    known, other = encoded(asked, asked), encoded(test, asked)
    cells = []
    for size in _sizes(min(budget, len(said))):
        copy = copied(known[:size], said[:size], cut, draw)
        agree = int(np.count_nonzero((copy.predict(other) >= cut) == decided))
        cells.append(TrialCell(kind=("queries", f"{size:08d}"), n=len(decided), hits=agree))
    yes = int(np.count_nonzero(decided))
    cells.append(TrialCell(kind=("always the same",), n=len(decided), hits=max(yes, len(decided) - yes)))
    notes = {"asked": str(len(said)), "seed": str(parameters.count("seed"))}
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _sizes(most: int) -> Iterator[int]:
    size = _FIRST
    while size < most:
        yield size
        size *= 2
    if most >= _FIRST:
        yield most


def _asked(table: Table, chosen: np.ndarray, parameters: Parameters, draw: np.random.Generator) -> Table:
    """Return what the attacker asks about: rows he has, or values he knows of, mixed."""
    if parameters.text("inputs") == "rows":
        return {name: values[chosen] for name, values in table.items()}
    return {name: values[draw.choice(chosen, parameters.count("queries"))] for name, values in table.items()}


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, needs=("model",), trial=perform)
def extraction_cost(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how well a copy, made of the answers to a number of questions, decides as the model does.

    Attack: ask about ``queries`` rows (rows of the data, or values of its columns mixed), fit boosted trees (Friedman
    2001) and ridge regressions (of the scores, of their log odds) to the answers, keep what decides best on a fifth
    held back, and compare decisions (score >= threshold) on rows that were not asked about. Formula: agreeing decisions
    / rows, at the whole budget; the learning curve at 25, 50, 100 ... questions and the first number that reaches
    ``level`` are shown beside it.
    Unit: share of decisions. Interval: Wilson (1927), of the rows compared; it does not hold other copies that a better
    attacker would make, so the value is a lower bound of what can be had. INCONCLUSIVE below 30 rows compared, or when
    fewer rows are there than the budget asks for.
    Misleads where one decision prevails: "always the same" agrees often without any question, and stands beside it.
    No limit is set by a standard: agreement alone is no harm, the price in questions against the rate limit is what is
    judged. Equation solving and extraction: Tramer et al. (2016); agreement as fidelity: Jagielski et al. (2020).

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    curve = [cell for cell in tally.cells if cell.kind[0] == "queries"]
    last = curve[-1] if curve else None
    reached = int(last.kind[1]) if last is not None else 0
    enough = last is not None and last.n >= MINIMUM_CASES
    found = wilson(last.hits, last.n) if last is not None and last.n else None
    level = parameters.number("level")
    price = next((int(cell.kind[1]) for cell in curve if cell.hits >= level * cell.n), None)
    short = reached < parameters.count("queries")
    reason = Reason.INSUFFICIENT_DATA if not enough else (Reason.PARTIAL_RUN if short else None)
    return Measurement(
        check=NAME,
        method="agreement of the best of boosted trees and ridge at the whole budget, Wilson",
        method_version="1",
        value=None if found is None or not enough else found.value,
        low=None if found is None or not enough else found.low,
        high=None if found is None or not enough else found.high,
        n=0 if last is None else last.n,
        by_group=tuple(_shown(cell) for cell in tally.cells if cell.n),
        reason=reason,
        details={
            **dict(tally.notes),
            f"questions to agree in {level:.0%}": f"more than {reached}" if price is None else f"at most {price}",
        },
    )


def _shown(cell: TrialCell) -> GroupResult:
    rate = wilson(cell.hits, cell.n)
    group = f"{int(cell.kind[1])} questions" if len(cell.kind) > 1 else f"{cell.kind[0]}, without a question"
    note = f"{cell.hits} of {cell.n} agree"
    return GroupResult(group=group, value=rate.value, low=rate.low, high=rate.high, n=cell.n, note=note)
