"""Gives entries their place: outbox to tree in one transaction, then the signed checkpoint over what was committed."""

from clerestory.store.sequencer.run import catch_up, listeners, sequence, sequence_after_commit
from clerestory.store.sequencer.signing import sign

__all__ = ["catch_up", "listeners", "sequence", "sequence_after_commit", "sign"]
