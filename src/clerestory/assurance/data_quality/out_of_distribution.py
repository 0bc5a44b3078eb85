"""Share of inputs that lie outside what the model was built on."""

from math import ceil

import numpy as np

from clerestory.assurance import groups
from clerestory.assurance.data_quality.inputs.outside import TooFewKnown, build
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialTally
from clerestory.assurance.tally.request import REFERENCE
from clerestory.assurance.trial import Sample, Sampled, Table, Talk, Tried, trial_of, trial_tally
from clerestory.assurance.trial.by_group import People, cells_of, groups_of, worst_rate

NAME = "data_quality.out-of-distribution"
_PARAMETERS = (
    Parameter(
        name="features",
        kind="columns",
        all_of="any",
        from_data="features",
        required=True,
        names_slice=True,
        meaning='Columns that the model takes; "all" columns but keys and time.',
    ),
    Parameter(
        name="false_alarms",
        kind="share",
        default=0.01,
        meaning="Share of inputs like the reference that may lie beyond the threshold.",
    ),
    Parameter(name="neighbours", kind="count", default=10, meaning="Nearest known rows whose distance is averaged."),
    Parameter(
        name="known", kind="count", default=4_000, meaning="Reference rows used at most; half set the threshold."
    ),
    Parameter(name="rows", kind="count", default=5_000, meaning="Current rows that are looked at, at most."),
    groups.PEOPLE,
    groups.INTERSECTIONS,
    groups.MINIMUM,
    groups.UNJUDGED,
    groups.JUDGE_GROUPS,
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the samples and of the halves."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Learn known rows and threshold from the reference, and count the current rows beyond it."""
    columns, people = parameters.texts("features"), parameters.texts("sensitive_features")
    seed, allowed = parameters.count("seed"), parameters.number("false_alarms")
    wanted = tuple(dict.fromkeys((*columns, *people)))
    reference: Sampled = yield Sample(wanted, parameters.count("known"), seed, REFERENCE)
    current: Sampled = yield Sample(wanted, parameters.count("rows"), seed)
    known, held = _halves(reference.table, np.random.default_rng(seed))
    rows = len(current.table[columns[0]])
    try:
        found = build(known, held, columns, false_alarms=allowed, neighbours=parameters.count("neighbours"))
    except TooFewKnown as error:
        return TrialTally(cells=(), unanswered=rows, notes=(("no threshold", error.problem),))
    low, high = false_alarm_range(found.calibrated_on, allowed)
    notes = {
        "rows": f"{rows} of {current.total}",
        "false alarms allowed": f"{allowed:g}",
        "threshold": f"{found.threshold:.6g} from {found.calibrated_on} rows held out",
        "false alarms of such a threshold": f"{low:.6f} to {high:.6f}",
    }
    for cell in cells_of("held out", found.outside(held), groups_of(held, people)):
        if people and cell.n >= parameters.count("min_group_size"):
            named = ", ".join(f"{name}={value}" for name, value in zip(people, cell.kind[1:], strict=True))
            notes[f"reference, {named}"] = f"{cell.hits} of {cell.n}"
    cells = cells_of("outside", found.outside(current.table), groups_of(current.table, people))
    return TrialTally(cells=cells, notes=tuple(sorted(notes.items())))


def false_alarm_range(calibrated_on: int, allowed: float) -> tuple[float, float]:
    """Return the 95 % range of the rate that a threshold from so many rows really has: Beta(m + 1 - r, r), rank r."""
    from scipy.special import betaincinv

    rank = ceil((calibrated_on + 1) * (1 - allowed))
    beyond = calibrated_on + 1 - rank
    return float(betaincinv(beyond, rank, 0.025)), float(betaincinv(beyond, rank, 0.975))


def _halves(table: Table, draw: np.random.Generator) -> tuple[Table, Table]:
    rows = len(next(iter(table.values()), ()))
    order = draw.permutation(rows)
    first, second = np.sort(order[: rows // 2]), np.sort(order[rows // 2 :])
    return ({name: values[first] for name, values in table.items()},
            {name: values[second] for name, values in table.items()})  # fmt: skip


@check(NAME, subject=DATASET_VERSION, wants=_wants, needs=("reference",), parameters=_PARAMETERS, trial=perform)
def out_of_distribution(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the share of inputs that lie outside what the model was built on; the worst group counts.

    Formula: a row's score is its mean distance to the k nearest of known reference rows (Ramaswamy, Rastogi and Shim
    2000; Angiulli and Pizzuti 2002), numbers in robust units on an inverse hyperbolic sine scale, two categories 1
    apart, unseen ones farther. It lies outside when its score is beyond the threshold, the conformal quantile of
    reference rows held out (Bates et al. 2023), so that rows like the reference lie outside with at most the declared
    rate ``false_alarms``. Unit: share of rows; without any shift it is about ``false_alarms``, so a limit below that
    fails sooner or later. Interval: Wilson (1927) of the share beyond this threshold, at 1 - 0.05 / rates (Bonferroni
    over everybody and the groups); what rate the threshold itself has is uncertain within the range that the details
    state. INCONCLUSIVE below 30 rows, or where too few reference rows are there for the rate.
    Simulated, five normal columns and a category, 2,000 reference and 1,000 current rows: without shift 0.97 % lie
    outside on average over 200 pairs of windows (0.2 to 2.0 % in 95 % of them); with one column moved by 2, 3 or 4
    standard deviations 8, 22 and 45 %. The published halves of Adult: 0.72 %; with hours written as minutes 99.8 %.
    Misleads: rows far from all known ones may be decided rightly, and near ones wrongly; a shift inside the known range
    is drift, not this; columns that are noise hide the others, so name those that the model takes; a group that is rare
    in the reference lies outside more often (details: its rate in the reference).

    Raises:
        ParameterRefused: there is no reference, or it does not have a column.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    how = Tried(
        check=NAME,
        method="nearest known rows, conformal threshold, Wilson, Bonferroni",
        max_unjudged_share=parameters.number("max_unjudged_share"),
    )
    people = People(
        features=parameters.texts("sensitive_features"),
        intersections=parameters.flag("intersections"),
        minimum=parameters.count("min_group_size"),
        judged=parameters.flag("judge_groups"),
    )
    return worst_rate(how, trial_tally(NAME, tallies, parameters), "outside", people)
