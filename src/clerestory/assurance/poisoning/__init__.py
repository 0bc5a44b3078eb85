"""Planted or wrong training data."""

from clerestory.assurance.poisoning import chaff_filter, label_error, seeded_recall, source_shift

__all__ = ["chaff_filter", "label_error", "seeded_recall", "source_shift"]
