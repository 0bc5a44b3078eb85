"""Runs one check over plain lists, as intake does: complete the parameters, count, measure."""

from collections.abc import Mapping

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout, Parameters
from clerestory.assurance.registry import find
from tests.simulators.counting import Table, count_all, schema_columns

AS_OF = "2026-11-21T00:00:00.000000Z"


def types_of(table: Table) -> Mapping[str, str]:
    """Return the type of each column, as an engine would."""
    return dict(schema_columns(None, table).columns)


def layout(table: Table, reference: Table | None = None, **data: object) -> Layout:
    """Return the layout of a manifest over these tables."""
    return Layout(
        columns=types_of(table), reference=None if reference is None else types_of(reference), as_of=AS_OF, **data
    )


def parameters(name: str, table: Table, reference: Table | None = None, data=None, **given: object) -> Parameters:
    """Complete the parameters of a check; ``data`` are fields of the layout, ``given`` keys of the check's table."""
    return find(name).complete(given, layout(table, reference, **(data or {})))


def run(name: str, table: Table, reference: Table | None = None, data=None, **given: object) -> Measurement:
    """Measure one check over tables of plain lists."""
    complete = parameters(name, table, reference, data, **given)
    check = find(name)
    return check.measure(count_all(check.wants(complete), table, reference), complete)
