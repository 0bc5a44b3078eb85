"""Documents and records: as they were stored, for as long as decided, in a log that verifies."""

from clerestory.assurance.records import content_integrity, ledger_verification, retention

__all__ = ["content_integrity", "ledger_verification", "retention"]
