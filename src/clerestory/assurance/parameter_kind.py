"""Kinds of parameter values: reading them from a manifest or a document, writing them, and the columns they name."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import number_text
from clerestory.terms.moment import MomentUnreadable, read_duration, read_moment

COLUMN_TYPES = ("integer", "number", "boolean", "text", "date", "moment", "other")


class ParameterRefused(ClerestoryError):
    """A parameter of a check is unknown, missing or of the wrong kind."""


def read(kind: str, value: object, where: str, options: tuple[str, ...] = (), *, as_text: bool = False) -> object:
    """Read a value of a kind into its one canonical form.

    ``as_text``: numbers are decimal text, as documents carry them.

    Raises:
        ParameterRefused: the value is not of the kind.
    """
    if kind.startswith("table of "):
        table = _mapping(value, where)
        inner = kind.removeprefix("table of ")
        return {name: read(inner, item, f"{where}.{name}", options, as_text=as_text) for name, item in table.items()}
    if kind in ("number", "share"):
        return _number(value, where, as_text=as_text, share=kind == "share")
    if kind == "range":
        return _range(value, where, as_text=as_text)
    if kind == "choice":
        return _choice(value, where, options)
    return KINDS[kind](value, where)


def write(value: object) -> object:
    """Write a canonical value for a document."""
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, Mapping):
        return {name: write(item) for name, item in value.items() if item is not None}
    return [write(item) for item in value] if isinstance(value, tuple) else str(value)


def columns(kind: str, value: object) -> tuple[str, ...]:
    """Return the columns that a canonical value names and that the data must have."""
    if kind == "column":
        return (str(value),)
    if kind == "columns" and isinstance(value, tuple):
        return tuple(str(item) for item in value)
    if kind == "table of column" and isinstance(value, Mapping):
        return tuple(str(item) for item in value.values())
    if kind.startswith("table of ") and kind != "table of type" and isinstance(value, Mapping):
        return tuple(value)
    return ()


def _number(value: object, where: str, *, as_text: bool, share: bool) -> float:
    number: float | None = None
    if as_text and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = None
    elif not as_text and isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    if number is None or not float("-inf") < number < float("inf"):
        raise ParameterRefused(f"{where} is {value!r}, which is no finite number.", "Give a number.")
    if as_text and number_text(number) != value:
        raise ParameterRefused(f"{where} is not written in its shortest form.", f"Write {number_text(number)!r}.")
    if share and not 0 <= number <= 1:
        raise ParameterRefused(f"{where} is {number_text(number)}, which is no share.", "Give a number from 0 to 1.")
    return number


def _range(value: object, where: str, *, as_text: bool) -> Mapping[str, float]:
    if isinstance(value, list | tuple) and len(value) == 2 and not as_text:
        value = {"min": value[0], "max": value[1]}
    table = _mapping(value, where)
    if not table or set(table) - {"min", "max"}:
        raise ParameterRefused(f"{where} is no range.", "Write [0, 120], { min = 0 } or { min = 0, max = 120 }.")
    ends = {name: _number(item, f"{where}.{name}", as_text=as_text, share=False) for name, item in table.items()}
    if ends.get("min", float("-inf")) > ends.get("max", float("inf")):
        raise ParameterRefused(f"{where} has its ends exchanged.", "Give the smaller one first.")
    return ends


def _choice(value: object, where: str, options: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in options:
        return value
    near = get_close_matches(str(value), options, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ParameterRefused(f"{where} is {value!r}.", f"{hint}Choose one of: {', '.join(options)}.")


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ParameterRefused(f"{where} is {value!r}, which is no table.", "Write one key per column.")
    return {str(name): item for name, item in value.items()}


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ParameterRefused(f"{where} is {value!r}, which is no text.", "Give a text in quotes.")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise ParameterRefused(f"{where} is {value!r}, which is no list.", 'Give a list such as ["sex"].')
    texts = tuple(_text(item, where) for item in value)
    if len(set(texts)) < len(texts):
        raise ParameterRefused(f"{where} names one twice.", "Name each once.")
    return texts


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ParameterRefused(f"{where} is {value!r}, which is no count.", "Give a whole number from 1 on.")
    return value


def _seed(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise ParameterRefused(f"{where} is {value!r}, which is no seed.", "Give a whole number from 0 on.")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ParameterRefused(f"{where} is {value!r}.", "Write true or false.")
    return value


def _duration(value: object, where: str) -> str:
    try:
        read_duration(_text(value, where))
    except MomentUnreadable as error:
        raise ParameterRefused(f"{where}: {error.problem}", error.remedy) from error
    return str(value)


def _moment(value: object, where: str) -> str:
    try:
        read_moment(_text(value, where))
    except MomentUnreadable as error:
        raise ParameterRefused(f"{where}: {error.problem}", error.remedy) from error
    return str(value)


def _type(value: object, where: str) -> str:
    return _choice(value, where, COLUMN_TYPES)


KINDS: Mapping[str, Callable[[object, str], object]] = {
    "text": _text,
    "column": _text,
    "texts": _texts,
    "columns": _texts,
    "count": _count,
    "seed": _seed,
    "flag": _flag,
    "duration": _duration,
    "moment": _moment,
    "type": _type,
}
"""Simple kinds; besides them ``number``, ``share``, ``range``, ``choice`` and ``table of`` any kind, by column."""
