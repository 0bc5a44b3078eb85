"""Data against what was written down of it: contract, schema, profile, population, balance, agreement on labels."""

from clerestory.assurance.data_quality import (
    annotator_agreement,
    contract,
    group_imbalance,
    input_validation,
    leakage,
    out_of_distribution,
    profile,
    representativeness,
    schema,
)

__all__ = [
    "annotator_agreement",
    "contract",
    "group_imbalance",
    "input_validation",
    "leakage",
    "out_of_distribution",
    "profile",
    "representativeness",
    "schema",
]
