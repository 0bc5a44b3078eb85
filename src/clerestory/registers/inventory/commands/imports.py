"""Import of systems from a file: a dry run that reports by row and field, then all rows or none."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.desk.people import members
from clerestory.desk.permit import permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.duplicate import note_pairs
from clerestory.registers.inventory.commands.record import register_all
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.registers.inventory.queries.triage import known_systems
from clerestory.registers.inventory.rules.imported import (
    Index,
    Known,
    Likeness,
    ReadRows,
    RowProblem,
    Sheet,
    guess_mapping,
    read_rows,
)
from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.store import clock
from clerestory.store.queue import rows as queue
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word

AT_ONCE = 300
"""More rows than this are imported by a job, so that no page waits longer than two seconds."""
MOST_TOLD = 500
_FINISHED = ("done", "refused")


class ImportRefused(InventoryRefused):
    """Rows of the file are wrong, so that none was imported."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row that is likely a system that is there, in the inventory or in a row before."""

    row: int
    name: str
    other_id: str
    other_name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import would do, or did: how many systems, what is wrong by row and field, and likely duplicates."""

    rows: int
    registered: int
    mapping: Mapping[str, str]
    head: tuple[str, ...]
    problems: tuple[RowProblem, ...]
    duplicates: tuple[Duplicate, ...]
    is_done: bool = False
    run_id: int | None = None

    @property
    def is_right(self) -> bool:
        """Whether every row can be imported."""
        return not self.problems and self.rows > 0


def try_import(*, actor: Actor, sheet: Sheet, mapping: Mapping[str, str] | None = None) -> Report:
    """Report what importing a file would do; nothing is written."""
    permit(actor, "write", "inventory")
    chosen = _mapping(actor, sheet, mapping)
    read = _read(actor, sheet, chosen)
    return _report(sheet, chosen, read, _alike(actor, read))


def import_systems(
    *, actor: Actor, sheet: Sheet, mapping: Mapping[str, str] | None = None, now: datetime | None = None
) -> Report:
    """Register every row of a file, or none; likely duplicates are noted, to be joined or explained.

    Raises:
        ImportRefused: a row is wrong; the dry run says which.
    """
    permit(actor, "write", "inventory")
    moment, chosen = now or clock.now(), _mapping(actor, sheet, mapping)
    read = _read(actor, sheet, chosen)
    if read.problems or not read.systems:
        first = read.problems[0] if read.problems else RowProblem(1, "name", _("The file has no rows."), _("Add rows."))
        raise ImportRefused(
            _(
                "Row {row}, {field}: {problem} {count} in all; nothing was imported.",
                row=first.row,
                field=word(first.field),
                problem=first.problem,
                count=len(read.problems),
            ),
            first.remedy,
        )
    found = _alike(actor, read)
    with atomic():
        register_all(actor=actor, systems=[row.system for row in read.systems], now=moment)
        note_pairs(actor=actor, found=found)
        models.ColumnMapping.objects.update_or_create(
            organisation_id=actor.organisation_id, head=_key(sheet), defaults={"said": dict(chosen)}
        )
    return _report(sheet, chosen, read, found, is_done=True)


def begin_import(
    *, actor: Actor, sheet: Sheet, file_name: str, mapping: Mapping[str, str] | None = None, now: datetime | None = None
) -> Report:
    """Import a file now, or where it is long hand it to a job; it was tried before either way.

    Raises:
        ImportRefused: a row is wrong.
    """
    permit(actor, "write", "inventory")
    if len(sheet.rows) <= AT_ONCE:
        return import_systems(actor=actor, sheet=sheet, mapping=mapping, now=now)
    report = try_import(actor=actor, sheet=sheet, mapping=mapping)
    if not report.is_right:
        return report
    table = {"head": list(sheet.head), "rows": [[n, list(cells)] for n, cells in sheet.rows]}
    with atomic():
        run = models.ImportRun.objects.create(
            organisation_id=actor.organisation_id, by=actor.person_id, file_name=file_name[:200],
            table=table | {"mapping": dict(report.mapping)}, rows=len(sheet.rows), state="waiting",
            begun_at=now or clock.now(),
        )  # fmt: skip
        queue.put("run", "import_systems", actor.organisation_id, str(run.pk))
    return Report(report.rows, 0, report.mapping, report.head, (), report.duplicates, False, run.pk)


def go_on_importing(*, actor: Actor, run_id: int, now: datetime | None = None) -> None:
    """Do an import that was handed to a job; done before, it changes nothing. What is refused stays with it."""
    permit(actor, "write", "inventory")
    rows = models.ImportRun.objects.filter(organisation_id=actor.organisation_id, pk=run_id)
    run = rows.first()
    if run is None:
        raise InventoryUnknown(_("There is no import {run_id}.", run_id=run_id), _("Import the file again."))
    unfinished = rows.exclude(state__in=_FINISHED)
    if unfinished.update(state="running") == 0:
        return
    sheet = Sheet(tuple(run.table["head"]), tuple((n, tuple(cells)) for n, cells in run.table["rows"]))
    try:
        with atomic():
            if unfinished.select_for_update().first() is None:  # another worker did it while this one waited
                return
            import_systems(actor=actor, sheet=sheet, mapping=run.table["mapping"], now=now)
            rows.update(state="done", done_at=now or clock.now(), table={})
    except InventoryRefused as error:
        said = f"{error.problem} {error.remedy}"
        unfinished.update(state="refused", problem=said, done_at=now or clock.now(), table={})


def _mapping(actor: Actor, sheet: Sheet, given: Mapping[str, str] | None) -> dict[str, str]:
    if given:
        return {name: column for name, column in given.items() if column}
    kept = models.ColumnMapping.objects.filter(organisation_id=actor.organisation_id, head=_key(sheet)).first()
    return guess_mapping(sheet.head, kept.said if kept else {})


def _read(actor: Actor, sheet: Sheet, mapping: Mapping[str, str]) -> ReadRows:
    people: dict[str, str] = {}
    for member in members(actor):
        people |= {member.name.casefold(): member.person_id, member.email.casefold(): member.person_id}
        people[member.person_id.casefold()] = member.person_id
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id)
    return read_rows(sheet, mapping, people, set(rows.values_list("system_id", flat=True)))


def _alike(actor: Actor, read: ReadRows) -> dict[str, tuple[Likeness, ...]]:
    index, found = Index(), {}
    for known in known_systems(actor):
        index.add(known)
    for row in read.systems:
        system = row.system
        this = Known(system.system_id, system.name, system.purpose, system.suppliers)
        if likely := index.likely(this):
            found[system.system_id] = likely
        index.add(this)
    return found


def _report(
    sheet: Sheet,
    mapping: Mapping[str, str],
    read: ReadRows,
    found: Mapping[str, tuple[Likeness, ...]],
    *,
    is_done: bool = False,
) -> Report:
    names = {row.system.system_id: row.system.name for row in read.systems}
    duplicates = [
        Duplicate(row.row, row.system.name, one.system_id, names.get(one.system_id, one.system_id), one.reasons)
        for row in read.systems
        for one in found.get(row.system.system_id, ())
    ]
    return Report(
        rows=len(sheet.rows),
        registered=len(read.systems) if is_done else 0,
        mapping=mapping,
        head=sheet.head,
        problems=read.problems[:MOST_TOLD],
        duplicates=tuple(duplicates[:MOST_TOLD]),
        is_done=is_done,
    )


def _key(sheet: Sheet) -> str:
    return "sha256:" + hashlib.sha256("\x1f".join(sheet.head).encode()).hexdigest()
