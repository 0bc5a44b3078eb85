"""The decision log of running systems: daily Parquet files whose rows are committed to by one ledger leaf per batch.

Rows lie in files (`batch.py`), their form and root follow from their values alone (`row.py`), what is kept is logged
(`keeping.py`), and what must go leaves a tombstone that proves what was there (`retention.py`).
"""

from clerestory.store.decisions.batch import Batch, BatchAltered, BatchRefused, DecisionLog
from clerestory.store.decisions.keeping import compact, keep_batch, prove_row, reconcile, verify_batch
from clerestory.store.decisions.retention import (
    Disposal,
    DisposalRefused,
    Retention,
    dispose,
    due,
    hold,
    release_hold,
)

__all__ = [
    "Batch",
    "BatchAltered",
    "BatchRefused",
    "DecisionLog",
    "Disposal",
    "DisposalRefused",
    "Retention",
    "compact",
    "dispose",
    "due",
    "hold",
    "keep_batch",
    "prove_row",
    "reconcile",
    "release_hold",
    "verify_batch",
]
