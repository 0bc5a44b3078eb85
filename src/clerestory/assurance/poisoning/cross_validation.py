"""Out-of-sample probabilities from a plain model trained in folds, where no column holds any.

The model is a multinomial logistic regression with a ridge penalty: it is there to find labels that contradict the
rest, not to be good. The same rows, labels, folds and seed give the same probabilities.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.logistic import lowest_class_loss, softmax
from clerestory.terms.error import ClerestoryError

Floats = npt.NDArray[np.float64]
MAXIMUM_LEVELS = 20
RIDGE = 1.0


class TooFewRows(ClerestoryError):
    """A class has fewer rows than there are folds."""


def design_matrix(columns: Sequence[Sequence[object]]) -> Floats:
    """Return numbers from columns: numbers as they are, texts and booleans as one column per frequent value.

    A missing number becomes the mean and is marked in a column of its own. Of texts the 20 most frequent values count.

    Args:
        columns: the columns, all of the same length; None and NaN are missing.
    """
    parts: list[Floats] = []
    for column in columns:
        numbers = [item for item in column if item is not None]
        if all(isinstance(item, int | float) and not isinstance(item, bool) for item in numbers):
            parts.extend(_numeric(np.array([np.nan if item is None else item for item in column], dtype=np.float64)))
        else:
            parts.extend(_levels([str(item) for item in column]))
    if not parts:
        raise TooFewRows("There is no feature to train on.", "Name features.")
    return np.column_stack(parts)


def out_of_sample_probabilities(features: Floats, labels: Sequence[str], *, folds: int, seed: int) -> Floats:
    """Return the probability of each class for each row, from a model that did not see the row.

    Args:
        features: finite numbers, n x p.
        labels: label per row; the classes are the sorted distinct ones.
        folds: number of parts, at least 2; each class is spread evenly over them.
        seed: decides which row falls into which part.

    Raises:
        TooFewRows: fewer than two classes, or a class with fewer rows than folds.
    """
    classes = sorted(set(labels))
    place = {name: at for at, name in enumerate(classes)}
    given = np.array([place[label] for label in labels], dtype=np.int64)
    if len(classes) < 2 or folds < 2 or int(np.bincount(given).min()) < folds:
        raise TooFewRows(
            f"{len(classes)} classes, one of them rarer than {folds} rows, cannot be learned in folds.",
            "Give more labelled rows, or fewer folds.",
        )
    part = _spread(given, folds, np.random.default_rng(seed))
    result = np.zeros((len(given), len(classes)))
    for fold in range(folds):
        held, used = part == fold, part != fold
        centre, scale = features[used].mean(axis=0), features[used].std(axis=0)
        scaled = (features - centre) / np.where(scale > 0, scale, 1.0)
        weights = _fit(scaled[used], given[used], len(classes))
        result[held] = _shares(scaled[held], weights)
    return result


def _spread(given: npt.NDArray[np.int64], folds: int, chance: np.random.Generator) -> npt.NDArray[np.int64]:
    part = np.zeros(len(given), dtype=np.int64)
    for name in np.unique(given):
        rows = chance.permutation(np.flatnonzero(given == name))
        part[rows] = np.arange(len(rows)) % folds
    return part


def _fit(x: Floats, y: npt.NDArray[np.int64], k: int) -> Floats:
    wide = np.column_stack([x, np.ones(len(x))])
    penalty = np.full(wide.shape[1], RIDGE)
    penalty[-1] = 1e-6
    return lowest_class_loss(wide, np.eye(k)[y], penalty, near=1e-5)


def _shares(x: Floats, weights: Floats) -> Floats:
    return softmax(np.column_stack([x, np.ones(len(x))]) @ weights)[0]


def _numeric(column: Floats) -> list[Floats]:
    known = np.isfinite(column)
    mean = float(column[known].mean()) if known.any() else 0.0
    filled = np.where(known, column, mean)
    return [filled] if known.all() else [filled, (~known).astype(np.float64)]


def _levels(column: list[str]) -> list[Floats]:
    names, counts = np.unique(np.array(column, dtype=object).astype(str), return_counts=True)
    frequent = names[np.lexsort((names, -counts))][:MAXIMUM_LEVELS]
    values = np.array(column, dtype=object).astype(str)
    return [(values == name).astype(np.float64) for name in frequent]
