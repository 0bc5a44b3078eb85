"""A day of decisions as one table: rows that decide, joined with the outcomes that came later, of one form each day.

A batch that holds nothing but the key and the label brings outcomes; of two for one case the later one counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.intake.watch.order import DayOrder, Part
from clerestory.store.engine.source import Source, SourceUnreadable, kinds_of, reading
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    import polars as pl


class OutcomesUnjoined(ClerestoryError):
    """Outcomes came for decisions, and nothing says which belongs to which."""


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of every day with their types, the key of a decision, and the column that outcomes bring."""

    columns: Mapping[str, "pl.DataType"]
    keys: tuple[str, ...]
    label: str | None

    def kinds(self) -> dict[str, str]:
        """Return the columns with their kinds, as those of a source."""
        import polars as pl

        return kinds_of(pl.DataFrame(schema=dict(self.columns)))

    def text(self) -> str:
        """Return what changes where the form does."""
        return ",".join(f"{name}:{kind}" for name, kind in self.columns.items()) + f"|{self.keys}|{self.label}"


def form_of(
    days: Iterable[DayOrder], *, keys: tuple[str, ...], label: str | None, reference: "pl.Schema | None"
) -> Form:
    """Return the columns of all days together; a label that no day has yet has the type that the reference gives it.

    Raises:
        SourceUnreadable: a file is missing or broken, or a column is numbers on one day and texts on another.
    """
    import polars as pl

    found: dict[str, pl.DataType] = {}
    for file in sorted({part.file for day in days for part in day.parts}):
        with reading(Path(file).name):
            schema = pl.read_parquet_schema(file)
        for name, kind in schema.items():
            known = found.setdefault(name, kind)
            if known != kind:
                found[name] = _common(name, known, kind)
    if label is not None and (label not in found or found[label] == pl.Null):
        found[label] = reference[label] if reference is not None and label in reference else pl.Int64()
    return Form(dict(sorted(found.items())), keys, label)


def _common(name: str, one: "pl.DataType", other: "pl.DataType") -> "pl.DataType":
    import polars as pl

    if pl.Null in (one, other):
        return other if one == pl.Null else one
    if one.is_numeric() and other.is_numeric():
        return pl.Float64()
    raise SourceUnreadable(
        f"Column {name!r} is {one} on one day and {other} on another.", "Watch the versions of the model apart."
    )


def day_source(day: DayOrder, form: Form, folder: Path) -> Source:
    """Return the table of a day: its own file where that is one of the form already, else a copy in a folder.

    Raises:
        SourceUnreadable: a file is missing or broken.
        OutcomesUnjoined: outcomes came and there is no key, or the label has another name.
    """
    import polars as pl

    with reading(day.day):
        if len(day.parts) == 1 and _is_whole(day.parts[0], form):
            return Source(day.day, (Path(day.parts[0].file),), "parquet")
        made = folder / f"{day.day}.parquet"
        if not made.exists():
            decided, outcomes = _apart([_rows(part) for part in day.parts], form)
            if not decided:
                raise OutcomesUnjoined(f"{day.day} holds outcomes and no decisions.", "File them under their own day.")
            table = pl.concat([_alike(frame, form) for frame in decided])
            _joined(table, outcomes, form).write_parquet(made)
        return Source(day.day, (made,), "parquet")


def _is_whole(part: Part, form: Form) -> bool:
    import polars as pl

    if set(form.columns) <= {*form.keys, form.label}:
        return False
    rows = pl.scan_parquet(part.file).select(pl.len()).collect().item()
    return part.start == 0 and part.rows == rows and dict(pl.read_parquet_schema(part.file)) == dict(form.columns)


def _rows(part: Part) -> "pl.DataFrame":
    import polars as pl

    return pl.read_parquet(part.file, hive_partitioning=False).slice(part.start, part.rows)


def _apart(frames: Sequence["pl.DataFrame"], form: Form) -> tuple[list["pl.DataFrame"], list["pl.DataFrame"]]:
    """Return the batches that decide, and those that bring outcomes alone."""
    bring = {*form.keys, form.label}
    outcomes = [frame for frame in frames if form.label in frame.columns and set(frame.columns) <= bring]
    return [frame for frame in frames if not any(frame is other for other in outcomes)], outcomes


def _alike(frame: "pl.DataFrame", form: Form) -> "pl.DataFrame":
    import polars as pl

    return frame.select(
        (pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, dtype=kind)).alias(name)
        for name, kind in form.columns.items()
    )


def _joined(table: "pl.DataFrame", outcomes: Sequence["pl.DataFrame"], form: Form) -> "pl.DataFrame":
    import polars as pl

    if not outcomes or form.label is None:
        return table
    if not form.keys:
        raise OutcomesUnjoined("Outcomes came later, and no key says of which decisions.", "Name it: [data] keys.")
    late = "clerestory:late"
    kinds = {name: form.columns[name] for name in (*form.keys, form.label)}
    brought = pl.concat([frame.select(pl.col(name).cast(kind) for name, kind in kinds.items()) for frame in outcomes])
    newest = brought.unique(list(form.keys), keep="last", maintain_order=True).rename({form.label: late})
    merged = table.join(newest, on=list(form.keys), how="left", maintain_order="left")
    return merged.with_columns(pl.coalesce(late, form.label).alias(form.label)).select(list(form.columns))
