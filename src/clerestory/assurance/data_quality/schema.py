"""Columns and their types against the declared schema."""

from typing import cast

from clerestory.assurance.data_quality import limits
from clerestory.assurance.data_quality.limits import Limit
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, SchemaColumns, SchemaTally, Tallies

NAME = "data_quality.schema"
_COLUMNS = Parameter(
    name="columns",
    kind="table of type",
    required=True,
    meaning='Per column its type, such as age = "integer": integer, number, boolean, text, date, moment or other.',
)
_EXTRA = Parameter(name="allow_extra", kind="flag", default=False, meaning="Accept columns that are not declared.")
_FITS = {("integer", "number")}
"""Pairs of found and declared types that differ in name only: every integer is a number."""


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (SchemaColumns(),) if "columns" in parameters else ()


def _limits(parameters: Parameters) -> int | None:
    return max(len(parameters.table("columns")), 1) if parameters.flag("allow_extra") else None


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=(_COLUMNS, _EXTRA), highest=_limits)
def schema(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the columns that differ from the declared schema; ``<= 0`` asks that none does.

    A declared column differs when it is missing or of another type (an integer column keeps a declared ``number``); one
    that is not declared differs unless ``allow_extra``. Unit: number of columns. The interval is the value itself.

    Raises:
        TallyMissing: through `Check.measure`, when the columns are missing.
    """
    tally = tallies[SchemaColumns()]
    if not isinstance(tally, SchemaTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for columns")
    declared, found = cast("dict[str, str]", parameters.table("columns")), dict(tally.columns)
    result = [_declared(column, kind, found.get(column), tally.rows) for column, kind in declared.items()]
    if not parameters.flag("allow_extra"):
        result += [
            Limit(column, None, tally.rows, True, f"{kind}, not declared")
            for column, kind in found.items()
            if column not in declared
        ]
    return limits.measured(
        NAME, "names and types of columns", tuple(result), tally.rows, {"columns found": str(len(found))}
    )


def _declared(column: str, kind: str, found: str | None, rows: int) -> Limit:
    if found is None:
        return Limit(column, None, rows, True, f"{kind} declared, column missing")
    broken = found != kind and (found, kind) not in _FITS
    return Limit(column, None, rows, broken, f"{kind} declared, {found} found")
