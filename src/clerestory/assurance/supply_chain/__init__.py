"""What comes from others: parts, models, tools and their terms, looked at before they are relied on."""

from clerestory.assurance.supply_chain import model_file_scan, pickle_opcodes

__all__ = ["model_file_scan", "pickle_opcodes"]
