"""Whether explanations of the same case stay the same with other seeds, other background data and a little noise."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.explainability import agreement, explained
from clerestory.assurance.explainability.shapley import EXACT_UP_TO, Floats
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.robustness import perturbation
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, bounded_mean, critical
from clerestory.assurance.statistics.paired import paired_mean
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Move, Predict, Table, Talk, Unanswered, trial_of, trial_tally
from clerestory.assurance.trial.asking import FEATURES, SHOWN
from clerestory.assurance.trial.cells import MINIMUM_CASES
from clerestory.assurance.trial.slices import ALL, cells_by_slice

NAME = "explainability.stability"
TOP, RANK, SIGN = "top overlap", "rank correlation", "sign agreement"
AT_RANDOM = "model at random"
"""The explanations of a model that answers by chance: they must not be like those of the model."""
BY_GROUP = "least agreement"
"""Kind of the cells of groups: per case the least agreement of all kinds of variation."""
_MOST_LIKE_CHANCE = 0.5
_PARAMETERS = (
    FEATURES,
    explained.CONTRIBUTIONS,
    Parameter(
        name="again",
        kind="table of column",
        names_slice=True,
        meaning="Column with the contribution by feature from another seed or background, where they are supplied.",
    ),
    Parameter(
        name="statistic",
        kind="choice",
        default=TOP,
        options=(TOP, RANK, SIGN),
        names_slice=True,
        meaning="top overlap (Jaccard of the top features), rank correlation (Spearman), or sign agreement of the top.",
    ),
    Parameter(
        name="top", kind="count", default=3, names_slice=True, meaning="Features with the largest contributions."
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
        default=0.02,
        names_slice=True,
        meaning="Noise of the other columns, as a share of their standard deviation.",
    ),
    explained.BACKGROUND,
    explained.BACKGROUND_ROWS,
    explained.ROUNDS,
    Parameter(name="repeats", kind="count", default=3, meaning="Seeds, backgrounds and noises that are tried each."),
    SHOWN,
    explained.CASES,
    explained.SEED,
)


@dataclass(frozen=True, slots=True)
class _Variation:
    """Explanations of the same cases under another circumstance."""

    name: str
    contributions: Floats


Varied = Generator[Move, Any, list[_Variation]]


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    explained.require_features(NAME, parameters, "contributions", "again")
    if bool(parameters.table("contributions")) != bool(parameters.table("again")):
        raise ParameterRefused(
            f"{NAME} compares supplied contributions with others that are supplied.",
            "Give both contributions and again, or neither.",
        )
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Explain cases as they are and under each variation, and compare the explanations case by case."""
    features, top = parameters.texts("features"), parameters.count("top")
    if len(features) <= top:
        raise ParameterRefused(
            f"{NAME} compares the top {top} of {len(features)} features, which are always the same.",
            "Give top = 1 or more, below the number of features.",
        )
    drawn = yield from explained.draw_cases(parameters, "contributions", "again")
    if parameters.table("contributions"):
        first = explained.supplied(parameters, "contributions", drawn.table)
        varied = [_Variation("supplied again", explained.supplied(parameters, "again", drawn.table))]
        chance = None
    else:
        background = yield from explained.draw_background(parameters)
        found = yield from explained.own(parameters, drawn.inputs, background)
        first = found.contributions
        varied = yield from _variations(parameters, drawn.inputs, background)
        chance = _at_random(parameters, drawn.inputs, background, found.output)
    every = np.concatenate([first, *(one.contributions for one in varied)], axis=1)
    good: NDArray[np.bool_] = np.isfinite(every).all(axis=1)
    kept = [replace(one, contributions=one.contributions[good]) for one in varied]
    agreed = _agreements(first[good], kept, top)
    cells = [_cell(statistic, name, values) for (statistic, name), values in agreed.items()]
    least = np.min([values for (name, _), values in agreed.items() if name == parameters.text("statistic")], axis=0)
    sensitive = parameters.texts("sensitive_features")
    shown = {name: drawn.table[name][good] for name in sensitive}
    cells += [
        replace(cell, kind=(BY_GROUP, *cell.kind))
        for cell in cells_by_slice(shown, sensitive, values=least)
        if cell.kind != ALL
    ]
    if chance is not None and np.isfinite(chance).all():
        cells.append(_cell(RANK, AT_RANDOM, agreement.rank_correlation(first[good], chance[good])))
    notes = explained.source_note(parameters) | {
        "rows": f"{drawn.size} of {drawn.total}",
        "seed": str(parameters.count("seed")),
        "cases with half of the top at least in every variation": _steady(first[good], kept, top),
    }
    return TrialTally(
        cells=tuple(sorted(cells, key=lambda cell: cell.kind)),
        unanswered=int((~good).sum()),
        notes=tuple(sorted(notes.items())),
    )


