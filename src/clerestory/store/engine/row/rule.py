"""A rule between columns as two conditions on a row: whether it can be judged, and whether it breaks the rule."""

from datetime import UTC, datetime

import narwhals as nw

from clerestory.assurance.data_quality.consistency import TOLERANCE, Rule, Terms
from clerestory.assurance.tally import MISSING
from clerestory.store.engine.kind import BOOLEAN, DATE, INTEGER, MOMENT, NUMERIC, TEXT, Columns, ColumnUnfit

_NUMBERS, _TIMES = (*NUMERIC, BOOLEAN), (DATE, MOMENT)
_INFINITE = float("inf")


def conditions(rule: Rule, columns: Columns) -> tuple[nw.Expr, nw.Expr]:
    """Return which rows can be judged, and which of them break the rule; neither is ever null.

    Raises:
        ColumnUnfit: a column is missing, or the rule compares what has no order or adds what are no numbers.
    """
    for column in rule.columns:
        columns.require(column, *_NUMBERS, TEXT, *_TIMES)
    asked = ~_never(rule.left[0][1], columns) if rule.when is None else _holds_value(*rule.when, columns)
    if rule.sign == "present":
        return asked, asked & columns.missing(rule.left[0][1])
    judged = asked
    for column in dict.fromkeys(name for _, name in (*rule.left, *rule.right)):
        judged = judged & ~columns.missing(column)
    equal, below, above = _compared(rule, columns)
    held = {"<=": ~above, ">=": ~below, "==": equal, "!=": ~equal, "<": below, ">": above}[rule.sign]
    return judged, judged & ~held.fill_null(True)


def _compared(rule: Rule, columns: Columns) -> tuple[nw.Expr, nw.Expr, nw.Expr]:
    """Return whether left is equal to, below and above right."""
    kind = _kind(rule.left, rule, columns)
    other = _constant_kind(kind, rule) if rule.constant is not None else _kind(rule.right, rule, columns)
    if kind != other:
        raise ColumnUnfit(f"{rule.text!r} compares what has no order.", "Compare columns of one type.")
    left = _value(rule.left, kind, columns)
    right = _constant(rule, kind) if rule.constant is not None else _value(rule.right, kind, columns)
    equal = left == right
    if kind == INTEGER:
        both = (left.abs() < _INFINITE) & (right.abs() < _INFINITE)
        apart = (left - right).abs()
        equal = equal | (both & ((apart <= left.abs() * TOLERANCE) | (apart <= right.abs() * TOLERANCE)))
    return equal, (left < right) & ~equal, (left > right) & ~equal


def _kind(terms: Terms, rule: Rule, columns: Columns) -> str:
    """Return as what terms are compared: numbers (also truth values), texts, or times."""
    kinds = {columns.kinds[name] for _, name in terms}
    if kinds <= set(_NUMBERS):
        return INTEGER
    if len(terms) > 1:
        raise ColumnUnfit(f"{rule.text!r} adds what are no numbers.", "Add numbers only.")
    return TEXT if kinds == {TEXT} else MOMENT


def _constant_kind(kind: str, rule: Rule) -> str:
    if not isinstance(rule.constant, str):
        return INTEGER
    truth = kind == INTEGER and rule.constant in ("true", "false") and rule.sign in ("==", "!=")
    return kind if kind == MOMENT or truth else TEXT


def _value(terms: Terms, kind: str, columns: Columns) -> nw.Expr:
    (sign, column), *rest = terms
    if kind == TEXT:
        return nw.col(column).cast(nw.String)
    if kind == MOMENT:
        return columns.number(column)
    total = _number(column, columns) * float(sign)
    for sign, column in rest:
        total = total + _number(column, columns) * float(sign)
    return total


def _number(column: str, columns: Columns) -> nw.Expr:
    if columns.kinds[column] == BOOLEAN:
        return nw.col(column).cast(nw.Int64).cast(nw.Float64)
    return columns.raw_number(column)


def _constant(rule: Rule, kind: str) -> nw.Expr:
    if kind == TEXT:
        return nw.lit(rule.constant)
    if kind == MOMENT:
        return nw.lit(_seconds(str(rule.constant), rule.text))
    if isinstance(rule.constant, str):
        return nw.lit(float(rule.constant == "true"))
    return nw.lit(float(rule.constant or 0))


def _seconds(text: str, rule: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ColumnUnfit(f"{rule!r} compares a time with {text!r}.", "Write it like '2026-01-31'.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _never(column: str, columns: Columns) -> nw.Expr:
    """Return what no row is: not a literal, which no engine adds up."""
    return columns.missing(column) & ~columns.missing(column)


def _holds_value(column: str, value: str, columns: Columns) -> nw.Expr:
    """Return whether a cell is written as some text; never null."""
    kind, cell = columns.kinds[column], nw.col(column)
    if value == MISSING:
        return columns.missing(column)
    if kind == TEXT:
        found = cell.cast(nw.String) == value
    elif kind == BOOLEAN:
        found = cell if value == "true" else ~cell if value == "false" else _never(column, columns)
    elif kind in _TIMES:
        found = columns.number(column) == _seconds(value, f"when {column} == {value}")
    else:
        try:
            found = columns.raw_number(column) == float(value)
        except ValueError:
            found = _never(column, columns)
    return found.fill_null(False)
