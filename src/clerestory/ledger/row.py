"""The one form of a row of plain values, and its leaf: both follow from values, never from a file's bytes.

So a row keeps its leaf when its file is compacted, compressed otherwise or moved, and anybody can compute it again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from math import isfinite

from clerestory.ledger.tree import leaf_hash

_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def row_leaves(columns: Mapping[str, Sequence[object]]) -> list[bytes]:
    """Return the leaf hash of each row of columns of one length: RFC 6962 over `row_text`."""
    names = sorted(columns)
    values = [columns[name] for name in names]
    return [leaf_hash(row_text(names, row)) for row in zip(*values, strict=True)] if names else []


def row_text(names: Sequence[str], values: Sequence[object]) -> bytes:
    """Return what the leaf of a row commits to: the JSON array of [name, value] pairs, names ascending.

    Numbers with a fraction are written in their shortest decimal form, what is no finite number as its name, moments in
    UTC with microseconds, nothing as null.
    """
    return _WRITER.encode(list(_pairs(names, values))).encode()


def _pairs(names: Sequence[str], values: Sequence[object]) -> Iterator[list[object]]:
    for name, value in zip(names, values, strict=True):
        if isinstance(value, float):
            value = value if isfinite(value) else str(value)
        elif isinstance(value, datetime):
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            value = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        elif isinstance(value, date):
            value = value.isoformat()
        yield [name, value]
