"""Planted or wrong training data."""

from clerestory.assurance.poisoning import label_error, source_shift

__all__ = ["label_error", "source_shift"]
