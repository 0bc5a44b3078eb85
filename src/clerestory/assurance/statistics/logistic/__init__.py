"""A plain model of an outcome: logistic regression with a ridge penalty, and one solver for all that are fitted."""

from clerestory.assurance.statistics.logistic.solver import (
    curvature_at,
    lowest_class_loss,
    lowest_loss,
    sigmoid,
    softmax,
)
from clerestory.assurance.statistics.logistic.terms import Terms, average_ranks, chance, choose_terms, fit, folds_of

__all__ = [
    "Terms",
    "average_ranks",
    "chance",
    "choose_terms",
    "curvature_at",
    "fit",
    "folds_of",
    "lowest_class_loss",
    "lowest_loss",
    "sigmoid",
    "softmax",
]
