"""Keeps what reading a log again found, as an entry of that log: so it is signed, travels in the pack, and stays."""

from dataclasses import dataclass
from datetime import datetime

from clerestory.ledger.leaf import check_commitment, read_leaf
from clerestory.store.evidence import Entry, append
from clerestory.store.evidence.payload import raw
from clerestory.store.evidence.writing import entry_of
from clerestory.store.log.recheck import Rechecked
from clerestory.store.models import LogEntry
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Evidence, Machine, Person, Subject
from clerestory.terms.ids import EntryId, OrganisationId
from clerestory.terms.moment import Period, moment_text

KIND = "record.log_recheck"
MOST = 50
"""So many findings are named in the entry; the others are counted."""
READ = 10
"""So many entries are tried where the newest cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRecheck:
    """What the log says of the last time that it was read again, and who did."""

    entry_id: EntryId
    at: datetime
    by: str
    size: int
    rows: int
    problems: int
    found: tuple[str, ...]


def keep(
    result: Rechecked, *, organisation_id: OrganisationId, maker: Machine | Person, began: datetime, now: datetime
) -> Entry:
    """Append what was found to the log, in the caller's transaction."""
    found = tuple(f"{misfit.code} {misfit.where}" for misfit in result.misfits[:MOST])
    values: dict[str, str | int | tuple[str, ...]] = {
        "outcome": "does_not_fit" if result.misfits else "fits",
        "size": result.size,
        "root": result.root,
        "waiting": result.outbox,
        "rows": result.rows,
        "problems": len(result.misfits),
    }
    return append(
        Evidence(
            kind=KIND,
            subject=Subject("organisation", organisation_id),
            produced_by=maker,
            observed=Period(began, now),
            values=values | ({"found": found} if found else {}),
            entity=f"log_recheck/{moment_text(now)}",
        ),
        organisation_id=organisation_id,
        now=now,
    )


def last_recheck(organisation_id: OrganisationId) -> LastRecheck | None:
    """Return what was kept last, placed or waiting, in one query; None where nothing was or nothing can be read."""
    rows = LogEntry.objects.filter(organisation_id=organisation_id, kind=KIND).select_related("facts")
    return next((read for row in rows.order_by("-id")[:READ] if (read := _read(row)) is not None), None)


def _read(row: LogEntry) -> LastRecheck | None:
    """Read an entry; one that is not what its leaf commits to says nothing."""
    try:
        check_commitment(read_leaf(raw(row.leaf)).facts, raw(row.facts.body))
        entry = entry_of(row)
    except ClerestoryError:
        return None
    said, by = entry.fact.values, entry.fact.produced_by
    size, compared, problems, found = (said.get(name) for name in ("size", "rows", "problems", "found"))
    return LastRecheck(
        entry_id=entry.entry_id,
        at=entry.fact.observed.end,
        by=f"{by.tool} {by.version}" if isinstance(by, Machine) else by.person_id,
        size=size if isinstance(size, int) else 0,
        rows=compared if isinstance(compared, int) else 0,
        problems=problems if isinstance(problems, int) else 0,
        found=found if isinstance(found, tuple) else (),
    )
