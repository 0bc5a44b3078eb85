"""Given labels against predicted ones: brings the arrays, lets `assurance.poisoning` count them."""

import numpy as np

from clerestory.assurance.poisoning.confident_joint import Floats, count_coded_joint
from clerestory.assurance.poisoning.cross_validation import design_matrix, out_of_sample_probabilities
from clerestory.assurance.tally import ConfidentJoint, value_text
from clerestory.store.engine.kind import BOOLEAN, NUMERIC, TEXT, Columns, ColumnUnfit, coded, known_values
from clerestory.store.engine.protocol import Frame, Lazy, Step

_CODE = "clerestory:label"
CLASSES = 100
"""More classes than this are no labels."""


def count_joint(request: ConfidentJoint, columns: Columns, frame: Lazy) -> Step:
    """Count the confident joint from columns of out-of-sample probabilities, or from a model trained in folds."""
    columns.require(request.label, TEXT, BOOLEAN, *NUMERIC)
    named = dict(request.probabilities)
    for column in named.values():
        columns.require(column, *NUMERIC)
    for column in request.features:
        columns.require(column)
    (found,) = yield [frame.select(request.label).unique()]
    values = known_values(found[request.label])
    texts = [value_text(value) for value in (None, *values)]
    if len(values) > CLASSES:
        raise ColumnUnfit(
            f"Column {request.label!r} holds {len(values)} different labels.", "Name a column of classes."
        )
    used = dict.fromkeys((*named.values(), *request.features))
    (table,) = yield [frame.select(*used, coded(request.label, values, columns).alias(_CODE))]
    codes = table[_CODE].to_numpy()
    kept = np.flatnonzero(codes)
    unlabelled, labelled = len(codes) - len(kept), len(kept)
    if not named and len(kept) > request.max_rows:
        kept = np.sort(np.random.default_rng(request.seed).permutation(kept)[: request.max_rows])
    present = sorted({texts[code] for code in np.unique(codes[kept]).tolist()})
    if named:
        classes, probabilities = _from_columns(request, table, kept, present)
    else:
        features = [[values[row] for row in kept.tolist()] for values in (table[c].to_list() for c in request.features)]
        classes, labels = present, [texts[code] for code in codes[kept].tolist()]
        probabilities = out_of_sample_probabilities(
            design_matrix(features), labels, folds=request.folds, seed=request.seed
        )
    left_out = labelled - len(kept)
    place = np.array([classes.index(text) if text in classes else -1 for text in texts], dtype=np.int64)
    given = place[codes[kept]]
    return {request: count_coded_joint(probabilities, given, classes, unlabelled=unlabelled, left_out=left_out)}


def _from_columns(
    request: ConfidentJoint, table: Frame, kept: np.ndarray, present: list[str]
) -> tuple[list[str], Floats]:
    named = {name: table[column].to_numpy().astype(np.float64)[kept] for name, column in request.probabilities}
    others = sorted(set(present) - set(named))
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
