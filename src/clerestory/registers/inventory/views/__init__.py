"""Pages of the inventory."""

from clerestory.registers.inventory.views.record import (
    AREA,
    add_system,
    budget,
    budgets,
    dataset,
    datasets,
    edit_system,
    model,
    models,
    system,
)

__all__ = [
    "AREA",
    "add_system",
    "budget",
    "budgets",
    "dataset",
    "datasets",
    "edit_system",
    "model",
    "models",
    "system",
]
