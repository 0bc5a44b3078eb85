"""Where tables lie: files named by a path, a folder or a glob, or an address of a table elsewhere (`store.source`)."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.store.source.trouble import SourceUnreadable, reading
from clerestory.terms.ids import Digest

if TYPE_CHECKING:
    import polars as pl

    from clerestory.store.source.snapshot import Held

__all__ = ["Source", "SourceUnreadable", "as_parquet", "find_source", "kinds_of", "reading"]

SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_PLACES = "a file, folder or glob, delta+file:, duckdb:, postgresql:// or s3://"
_WHOLE_INFERENCE = 64 * 1024 * 1024
"""CSV files up to this size are read whole to find their types; larger ones by their first 10,000 rows."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table in files of one format. ``files`` are sorted; all have the same columns.

    ``beside``: a Parquet file with further columns for the same rows in the same order. ``constants``: for each file
    columns that hold one value throughout it (partitions of a Delta table), and ``columns`` all columns with their
    types, where files may lack some. ``digest`` and ``held``: of rows brought from elsewhere, and where they lie.
    """

    name: str
    files: tuple[Path, ...]
    format: str
    beside: Path | None = None
    constants: tuple[tuple[tuple[str, str | None], ...], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    digest: Digest | None = None
    held: "Held | None" = field(default=None, compare=False, repr=False)

    def scan(self) -> "pl.LazyFrame":
        """Return the lazy table; opens no data yet.

        Raises:
            SourceUnreadable: the first bytes already say that this is no such table.
        """
        import polars as pl

        paths = list(self.files)
        with reading(self.name):
            if self.format == "parquet":
                frame = pl.scan_parquet(paths, hive_partitioning=False, glob=False)
            elif self.format == "delta":
                from clerestory.store.source.parts import scan_parts

                frame = scan_parts(self.files, self.constants, self.columns)
            elif self.format == "arrow":
                frame = pl.concat([pl.scan_ipc(path, hive_partitioning=False, glob=False) for path in paths])
            else:
                size = sum(path.stat().st_size for path in paths)
                frame = pl.scan_csv(
                    paths,
                    try_parse_dates=True,
                    glob=False,
                    infer_schema_length=None if size <= _WHOLE_INFERENCE else 10_000,
                )
            if self.beside is not None:
                frame = pl.concat([frame, pl.scan_parquet(self.beside)], how="horizontal")
            frame.collect_schema()
        return frame

    def kinds(self) -> dict[str, str]:
        """Return the columns with their kinds: integer, number, boolean, text, date, moment or other."""
        return kinds_of(self.scan())


def as_parquet(source: Source, folder: Path, name: str) -> tuple[Path, ...]:
    """Return Parquet files, as names in a folder of its own, that every engine reads as Polars reads the source.

    They are links to the source's own files where these are Parquet of one schema, and otherwise one copy written by
    Polars: so a CSV has the same types whatever counts it.
    """
    frame = source.scan()
    with reading(source.name):
        if source.format != "parquet" or source.beside is not None or _odd(frame, source.files):
            copy = folder / f"{name}.parquet"
            frame.with_columns(*_readable(frame)).sink_parquet(copy)
            return (copy,)
        links = tuple(folder / f"{name}-{at:06}.parquet" for at in range(len(source.files)))
        for link, file in zip(links, source.files, strict=True):
            link.symlink_to(file.absolute())
        return links


def _odd(frame: "pl.LazyFrame", files: Sequence[Path]) -> bool:
    """Return whether files differ in their columns, or have a type that not every engine knows."""
    import polars as pl

    schema = frame.collect_schema()
    return bool(_readable(frame)) or any(pl.read_parquet_schema(file) != schema for file in files[1:])


def _readable(frame: "pl.LazyFrame") -> list["pl.Expr"]:
    """Return the casts of columns whose type not every engine knows; none changes the kind of a column's cells."""
    import polars as pl

    casts = []
    for column, dtype in frame.collect_schema().items():
        if dtype == pl.Null:
            casts.append(pl.col(column).cast(pl.Int8))
        elif isinstance(dtype, pl.Datetime) and dtype.time_unit == "ns":
            casts.append(pl.col(column).dt.cast_time_unit("us"))
        elif dtype in (pl.Int128, pl.Time, pl.Duration):
            casts.append(pl.col(column).cast(pl.String) if dtype == pl.Time else pl.col(column).cast(pl.Float64))
    return casts


def kinds_of(frame: "pl.LazyFrame | pl.DataFrame") -> dict[str, str]:
    """Return the columns of a table with their kinds."""
    import narwhals as nw

    from clerestory.store.engine.kind import kind_of

    return {name: kind_of(dtype) for name, dtype in nw.from_native(frame).lazy().collect_schema().items()}


