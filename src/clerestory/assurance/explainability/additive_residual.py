"""Whether the contributions of an explanation add up to the output that they explain."""

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.explainability import explained
from clerestory.assurance.explainability.shapley import Floats
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialTally
from clerestory.assurance.trial import Sample, Sampled, Table, Talk, Tried, trial_of, trial_tally
from clerestory.assurance.trial.asking import SHOWN
from clerestory.assurance.trial.slices import cells_by_slice, rate_of_all

NAME = "explainability.additive-residual"
SCORE, LOG_ODDS = "score", "log-odds"
_PARAMETERS = (
    Parameter(
        name="contributions",
        kind="columns",
        required=True,
        names_slice=True,
        meaning="Columns with the signed contributions of a case; all that are added up.",
    ),
    Parameter(name="base", kind="number", names_slice=True, meaning="Output where nothing contributes, one for all."),
    Parameter(
        name="base_column",
        kind="column",
        names_slice=True,
        meaning="Column with it, where it differs from case to case.",
    ),
    Parameter(
        name="score",
        kind="column",
        from_data="score",
        required=True,
        names_slice=True,
        meaning="Column of the output that is explained.",
    ),
    Parameter(
        name="scale",
        kind="choice",
        default=SCORE,
        options=(SCORE, LOG_ODDS),
        names_slice=True,
        meaning="What the contributions add up to: the score, or its log-odds.",
    ),
    Parameter(
        name="tolerance",
        kind="number",
        default=0.01,
        names_slice=True,
        meaning="Largest residual that counts as adding up, in the unit of the scale.",
    ),
    SHOWN,
    Parameter(name="rows", kind="count", default=10_000, meaning="Rows that are added up at most."),
    explained.SEED,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    if ("base" in parameters) == ("base_column" in parameters):
        raise ParameterRefused(
            f"{NAME} starts from one base: a number for all cases, or a column.", "Give base or base_column."
        )
    if parameters.number("tolerance") < 0:
        raise ParameterRefused(f"{NAME}: tolerance is below 0.", "Give the largest residual that adds up.")
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Add up the contributions of each row, and count those that miss the output."""
    contributions, sensitive = parameters.texts("contributions"), parameters.texts("sensitive_features")
    columns = [*contributions, parameters.text("score"), *sensitive]
    columns += [parameters.text("base_column")] if "base_column" in parameters else []
    asked = Sample(tuple(dict.fromkeys(columns)), parameters.count("rows"), parameters.count("seed"))
    sampled: Sampled = yield asked
    residual = _residuals(sampled.table, parameters)
    good: NDArray[np.bool_] = np.isfinite(residual)
    size = np.abs(residual[good])
    shown = {name: sampled.table[name][good] for name in sensitive}
    notes = {"rows": f"{len(residual)} of {sampled.total}", "seed": str(parameters.count("seed"))}
    if len(size):
        notes["residual"] = (
            f"mean {residual[good].mean():.3g}, size {size.mean():.3g} on average, {size.max():.3g} at most"
        )
    return TrialTally(
        cells=cells_by_slice(shown, sensitive, hits=size > parameters.number("tolerance")),
        unanswered=int((~good).sum()),
        notes=tuple(sorted(notes.items())),
    )


def _residuals(table: Table, parameters: Parameters) -> Floats:
    """Return base + sum of contributions - output on the scale; not a number where a part is missing."""
    parts = [_numbers(table, column) for column in parameters.texts("contributions")]
    parts.append(
        _numbers(table, parameters.text("base_column"))
        if "base_column" in parameters
        else np.full(len(parts[0]), parameters.number("base"))
    )
    output = _numbers(table, parameters.text("score"))
    if parameters.text("scale") == LOG_ODDS:
        if ((output < 0) | (output > 1)).any():
            raise ParameterRefused(f"{NAME}: a score lies outside 0 to 1 and has no log-odds.", 'Take scale = "score".')
        with np.errstate(divide="ignore"):
            output = np.log(output) - np.log1p(-output)
    found: Floats = np.sum(parts, axis=0) - output
    return found


def _numbers(table: Table, column: str) -> Floats:
    if table[column].dtype == object:
        raise ParameterRefused(f"{NAME}: column {column!r} holds no numbers.", "Name columns of numbers.")
    return table[column].astype(np.float64)


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, trial=perform)
def additive_residual(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how many explanations do not add up to the output that they explain.

    Formula: residual = base + sum of the contributions - output; the value is the share of cases whose residual is
    larger than the tolerance either way. Unit: share of cases; the tolerance is in that of the output, or of its
    log-odds where the contributions are on that scale (as those of tree SHAP for boosted trees are). Interval: Wilson
    (1927), over cases; INCONCLUSIVE below 30 and where more than 5 % lack a contribution or the output. The mean, the
    mean size and the largest residual are in the details. Groups are shown each. Additivity ("local accuracy"):
    Lundberg and Lee (2017). The limit and the tolerance are the organisation's: no standard gives them.
    Misleads: contributions that add up can still be wrong (a method that gives everything to one feature adds up); see
    explainability.faithfulness. A constant offset means another base, a factor another scale or version of the model.

    Raises:
        ParameterRefused: through `Check.complete`, when there is no base or two.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    how = Tried(check=NAME, method="share of residuals beyond the tolerance, Wilson")
    return rate_of_all(how, trial_tally(NAME, tallies, parameters))
