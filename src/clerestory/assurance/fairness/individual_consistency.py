"""Like cases get like outcomes: among neighbours, and when nothing but a sensitive feature is another."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from clerestory.assurance import groups
from clerestory.assurance.fairness.neighbours import coordinates, nearest
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance.truth import Truth, read_truth
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialTally, value_text
from clerestory.assurance.trial import Predict, Sample, Sampled, Table, Talk, Tried, Unanswered, trial_of, trial_tally
from clerestory.assurance.trial.asking import THRESHOLD
from clerestory.assurance.trial.by_group import People, cells_of, groups_of, worst_rate

NAME = "fairness.individual-consistency"
MOST_VALUES = 10
Flags = npt.NDArray[np.bool_]
_PARAMETERS = (
    Parameter(
        name="measure",
        kind="choice",
        default="neighbours",
        options=("neighbours", "counterfactual"),
        names_slice=True,
        meaning="neighbours: against the decisions about like cases; counterfactual: the model is asked again.",
    ),
    Parameter(
        name="features",
        kind="columns",
        from_data="features",
        default="all",
        all_of="any",
        names_slice=True,
        meaning='Columns by which cases are alike, or "all"; the sensitive features are never among them.',
    ),
    groups.SENSITIVE,
    replace(groups.OUTCOME, required=False),
    groups.FAVOURABLE,
    groups.FAVOURABLE_FROM,
    groups.LABEL,
    Parameter(name="score", kind="column", from_data="score", meaning="Column of the score; it is no feature."),
    Parameter(name="neighbours", kind="count", default=5, names_slice=True, meaning="Nearest cases looked at."),
    THRESHOLD,
    groups.INTERSECTIONS,
    groups.MINIMUM,
    groups.UNJUDGED,
    Parameter(name="rows", kind="count", default=4_000, meaning="Rows that are looked at or asked about at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample, and of who is asked about."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    if parameters.text("measure") == "counterfactual":
        if not _taken(parameters):
            raise ParameterRefused(
                f"{NAME}: the model takes no sensitive feature, so no decision can change with one.",
                'Ask for measure = "neighbours".',
            )
    elif "outcome" not in parameters:
        raise ParameterRefused(f"{NAME}: outcome is missing.", "Give outcome in [data] or in the check.")
    elif parameters.count("neighbours") % 2 == 0:
        raise ParameterRefused(f"{NAME}: neighbours is even, and half of them is no majority.", "Give an odd number.")
    elif not _alike(parameters):
        raise ParameterRefused(f"{NAME} has no feature by which cases are alike.", "Name some that are not sensitive.")
    return (trial_of(NAME, parameters),)


def _taken(parameters: Parameters) -> tuple[str, ...]:
    """The sensitive features that are among the model's."""
    return tuple(
        name for name in sorted(parameters.texts("sensitive_features")) if name in parameters.texts("features")
    )


def _alike(parameters: Parameters) -> tuple[str, ...]:
    """The features by which cases are alike."""
    apart = {parameters.optional(name) for name in ("outcome", "label", "score")}
    apart |= set(parameters.texts("sensitive_features"))
    return tuple(name for name in parameters.texts("features") if name not in apart)


def perform(parameters: Parameters) -> Talk:
    """Count decisions that differ from those about like cases, or that change with a sensitive feature alone."""
    if parameters.text("measure") == "counterfactual":
        return (yield from _ask_again(parameters))
    return (yield from _look_around(parameters))


