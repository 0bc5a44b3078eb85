"""Where explanations come from: columns that the owner of a model supplies, or own Shapley values."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.explainability.shapley import Explained, Floats, explain
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.tally.request import CURRENT, REFERENCE
from clerestory.assurance.trial import Move, Predict, Sample, Sampled, Table

CONTRIBUTIONS = Parameter(
    name="contributions",
    kind="table of column",
    names_slice=True,
    meaning="Column with the signed contribution by feature; without it own Shapley values are computed.",
)
BACKGROUND = Parameter(
    name="background",
    kind="choice",
    default="current",
    options=("current", "reference"),
    names_slice=True,
    meaning="Data whose rows stand for an input that is left out: current or reference.",
)
BACKGROUND_ROWS = Parameter(
    name="background_rows", kind="count", default=20, names_slice=True, meaning="Rows of the background."
)
ROUNDS = Parameter(
    name="rounds",
    kind="count",
    default=1,
    names_slice=True,
    meaning="Pairs of random orders per background row, with more than 8 features.",
)
CASES = Parameter(name="cases", kind="count", default=100, meaning="Decisions whose explanation is looked at, at most.")
SEED = Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of all draws.")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The cases with all columns asked for, the inputs of the model alone, and how many rows there are."""

    table: Table
    inputs: Table
    size: int
    total: int


def require_features(check: str, parameters: Parameters, *names: str) -> None:
    """Refuse a table by feature that names something the model does not take; raise ParameterRefused."""
    for name in names:
        for feature in parameters.table(name):
            if feature not in parameters.texts("features"):
                raise ParameterRefused(
                    f"{check}: {name} names {feature!r}, which the model does not take.", "Name its features."
                )


def draw_cases(parameters: Parameters, *tables: str) -> Generator[Move, Any, Drawn]:
    """Draw the cases with their features, sensitive features and the columns that these parameters name."""
    features = parameters.texts("features")
    named = [str(column) for table in tables for column in parameters.table(table).values()]
    columns = tuple(dict.fromkeys((*features, *parameters.texts("sensitive_features"), *named)))
    found: Sampled = yield Sample(columns, parameters.count("cases"), parameters.count("seed"))
    inputs = {name: found.table[name] for name in features}
    return Drawn(found.table, inputs, len(found.table[columns[0]]), found.total)


def draw_background(parameters: Parameters, *, again: int = 0) -> Generator[Move, Any, Table]:
    """Draw background rows; ``again`` counts further, other ones."""
    data = REFERENCE if parameters.text("background") == "reference" else CURRENT
    seed = (parameters.count("seed") + 1 + again) % 2**32
    found: Sampled = yield Sample(parameters.texts("features"), parameters.count("background_rows"), seed, data)
    return found.table


def explanations(parameters: Parameters, drawn: Drawn, background: Table) -> Generator[Move, Any, Explained]:
    """Return the contributions supplied with the cases, or own Shapley values against the background."""
    if not parameters.table("contributions"):
        return (yield from own(parameters, drawn.inputs, background))
    output = np.asarray((yield Predict(drawn.inputs)), dtype=np.float64)
    return Explained(supplied(parameters, "contributions", drawn.table), float("nan"), output)


def own(parameters: Parameters, inputs: Table, background: Table, *, again: int = 0) -> Generator[Move, Any, Explained]:
    """Return own Shapley values against a background; ``again`` counts further, other seeds."""
    return (
        yield from explain(
            inputs,
            background,
            parameters.texts("features"),
            rounds=parameters.count("rounds"),
            seed=(parameters.count("seed") + again) % 2**32,
        )
    )


def supplied(parameters: Parameters, name: str, table: Table) -> Floats:
    """Return supplied contributions, one column per feature, 0 for a feature that has none; raise ParameterRefused."""
    columns = parameters.table(name)
    found = []
    for feature in parameters.texts("features"):
        if feature not in columns:
            found.append(np.zeros(len(table[feature])))
            continue
        values = table[str(columns[feature])]
        if values.dtype == object:
            raise ParameterRefused(f"Column {columns[feature]!r} of {name} holds no numbers.", "Give numbers.")
        found.append(values.astype(np.float64))
    return np.column_stack(found)


def usable(explained: Explained) -> NDArray[np.bool_]:
    """Return which cases have a whole explanation and an output."""
    found: NDArray[np.bool_] = np.isfinite(explained.contributions).all(axis=1) & np.isfinite(explained.output)
    return found


def source_note(parameters: Parameters) -> dict[str, str]:
    """Say where the explanations come from, and against which background."""
    if parameters.table("contributions"):
        return {"explanations": "as supplied in columns"}
    return {
        "explanations": f"own Shapley values, {parameters.count('background_rows')} rows of "
        f"{parameters.text('background')} data as background"
    }
