"""What the inventory asks people for."""

from clerestory.registers.inventory.forms.record import (
    AUTONOMY,
    TRUTH,
    UNKNOWN,
    DatasetForm,
    StatusForm,
    SystemForm,
    dataset_values,
    said,
    system_values,
    truth,
    words,
)

__all__ = [
    "AUTONOMY",
    "TRUTH",
    "UNKNOWN",
    "DatasetForm",
    "StatusForm",
    "SystemForm",
    "dataset_values",
    "said",
    "system_values",
    "truth",
    "words",
]
