"""The choice of an engine by name."""

from clerestory.store.engine.protocol import Counted, Engine, EngineMissing, Progress
from clerestory.terms.error import ClerestoryError

__all__ = ["ENGINES", "Counted", "Engine", "EngineMissing", "EngineUnknown", "Progress", "open_engine"]

ENGINES = ("polars", "duckdb", "spark")


class EngineUnknown(ClerestoryError):
    """No engine has the name that was asked for."""


def open_engine(name: str = "polars") -> Engine:
    """Return the engine with a name.

    Raises:
        EngineUnknown: there is no such engine.
        EngineMissing: what the engine needs is not installed here, or does not start.
    """
    if name == "duckdb":
        return _open_duckdb()
    if name == "spark":
        from clerestory.store.engine.spark_engine import SparkEngine

        return SparkEngine()
    if name != "polars":
        raise EngineUnknown(f"There is no engine {name!r}.", f"Set CLERESTORY_ENGINE to one of {', '.join(ENGINES)}.")
    from clerestory.store.engine.polars_engine import PolarsEngine

    return PolarsEngine()


def _open_duckdb() -> Engine:
    try:
        from clerestory.store.engine.duckdb_engine import DuckdbEngine
    except ImportError as error:
        raise EngineMissing("DuckDB is not installed here.", 'Install it: pip install "clerestory[duckdb]".') from error
    return DuckdbEngine()
