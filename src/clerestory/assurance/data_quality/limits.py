"""Limits kept or broken: what contract, schema and profile count. All rows are counted, so the interval is a point.

Only a figure that rounding lost widens it: then the limit may be broken or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.assurance.measurement import GroupResult, Measurement, Reason


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: its name, what was found (None: no number), in how many rows, and whether it is broken.

    ``unknown``: it cannot be said whether it is broken.
    """

    name: str
    found: float | None
    n: int
    broken: bool
    note: str
    unknown: bool = False


def measured(check: str, method: str, limits: tuple[Limit, ...], rows: int, details: Mapping[str, str]) -> Measurement:
    """Measure the number of limits broken, at most with those of which it is unknown; no row concludes nothing."""
    broken = float(sum(limit.broken for limit in limits))
    unknown = sum(limit.unknown for limit in limits)
    return Measurement(
        check=check,
        method=method,
        method_version="1",
        value=broken,
        low=broken,
        high=broken + unknown,
        n=rows,
        by_group=tuple(_shown(limit) for limit in limits),
        reason=None if rows else Reason.INSUFFICIENT_DATA,
        details={"limits": str(len(limits))} | dict(details),
    )


def _shown(limit: Limit) -> GroupResult:
    word = "unknown" if limit.unknown else "broken" if limit.broken else "kept"
    return GroupResult(
        group=limit.name,
        value=limit.found,
        low=limit.found,
        high=limit.found,
        n=limit.n,
        assessed=not limit.unknown,
        note=f"{word}: {limit.note}",
    )
