"""How much better a hidden attribute of a person is guessed by somebody who sees what the model says of them."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.privacy.plain_model import Floats, design, fit
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical, weighted_sum
from clerestory.assurance.statistics.paired import paired_difference
from clerestory.assurance.tally import MISSING, Request, Tallies, TrialCell, TrialTally, value_text
from clerestory.assurance.trial import Predict, Sample, Sampled, Talk, trial_of, trial_tally
from clerestory.assurance.trial.asking import FEATURES, THRESHOLD
from clerestory.assurance.trial.move import scores_of

NAME = "privacy.attribute-inference"
MINIMUM_CASES = 30
MOST_VALUES = 10
_FEWEST = 5
_NEAR = 1e-6
_PARAMETERS = (
    FEATURES,
    Parameter(
        name="attributes",
        kind="columns",
        from_data="sensitive_features",
        required=True,
        names_slice=True,
        meaning="Attributes that somebody wants to find out, one at a time; they may be features or not.",
    ),
    Parameter(
        name="known",
        kind="columns",
        names_slice=True,
        meaning="What the attacker knows of a person; without it all features but the attribute.",
    ),
    Parameter(
        name="output",
        kind="choice",
        options=("score", "decision"),
        default="score",
        names_slice=True,
        meaning="What the attacker sees: the score, or only the decision.",
    ),
    THRESHOLD,
    Parameter(
        name="rows", kind="count", default=10_000, meaning="Rows at most: half teach the attacker, half are attacked."
    ),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of its halves."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Ask for scores of the rows as they are and, where the attribute is a feature, with each value it could have."""
    features, attributes = parameters.texts("features"), parameters.texts("attributes")
    known = parameters.texts("known") or features
    columns = tuple(dict.fromkeys((*features, *attributes, *known)))
    sampled: Sampled = yield Sample(columns, parameters.count("rows"), parameters.count("seed"))
    asked = {name: sampled.table[name] for name in features}
    rows = len(next(iter(asked.values()), ()))
    seen = _seen(scores_of((yield Predict(asked)), rows), parameters)
    cells: list[TrialCell] = []
    notes = {"rows": f"{rows} of {sampled.total}"}
    for attribute in attributes:
        values = sampled.table[attribute]
        truth = _classes(values)
        best = None
        if attribute in features:
            guesses = []
            for value in _candidates(values):
                answer = yield Predict({**asked, attribute: _filled(values, value)})
                guesses.append((value, _seen(scores_of(answer, rows), parameters)))
            best = _nearest(seen, guesses)
        others = [sampled.table[name] for name in known if name != attribute]
        cells += _attack(attribute, truth, others, seen, best, parameters)
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _seen(scores: Floats, parameters: Parameters) -> Floats:
    return scores if parameters.text("output") == "score" else (scores >= parameters.number("threshold")).astype(float)


def _classes(values: NDArray[np.generic]) -> NDArray[np.str_]:
    """Return the attribute as classes: its values, or the quarters of a number with more than ten."""
    if values.dtype != object and values.dtype != bool:
        numbers = values.astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        if len(np.unique(finite)) > MOST_VALUES:
            cuts = np.unique(np.quantile(finite, (0.25, 0.5, 0.75)))
            at = np.searchsorted(cuts, numbers, side="left")
            names = np.array([*(f"up to {cut:g}" for cut in cuts), f"above {cuts[-1]:g}"])
            return np.where(np.isfinite(numbers), names[at], MISSING)
    return np.array([value_text(item) for item in values.tolist()])


def _candidates(values: NDArray[np.generic]) -> Sequence[object]:
    """Return what the attribute could be: its ten most frequent values, or nine points along a number with more."""
    if values.dtype != object and values.dtype != bool:
        numbers = values.astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        distinct = np.unique(finite)
        if len(distinct) > MOST_VALUES:
            return tuple(np.unique(np.quantile(finite, np.arange(1, 10) / 10, method="nearest")).tolist())
        return tuple(distinct.tolist())
    texts = [item for item in values.tolist() if item is not None]
    names, counts = np.unique(np.array([str(item) for item in texts]), return_counts=True)
    frequent = names[np.lexsort((names, -counts))][:MOST_VALUES].tolist()
    by_name = {str(item): item for item in texts}
    return tuple(by_name[name] for name in frequent)


def _filled(values: NDArray[np.generic], value: object) -> NDArray[np.generic]:
    return np.full(len(values), value, dtype=values.dtype)


def _nearest(seen: Floats, guesses: Sequence[tuple[object, Floats]]) -> NDArray[np.generic]:
    """Return the candidate whose output is the one that was seen; several that are alike tell nothing."""
    gaps = np.array([np.abs(output - seen) for _, output in guesses])
    names = np.array([value_text(value) for value, _ in guesses], dtype=object)
    alone = (gaps <= gaps.min(axis=0) + _NEAR).sum(axis=0) == 1
    return np.where(alone, names[gaps.argmin(axis=0)], "(several)")


