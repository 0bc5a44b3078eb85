"""Share of decisions for which a person can be given reasons: present, about inputs, and true of the case."""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.explainability import explained
from clerestory.assurance.explainability.decision import MOST_REASONS, reason_codes
from clerestory.assurance.explainability.explained import Drawn
from clerestory.assurance.explainability.shapley import Floats, Masks, values_of_sets
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.tally.value import value_text
from clerestory.assurance.trial import Move, Predict, Sample, Sampled, Table, Talk, Tried, trial_of, trial_tally
from clerestory.assurance.trial.asking import FEATURES, SHOWN, THRESHOLD
from clerestory.assurance.trial.slices import cells_by_slice, rate_of_all

NAME = "explainability.availability"
ABSENT, NO_FEATURE, NOT_RELIABLE = "no reason given", "names no input of the model", "method not reliable for this case"
_GIVEN, _NO_FEATURE = 1, 2
_PARAMETERS = (
    FEATURES,
    Parameter(
        name="reasons",
        kind="columns",
        names_slice=True,
        meaning="Columns with the reasons given for a decision; without them, those of the contributions.",
    ),
    Parameter(
        name="codes",
        kind="table of text",
        names_slice=True,
        meaning="Code by feature that stands for it in the columns of reasons; without it its name.",
    ),
    explained.CONTRIBUTIONS,
    Parameter(
        name="most_reasons",
        kind="count",
        default=MOST_REASONS,
        names_slice=True,
        meaning="Reasons made of contributions at most.",
    ),
    Parameter(
        name="decisions",
        kind="choice",
        default="refused",
        options=("refused", "accepted", "all"),
        names_slice=True,
        meaning="Which decisions need reasons: refused, accepted or all.",
    ),
    Parameter(
        name="reliable_from",
        kind="share",
        default=0.8,
        names_slice=True,
        meaning="Share of other sets of as many inputs that the reasons must outdo to be reliable.",
    ),
    Parameter(name="others", kind="count", default=20, meaning="Other sets of inputs that are tried per case."),
    THRESHOLD,
    explained.BACKGROUND,
    explained.BACKGROUND_ROWS,
    explained.ROUNDS,
    SHOWN,
    Parameter(name="rows", kind="count", default=2_000, meaning="Rows that the decisions are taken from."),
    explained.CASES,
    explained.SEED,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    explained.require_features(NAME, parameters, "contributions", "codes")
    if parameters.texts("reasons") and parameters.table("contributions"):
        raise ParameterRefused(f"{NAME} takes reasons or contributions, not both.", "Leave one of them out.")
    if parameters.table("codes") and not parameters.texts("reasons"):
        raise ParameterRefused(f"{NAME} has codes and no columns of reasons.", "Name the columns in reasons.")
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Take decisions, find their reasons, and try whether the model really decided by them."""
    drawn, scores = yield from _decisions(parameters)
    accepted = scores >= parameters.number("threshold")
    background = yield from explained.draw_background(parameters)
    named, state = yield from _reasons(parameters, drawn, background, accepted)
    given = state == _GIVEN
    share = np.zeros(drawn.size)
    if given.any():
        share[given] = yield from _outdone(parameters, drawn.inputs, background, named, given, scores, accepted)
    good = np.isfinite(share)
    had = good & (share >= parameters.number("reliable_from")) & given
    sensitive = parameters.texts("sensitive_features")
    shown = {name: drawn.table[name][good] for name in sensitive}
    obstacles = {ABSENT: state == 0, NO_FEATURE: state == _NO_FEATURE, NOT_RELIABLE: given & ~had}
    size = int(good.sum())
    cells = cells_by_slice(shown, sensitive, hits=had[good]) + tuple(
        TrialCell(kind=(f"obstacle: {name}",), n=size, hits=int((cases & good).sum()))
        for name, cases in obstacles.items()
    )
    source = {"reasons": "as supplied in columns"} if parameters.texts("reasons") else explained.source_note(parameters)
    notes = source | {"decisions": f"{drawn.size} of {drawn.total} rows", "seed": str(parameters.count("seed"))}
    return TrialTally(
        cells=tuple(sorted(cells, key=lambda cell: cell.kind)),
        unanswered=drawn.size - size,
        notes=tuple(sorted(notes.items())),
    )


def _decisions(parameters: Parameters) -> Generator[Move, Any, tuple[Drawn, Floats]]:
    """Draw the decisions that need reasons, with their scores."""
    features, whose = parameters.texts("features"), parameters.text("decisions")
    named = [str(column) for column in parameters.table("contributions").values()]
    columns = (*features, *parameters.texts("sensitive_features"), *parameters.texts("reasons"), *named)
    found: Sampled = yield Sample(tuple(dict.fromkeys(columns)), parameters.count("rows"), parameters.count("seed"))
    scores = np.asarray((yield Predict({name: found.table[name] for name in features})), dtype=np.float64)
    yes = scores >= parameters.number("threshold")
    fit = np.flatnonzero(np.ones(len(yes), dtype=np.bool_) if whose == "all" else yes == (whose == "accepted"))
    if len(fit) > parameters.count("cases"):
        draw = np.random.default_rng(parameters.count("seed"))
        fit = np.sort(draw.choice(fit, size=parameters.count("cases"), replace=False))
    table = {name: values[fit] for name, values in found.table.items()}
    return Drawn(table, {name: table[name] for name in features}, len(fit), found.total), scores[fit]


def _reasons(
    parameters: Parameters, drawn: Drawn, background: Table, accepted: NDArray[np.bool_]
) -> Generator[Move, Any, tuple[Masks, NDArray[np.int64]]]:
    """Return which inputs are named as reasons, and per case: none, given, or naming something else."""
    features = parameters.texts("features")
    named, state = np.zeros((drawn.size, len(features)), dtype=np.bool_), np.zeros(drawn.size, dtype=np.int64)
    if parameters.texts("reasons"):
        codes = {name: str(parameters.table("codes").get(name, name)) for name in features}
        place = {code: at for at, code in enumerate(codes.values())}
        for column in parameters.texts("reasons"):
            for row, value in enumerate(drawn.table[column].tolist()):
                if value is None or value != value or value == "":
                    continue
                at = place.get(value_text(value))
                state[row] = max(state[row], _NO_FEATURE if at is None else _GIVEN)
                if at is not None:
                    named[row, at] = True
        return named, state
    if drawn.size:
        found = yield from explained.explanations(parameters, drawn, background)
        for row, parts in enumerate(found.contributions.tolist()):
            whole = bool(np.isfinite(parts).all())
            most = parameters.count("most_reasons") if whole else 0
            for reason in reason_codes(features, parts, accepted=bool(accepted[row]), most=most):
                named[row, features.index(reason.feature)] = True
                state[row] = _GIVEN
    return named, state


def _outdone(
    parameters: Parameters,
    inputs: Table,
    background: Table,
    named: Masks,
    given: NDArray[np.bool_],
    scores: Floats,
    accepted: NDArray[np.bool_],
) -> Generator[Move, Any, Floats]:
    """Return per case with reasons the share of other sets of as many inputs that do less for the decision.

    What a set does is how far the score moves towards the other decision when its inputs come from background rows.
    0 where the reasons do nothing, or name all inputs, for then they tell nothing apart.
    """
    features, draw = parameters.texts("features"), np.random.default_rng(parameters.count("seed"))
    reasons = named[given]
    shape = (len(reasons), parameters.count("others"), len(features))
    others = np.argsort(np.argsort(draw.random(shape), axis=2), axis=2) < reasons.sum(axis=1)[:, None, None]
    away = np.concatenate([reasons[:, None, :], others], axis=1)
    cases = {name: values[given] for name, values in inputs.items()}
    values = yield from values_of_sets(cases, background, features, ~away)
    effect = np.where(accepted[given], 1.0, -1.0)[:, None] * (scores[given][:, None] - values)
    other = (others != reasons[:, None, :]).any(axis=2)
    less = other & (effect[:, 1:] < effect[:, :1])
    share = np.divide(less.sum(axis=1), other.sum(axis=1), out=np.zeros(len(reasons)), where=other.any(axis=1))
    found: Floats = np.where(np.isfinite(effect).all(axis=1), np.where(effect[:, 0] > 0, share, 0.0), np.nan)
    return found


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("model",),
    better="higher",
    trial=perform,
)
def availability(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure for how many decisions a person can be given reasons that hold for that very case.

    Formula: decisions with an explanation / decisions that need one, by default the refused. A decision has one when
    reasons are present, every one names an input of the model, and they are faithful for this case: with the named
    inputs taken from background rows the score moves towards the other decision, and further than for at least
    ``reliable_from`` of other sets of as many inputs drawn at random. A case that fails that has "method not reliable
    for this case". Reasons are columns, or the inputs whose contributions, supplied or own Shapley values, speak most
    for the decision. Unit: share of decisions. Interval: Wilson (1927), over decisions; INCONCLUSIVE below 30. Each
    obstacle is shown with its share, and each group. The limit and ``reliable_from`` are the organisation's: no
    standard gives them. Up to four principal reasons: 12 CFR 1002.9 and its official interpretation.
    Misleads: reasons that are true of the model need not be understood, nor be something a person can change (a
    counterfactual says what could be); where inputs hang together another set can do as much, and good reasons fail.

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask or reasons are given in two ways.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    how = Tried(
        check=NAME, method="share of decisions with reasons present, of inputs and faithful, Wilson", better="higher"
    )
    return rate_of_all(how, trial_tally(NAME, tallies, parameters))
