"""How often prediction sets or intervals hold what turned out true, in every group, and how large they are."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from clerestory.assurance import groups
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance import conformal
from clerestory.assurance.performance.truth import read_truth
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally, value_text
from clerestory.assurance.tally.request import REFERENCE
from clerestory.assurance.trial import Sample, Sampled, Table, Talk, Tried, trial_of, trial_tally
from clerestory.assurance.trial.by_group import People, cells_of, groups_of, worst_rate

NAME = "performance.conformal-coverage"
COVERED, SIZE, CALIBRATION, LEFT_OUT = "covered", "size", "calibration", "left out"
MINIMUM_CALIBRATION = 30
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_PARAMETERS = (
    Parameter(
        name="task",
        kind="choice",
        default="classification",
        options=("classification", "regression"),
        names_slice=True,
        meaning="classification: sets of labels; regression: intervals around a predicted number.",
    ),
    Parameter(
        name="coverage",
        kind="share",
        default=0.9,
        names_slice=True,
        meaning="Share of cases that sets or intervals are made to cover.",
    ),
    Parameter(
        name="mondrian",
        kind="flag",
        default=False,
        names_slice=True,
        meaning="Calibrate each group of the sensitive features by itself.",
    ),
    Parameter(
        name="score",
        kind="column",
        from_data="score",
        meaning="Probability of the positive label; for regression the number predicted.",
    ),
    Parameter(
        name="probabilities",
        kind="table of column",
        names_slice=True,
        meaning='For more than two labels: per label the column of its probability, such as red = "p_red".',
    ),
    groups.LABEL_NEEDED,
    groups.POSITIVE,
    replace(groups.SENSITIVE, required=False),
    groups.INTERSECTIONS,
    groups.MINIMUM,
    groups.UNJUDGED,
    groups.UNLABELLED,
    Parameter(name="rows", kind="count", default=50_000, meaning="Rows of each table that are taken at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample."),
)


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases with label: how far each possible answer is off, which one is true, and the group of each case."""

    off: Floats
    truth: npt.NDArray[np.int64]
    groups: list[tuple[str, ...]]
    left_out: int

    @property
    def true_off(self) -> Floats:
        """How far the true answer is off."""
        return np.asarray(self.off[np.arange(len(self.truth)), self.truth], dtype=np.float64)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    regression = parameters.text("task") == "regression"
    if "score" not in parameters and (regression or not parameters.table("probabilities")):
        raise ParameterRefused(
            f"{NAME} has neither score nor probabilities.", "Give score in [data], or probabilities in the check."
        )
    if regression and parameters.table("probabilities"):
        raise ParameterRefused(
            f"{NAME}: a regression has no probabilities.", "Take them out, or ask for a classification."
        )
    if not 0.5 <= parameters.number("coverage") < 1:
        raise ParameterRefused(f"{NAME}: coverage is {parameters.number('coverage'):g}.", "Give 0.5 to less than 1.")
    if parameters.flag("mondrian") and not parameters.texts("sensitive_features"):
        raise ParameterRefused(f"{NAME}: mondrian needs groups.", "Name sensitive_features in [data] or in the check.")
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Calibrate on the reference and count, per group of the current cases, the covered ones and the size of sets."""
    columns = [parameters.text("label"), *parameters.texts("sensitive_features"), *_scores(parameters).values()]
    names = tuple(dict.fromkeys(columns))
    rows, seed = parameters.count("rows"), parameters.count("seed")
    apart: Sampled = yield Sample(names, rows, seed, REFERENCE)
    asked: Sampled = yield Sample(names, rows, seed)
    calibration, cases = _cases(apart.table, parameters), _cases(asked.table, parameters)
    limits = _limits(calibration, cases, parameters)
    covered = cases.true_off <= limits
    notes = {
        "calibration cases": f"{len(calibration.truth)} of {apart.total}",
        "cases asked about": f"{len(cases.truth)} of {asked.total}",
        "threshold": ", ".join(f"{limit:.6g}" for limit in np.unique(limits)[:10].tolist()),
    }
    if parameters.text("task") == "regression":
        sizes = np.where(np.isinf(limits), 0.0, 2 * limits)
    else:
        sets = cases.off <= limits[:, None]
        sizes = sets.sum(axis=1).astype(np.float64)
        notes |= _abstaining(cases, sets) if len(cases.truth) else {}
    cells = [*cells_of(COVERED, covered, cases.groups), *_totals(calibration, cases, sizes, limits)]
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _scores(parameters: Parameters) -> dict[str, str]:
    """Per label the column of its probability; without labels the column of the score."""
    table = parameters.table("probabilities")
    return {name: str(table[name]) for name in sorted(table)} or {"": parameters.text("score")}


def _cases(table: Table, parameters: Parameters) -> Cases:
    label, by_label = table[parameters.text("label")], _scores(parameters)
    numbers = np.stack([np.asarray(table[column], dtype=np.float64) for column in by_label.values()], axis=1)
    every = groups_of(table, parameters.texts("sensitive_features"))
    usable = np.isfinite(numbers).all(axis=1)
    if parameters.text("task") == "regression":
        truth = np.zeros(len(label), dtype=np.int64)
        off = np.abs(np.asarray(label, dtype=np.float64)[:, None] - numbers)
        usable &= np.isfinite(off[:, 0])
    else:
        if bool(((numbers < 0) | (numbers > 1))[usable].any()):
            raise ParameterRefused(f"{NAME}: a probability lies outside 0 to 1.", "Give columns of probabilities.")
        if parameters.table("probabilities"):
            truth = conformal.places([value_text(value) for value in label.tolist()], list(by_label))
            usable &= truth >= 0
            off = 1 - numbers
        else:
            read = read_truth(NAME, label, parameters.optional("positive"))
            truth, usable = read.yes.astype(np.int64), usable & read.known
            off = np.concatenate([numbers, 1 - numbers], axis=1)  # of a negative the probability of a positive is off
    kept = [group for group, use in zip(every, usable.tolist(), strict=True) if use]
    return Cases(off[usable], truth[usable], kept, int((~usable).sum()))


def _limits(calibration: Cases, cases: Cases, parameters: Parameters) -> Floats:
    """The threshold of each case: one for all, or that of its group."""
    miscoverage = 1 - parameters.number("coverage")
    names = sorted({*calibration.groups, *cases.groups}) if parameters.flag("mondrian") else []
    place = {name: at for at, name in enumerate(names)}
    kinds, asked = (
        np.array([place.get(group, 0) for group in each.groups], dtype=np.int64) for each in (calibration, cases)
    )
    return conformal.thresholds(calibration.true_off, kinds, asked, miscoverage)


def _totals(calibration: Cases, cases: Cases, sizes: Floats, limits: Floats) -> list[TrialCell]:
    total, squares = float(sizes.sum()), float(np.dot(sizes, sizes))
    apart, lost = len(calibration.truth), calibration.left_out
    return [
        TrialCell(kind=(CALIBRATION,), n=apart),
        TrialCell(kind=(LEFT_OUT,), n=len(cases.truth) + cases.left_out, hits=cases.left_out),
        TrialCell(kind=(LEFT_OUT, CALIBRATION), n=apart + lost, hits=lost),
        TrialCell(kind=(SIZE,), n=len(sizes), hits=int(np.isinf(limits).sum()), total=total, squares=squares),
    ]


def _abstaining(cases: Cases, sets: Flags) -> dict[str, str]:
    """What happens where a set of exactly one label is an answer and every other one is left to a person."""
    n, single = len(cases.truth), sets.sum(axis=1) == 1
    certainty, answer = 1 - cases.off.min(axis=1), cases.off.argmin(axis=1)
    wrong = answer != cases.truth
    found = conformal.risk_coverage(certainty, wrong)
    return {
        "abstains (set of none or several labels)": f"{n - int(single.sum())} of {n}",
        "wrong where it answers": f"{int((wrong & single).sum())} of {int(single.sum())}",
        "wrong if it always answered": f"{int(wrong.sum())} of {n}",
        "area under risk and coverage (AURC)": f"{found.area:.6g}, excess {found.excess:.6g}",
    }


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("label", "reference"),
    better="higher",
    trial=perform,
)
def conformal_coverage(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how often prediction sets hold the true label, over all cases and in every group; the lowest counts.

    Sets are made by split conformal prediction (Papadopoulos et al. 2002; Vovk, Gammerman and Shafer 2005) from the
    reference, which must be cases that the model was not trained on: with r = 1 - probability of the true label (for a
    regression |label - score|), q the ceil((n + 1) coverage)-th smallest r of n, a set holds all labels with r <= q, an
    interval all numbers within q of the score. ``mondrian``: each group of the sensitive features has its own q.
    Value: covered cases / cases of the current data. Unit: share, 0 to 1. Interval: Wilson (1927) at 1 - 0.05 / groups
    (Bonferroni), about these sets: coverage over many calibrations spreads as Beta(k, n + 1 - k) besides, which the
    details state. The mean size of sets stands beside it, for sets of everything cover everything; and what abstaining
    gains where the set is not a single label: share of abstentions, errors among answers, and the area under the
    risk-coverage curve (AURC: Geifman, Uziel and El-Yaniv 2019) with its excess over the best ranking.
    Misleads where cases moved since the calibration (the promise holds for exchangeable ones only); and coverage of all
    is not coverage of each group, which is why the lowest counts. INCONCLUSIVE below 30 cases, with fewer than 30
    calibration cases or fewer than the coverage needs, and where labels or scores are missing.

    Raises:
        ParameterRefused: neither score nor probabilities are named, or one lies outside 0 to 1.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    cells = {cell.kind: cell for cell in tally.cells if cell.kind[0] != COVERED}
    people = People(
        features=parameters.texts("sensitive_features"),
        intersections=parameters.flag("intersections"),
        minimum=parameters.count("min_group_size"),
    )
    how = Tried(
        check=NAME,
        method="split conformal, Wilson, Bonferroni over groups",
        better="higher",
        max_unjudged_share=parameters.number("max_unjudged_share"),
        details=_details(cells, parameters),
    )
    found = worst_rate(how, tally, COVERED, people)
    return replace(found, reason=found.reason or _reason(cells, parameters))


def _details(cells: dict[tuple[str, ...], TrialCell], parameters: Parameters) -> dict[str, str]:
    from scipy.special import betaincinv

    size, n, coverage = cells[(SIZE,)], cells[(CALIBRATION,)].n, parameters.number("coverage")
    details = {}
    if size.n:
        spread = max(size.squares / size.n - (size.total / size.n) ** 2, 0.0) ** 0.5
        details["mean size"] = f"{size.total / size.n:.6g} (standard deviation {spread:.4g})"
    place = ceil(round((n + 1) * coverage, 9))
    if 0 < place <= n and not parameters.flag("mondrian"):
        low, high = (float(betaincinv(place, n + 1 - place, level)) for level in (0.025, 0.975))
        details["coverage over many calibrations of this size"] = f"{low:.4f} to {high:.4f} in 95 %"
    return details


def _reason(cells: dict[tuple[str, ...], TrialCell], parameters: Parameters) -> Reason | None:
    for kind in ((LEFT_OUT,), (LEFT_OUT, CALIBRATION)):
        if cells[kind].hits > parameters.number("max_unlabelled_share") * cells[kind].n:
            return Reason.LABELS_MISSING
    boundless = cells[(SIZE,)].hits
    return Reason.INSUFFICIENT_DATA if cells[(CALIBRATION,)].n < MINIMUM_CALIBRATION or boundless else None
