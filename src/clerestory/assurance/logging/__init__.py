"""The decision log of what runs: whole, unaltered, in its form, and kept for as long as it must be."""

from clerestory.assurance.logging import completeness, integrity, retention, schema

__all__ = ["completeness", "integrity", "retention", "schema"]
