"""Outcomes and errors compared between groups of people, with simultaneous intervals."""

from clerestory.assurance.fairness import (
    calibration_by_group,
    demographic_parity,
    equal_opportunity,
    equalized_odds,
    individual_consistency,
    intersectional_selection_rate,
    selection_rate_ratio,
)

__all__ = [
    "calibration_by_group",
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
    "individual_consistency",
    "intersectional_selection_rate",
    "selection_rate_ratio",
]
