"""The decision log against its roots: every batch is what was logged, and nothing lies there that was not."""

from collections.abc import Generator, Mapping
from datetime import date
from typing import Any

from clerestory.assurance.logging.days import MANIFESTS, in_window, read_day, span_of_days
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.window import AS_OF, over, with_figures
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Audit, Audited, Batches, KeptBatch, KeptDay, Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import UNJUDGED, Census, counted
from clerestory.assurance.trial.files import FileUnusable, needed, rows_of

NAME = "logging.integrity"
_PARAMETERS = (
    MANIFESTS,
    Parameter(
        name="roots",
        kind="text",
        names_slice=True,
        meaning="What the evidence log says of the batches: CSV with batch_id and row_root. Without it manifests are "
        "believed.",
    ),
    Parameter(
        name="packs",
        kind="texts",
        names_slice=True,
        meaning="Packs of the evidence log whose chains and signatures must verify.",
    ),
    Parameter(name="trust", kind="text", names_slice=True, meaning="File that says whose key of the log is believed."),
    over("P30D"),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Compare the root of each batch of the window, computed now, with its manifest and with the evidence log."""
    roots = None
    if "roots" in parameters:
        path = parameters.text("roots")
        roots = _roots(path, rows_of(path, (yield from needed(path)), ("batch_id", "row_root")))
    days: tuple[KeptDay, ...] = yield Batches(parameters.text("manifests"))
    census, seen, rows, named = Census(), list[date](), [0, 0], set[str]()
    for kept in days:
        day = read_day(kept.day)
        named.update(batch.batch_id for batch in kept.batches)
        if day is None or kept.problem:
            census.broken("day", f"{kept.folder}: {kept.problem or 'is no folder of a day'}")
            continue
        if not in_window(day, parameters):
            continue
        seen.append(day)
        for name in kept.strays:
            census.broken("file", f"{kept.folder}/{name} holds rows that no batch names")
        for batch in kept.batches:
            rows[0] += 0 if batch.disposed else batch.rows
            rows[1] += batch.found_rows or 0
            census.judged("batch", f"{kept.day}/{batch.batch_id}", _faults(batch, roots))
    for batch_id in sorted(set(roots or ()) - named):
        census.broken("batch", f"{batch_id} is in the evidence log and not in the decision log")
    yield from _packs(parameters, census)
    notes = {"rows in manifests": str(rows[0]), "rows found": str(rows[1]), **span_of_days(seen, parameters)}
    notes["compared with"] = "manifests alone" if roots is None else "the evidence log"
    for name, text in notes.items():
        census.note(name, text)
    return census.tally()


def _faults(batch: KeptBatch, roots: Mapping[str, str] | None) -> list[str]:
    faults = []
    if not batch.disposed:
        if batch.found_rows is None:
            faults.append("its file cannot be read")
        elif batch.found_rows != batch.rows:
            faults.append(f"holds {batch.found_rows} of {batch.rows} rows")
        elif batch.found_root != batch.row_root:
            faults.append("has another root: a row was changed")
    if roots is not None and roots.get(batch.batch_id) != batch.row_root:
        faults.append("is not in the evidence log" if batch.batch_id not in roots else "was logged with another root")
    return faults


def _roots(path: str, rows: list[dict[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        if found.setdefault(row["batch_id"], row["row_root"]) != row["row_root"]:
            raise FileUnusable(f"{path} gives batch {row['batch_id']!r} two roots.", "Export the log again.")
    return found


def _packs(parameters: Parameters, census: Census) -> Generator[Move, Any, None]:
    for path in parameters.texts("packs"):
        audited: Audited = yield Audit(path, parameters.optional("trust") or "")
        problems = [f"{code} at {where}" for code, where, _ in audited.problems]
        census.judged("pack of the evidence log", path, problems)


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def integrity(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count where the decision log is not what was logged; ``<= 0`` asks that it is everywhere.

    Formula: for each batch of a day in the window the Merkle root (RFC 6962) of its rows is computed from their values
    and compared with its manifest, and with ``roots`` of the evidence log where given; counted are batches with another
    root, other rows or no file, files that no batch names, batches that the evidence log has and the decision log has
    not, manifests that cannot be read, and ``packs`` in which the auditor's program finds a problem. A batch that was
    disposed of keeps its root and is compared by it. Unit: number of batches, files, days and packs. The interval is
    the count itself. INCONCLUSIVE where no day of the window is there.
    Misleads without ``roots``: who can write files can write manifests too.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    notes = dict(tally.notes)
    figures = {
        "expected": int(notes.get("rows in manifests", "0")),
        "recorded": int(notes.get("rows found", "0")),
        "gaps": sum(cell.hits for cell in tally.cells if UNJUDGED not in cell.kind[1:]),
    }
    return with_figures(counted(NAME, "roots computed from the rows", tally), tally, figures)