def _look_around(parameters: Parameters) -> Talk:
    sensitive, alike = tuple(sorted(parameters.texts("sensitive_features"))), _alike(parameters)
    outcome, k = parameters.text("outcome"), parameters.count("neighbours")
    columns = tuple(dict.fromkeys((*alike, *sensitive, outcome)))
    sampled: Sampled = yield Sample(columns, parameters.count("rows"), parameters.count("seed"))
    decided = _decided(sampled.table[outcome], parameters)
    rows = np.random.default_rng(parameters.count("seed")).permutation(np.flatnonzero(decided.known))
    asked, pool = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    undecided = len(decided.known) - len(rows)
    notes = {"asked about": f"{len(asked)} of {sampled.total}", "neighbours among": f"{len(pool)} others"}
    notes |= {"without decision": str(undecided)} if undecided else {}
    if len(pool) < k or not len(asked):
        return TrialTally(cells=(), unanswered=undecided, notes=tuple(sorted(notes.items())))
    points = coordinates(sampled.table, alike)
    around = decided.yes[pool][nearest(points[asked], points[pool], k)].mean(axis=1)
    own = decided.yes[asked]
    notes["consistency (Zemel et al. 2013)"] = f"{1 - float(np.abs(own - around).mean()):.6f}"
    every = groups_of(sampled.table, sensitive)
    cells = cells_of("neighbours", own != (around > 0.5), [every[at] for at in asked.tolist()])
    # Half of the rows are asked about, so half of those without a decision would have been.
    return TrialTally(cells=cells, unanswered=-(-undecided // 2), notes=tuple(sorted(notes.items())))


def _decided(values: npt.NDArray[np.generic], parameters: Parameters) -> Truth:
    if "favourable_from" not in parameters:
        return read_truth(NAME, values, parameters.optional("favourable"), called="outcome")
    numbers = np.asarray(values, dtype=np.float64)
    return Truth(numbers >= parameters.number("favourable_from"), ~np.isnan(numbers))


def _ask_again(parameters: Parameters) -> Talk:
    sensitive, features = tuple(sorted(parameters.texts("sensitive_features"))), parameters.texts("features")
    columns = tuple(dict.fromkeys((*features, *sensitive)))
    sampled: Sampled = yield Sample(columns, parameters.count("rows"), parameters.count("seed"))
    every = groups_of(sampled.table, sensitive)
    asked = {name: sampled.table[name] for name in features}
    threshold = parameters.number("threshold")
    before = np.asarray((yield Predict(asked))) >= threshold
    changed = np.zeros(len(every), dtype=np.bool_)
    notes = {"asked about": f"{len(every)} of {sampled.total}"}
    for name in _taken(parameters):
        flips = np.zeros(len(every), dtype=np.bool_)
        for said, other in _others(asked, name):
            try:
                flips |= (np.asarray((yield Predict(other))) >= threshold) != before
            except Unanswered:
                flips[:] = True  # no decision is not the decision that was made
                notes[f"no decision with {name}"] = said
        notes[f"decisions that change with {name} alone"] = f"{int(flips.sum())} of {len(flips)}"
        changed |= flips
    return TrialTally(cells=cells_of("counterfactual", changed, every), notes=tuple(sorted(notes.items())))


def _others(table: Table, name: str) -> Iterator[tuple[str, Table]]:
    """The table once for each value that the feature is given: of many numbers quantiles, of texts the commonest."""
    values = table[name]
    if values.dtype == object:
        texts, counts = np.unique([str(value) for value in values.tolist() if value is not None], return_counts=True)
        commonest = sorted(zip((-counts).tolist(), texts.tolist(), strict=True))[:MOST_VALUES]
        for text in sorted(text for _, text in commonest):
            yield text, {**table, name: np.full(len(values), text, dtype=object)}
        return
    known = values[~np.isnan(values.astype(np.float64))]
    distinct = np.unique(known)
    if len(distinct) > MOST_VALUES:
        distinct = np.unique(np.quantile(known, np.linspace(0.05, 0.95, MOST_VALUES), method="inverted_cdf"))
    for value in distinct:
        yield value_text(value.item()), {**table, name: np.full(len(values), value, dtype=values.dtype)}


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("sensitive_features",),
    asks=("model",),
    trial=perform,
)
def individual_consistency(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how often like cases get unlike decisions, over all cases and in every group; the highest share counts.

    neighbours: cases whose decision differs from that about most of the k nearest cases / cases asked about. Nearest
    by all features but the sensitive ones, numbers in standard deviations, different texts one apart. Half of the rows,
    drawn by seed, are asked about and the other half are the neighbours: so, given the neighbours, cases are
    independent, where in one pool each would be neighbour to many and no plain interval would hold. The consistency of
    Zemel et al. (2013), 1 - mean |decision - mean decision of the neighbours|, stands in the details.
    counterfactual: cases whose decision by the model changes when a sensitive feature alone takes another of its
    values (the 10 most frequent, of numbers 10 quantiles) / cases asked about; only for features that the model takes.
    What follows from the feature elsewhere in the row stays as it is, so it finds the direct use alone and not that of
    proxies (Kusner et al. 2017). Unit: share of cases, 0 to 1. Interval: Wilson (1927) at 1 - 0.05 / groups
    (Bonferroni), over all cases and each group and intersection that is large enough. Simulated,
    300 runs: it holds what fresh cases find among the same neighbours in 97, 96 and 95 % at 200, 400 and 2,000 rows.
    Misleads where features do not hold what the decision rightly rests on, for then cases look alike that are not; and
    close to any limit like cases are parted by a hair, so a share of 0 is not to be had. No standard gives a limit.
    INCONCLUSIVE below 30 cases asked about.

    Raises:
        ParameterRefused: there is no outcome, no feature, an even number of neighbours, or nothing sensitive to change.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    measure = parameters.text("measure")
    people = People(
        features=tuple(sorted(parameters.texts("sensitive_features"))),
        intersections=parameters.flag("intersections"),
        minimum=parameters.count("min_group_size"),
    )
    method = "decisions that change, Wilson" if measure == "counterfactual" else "apart half as neighbours, Wilson"
    how = Tried(check=NAME, method=method, max_unjudged_share=parameters.number("max_unjudged_share"))
    return worst_rate(how, trial_tally(NAME, tallies, parameters), measure, people)
