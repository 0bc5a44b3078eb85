"""Tables written to real files and counted by the engine, for the tests beside."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.tally import Request
from clerestory.store.engine.engine import Counted, open_engine
from clerestory.store.engine.source import find_source

Count = Callable[..., Counted]


@pytest.fixture
def count(tmp_path: Path) -> Count:
    """Count requests in a current and perhaps a reference table, given as columns."""

    def run(
        requests: Sequence[Request], current: Mapping[str, object], reference: Mapping[str, object] | None = None
    ) -> Counted:
        tables = {"current": current} | ({} if reference is None else {"reference": reference})
        sources = {}
        for name, columns in tables.items():
            pl.DataFrame(columns, strict=False).write_parquet(tmp_path / f"{name}.parquet")
            sources[name] = find_source(f"{name}.parquet", tmp_path, what=name)
        return open_engine().tally(sources, requests)

    return run
