"""Where tables lie: files named by a path, a folder or a glob, opened lazily through Polars. Writes nothing."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".csv.gz": "csv"}
_WHOLE_INFERENCE = 64 * 1024 * 1024
"""CSV files up to this size are read whole to find their types; larger ones by their first 10,000 rows."""


class SourceUnreadable(ClerestoryError):
    """The data is missing, empty, cut off or not what its name says."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table in files of one format. ``files`` are sorted; all have the same columns.

    ``beside``: a Parquet file with further columns for the same rows in the same order.
    """

    name: str
    files: tuple[Path, ...]
    format: str
    beside: Path | None = None

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
    if "://" in location:
        raise SourceUnreadable(
            f"{what} is {location!r}; this version reads files only.", "Name a local file, folder or glob."
        )
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
            "Give Parquet (.parquet) or CSV (.csv) files of one kind.",
        )
    return formats.pop() or ""


def _format(file: Path) -> str | None:
    return next((known for suffix, known in SUFFIXES.items() if file.name.lower().endswith(suffix)), None)


def _close_by(path: Path) -> str:
    import difflib

    names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f" (there is {close[0]!r} beside it)" if close else ""


@contextlib.contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what Polars says of broken files into a `SourceUnreadable` that names the source."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise SourceUnreadable(
            f"{name} cannot be read as a table: {first}.",
            "Write the file again from its source; an empty or cut-off file cannot be used.",
        ) from error
