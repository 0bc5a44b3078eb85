"""Keeping decisions: a batch is on disk before it is logged, and logged before it counts.

A crash leaves a file that no entry names, an entry that the manifest does not know yet, or a file that was to go:
`reconcile` makes all three agree with the log.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from clerestory.ledger.tree import inclusion_proof, nodes_of, root
from clerestory.store import clock, evidence, log
from clerestory.store.decisions.batch import (
    Batch,
    BatchAltered,
    BatchRefused,
    DecisionLog,
    parquet,
    require_id,
)
from clerestory.store.decisions.row import leaves, require_plain, row_bytes
from clerestory.store.unit import atomic, step
from clerestory.terms.evidence import Evidence, Machine, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId
from clerestory.terms.moment import Period
from clerestory.terms.sentence import gettext as _

if TYPE_CHECKING:
    import polars as pl

KIND, DISPOSAL = "runtime.decision_batch", "record.decision_disposal"
_PAGE = 1_000


def keep_batch(
    place: DecisionLog, day: date, batch_id: str, rows: "pl.DataFrame", *, by: Machine, now: datetime | None = None
) -> Batch:
    """Keep a batch of decisions of a day and log its root. The same batch again gives the same batch.

    Raises:
        BatchRefused: it is empty, its id is none, or the id stands for other rows.
        RowUnfit: a column holds what is no plain value.
    """
    moment = now or clock.now()
    require_id(batch_id)
    require_plain(rows)
    if not rows.height or not rows.width:
        raise BatchRefused(_("A batch has no rows."), _("Send none where nothing was decided."))
    made = Batch(batch_id=batch_id, rows=rows.height, row_root=_digest(root(leaves(rows))), file=f"{batch_id}.parquet")
    with place.locked(day):
        manifest = place.read(day)
        held = next((b for b in (*manifest.batches, *manifest.disposed) if b.batch_id == batch_id), None)
        if held is not None:
            if (held.rows, held.row_root) != (made.rows, made.row_root):
                raise BatchRefused(
                    _("Batch {batch_id} of {day} holds other rows already.", batch_id=batch_id, day=day),
                    _("Send it under another id."),
                )
            return held
        place.put(day, made.file, parquet(rows))
        step("decisions.file_written")
        with atomic():
            entry = evidence.append(
                _said(place, day, made, by, moment), organisation_id=place.organisation_id, now=moment
            )
        step("decisions.logged")
        made = replace(made, entry_id=entry.entry_id)
        place.write(day, replace(manifest, batches=(*manifest.batches, made)))
    return made


def verify_batch(place: DecisionLog, day: date, batch: Batch) -> None:
    """Compute the root of a batch again from its rows and compare it with the one in the log.

    Raises:
        BatchAltered: rows, manifest and log do not agree.
    """
    rows = place.frame(day, batch)
    logged = log.entry(place.organisation_id, EntryId(batch.entry_id)).fact.values
    computed = _digest(root(leaves(rows)))
    if (rows.height, computed) != (logged["rows"], logged["row_root"]):
        raise BatchAltered(
            _(
                "Batch {batch_id} of {day} holds {rows} rows with the root {root}…; logged were "
                "{logged} with {logged_root}….",
                batch_id=batch.batch_id,
                day=day,
                rows=rows.height,
                root=computed[:19],
                logged=logged["rows"],
                logged_root=str(logged["row_root"])[:19],
            ),
            _("Bring the file back from a backup; what was logged cannot be changed."),
        )


def prove_row(place: DecisionLog, day: date, batch: Batch, row: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Return what the leaf of a row commits to, and its inclusion proof up to the root of its batch."""
    rows = place.frame(day, batch)
    hashed = leaves(rows)
    return row_bytes(rows, row), inclusion_proof(row, len(hashed), nodes_of(hashed))


def compact(place: DecisionLog, day: date) -> int:
    """Lay the batches of a day together in one file; rows, roots and entries stay. Return how many files are gone.

    Raises:
        BatchAltered: a batch is no longer what was logged; nothing is changed then.
    """
    import polars as pl

    with place.locked(day):
        manifest = place.read(day)
        files = {batch.file for batch in manifest.batches}
        if len(files) < 2:
            return 0
        frames, placed, start = [], [], 0
        name = f"day-{len(manifest.batches)}.parquet"
        for batch in manifest.batches:
            verify_batch(place, day, batch)
            frames.append(place.frame(day, batch))
            placed.append(replace(batch, file=name, start=start))
            start += batch.rows
        if len({tuple(frame.schema.items()) for frame in frames}) > 1:
            return 0  # rows of another form would change their leaves when laid together
        place.put(day, name, parquet(pl.concat(frames)))
        place.write(day, replace(manifest, batches=tuple(placed)))
        for file in files - {name}:
            (place.folder(day) / file).unlink(missing_ok=True)
    return len(files) - 1


def reconcile(place: DecisionLog, day: date) -> tuple[int, int]:
    """Make manifest and files of a day agree with the log; return batches taken up and files removed."""
    with place.locked(day):
        manifest = place.read(day)
        gone = {str(fact.values["batch_id"]) for fact in _logged(place, day, DISPOSAL)}
        known = {batch.batch_id for batch in (*manifest.batches, *manifest.disposed)}
        taken = [_batch_of(fact) for fact in _logged(place, day, KIND) if fact.values["batch_id"] not in known]
        every = (*manifest.batches, *taken)
        left = tuple(batch for batch in every if batch.batch_id not in gone)
        disposed = (*manifest.disposed, *(batch for batch in every if batch.batch_id in gone))
        if (left, disposed) != (manifest.batches, manifest.disposed):
            place.write(day, replace(manifest, batches=left, disposed=disposed))
        named = {batch.file for batch in left}
        lost = [file for file in place.folder(day).glob("*.parquet") if file.name not in named]
        for file in lost:
            file.unlink()
    return len(taken), len(lost)


def _logged(place: DecisionLog, day: date, kind: str) -> list[Fact]:
    """Return what the log says of the batches of a day, oldest first."""
    found: list[Fact] = []
    page = 1
    subject = Subject("ai_system", place.system_id)
    while True:
        rows = log.search(place.organisation_id, log.Search(kind=kind, subject=subject, page=page, size=_PAGE)).rows
        found += [log.entry(place.organisation_id, row.entry_id).fact for row in rows]
        if len(rows) < _PAGE:
            break
        page += 1
    asked = (place.model_version, day.isoformat())
    return [fact for fact in reversed(found) if (fact.values["model_version"], fact.values["day"]) == asked]


def _batch_of(fact: Fact) -> Batch:
    values = fact.values
    return Batch(
        batch_id=str(values["batch_id"]),
        rows=int(str(values["rows"])),
        row_root=str(values["row_root"]),
        file=f"{values['batch_id']}.parquet",
        entry_id=fact.entry_id,
    )


def _said(place: DecisionLog, day: date, batch: Batch, by: Machine, moment: datetime) -> Evidence:
    return Evidence(
        kind=KIND,
        subject=Subject("ai_system", place.system_id),
        produced_by=by,
        observed=Period.at(moment),
        entity=f"decision_batch/{place.model_version}/{day.isoformat()}/{batch.batch_id}",
        values={
            "model_version": place.model_version,
            "day": day.isoformat(),
            "batch_id": batch.batch_id,
            "rows": batch.rows,
            "row_root": batch.row_root,
        },
    )


def _digest(hashed: bytes) -> str:
    return f"sha256:{hashed.hex()}"