def find_source(location: str, folder: Path, *, what: str) -> Source:
    """Find the files of a location, relative to a folder: one file, all files of a folder, or a glob.

    ``what`` stands in messages, such as ``clerestory.toml, line 12: [data] current``.

    Raises:
        SourceUnreadable: nothing is there, or the files are of mixed or unknown formats.
    """
    scheme = location.partition(":")[0]
    if scheme in _READERS:
        try:
            return _READERS[scheme](location, folder)
        except SourceUnreadable as error:
            raise SourceUnreadable(f"{what}: {error.problem}", error.remedy) from error.__cause__
    if "://" in location:
        raise SourceUnreadable(f"{what} is {_safe(location)!r}, which is not read here.", f"Name {_PLACES}.")
    path = folder / location
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = sorted(
            file
            for file in path.rglob("*")
            if file.is_file() and _format(file) and not file.name.startswith((".", "_"))
        )
    else:
        files = _matching(location, folder)
    if not files:
        raise SourceUnreadable(
            f"{what} is {location!r}, and there is no such file{_close_by(path)}.",
            "Correct the path; it starts from the manifest's folder.",
        )
    return Source(location, tuple(files), _one_format(files, what))


def _matching(pattern: str, folder: Path) -> list[Path]:
    root = Path(Path(pattern).anchor) if Path(pattern).is_absolute() else folder
    with contextlib.suppress(ValueError, NotImplementedError):
        return sorted(file for file in root.glob(pattern[len(Path(pattern).anchor) :]) if file.is_file())
    return []


def _one_format(files: Sequence[Path], what: str) -> str:
    formats = {_format(file) for file in files}
    if None in formats or len(formats) > 1:
        odd = next((file for file in files if _format(file) is None), files[-1])
        raise SourceUnreadable(
            f"{what}: {odd.name} is not of one format with the rest or of no known format.",
            "Give Parquet (.parquet), CSV (.csv) or Arrow (.arrow, .feather) files of one kind.",
        )
    return formats.pop() or ""


def _format(file: Path) -> str | None:
    return next((known for suffix, known in SUFFIXES.items() if file.name.lower().endswith(suffix)), None)


def _close_by(path: Path) -> str:
    import difflib

    names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f" (there is {close[0]!r} beside it)" if close else ""


def _find_delta(location: str, folder: Path) -> Source:
    """Find a Delta table: ``delta+file:///folder``, ``delta+file:folder``, either with ``#version=3``."""
    from clerestory.store.source.delta import live_files
    from clerestory.store.source.parts import alike

    address, _, fragment = location.partition("#")
    key, _, number = fragment.partition("=")
    if fragment and (key != "version" or not number.isdecimal()):
        raise SourceUnreadable(f"{location}: {fragment!r} names no version.", "Write #version=3, or leave it out.")
    live = live_files(folder / _path_of(address), location, int(number) if number else None)
    if not live.files:
        raise SourceUnreadable(f"{location} has no rows at version {live.version}.", "Name a version that has.")
    plain = Source(location, live.files, "parquet")
    if not any(live.constants) and alike(live.files, location, live.columns):
        return plain
    return Source(location, live.files, "delta", constants=live.constants, columns=live.columns)


def _find_duckdb(location: str, folder: Path) -> Source:
    """Bring a table of a DuckDB file: ``duckdb:///file.duckdb#table``."""
    from clerestory.store.source.database import bring_duckdb
    from clerestory.store.source.snapshot import Held

    address, _, table = location.partition("#")
    held = Held()
    return _brought(location, bring_duckdb(folder / _path_of(address), table, location, held.folder), held)


def _find_postgres(location: str, _folder: Path) -> Source:
    """Bring a table of PostgreSQL: ``postgresql://user@host/database#schema.table``."""
    from clerestory.store.source.database import bring_postgres, postgres_name
    from clerestory.store.source.snapshot import Held

    address, _, table = location.partition("#")
    name = f"{postgres_name(address)}#{table}"
    held = Held()
    return _brought(name, bring_postgres(address, table, name, held.folder), held)


def _find_bucket(location: str, _folder: Path) -> Source:
    """Bring objects of a bucket: ``s3://bucket/key.parquet``, or a glob."""
    from clerestory.store.source.bucket import bring_bucket
    from clerestory.store.source.snapshot import Held

    held = Held()
    return _brought(location, bring_bucket(location, held.folder), held)


def _brought(name: str, files: tuple[Path, ...], held: "Held") -> Source:
    from clerestory.store.source.snapshot import rows_digest

    with reading(name):
        return Source(name, files, "parquet", digest=rows_digest(files), held=held)


def _path_of(address: str) -> str:
    """Return the path of ``scheme:///path``, ``scheme:path`` or ``scheme://path``."""
    from urllib.parse import unquote

    return unquote(address.partition(":")[2].removeprefix("//"))


def _safe(location: str) -> str:
    """Return an address without user and password."""
    scheme, _, rest = location.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


_READERS = {
    "delta+file": _find_delta,
    "duckdb": _find_duckdb,
    "postgres": _find_postgres,
    "postgresql": _find_postgres,
    "s3": _find_bucket,
}
