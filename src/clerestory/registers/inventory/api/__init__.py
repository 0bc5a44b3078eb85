"""The inventory over HTTP: records and their parts under one address."""

from clerestory.registers.inventory.api.part import router as parts
from clerestory.registers.inventory.api.record import router

router.add_router("", parts)

__all__ = ["router"]
