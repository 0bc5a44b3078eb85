"""Compares the rows that registers govern with the entries of the log, both ways, and names what has no counterpart.

A row without entry was written past its command, or its entry was deleted. An entry without row had one, and it was
deleted or put back to an older state. Which kind of entry lies in which table, each register's ``apps.py`` says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import AppConfig, apps
from django.db.models import Count, Max, Model, QuerySet
from django.db.models.options import Options

from clerestory.store.models import LogEntry
from clerestory.terms.ids import OrganisationId

OWNERS = ("clerestory.registers.", "clerestory.desk")
NAMES = "entry_id"
"""How the columns end that name an entry."""


ANY = "*"
"""What a register writes of a column that may name any kind besides those of which it holds every entry."""


class Lack(StrEnum):
    """What a row or an entry lacks."""

    ENTRY = "E_MISSING"
    NAME = "E_UNNAMED"
    OWN_ENTRY = "E_SHARED"
    RIGHT_KIND = "E_KIND"
    ROW = "E_ROWLESS"


@dataclass(frozen=True, slots=True)
class Unmatched:
    """One row or entry without its counterpart: the column's table, the row's key, the entry and its kind."""

    lack: Lack
    table: str
    row: str = ""
    entry_id: str = ""
    kind: str = ""

    @property
    def where(self) -> str:
        """Return the entry, or the row where it names none."""
        return self.entry_id or f"{self.table} {self.row}"

    @property
    def problem(self) -> str:
        """Say it in one sentence."""
        row = f"Row {self.row} of {self.table}"
        return {
            Lack.ENTRY: f"{row} names entry {self.entry_id}, which is not in the log.",
            Lack.NAME: f"{row} names no entry: it was written past the log.",
            Lack.OWN_ENTRY: f"{row} names entry {self.entry_id}, which another row of the table names too.",
            Lack.RIGHT_KIND: f"{row} names entry {self.entry_id} of kind {self.kind}, which does not lie there.",
            Lack.ROW: f"Entry {self.entry_id} of kind {self.kind} has no row in {self.table}, or an older one.",
        }[self.lack]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that names entries. ``every`` are kinds of which each entry has a row, ``newest`` those whose newest.

    ``some`` may be named and need not be. A column of which nothing is said may name any kind.
    """

    model: type[Model]
    name: str
    every: tuple[str, ...] = ()
    newest: tuple[str, ...] = ()
    some: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """Return the table's name."""
        return _options(self.model).db_table

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return all kinds that it may name; none where anything goes."""
        return (*self.every, *self.newest, *self.some)

    def rows(self, organisation_id: OrganisationId) -> "QuerySet[Model]":
        """Return the rows of one organisation."""
        key = "organisation_id" if _has(self.model, "organisation") else "pk"
        return QuerySet(self.model).filter(**{key: organisation_id})


def columns() -> tuple[Column, ...]:
    """Return every column of the registers and the desk that names an entry, by table and name."""
    found = (column for app in apps.get_app_configs() if app.name.startswith(OWNERS) for column in _columns_of(app))
    return tuple(sorted(found, key=lambda column: (column.table, column.name)))


def count_rows(organisation_id: OrganisationId) -> int:
    """Count the rows that are compared."""
    models = {column.model: column for column in columns()}
    return sum(column.rows(organisation_id).count() for column in models.values())


def unmatched(organisation_id: OrganisationId) -> Iterator[Unmatched]:
    """Yield each row without its entry and each entry without its row, in a few queries for each column."""
    entries = LogEntry.objects.filter(organisation_id=organisation_id)
    there = set(entries.order_by().values_list("kind", flat=True).distinct())
    for column in columns():
        rows = column.rows(organisation_id)
        if rows.exists():
            yield from _without_entry(column, rows, entries)
        if not there.isdisjoint((*column.every, *column.newest)):
            yield from _without_row(column, rows, entries)


def _without_entry(column: Column, rows: "QuerySet[Model]", entries: "QuerySet[LogEntry]") -> Iterator[Unmatched]:
    name, table = column.name, column.table
    if not _options(column.model).get_field(name).blank:  # type: ignore[union-attr]  # a column, never a relation
        for key in rows.filter(**{name: ""}).order_by("pk").values_list("pk", flat=True):
            yield Unmatched(Lack.NAME, table, str(key))
    named = rows.exclude(**{name: ""})
    for key, entry_id in _pairs(named.exclude(**{f"{name}__in": entries.values("entry_id")}), name):
        yield Unmatched(Lack.ENTRY, table, key, entry_id)
    shared = named.values(name).annotate(claims=Count("pk")).filter(claims__gt=1).values(name)
    for key, entry_id in _pairs(named.filter(**{f"{name}__in": shared}), name):
        yield Unmatched(Lack.OWN_ENTRY, table, key, entry_id)
    if column.kinds and ANY not in column.kinds:
        wrong = entries.exclude(kind__in=column.kinds).values("entry_id")
        found = _pairs(named.filter(**{f"{name}__in": wrong}), name)
        kinds = _kinds(entries, (entry_id for _key, entry_id in found))
        for key, entry_id in found:
            yield Unmatched(Lack.RIGHT_KIND, table, key, entry_id, kinds.get(entry_id, ""))


def _without_row(column: Column, rows: "QuerySet[Model]", entries: "QuerySet[LogEntry]") -> Iterator[Unmatched]:
    named = rows.values(column.name)
    newest = entries.filter(kind__in=column.newest).values("kind", "entity").annotate(last=Max("pk")).values("last")
    for held in (entries.filter(kind__in=column.every), entries.filter(pk__in=newest)):
        lost = held.exclude(entry_id__in=named).order_by("pk").values_list("entry_id", "kind")
        for entry_id, kind in lost:
            yield Unmatched(Lack.ROW, column.table, entry_id=entry_id, kind=kind)


def _pairs(rows: "QuerySet[Model]", name: str) -> list[tuple[str, str]]:
    return [(str(key), entry_id) for key, entry_id in rows.order_by(name, "pk").values_list("pk", name)]


def _kinds(entries: "QuerySet[LogEntry]", entry_ids: Iterable[str]) -> dict[str, str]:
    return dict(entries.filter(entry_id__in=set(entry_ids)).values_list("entry_id", "kind"))


def _columns_of(app: AppConfig) -> Iterator[Column]:
    said = {word: _said(app, word) for word in ("holds_every", "holds_newest", "holds_some")}
    for model in app.models.values():
        for name in (field.name for field in _options(model).get_fields() if field.name.endswith(NAMES)):
            place = f"{_options(model).model_name}.{name}"
            yield Column(model, name, *(kinds.get(place, ()) for kinds in said.values()))


def _said(app: AppConfig, word: str) -> Mapping[str, tuple[str, ...]]:
    said: Mapping[str, Any] = getattr(app, word, {})
    return {place: tuple(kinds) for place, kinds in said.items()}


def _has(model: type[Model], name: str) -> bool:
    return any(field.name == name for field in _options(model).get_fields())


def _options(model: type[Model]) -> "Options[Model]":
    return model._meta  # noqa: SLF001  the public API of Django, whatever its name
