"""Requests and tallies as documents of text, integers, booleans, lists and objects: no fraction, no null.

Reading is strict: a missing, unknown or ill-typed part, a negative count and a number that is not written in its
shortest form are refused, so that a document and what it says are one to one.
"""

import types
import typing
from collections.abc import Mapping
from functools import cache

from clerestory.assurance.tally import request as requests
from clerestory.assurance.tally import value as values
from clerestory.assurance.tally.request import Request
from clerestory.assurance.tally.value import Tally
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import number_text
from clerestory.terms.fact import Document

LARGEST = 2**53
"""Largest count: up to here every whole number is a number of 64 bits too, and no sum of counts loses a row."""
_REMEDY = "Use the version that wrote it, and do not edit it."
_REQUESTS: Mapping[str, type] = {kind.__name__: kind for kind in typing.get_args(requests.Request)}
_TALLIES: Mapping[str, type] = {kind.__name__: kind for kind in typing.get_args(values.Tally)}


class TallyUnreadable(ClerestoryError):
    """A document is no request or tally of this version."""


def request_document(request: Request) -> Document:
    """Write a request as a document with its ``type``."""
    return {"type": type(request).__name__, **_write_object(request)}


def tally_document(tally: Tally) -> Document:
    """Write a tally as a document with its ``type``."""
    return {"type": type(tally).__name__, **_write_object(tally)}


def read_request(document: object) -> Request:
    """Read a request back; the inverse of `request_document`.

    Raises:
        TallyUnreadable: the document has another form.
    """
    return typing.cast(Request, _read(document, _REQUESTS))


def read_tally(document: object) -> Tally:
    """Read a tally back; the inverse of `tally_document`.

    Raises:
        TallyUnreadable: the document has another form.
        InconsistentTally: its parts do not fit together.
    """
    return typing.cast(Tally, _read(document, _TALLIES))


def _read(document: object, kinds: Mapping[str, type]) -> object:
    if not isinstance(document, Mapping) or not isinstance(document.get("type"), str) or document["type"] not in kinds:
        raise TallyUnreadable("A document names no known type of request or tally.", _REMEDY)
    name = document["type"]
    return _read_object(kinds[name], {key: item for key, item in document.items() if key != "type"}, name)


@cache
def _hints(kind: type) -> Mapping[str, object]:
    return typing.get_type_hints(kind)


def _write_object(item: object) -> dict[str, object]:
    kind: type = type(item)
    written = {name: _write(getattr(item, name)) for name in _hints(kind)}
    return {name: value for name, value in written.items() if value is not None}


def _write(item: object) -> object:
    if item is None or isinstance(item, bool | int | str):
        return item
    if isinstance(item, float):
        return number_text(item)
    if isinstance(item, tuple):
        return [_write(part) for part in item]
    return _write_object(item)


def _read_object(kind: type, document: object, where: str) -> object:
    if not isinstance(document, Mapping):
        raise TallyUnreadable(f"{where} is no object.", _REMEDY)
    hints = _hints(kind)
    unknown = sorted(str(key) for key in document if key not in hints)
    if unknown:
        raise TallyUnreadable(f"{where} has unknown parts: {', '.join(unknown)}.", _REMEDY)
    missing = sorted(name for name, hint in hints.items() if name not in document and not _optional(hint))
    if missing:
        raise TallyUnreadable(f"{where} lacks {', '.join(missing)}.", _REMEDY)
    parts = {name: _read_value(hints[name], document[name], f"{where}.{name}") for name in document}
    return kind(**parts)


def _optional(hint: object) -> bool:
    return isinstance(hint, types.UnionType) and type(None) in typing.get_args(hint)


def _read_value(hint: object, item: object, where: str) -> object:
    if _optional(hint):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is tuple:
        return _read_tuple(typing.get_args(hint), item, where)
    if hint is float:
        return _read_number(item, where)
    if hint is int:
        if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item <= LARGEST:
            raise TallyUnreadable(f"{where} is no count from 0 to 2^53.", _REMEDY)
        return item
    if hint in (str, bool):
        if not isinstance(item, typing.cast(type, hint)):
            raise TallyUnreadable(f"{where} is of the wrong type.", _REMEDY)
        return item
    return _read_object(typing.cast(type, hint), item, where)


def _read_tuple(hints: tuple[object, ...], item: object, where: str) -> tuple[object, ...]:
    if not isinstance(item, list):
        raise TallyUnreadable(f"{where} is no list.", _REMEDY)
    if hints[-1] is Ellipsis:
        return tuple(_read_value(hints[0], part, f"{where}[{at}]") for at, part in enumerate(item))
    if len(item) != len(hints):
        raise TallyUnreadable(f"{where} has the wrong length.", _REMEDY)
    return tuple(_read_value(hint, part, where) for hint, part in zip(hints, item, strict=True))


def _read_number(item: object, where: str) -> float:
    if isinstance(item, str):
        try:
            number = float(item)
            if number_text(number) == item:
                return number
        except ValueError:
            pass
    raise TallyUnreadable(f"{where} is no number in its shortest decimal form.", _REMEDY)
