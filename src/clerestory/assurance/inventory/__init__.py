"""What there is: parts of an AI system against its bill, and AI found by search against the register."""

from clerestory.assurance.inventory import bill_of_materials, discovery_reconciliation

__all__ = ["bill_of_materials", "discovery_reconciliation"]
