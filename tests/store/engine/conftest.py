"""Tables written to real files and counted by the engine, for the tests beside."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.tally import Request
from clerestory.store.engine.engine import ENGINES, Counted, Engine, open_engine
from clerestory.store.engine.source import find_source

Count = Callable[..., Counted]


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Engine:
    """Give an engine by its name; Spark starts once."""
    return open_engine(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test here on the engines that start at once; tests that name their engines run on those."""
    named = any("engine" in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize"))
    if "engine" in metafunc.fixturenames and not named:
        metafunc.parametrize("engine", ENGINES[:2], indirect=True, scope="session")


@pytest.fixture
def count(tmp_path: Path, engine: Engine) -> Count:
    """Count requests in a current and perhaps a reference table, given as columns."""

    def run(
        requests: Sequence[Request], current: Mapping[str, object], reference: Mapping[str, object] | None = None
    ) -> Counted:
        tables = {"current": current} | ({} if reference is None else {"reference": reference})
        sources = {}
        for name, columns in tables.items():
            pl.DataFrame(columns, strict=False).write_parquet(tmp_path / f"{name}.parquet")
            sources[name] = find_source(f"{name}.parquet", tmp_path, what=name)
        return engine.tally(sources, requests)

    return run
