"""Given labels against predicted ones: brings the arrays, lets `assurance.poisoning` count them."""

import narwhals as nw
import numpy as np

from clerestory.assurance.poisoning.confident_joint import Floats, count_confident_joint
from clerestory.assurance.poisoning.cross_validation import design_matrix, out_of_sample_probabilities
from clerestory.assurance.tally import MISSING, ConfidentJoint, value_text
from clerestory.store.engine.kind import BOOLEAN, NUMERIC, TEXT, Columns, ColumnUnfit
from clerestory.store.engine.step import Step

CLASSES = 100
"""More classes than this are no labels."""


def count_joint(request: ConfidentJoint, columns: Columns, frame: nw.LazyFrame) -> Step:
    """Count the confident joint from columns of out-of-sample probabilities, or from a model trained in folds."""
    kind = columns.require(request.label, TEXT, BOOLEAN, *NUMERIC)
    named = dict(request.probabilities)
    for column in named.values():
        columns.require(column, *NUMERIC)
    for column in request.features:
        columns.require(column)
    used = dict.fromkeys((request.label, *named.values(), *request.features))
    (table,) = yield [frame.select(*used)]
    texts = [value_text(value) for value in table[request.label].to_list()]
    kept = np.flatnonzero([text != MISSING for text in texts])
    unlabelled = len(texts) - len(kept)
    if not named and len(kept) > request.max_rows:
        kept = np.sort(np.random.default_rng(request.seed).permutation(kept)[: request.max_rows])
    labels = [texts[row] for row in kept.tolist()]
    if len(set(labels)) > CLASSES:
        raise ColumnUnfit(
            f"Column {request.label!r} holds {len(set(labels))} different labels ({kind}).", "Name a column of classes."
        )
    if named:
        classes, probabilities = _from_columns(request, table, kept, labels)
    else:
        features = [[values[row] for row in kept.tolist()] for values in (table[c].to_list() for c in request.features)]
        classes = sorted(set(labels))
        probabilities = out_of_sample_probabilities(
            design_matrix(features), labels, folds=request.folds, seed=request.seed
        )
    return {request: count_confident_joint(probabilities, labels, classes, unlabelled=unlabelled)}


def _from_columns(
    request: ConfidentJoint, table: nw.DataFrame, kept: np.ndarray, labels: list[str]
) -> tuple[list[str], Floats]:
    named = {name: table[column].to_numpy().astype(np.float64)[kept] for name, column in request.probabilities}
    others = sorted(set(labels) - set(named))
    if len(named) == 1 and len(others) == 1:
        (probability,) = named.values()
        named[others[0]] = 1 - probability
        others = []
    if others:
        raise ColumnUnfit(
            f"Column {request.label!r} holds the label {others[0]!r}, and no probability is named for it.",
            'Name one column of probabilities per label: probabilities = { yes = "p_yes" }.',
        )
    classes = sorted(named)
    return classes, np.column_stack([named[name] for name in classes])
