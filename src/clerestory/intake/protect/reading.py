"""Reads a table whose values leave again: nothing may be lost by reading, such as the first 0 of a postal code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clerestory.intake.data import Dataset
from clerestory.store.engine.source import reading

if TYPE_CHECKING:
    import polars as pl

_LED_BY_ZERO = r"^\s*[-+]?0[0-9]"


def read_table(dataset: Dataset, names: Sequence[str] = ()) -> "pl.DataFrame":
    """Return a table, or some columns of it; whole numbers of a CSV that begin with 0 stay text.

    Raises:
        SourceUnreadable: it is broken, or changed while it was read.
    """
    import polars as pl

    with reading(dataset.location):
        lazy = dataset.source.scan()
        frame = (lazy.select(*names) if names else lazy).collect(engine="streaming")
        if dataset.source.format == "csv":
            whole = [name for name in frame.columns if frame.schema[name].is_integer()]
            plain = pl.scan_csv(list(dataset.source.files), infer_schema=False, glob=False).select(*whole)
            texts = plain.collect(engine="streaming") if whole else frame.select()
            codes = [name for name in whole if texts[name].str.contains(_LED_BY_ZERO).any()]
            frame = frame.with_columns(texts[name].str.strip_chars() for name in codes)
    dataset.require_unchanged()
    return frame
