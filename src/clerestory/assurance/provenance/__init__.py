"""Where data and models come from: lineage, signed statements, delivery by the source, and preparation done again."""

from clerestory.assurance.provenance import (
    dataset_lineage,
    preparation_reproducibility,
    signed_statement,
    source_integrity,
)

__all__ = ["dataset_lineage", "preparation_reproducibility", "signed_statement", "source_integrity"]
