"""The log as it is read: facts for the judge, entries for people, proofs, and everything for the pack."""

from clerestory.store.log.cosigned import WitnessStand
from clerestory.store.log.handover import Handover, export
from clerestory.store.log.kept import Kept
from clerestory.store.log.lookup import Found, Search, leaf_hashes, search
from clerestory.store.log.proof import Inclusion, checkpoint, proof_file, prove
from clerestory.store.log.reading import (
    EntryRecord,
    content,
    content_state,
    contents,
    entry,
    facts,
    log_size,
    newest,
    texts,
)
from clerestory.store.log.rechecked import LastRecheck, last_recheck
from clerestory.store.log.state import LogStatus, check_places, status

__all__ = [
    "EntryRecord",
    "Found",
    "Handover",
    "Inclusion",
    "Kept",
    "LastRecheck",
    "LogStatus",
    "Search",
    "WitnessStand",
    "check_places",
    "checkpoint",
    "content",
    "content_state",
    "contents",
    "entry",
    "export",
    "facts",
    "last_recheck",
    "leaf_hashes",
    "log_size",
    "newest",
    "proof_file",
    "prove",
    "search",
    "status",
    "texts",
]