def _attack(
    attribute: str,
    truth: NDArray[np.str_],
    others: Sequence[NDArray[np.generic]],
    seen: Floats,
    best: NDArray[np.generic] | None,
    parameters: Parameters,
) -> Iterator[TrialCell]:
    """Guess with and without the model's output, by one attacker, and count per value who was right."""
    names = [name for name in np.unique(truth).tolist() if name != MISSING and (truth == name).sum() >= _FEWEST]
    kept = np.isin(truth, names)
    if len(names) < 2:
        yield TrialCell(kind=(attribute, "(one value)", "neither"), n=int(kept.sum()))
        return
    given = np.array([names.index(name) for name in truth[kept].tolist()])
    before = [column[kept] for column in others]
    after = [*before, seen[kept], *_steps(seen[kept]), *([] if best is None else [best[kept]])]
    # Half of the rows teach the attacker, the other half is attacked: in folds the guesses would hang together.
    learnt = np.random.default_rng(parameters.count("seed")).permutation(len(given)) % 2 == 0
    without, within = (
        _guessed(design(columns), given, len(names), learnt) for columns in (before or [seen * 0], after)
    )
    for at, name in enumerate(names):
        own = given[~learnt] == at
        one, other = within[own] == at, without[own] == at
        counts = {"both": one & other, "with output": one & ~other, "without output": ~one & other}
        for key, hit in counts.items():
            yield TrialCell(kind=(attribute, name, key), n=int(own.sum()), hits=int(hit.sum()))


def _steps(seen: Floats) -> list[NDArray[np.generic]]:
    """Return the output in ten steps, so that a plain model may see more in it than a slope."""
    cuts = np.unique(np.quantile(seen, np.arange(1, 10) / 10))
    return [np.array([str(step) for step in np.searchsorted(cuts, seen).tolist()], dtype=object)]


def _guessed(x: Floats, given: NDArray[np.int64], classes: int, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the likeliest class of each row that the attacker did not see, all classes weighing the same."""
    sizes = np.bincount(given[seen], minlength=classes)
    weights = (len(given) / classes / np.maximum(sizes, 1))[given[seen]]
    odds = np.zeros((int((~seen).sum()), classes))
    for at in range(classes):
        if classes > 2 or at == 1:
            found = fit(x[seen], (given[seen] == at).astype(np.float64), weights=weights)
            odds[:, at] = x[~seen] @ found
    return np.asarray(odds.argmax(axis=1), dtype=np.int64)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("model",),
    lowest=-1.0,
    trial=perform,
)
def attribute_inference(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how much better a hidden attribute is guessed with the model's output than without; the worst counts.

    One attacker, a logistic regression with equal weight of all values, learns from half of the rows and guesses the
    attribute of the other half from what is known of a person, once without and once with the model's output: the
    score, its tenth, and, where the attribute is a feature, the value under which the model gives just the output that
    was seen (Fredrikson et al. 2015; Yeom et al. 2018). Formula: per value of the attribute, (rows guessed with the
    output only - rows guessed without only) / rows of the value; the mean over values (gain in balanced accuracy); the
    attribute with the largest gain counts. Numbers with more than ten values are guessed by quarter. Unit: difference
    of shares.
    Interval: Newcombe (1998, paired) per value, combined by recovery of variances (Zou and Donner 2008), Bonferroni
    over attributes; simulated with a secret that nothing tells (600 rows, 300 runs) it lay above 0 in 1.0 % of runs and
    below in 2.7 %; guesses in folds instead gave 8.3 % on either side. Values with fewer than 30 rows are shown, not
    judged; where more than 5 % of rows have such a value the check cannot pass, and INCONCLUSIVE is what fewer than two
    judged values of every attribute give. The limit is the organisation's. What is guessed without the model is no leak
    of the model: hence the same attacker without it.
    Misleads where a better attacker exists, and where the gain is what the model is for: an attribute that goes with
    the outcome is told by any true statement about the outcome (Jayaraman and Evans 2022).

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    attributes = sorted({cell.kind[0] for cell in tally.cells})
    z = critical(family=len(attributes))
    shown, found, left, total = list[GroupResult](), list[Interval](), 0, 0
    for attribute in attributes:
        values = sorted({cell.kind[1] for cell in tally.cells if cell.kind[0] == attribute})
        gains = {name: _gain(tally, attribute, name, z) for name in values}
        judged = [gain for gain, n in gains.values() if n >= MINIMUM_CASES]
        total += sum(n for _, n in gains.values())
        left += sum(n for _, n in gains.values() if n < MINIMUM_CASES or len(judged) < 2)
        shown += [_shown(f"{attribute}={name}", gain, n, n >= MINIMUM_CASES) for name, (gain, n) in gains.items()]
        if len(judged) > 1:
            found.append(weighted_sum(judged, [1 / len(judged)] * len(judged)))
            shown.append(_shown(attribute, found[-1], sum(n for _, n in gains.values()), True))
    value = worst(found, better="lower") if found else None
    return Measurement(
        check=NAME,
        method="gain in balanced accuracy of one attacker, paired Newcombe, Bonferroni over attributes",
        method_version="1",
        value=None if value is None else value.value,
        low=None if value is None else max(value.low, -1.0),
        high=None if value is None else min(value.high, 1.0),
        n=total,
        by_group=tuple(shown),
        share_unassessable=left / total if total else 1.0,
        max_unjudged_share=0.05,
        reason=Reason.INSUFFICIENT_DATA if value is None else None,
        details=dict(tally.notes),
    )


def _gain(tally: TrialTally, attribute: str, name: str, z: float) -> tuple[Interval, int]:
    cells = {cell.kind[2]: cell for cell in tally.cells if cell.kind[:2] == (attribute, name)}
    n = next(iter(cells.values())).n
    hits = {key: cells[key].hits if key in cells else 0 for key in ("both", "with output", "without output")}
    neither = n - sum(hits.values())
    if n == 0:
        return Interval(0.0, -1.0, 1.0), 0
    return paired_difference(hits["both"], hits["with output"], hits["without output"], neither, z=z), n


def _shown(group: str, gain: Interval, n: int, assessed: bool) -> GroupResult:
    return GroupResult(
        group=group,
        value=gain.value,
        low=gain.low,
        high=gain.high,
        n=n,
        assessed=assessed,
        note="" if assessed else "too few cases to judge",
    )