def _variations(parameters: Parameters, inputs: Table, background: Table) -> Varied:
    """Explain again with other seeds (where there is chance in it), other background rows, and noise on the numbers."""
    varied = []
    draw = np.random.default_rng(parameters.count("seed"))
    for again in range(1, parameters.count("repeats") + 1):
        if len(parameters.texts("features")) > EXACT_UP_TO:
            found = yield from explained.own(parameters, inputs, background, again=again)
            varied.append(_Variation("other seed", found.contributions))
        other = yield from explained.draw_background(parameters, again=again)
        found = yield from explained.own(parameters, inputs, other)
        varied.append(_Variation("other background", found.contributions))
        found = yield from explained.own(parameters, _noisy(parameters, inputs, draw), background)
        varied.append(_Variation("noise", found.contributions))
    return varied


def _noisy(parameters: Parameters, inputs: Table, draw: np.random.Generator) -> Table:
    noise, share, table = parameters.table("noise"), parameters.number("noise_share"), dict(inputs)
    for column, values in inputs.items():
        if perturbation.is_number(values):
            size = float(str(noise.get(column, share * perturbation.spread(values))))
            table[column] = perturbation.with_noise(inputs, column, size, draw)[column]
    return table


def _at_random(parameters: Parameters, inputs: Table, background: Table, scores: Floats) -> Floats | None:
    """Explain a model that answers each question with one of the scores drawn at random; it is not asked anything."""
    known = scores[np.isfinite(scores)]
    if not len(known):
        return None
    draw = np.random.default_rng(parameters.count("seed"))
    talk = explained.own(parameters, inputs, background)
    answer: object = None
    while True:
        try:
            move = talk.send(answer)
        except StopIteration as end:
            contributions: Floats = end.value.contributions
            return contributions
        if not isinstance(move, Predict):
            raise Unanswered("A model at random answers questions for scores alone.", "Report this as a fault.")
        answer = draw.choice(known, size=len(next(iter(move.table.values()))))


def _agreements(first: Floats, varied: list[_Variation], top: int) -> dict[tuple[str, str], Floats]:
    """Return by statistic and kind of variation the agreement of each case: the mean over the repeats."""
    found = {}
    for name in sorted({one.name for one in varied}):
        same = [one.contributions for one in varied if one.name == name]
        found[TOP, name] = _mean(agreement.top_overlap(first, other, top) for other in same)
        found[RANK, name] = _mean(agreement.rank_correlation(first, other) for other in same)
        found[SIGN, name] = _mean(agreement.sign_agreement(first, other, top) for other in same)
    return found


def _mean(rows: Iterator[Floats]) -> Floats:
    found: Floats = np.mean(np.array(list(rows)), axis=0)
    return found


def _cell(statistic: str, name: str, values: Floats) -> TrialCell:
    total, squares = float(values.sum()), float((values * values).sum())
    return TrialCell(kind=(statistic, name), n=len(values), total=total, squares=squares)


