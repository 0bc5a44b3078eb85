"""Evidence in: the only writers of the log. Each call belongs to the transaction of the register row it proves."""

from clerestory.store.evidence.removal import erase, revoke
from clerestory.store.evidence.writing import Entry, append, append_all, not_before_the_newest

__all__ = ["Entry", "append", "append_all", "erase", "not_before_the_newest", "revoke"]
