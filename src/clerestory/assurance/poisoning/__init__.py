"""Planted or wrong training data."""

from clerestory.assurance.poisoning import label_error

__all__ = ["label_error"]