def _steady(first: Floats, varied: list[_Variation], top: int) -> str:
    if not len(first):
        return "none"
    overlaps = [agreement.top_overlap(first, one.contributions, top) for one in varied]
    return f"{int((np.min(overlaps, axis=0) >= 0.5).sum())} of {len(first)}"


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("model",),
    better="higher",
    lowest=-1.0,
    trial=perform,
)
def stability(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how alike explanations of a case are under other seeds, other background rows and a little noise.

    Formula: per kind of variation and case the agreement with the first explanation, averaged over repeats; the mean
    over cases; the value is that of the worst kind. ``top overlap``: Jaccard index of the features with the largest
    contributions; ``rank correlation``: Spearman (1904) of the signed contributions; ``sign agreement``: share of the
    top features that keep their sign, one minus the sign flips. Unit: 0 to 1, for the correlation -1 to 1. Interval:
    over cases, `bounded_mean` (for the correlation on the doubled scale) at 1 - 0.05 / kinds (Bonferroni), so that all
    hold at once; INCONCLUSIVE below 30 cases. All three are shown for every kind, and groups by their least agreement.
    With up to 8 features own Shapley values are exact and have no seed. Supplied contributions are compared with a
    second set (``again``). Randomisation test (Adebayo et al. 2018): own explanations of a model that answers by chance
    are compared too; where their rank correlation with the true ones is surely above 0.5 the explanations do not come
    from the model, and the check is INCONCLUSIVE, assumption broken. The limit is the organisation's: no standard gives
    one. Background and noise variations: Alvarez-Melis and Jaakkola (2018), Slack et al. (2021).
    Misleads where features hang together, for contributions then move between them at no loss; and where the top
    features are nearly equal, which makes a low overlap of no weight. Noise can change the decision itself: state it in
    units of the domain. A stable explanation can be stably wrong: see explainability.faithfulness.

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask or a set of contributions is missing.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally, statistic = trial_tally(NAME, tallies, parameters), parameters.text("statistic")
    counted = [cell for cell in tally.cells if cell.kind[-1] != AT_RANDOM and cell.kind[0] != BY_GROUP]
    groups = [cell for cell in tally.cells if cell.kind[0] == BY_GROUP]
    judged = [cell for cell in counted if cell.kind[0] == statistic and cell.n >= MINIMUM_CASES]
    z = critical(family=len(judged))
    found = worst([_interval(cell, statistic, z) for cell in judged], better="higher") if judged else None
    chance = [_interval(cell, RANK, critical()) for cell in tally.cells if cell.kind[-1] == AT_RANDOM and cell.n]
    broken = any(item.low > _MOST_LIKE_CHANCE for item in chance)
    size = max((cell.n for cell in counted), default=0)
    details = dict(tally.notes)
    if chance:
        details["rank correlation with a model at random"] = f"{chance[0].value:.3f}"
    return Measurement(
        check=NAME,
        method="agreement of explanations, interval of a bounded mean, Bonferroni over variations",
        method_version="1",
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=size,
        by_group=(
            *(_shown(cell, cell.kind[0], ", ".join(cell.kind), z) for cell in counted),
            *(_shown(cell, statistic, ", ".join(cell.kind[1:]), critical()) for cell in groups),
        ),
        share_unassessable=tally.unanswered / (size + tally.unanswered) if size + tally.unanswered else 1.0,
        max_unjudged_share=0.05,
        reason=Reason.INSUFFICIENT_DATA if found is None else Reason.ASSUMPTION_BROKEN if broken else None,
        details=details,
    )


def _interval(cell: TrialCell, statistic: str, z: float) -> Interval:
    mean = paired_mean if statistic == RANK else bounded_mean
    return mean(cell.n, cell.total, cell.squares, z=z)


def _shown(cell: TrialCell, statistic: str, name: str, z: float) -> GroupResult:
    if not cell.n:
        return GroupResult(group=name, value=None, low=None, high=None, n=0, assessed=False, note="no case")
    found, enough = _interval(cell, statistic, z), cell.n >= MINIMUM_CASES
    note = "" if enough else f"fewer than {MINIMUM_CASES} cases"
    return GroupResult(
        group=name, value=found.value, low=found.low, high=found.high, n=cell.n, assessed=enough, note=note
    )
