"""Copies the large organisation of a kept SQLite home into the PostgreSQL of DATABASE_URL: filling it anew takes long.

The home must have been brought to the newest migrations by a run on SQLite; what another migration left is refused.
"""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Field, Model


def copy_keys(kept: Path, home: Path) -> None:
    """Copy the keys that open what is sealed, before the product starts and makes its own."""
    for name in ("keys", "marks"):
        shutil.copytree(kept / name, home / name, dirs_exist_ok=True)
    shutil.copy(kept / "secret_key", home / "secret_key")


def copy(kept: Path) -> None:
    """Copy every row of the database in ``kept`` into this one."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    if connection.vendor != "postgresql":
        raise SystemExit("--from copies into PostgreSQL: name it in DATABASE_URL, or keep the home with --home")
    source = sqlite3.connect(f"file:{kept / 'clerestory.sqlite3'}?mode=ro", uri=True)
    known = ((one, one._meta) for one in apps.get_models(include_auto_created=True))  # noqa: SLF001 - Django's own name
    models = {meta.db_table: one for one, meta in known if meta.managed}
    stored = {name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    wanted = {table: model for table, model in models.items() if table in stored and _columns(model)}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # rows come table by table, not in the order of links
        for table in models:
            cursor.execute(f'TRUNCATE "{table}" CASCADE')
        for table, model in wanted.items():
            _rows(source, cursor, table, _columns(model))
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in connection.ops.sequence_reset_sql(no_style(), list(wanted.values())):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


def _columns(model: "type[Model]") -> "tuple[Field[Any, Any], ...]":
    return tuple(model._meta.local_concrete_fields)  # noqa: SLF001 - Django's own name


def _rows(source: sqlite3.Connection, cursor: Any, table: str, columns: "tuple[Field[Any, Any], ...]") -> None:
    names = ", ".join(f'"{column.column}"' for column in columns)
    reads = [_reader(column) for column in columns]
    with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copied:
        for row in source.execute(f'SELECT {names} FROM "{table}"'):
            copied.write_row([None if value is None else read(value) for read, value in zip(reads, row, strict=True)])


def _reader(column: "Field[Any, Any]") -> Callable[[Any], Any]:
    """Return what turns a value as SQLite keeps it into one that PostgreSQL takes."""
    while column.remote_field is not None:
        column = column.target_field  # type: ignore[attr-defined]
    return {
        "BooleanField": bool,
        "BinaryField": bytes,
        "DateTimeField": lambda value: value if "+" in value else f"{value}+00:00",
    }.get(column.get_internal_type(), lambda value: value)
