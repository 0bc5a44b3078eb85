"""Faults that are injected into requests to the running service: each breaks a good request in one way."""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np

from clerestory.assurance.parameter import Parameters
from clerestory.assurance.tally import TrialCell
from clerestory.assurance.trial import Move, Probe, Probed, Sample, Sampled, Table
from clerestory.assurance.trial.files import FileUnusable

Columns = Mapping[str, Sequence[object]]


def _without(columns: Columns, name: str) -> object:
    return {"columns": {key: values for key, values in columns.items() if key != name}}


def _with(columns: Columns, name: str, value: object) -> object:
    return {"columns": {**columns, name: [value]}}


FAULTS: Mapping[str, Callable[[Columns, str], object]] = {
    "missing column": _without,
    "missing value": lambda columns, name: _with(columns, name, None),
    "wrong type": lambda columns, name: _with(columns, name, {"not": ["a", "value"]}),
    "wrong length": lambda columns, name: {"columns": {**columns, name: [*columns[name], *columns[name]]}},
    "malformed": lambda _columns, name: [name, "is no request"],
}


def inject(parameters: Parameters) -> Generator[Move, Any, tuple[list[TrialCell], int, Mapping[str, str]]]:
    """Send each broken request and count those that the service did not refuse in time.

    A request that is not broken is sent first: a service that does not answer it refuses everything, and what follows
    cannot be judged. Return the cells, how many could not be judged, and notes.

    Raises:
        FileUnusable: a fault is unknown, or nobody said which columns a request has.
    """
    asked, features = parameters.texts("inject"), parameters.texts("features")
    for fault in asked:
        if fault not in FAULTS:
            raise FileUnusable(f"There is no fault {fault!r}.", f"There are: {', '.join(FAULTS)}.")
    if asked and not features:
        raise FileUnusable("Nobody said which columns a request has.", "Give features.")
    cells: list[TrialCell] = []
    if not asked:
        return cells, 0, {}
    drawn: Sampled = yield Sample(features, parameters.count("probes"))
    requests = _requests(drawn.table)
    sound: Probed = yield Probe({"columns": requests[0]} if requests else {"columns": {}})
    if sound.outcome != "answered":
        return cells, len(requests) * len(asked), {"a request that is not broken": sound.outcome}
    for fault in sorted(asked):
        outcomes, hits = Counter[str](), 0
        for at, columns in enumerate(requests):
            said: Probed = yield Probe(FAULTS[fault](columns, features[at % len(features)]))
            outcomes[said.outcome] += 1
            hits += said.outcome != "refused" or said.seconds > parameters.number("limit_seconds")
        cells.append(TrialCell(kind=(f"sent: {fault}",), n=sum(outcomes.values()), hits=hits))
    return cells, 0, {"a request that is not broken": sound.outcome}


def _requests(table: Table) -> list[Columns]:
    """Return each row as a request of its own, as JSON holds it."""
    rows = len(next(iter(table.values()), ()))
    return [{name: [_plain(column[at])] for name, column in table.items()} for at in range(rows)]


def _plain(value: object) -> object:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and value != value:
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
