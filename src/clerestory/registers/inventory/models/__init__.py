"""Tables of the inventory: constraints only. Django finds them here."""

from clerestory.registers.inventory.models.classification import Classification
from clerestory.registers.inventory.models.part import AccessReview, AccessRow, Part, Said
from clerestory.registers.inventory.models.record import (
    AISystem,
    DatasetVersion,
    ModelVersion,
)
from clerestory.registers.inventory.models.tier import LessAsked, TierOverride
from clerestory.registers.inventory.models.use import ColumnMapping, FastLane, ImportRun, LikelyPair, UseRequest

__all__ = [
    "AISystem",
    "AccessReview",
    "AccessRow",
    "Classification",
    "ColumnMapping",
    "DatasetVersion",
    "FastLane",
    "ImportRun",
    "LessAsked",
    "LikelyPair",
    "ModelVersion",
    "Part",
    "Said",
    "TierOverride",
    "UseRequest",
]
