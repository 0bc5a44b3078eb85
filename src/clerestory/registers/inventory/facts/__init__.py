"""What records of the inventory prove."""

from clerestory.registers.inventory.facts.record import (
    dataset_evidence,
    model_evidence,
    system_evidence,
    system_subject,
)

__all__ = [
    "dataset_evidence",
    "model_evidence",
    "system_evidence",
    "system_subject",
]
