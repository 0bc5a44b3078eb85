"""The engine on Polars: lazy scans, collected together and streaming; column by column where whole ones are needed."""

from collections.abc import Mapping, Sequence

import narwhals as nw
import polars as pl

from clerestory.assurance.tally import Request
from clerestory.store.engine.kind import DATE, MICRO, SECONDS, Columns
from clerestory.store.engine.plan import count_all
from clerestory.store.engine.protocol import Counted, Frame, Lazy, Progress, Table
from clerestory.store.engine.source import Source, reading


class PolarsEngine:
    """Counts with Polars through narwhals."""

    name = "polars"
    version = pl.__version__

    def tally(
        self, sources: Mapping[str, Source], requests: Sequence[Request], progress: Progress | None = None
    ) -> Counted:
        """Answer requests about the tables in the sources; see `engine.Engine`."""
        tables = {data: _table(data, source) for data, source in sources.items()}
        with reading(", ".join(source.name for source in sources.values())):
            return count_all(requests, tables, _collect, progress)


def _table(data: str, source: Source) -> Table:
    frame = nw.from_native(source.scan())
    columns = Columns(data, frame.collect_schema())
    seconds = [_seconds(column, columns).alias(SECONDS + column) for column in columns.times()]
    return Table(columns, frame.with_columns(*seconds) if seconds else frame)


def _seconds(column: str, columns: Columns) -> nw.Expr:
    cell = nw.col(column)
    moment = cell.cast(nw.Datetime("us")) if columns.kinds[column] == DATE else cell
    return moment.dt.timestamp("us").cast(nw.Float64) / MICRO


def _collect(frames: Sequence[Lazy]) -> Sequence[Frame]:
    if not frames:
        return []
    found = pl.collect_all([frame.to_native() for frame in frames], engine="streaming")
    return [nw.from_native(table) for table in found]
