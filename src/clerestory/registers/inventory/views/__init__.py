"""Pages of the inventory."""

from clerestory.registers.inventory.views.record import (
    AREA,
    budget,
    budgets,
    dataset,
    datasets,
    edit_system,
    model,
    models,
    system,
)
from clerestory.registers.inventory.views.tier import add_system, approve, tier

__all__ = [
    "AREA",
    "add_system",
    "approve",
    "budget",
    "budgets",
    "dataset",
    "datasets",
    "edit_system",
    "model",
    "models",
    "system",
    "tier",
]
