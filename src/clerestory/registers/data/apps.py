"""Django application of the data register."""

from typing import ClassVar

from django.apps import AppConfig


class Data(AppConfig):
    """Registered as ``data``."""

    name = "clerestory.registers.data"
    label = "data"
    holds_every: ClassVar = {
        "datasheet.entry_id": ("record.datasheet",),
        "procedure.entry_id": ("record.data_management_procedure",),
        "qualitycriteria.entry_id": ("record.data_quality_criteria",),
    }
