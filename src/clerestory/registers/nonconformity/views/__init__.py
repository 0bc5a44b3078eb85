"""Pages of nonconformities. They translate between forms and commands and hold no rule."""

from clerestory.registers.nonconformity.views.lists import add, nonconformities
from clerestory.registers.nonconformity.views.record import approve, change, nonconformity

__all__ = ["add", "approve", "change", "nonconformities", "nonconformity"]
