"""A table in Parquet files that do not all hold all of its columns: partitions, and columns that came later."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.store.source.trouble import reading

if TYPE_CHECKING:
    import polars as pl

Constants = tuple[tuple[str, str | None], ...]
"""Columns that hold one value throughout a file, as text; None is missing."""


def alike(files: Sequence[Path], name: str, columns: Sequence[tuple[str, str]]) -> bool:
    """Return whether all files have the columns of the table, of the same types and in the same order."""
    import polars as pl

    with reading(name):
        schemas = [pl.read_parquet_schema(file) for file in files]
    return all(schema == schemas[0] for schema in schemas) and list(schemas[0]) == [column for column, _ in columns]


def scan_parts(
    files: Sequence[Path], constants: Sequence[Constants], columns: Sequence[tuple[str, str]]
) -> "pl.LazyFrame":
    """Read files with their constants in the order of the table; what a file lacks is missing in all its rows."""
    import polars as pl

    parts = []
    for file, values in zip(files, constants, strict=True):
        frame = pl.scan_parquet(file, hive_partitioning=False, glob=False)
        there, fixed = frame.collect_schema(), dict(values)
        parts.append(
            frame.select(
                pl.col(column) if column in there else _constant(fixed.get(column), word).alias(column)
                for column, word in columns
            )
        )
    return pl.concat(parts, how="vertical_relaxed")


def _constant(text: str | None, word: str) -> "pl.Expr":
    import polars as pl

    given = pl.lit(text, pl.String)
    kinds: dict[str, type[pl.DataType]] = {"byte": pl.Int8, "short": pl.Int16, "integer": pl.Int32, "long": pl.Int64}
    kinds |= {"float": pl.Float32, "double": pl.Float64, "string": pl.String}
    if word in kinds:
        return given.cast(kinds[word])
    if word == "boolean":
        return given == "true"
    if word == "date":
        return given.str.to_date("%Y-%m-%d")
    if word in ("timestamp", "timestamp_ntz"):
        return given.str.to_datetime(time_unit="us", time_zone="UTC" if word == "timestamp" else None)
    return given.str.to_decimal(scale=int(word.rstrip(")").partition(",")[2])) if "decimal(" in word else given
