"""The choice of an engine by name."""

from clerestory.store.engine.protocol import Counted, Engine, Progress
from clerestory.terms.error import ClerestoryError

__all__ = ["Counted", "Engine", "EngineUnknown", "Progress", "open_engine"]


class EngineUnknown(ClerestoryError):
    """No engine has the name that was asked for."""


def open_engine(name: str = "polars") -> Engine:
    """Return the engine with a name.

    Raises:
        EngineUnknown: this version has no such engine.
    """
    if name != "polars":
        raise EngineUnknown(f"There is no engine {name!r} in this version.", "Use polars (CLERESTORY_ENGINE=polars).")
    from clerestory.store.engine.polars_engine import PolarsEngine

    return PolarsEngine()
