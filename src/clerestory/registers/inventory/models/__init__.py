"""Tables of the inventory: constraints only. Django finds them here."""

from clerestory.registers.inventory.models.record import (
    AISystem,
    DatasetVersion,
    ModelVersion,
)

__all__ = [
    "AISystem",
    "DatasetVersion",
    "ModelVersion",
]
