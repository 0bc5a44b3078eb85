"""Quality of outputs against what turned out true: overall, of probabilities, and per group."""

from clerestory.assurance.performance import calibration, subgroup, task_metric, version_comparison

__all__ = ["calibration", "subgroup", "task_metric", "version_comparison"]
