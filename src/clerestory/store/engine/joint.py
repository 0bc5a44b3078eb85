"""Given labels against predicted ones: brings the arrays, lets `assurance.poisoning` count them."""

import narwhals as nw

from clerestory.assurance.tally import ConfidentJoint
from clerestory.store.engine.kind import Columns
from clerestory.store.engine.step import Step


def count_joint(request: ConfidentJoint, columns: Columns, frame: nw.LazyFrame) -> Step:
    """Count the confident joint from columns of out-of-sample probabilities, or from a model trained in folds."""
    columns.require(request.label)
    raise NotImplementedError
    yield []
