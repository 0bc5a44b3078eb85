"""The engine on Polars: lazy scans, collected together and streaming; column by column where whole ones are needed."""

from collections.abc import Iterable, Mapping, Sequence

import narwhals as nw
import polars as pl

from clerestory.assurance.tally import Request, Tally
from clerestory.store.engine.column import Table
from clerestory.store.engine.kind import Columns
from clerestory.store.engine.plan import Planned, plan
from clerestory.store.engine.protocol import Answers, Counted, Frame, Lazy, Progress
from clerestory.store.engine.source import Source, reading
from clerestory.terms.error import ClerestoryError


class PolarsEngine:
    """Counts with Polars through narwhals."""

    name = "polars"
    version = pl.__version__

    def tally(
        self, sources: Mapping[str, Source], requests: Sequence[Request], progress: Progress | None = None
    ) -> Counted:
        """Answer requests about the tables in the sources; see `engine.Engine`."""
        tables = {data: _table(data, source) for data, source in sources.items()}
        answers: dict[Request, Tally | ClerestoryError] = {}
        planned = list(plan(requests, tables))
        batches = [[step for step in planned if not step.heavy], *([step] for step in planned if step.heavy)]
        name = ", ".join(source.name for source in sources.values())
        for batch in batches:
            with reading(name):
                answers.update(_run(batch))
            if progress is not None:
                progress(len(answers), len(dict.fromkeys(requests)))
        return Counted(
            {request: tally for request, tally in answers.items() if not isinstance(tally, ClerestoryError)},
            {request: error for request, error in answers.items() if isinstance(error, ClerestoryError)},
        )


def _table(data: str, source: Source) -> Table:
    frame = nw.from_native(source.scan())
    return Table(Columns(data, frame.collect_schema()), frame)


def _run(batch: Iterable[Planned]) -> Answers:
    """Drive steps together: all that they ask for at the same time is collected at once."""
    answers: dict[Request, Tally | ClerestoryError] = {}
    sent: dict[int, list[Frame] | None] = {}
    alive = dict(enumerate(batch))
    while alive:
        asked: dict[int, Sequence[Lazy]] = {}
        for at, planned in list(alive.items()):
            try:
                asked[at] = planned.step.send(sent.get(at))  # type: ignore[arg-type]
            except StopIteration as end:
                answers.update(end.value)
                del alive[at]
            except ClerestoryError as error:
                answers.update(dict.fromkeys(planned.requests, error))
                del alive[at]
        collected = iter(_collect([frame for frames in asked.values() for frame in frames]))
        sent = {at: [next(collected) for _ in frames] for at, frames in asked.items()}
    return answers


def _collect(frames: Sequence[Lazy]) -> list[Frame]:
    if not frames:
        return []
    found = pl.collect_all([frame.to_native() for frame in frames], engine="streaming")
    return [nw.from_native(table) for table in found]
