"""Estimated share of wrong labels."""

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.interval import Interval, critical, weighted_sum
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import ConfidentJoint, ConfidentJointTally, Request, Tallies

NAME = "poisoning.label-error"
MINIMUM_ROWS = 30
_PROBABILITIES = Parameter(
    name="probabilities",
    kind="table of column",
    names_slice=True,
    meaning='Per class the column of its out-of-sample probability, such as yes = "p_yes"; of two classes one will do.',
)
_FEATURES = Parameter(
    name="features",
    kind="columns",
    names_slice=True,
    meaning="Columns to train a plain model on in folds, where no column holds probabilities.",
)
_PARAMETERS = (
    groups.LABEL_NEEDED,
    _PROBABILITIES,
    _FEATURES,
    Parameter(name="folds", kind="count", default=5, meaning="Parts of the cross-validation."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the cross-validation."),
    Parameter(name="max_rows", kind="count", default=20_000, meaning="Rows that the plain model uses at most."),
    groups.UNLABELLED,
)


def _request(parameters: Parameters) -> ConfidentJoint:
    table = parameters.table("probabilities")
    if not table and "features" not in parameters:
        raise ParameterRefused(
            f"{NAME} has neither probabilities nor features.",
            "Name the columns with out-of-sample probabilities, or features to train on.",
        )
    return ConfidentJoint(
        label=parameters.text("label"),
        probabilities=tuple((name, str(table[name])) for name in sorted(table)),
        features=() if table else tuple(sorted(parameters.texts("features"))),
        folds=parameters.count("folds"),
        seed=parameters.count("seed"),
        max_rows=parameters.count("max_rows"),
    )


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (_request(parameters),)


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, needs=("label",))
def label_error(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Estimate the share of rows whose label is wrong, by confident learning.

    Formula: with C the confident joint and n_i the rows labelled i, the sum over i of (n_i / n) times the share of row
    i of C off its diagonal (Northcutt, Jiang and Chuang 2021, equations 1 to 3). Unit: share of labelled rows.
    Interval: Wilson (1927) per class, combined by recovery of variances (Zou and Donner 2008); it holds the chance of
    the sample, not the bias of the model: where classes overlap, a hard case looks like a wrong label, so people check
    rows before labels are changed. INCONCLUSIVE when a class has fewer than 30 confident rows.

    Raises:
        ParameterRefused: neither probabilities nor features are named.
        TallyMissing: through `Check.measure`, when the confident joint is missing.
    """
    tally = tallies[_request(parameters)]
    if not isinstance(tally, ConfidentJointTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for the confident joint")
    n = sum(tally.labelled)
    sure = [sum(row) for row in tally.joint]
    value = error_share(tally) if n and min(sure, default=0) else None
    reason = None
    if value is None or min(sure) < MINIMUM_ROWS or len(tally.classes) < 2:
        reason = Reason.INSUFFICIENT_DATA
    elif tally.unlabelled > (n + tally.left_out + tally.unlabelled) * parameters.number("max_unlabelled_share"):
        reason = Reason.LABELS_MISSING
    return Measurement(
        check=NAME,
        method="confident learning",
        method_version="1",
        value=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        n=n,
        by_group=tuple(_shown(tally, at) for at in range(len(tally.classes))),
        reason=reason,
        details={
            "confident rows": str(sum(sure)),
            "rows without label": str(tally.unlabelled),
            "labelled rows left out": str(tally.left_out),
        },
    )


def error_share(tally: ConfidentJointTally) -> Interval:
    """Return the share of wrong labels with its 95 % interval; every class needs a confident row."""
    n = sum(tally.labelled)
    parts = [_of_class(tally, at) for at in range(len(tally.classes))]
    found = weighted_sum(parts, [labelled / n for labelled in tally.labelled])
    return Interval.around(found.value, max(found.low, 0.0), min(found.high, 1.0))


def _of_class(tally: ConfidentJointTally, at: int) -> Interval:
    row = tally.joint[at]
    return wilson(sum(row) - row[at], sum(row), z=critical())


def _shown(tally: ConfidentJointTally, at: int) -> GroupResult:
    row, name = tally.joint[at], f"label={tally.classes[at]}"
    if not sum(row):
        return GroupResult(
            group=name, value=None, low=None, high=None, n=tally.labelled[at], assessed=False, note="no confident row"
        )
    found = _of_class(tally, at)
    return GroupResult(
        group=name,
        value=found.value,
        low=found.low,
        high=found.high,
        n=tally.labelled[at],
        note=f"{sum(row)} confident rows",
    )
