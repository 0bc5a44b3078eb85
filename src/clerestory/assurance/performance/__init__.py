"""Quality of outputs against what turned out true: overall, of probabilities, and per group."""

from clerestory.assurance.performance import (
    calibration,
    canary_holdout,
    conformal_coverage,
    subgroup,
    task_metric,
    version_comparison,
)

__all__ = ["calibration", "canary_holdout", "conformal_coverage", "subgroup", "task_metric", "version_comparison"]
