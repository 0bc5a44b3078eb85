"""Tables of the risk register: constraints only. Django finds them here."""

from clerestory.registers.risk.models.risk import (
    Assessment,
    Kept,
    Plan,
    Process,
    Risk,
    Scales,
    Step,
    Task,
)

__all__ = [
    "Assessment",
    "Kept",
    "Plan",
    "Process",
    "Risk",
    "Scales",
    "Step",
    "Task",
]
