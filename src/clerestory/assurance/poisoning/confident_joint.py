"""From out-of-sample probabilities and given labels to the confident joint."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clerestory.assurance.tally import ConfidentJointTally
from clerestory.terms.error import ClerestoryError

Floats = npt.NDArray[np.float64]


class ProbabilitiesUnusable(ClerestoryError):
    """Probabilities have another shape than the labels, or are no probabilities."""


def count_confident_joint(
    probabilities: Floats, labels: Sequence[str], classes: Sequence[str], *, unlabelled: int = 0, left_out: int = 0
) -> ConfidentJointTally:
    """Count given labels against confidently predicted ones (Northcutt, Jiang and Chuang 2021, equation 1).

    A row counts as class j when its probability of j is at least the mean probability of j among rows labelled j; of
    several such classes the likeliest counts. Rows with no such class are in the totals only.

    Args:
        probabilities: out-of-sample probability per row and class, n x k; rows add up to 1.
        labels: given label per row, one of ``classes``.
        classes: all labels, in the order of the columns.
        unlabelled: rows left out for having no label.
        left_out: labelled rows left out for being too many.

    Raises:
        ProbabilitiesUnusable: shapes differ, a label is unknown, or a number is not in 0 to 1.
    """
    place = {name: at for at, name in enumerate(classes)}
    given = np.array([place.get(label, -1) for label in labels], dtype=np.int64)
    return count_coded_joint(probabilities, given, classes, unlabelled=unlabelled, left_out=left_out)


def count_coded_joint(
    probabilities: Floats,
    given: npt.NDArray[np.int64],
    classes: Sequence[str],
    *,
    unlabelled: int = 0,
    left_out: int = 0,
) -> ConfidentJointTally:
    """Count as `count_confident_joint` does, labels given by the place of their class."""
    if probabilities.shape != (len(given), len(classes)) or bool((given < 0).any()):
        raise ProbabilitiesUnusable(
            "Probabilities and labels do not belong together.", "Give one row per label and one column per class."
        )
    if not bool(np.all((probabilities >= 0) & (probabilities <= 1))):
        raise ProbabilitiesUnusable("A probability is missing or not in 0 to 1.", "Give probabilities of the classes.")
    k = len(classes)
    totals = np.bincount(given, minlength=k)
    means = [float(probabilities[given == at, at].mean()) if totals[at] else np.inf for at in range(k)]
    confident = np.where(probabilities >= np.array(means), probabilities, -1.0)
    predicted = confident.argmax(axis=1)
    sure = confident.max(axis=1) >= 0
    joint = np.bincount(given[sure] * k + predicted[sure], minlength=k * k).reshape(k, k)
    return ConfidentJointTally(
        classes=tuple(classes),
        labelled=tuple(totals.tolist()),
        joint=tuple(tuple(row) for row in joint.tolist()),
        unlabelled=unlabelled,
        left_out=left_out,
    )
