"""Where texts keep a mark: headers of an answer, names in the head of a page, linked data, and keys of JSON."""

import json
from collections.abc import Iterator
from typing import Any

from clerestory.assurance.transparency.marks.source import NoMark, is_synthetic
from clerestory.assurance.transparency.page import Page
from clerestory.assurance.trial.files import FileUnusable, json_of, text_of

KEYS = ("digitalsourcetype", "iptc:digitalsourcetype", "iptc4xmpext:digitalsourcetype", "schema:digitalsourcetype")
_HEADER = "ai-disclosure"
_MODES = ("ai-originated", "ai-modified", "machine-generated")


def of_page(path: str, body: bytes) -> str:
    """Return the mark of a page: a ``meta`` of that name, or linked data; raise `NoMark`."""
    page = Page(_text(path, body))
    for name, value in page.meta:
        if name.lower() in KEYS and is_synthetic(value):
            return value
    for linked in page.linked:
        try:
            return _first(json.loads(linked))
        except (ValueError, RecursionError, NoMark):
            continue
    raise NoMark("states no synthetic source in its head")


def of_json(path: str, body: bytes) -> str:
    """Return the mark of a JSON document: a key ``digitalSourceType`` at any depth; raise `NoMark`."""
    try:
        return _first(json_of(path, body))
    except (FileUnusable, RecursionError) as error:
        raise NoMark("is no JSON") from error


def of_answer(path: str, body: bytes) -> str:
    """Return the mark of an HTTP answer, saved with its head: the header AI-Disclosure with a mode; raise `NoMark`."""
    head = _text(path, body).replace("\r\n", "\n").partition("\n\n")[0].split("\n")
    if not head[0].startswith("HTTP/"):
        raise NoMark("begins with no line of status")
    for line in head[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == _HEADER:
            parts = dict(part.strip().partition("=")[::2] for part in value.split(","))
            if parts.get("mode", "").strip('"') in _MODES:
                return f"mode={parts['mode']}"
            raise NoMark(f"its header says {value.strip()!r}")
        if name.strip().lower().removeprefix("x-") in ("digital-source-type", "digitalsourcetype") and is_synthetic(
            value
        ):
            return value.strip()
    raise NoMark("has no header that marks it")


def _first(document: Any) -> str:
    for value in _values(document):
        if is_synthetic(value):
            return str(value)
    raise NoMark("states no synthetic source")


def _values(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        for key, item in found.items():
            if str(key).lower() in KEYS:
                yield from [item.get("@id")] if isinstance(item, dict) else item if isinstance(item, list) else [item]
            else:
                yield from _values(item)
    elif isinstance(found, list):
        for item in found:
            yield from _values(item)


def _text(path: str, body: bytes) -> str:
    try:
        return text_of(path, body)
    except FileUnusable as error:
        raise NoMark("is no text") from error
