"""Tables of DuckDB and PostgreSQL, brought as Parquet in a defined order: by all columns, from the first on.

Missing values come first, texts go by their bytes. Types without an order of their own are brought as text. A password
is used and said nowhere.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clerestory.store.source.trouble import SourceUnreadable, first_line

if TYPE_CHECKING:
    import psycopg

_ROWS = 50_000
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_SECRET = ("password", "sslpassword", "passfile", "sslkey")
_NO_TABLE = "Name the table behind #, such as #decisions or #public.decisions."


def bring_duckdb(file: Path, table: str, name: str, folder: Path) -> tuple[Path, ...]:
    """Write the rows of a table of a DuckDB file to a folder; return the files.

    Raises:
        SourceUnreadable: DuckDB is not installed, or there is no such file or table.
    """
    try:
        import duckdb
    except ImportError as error:
        raise SourceUnreadable(
            f"{name} is a DuckDB table, and DuckDB is not installed here.",
            'Install it: pip install "clerestory[duckdb]".',
        ) from error
    if not file.is_file():
        raise SourceUnreadable(f"{name}: there is no file {file}.", "Correct the path of the database.")
    if not table:
        raise SourceUnreadable(f"{name} names no table.", _NO_TABLE)
    out = folder / "rows.parquet"
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
    try:
        config = {**_CLOSED, "temp_directory": str(folder / "spilled")}
        with duckdb.connect(str(file), read_only=True, config=config) as connection:
            connection.sql(f"SELECT * FROM {quoted} ORDER BY ALL NULLS FIRST").write_parquet(str(out))  # noqa: S608
    except duckdb.Error as error:
        raise SourceUnreadable(f"{name} cannot be read: {first_line(error)}.", _NO_TABLE) from error
    return (out,)


def postgres_name(address: str) -> str:
    """Return an address of PostgreSQL without anything secret: what people and evidence may see.

    Raises:
        SourceUnreadable: it is no address of PostgreSQL, or its driver is not installed.
    """
    known = _parts(address)
    host = known.get("host", "")
    port = f":{known['port']}" if "port" in known else ""
    user = f"{known['user']}@" if "user" in known else ""
    return f"postgresql://{user}{'' if host.startswith('/') else host}{port}/{known.get('dbname', '')}"


def bring_postgres(address: str, table: str, name: str, folder: Path) -> tuple[Path, ...]:
    """Write the rows of a table of PostgreSQL to a folder, as they are at one moment; return the files.

    Raises:
        SourceUnreadable: the database cannot be reached, or there is no such table.
    """
    import polars as pl
    import psycopg

    if not table:
        raise SourceUnreadable(f"{name} names no table.", _NO_TABLE)
    files: list[Path] = []
    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            connection.read_only = True
            connection.execute("SET TIME ZONE 'UTC'")
            for rows in _pages(connection, table):
                files.append(folder / f"rows-{len(files):06}.parquet")
                rows.write_parquet(files[-1])
    except (psycopg.Error, pl.exceptions.PolarsError, ValueError, OverflowError) as error:
        raise SourceUnreadable(
            f"{name} cannot be read: {_without_secrets(first_line(error), address)}.",
            "Correct the address, the rights or the table; a password may stand in PGPASSWORD or ~/.pgpass.",
        ) from None
    return tuple(files)


def _parts(address: str) -> dict[str, str]:
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise SourceUnreadable(
            "A PostgreSQL table is named, and psycopg is not installed here.",
            'Install it: pip install "clerestory[postgres]".',
        ) from error
    try:
        return {key: str(value) for key, value in conninfo_to_dict(address).items()}
    except psycopg.Error:
        raise SourceUnreadable(
            "An address of PostgreSQL cannot be understood.", "Write postgresql://user@host:5432/database#schema.table."
        ) from None


def _without_secrets(text: str, address: str) -> str:
    from urllib.parse import quote

    for key, value in _parts(address).items():
        if key in _SECRET and value:
            text = text.replace(value, "...").replace(quote(value, safe=""), "...")
    return text


def _pages(connection: "psycopg.Connection[Any]", table: str) -> Iterator[Any]:
    """Yield the rows in pages; the first may be empty."""
    import polars as pl
    from psycopg import sql

    place = sql.Identifier(*table.split("."))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(place))
        columns = [(column.name, _type(column.type_code)) for column in cursor.description or ()]
    selected = [_selected(column, cast) for column, (_, cast) in columns]
    inner = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(selected), place)
    order = [
        sql.SQL("{}{} NULLS FIRST").format(sql.Identifier(column), sql.SQL(' COLLATE "C"' if kind == pl.String else ""))
        for column, (kind, _) in columns
    ]
    question = sql.SQL("SELECT * FROM ({}) AS rows ORDER BY {}").format(inner, sql.SQL(", ").join(order))
    schema = {column: kind for column, (kind, _) in columns}
    with connection.cursor(name="clerestory", binary=True) as cursor:
        cursor.itersize = _ROWS
        cursor.execute(question)
        first = True
        while (rows := cursor.fetchmany(_ROWS)) or first:
            yield pl.DataFrame(rows, schema=schema, orient="row")
            first = False


def _selected(column: str, cast: str) -> Any:
    from psycopg import sql

    named = sql.Identifier(column)
    return sql.SQL("{}::{} AS {}").format(named, sql.SQL(cast), named) if cast else named


def _type(code: int) -> tuple[Any, str]:
    """Return the type of a column of PostgreSQL here, and what it is cast to there first."""
    import polars as pl

    plain: dict[int, tuple[Any, str]] = {
        16: (pl.Boolean, ""),
        20: (pl.Int64, ""),
        21: (pl.Int64, ""),
        23: (pl.Int64, ""),
        25: (pl.String, ""),
        700: (pl.Float64, "float8"),
        701: (pl.Float64, ""),
        1082: (pl.Date, ""),
        1114: (pl.Datetime("us"), ""),
        1184: (pl.Datetime("us", "UTC"), ""),
        1700: (pl.Float64, "float8"),
    }
    return plain.get(code, (pl.String, "text"))
