"""Asks the model of a finished run what it uses, for the run's page. No verdict rests on it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from clerestory.assurance.explainability.overview import Overview, overview
from clerestory.assurance.tally.value import value_text
from clerestory.assurance.trial import Sample, Table
from clerestory.intake.model.asked import AskedModel, asked, can_be_asked
from clerestory.intake.trial import draw
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clerestory.intake.result import Run

Tell = Callable[[str, int, int], None]
ROWS, MOST_INPUTS = 1_000, 60
_FEWEST = 30


def overview_of(run: "Run", tell: Tell) -> Overview | None:
    """Return what the model uses on rows of the current data; None where it cannot be asked.

    An endpoint is not called for a picture. Rows lie in the current data; where they have a label, importance is the
    rise of the squared error, else how far the score moves.
    """
    model = run.model
    if model is None or not run.data or not can_be_asked(model) or model.table.url is not None:
        return None
    dataset = run.data["current"]
    # The scores that were made for the run lie in a folder that is gone; the model's inputs are the data's own.
    current = replace(dataset, source=replace(dataset.source, beside=None))
    try:
        ask = asked(model, current.columns)
        features = [name for name in ask.features if name in current.columns]
        if len(features) < len(ask.features) or not 0 < len(features) <= MOST_INPUTS:
            return None
        label = run.manifest.data.label
        wanted = (*features, *((label,) if label is not None and label not in features else ()))
        table = draw({"current": current}, Sample(tuple(dict.fromkeys(wanted)), ROWS)).table
        return _overview(run, table, features, label, ask, tell)
    except ClerestoryError:
        return None  # what is wrong with the model stands with the checks that ask it; a picture fails no run


def _overview(
    run: "Run", table: Table, features: list[str], label: str | None, ask: AskedModel, tell: Tell
) -> Overview | None:
    calls = 0

    def counted(rows: Table) -> "NDArray[np.float64]":
        nonlocal calls
        calls += 1
        tell("asking", calls, 0)
        return ask(rows)

    truth = None if label is None else _truth(run, table[label])
    loss = "the squared error against the label"
    if truth is not None:
        known = np.isfinite(truth)
        table, truth = {name: values[known] for name, values in table.items()}, truth[known]
    inputs = {name: table[name] for name in features}
    if len(inputs[features[0]]) < _FEWEST:
        return None
    if truth is None:
        truth, loss = counted(inputs), "the square of how far the score moves"
    return overview(counted, inputs, truth, features, loss=loss)


def _truth(run: "Run", labels: "NDArray[np.generic]") -> "NDArray[np.float64] | None":
    """Return 1 for a positive label, 0 for another, NaN where there is none; None where the label says nothing."""
    if labels.dtype == np.float64 and len(np.unique(labels[np.isfinite(labels)])) > 2:
        return labels.astype(np.float64)
    positive = run.manifest.data.positive
    wanted = ("true", "1") if positive is None else (value_text(positive),)
    texts = [None if value is None or value != value else value_text(value) for value in labels.tolist()]
    found = np.array([np.nan if text is None else float(text in wanted) for text in texts])
    known = found[np.isfinite(found)]
    return found if len(np.unique(known)) == 2 else None
