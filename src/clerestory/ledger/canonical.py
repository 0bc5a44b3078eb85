"""One spelling for one document: the part of RFC 8785 without fractions and without null.

Refuses what could be read in two ways: fractions, null, doubled keys, lone surrogates, integers that a
double cannot hold, and any byte that is not the canonical spelling.
"""

import json
import re

from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 64
_TOO_DEEP = f"it is nested deeper than {DEEPEST}"
_NO_JSON = "the bytes are no JSON text of text, integers, lists and objects"
_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_LONGEST_INTEGER = len(f"-{LARGEST_INTEGER}")


def _no_fraction(text: str) -> None:
    raise ValueError(text)


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER or abs(number := int(text)) > LARGEST_INTEGER:
        raise ValueError(text)
    return number


_READER = json.JSONDecoder(parse_float=_no_fraction, parse_int=_integer, parse_constant=_no_fraction)
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SORTER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class NotCanonical(ClerestoryError):
    """A document or its bytes have no canonical form, or bytes are not the canonical form of what they say."""


def encode(document: object) -> bytes:
    """Write a document as its one canonical spelling (RFC 8785: keys by UTF-16 code units, no white space).

    Raises:
        NotCanonical: a value is a fraction, null, too large or deep an integer or nest, or text with a lone surrogate.
    """
    return _write(_plain(document, 0))


def decode(data: bytes) -> Document:
    """Read the canonical spelling of an object; whatever would not be written back byte for byte is refused.

    Raises:
        NotCanonical: the bytes are no JSON object or not in canonical form.
    """
    try:
        document = _READER.decode(data.decode())
    except (ValueError, RecursionError) as error:
        raise _refused(_TOO_DEEP if _is_deep(data) else _NO_JSON) from error
    if not isinstance(document, dict):
        raise _refused("the outermost value is no object")
    if _spell_again(document, data) != data:
        raise _refused("the bytes are not the canonical spelling (order, spaces, escapes or doubled keys)")
    return document


def _spell_again(document: Document, data: bytes) -> bytes:
    simple = data.isascii() and b"null" not in data
    if not simple or data.count(b"[") + data.count(b"{") > DEEPEST:
        return encode(document)
    # With ASCII keys, code points and UTF-16 code units sort alike, so the plain writer gives the same, much faster.
    return _write(document, sort_keys=True)


def _is_deep(data: bytes) -> bool:
    """Say whether brackets nest too deep, so that the answer does not depend on how deep a version of Python reads."""
    depth = 0
    for found in _BRACKET.finditer(data):
        depth += (found[0] in (b"[", b"{")) - (found[0] in (b"]", b"}"))
        if depth > DEEPEST:
            return True
    return False


def _write(plain: object, *, sort_keys: bool = False) -> bytes:
    try:
        return (_SORTER if sort_keys else _WRITER).encode(plain).encode()
    except UnicodeEncodeError as error:
        raise _refused("a text holds half of a surrogate pair") from error


def _plain(value: object, depth: int) -> object:
    if isinstance(value, str) or value is True or value is False:
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise _refused("an integer is beyond 2^53 - 1")
        return value
    if depth >= DEEPEST:
        raise _refused(_TOO_DEEP)
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    items = getattr(value, "items", None)
    if items is None:
        raise _refused(f"a value is of the type {type(value).__name__}")
    pairs = list(items())
    if not all(isinstance(key, str) for key, _ in pairs):
        raise _refused("a key is no text")
    pairs.sort(key=_utf16)
    return {key: _plain(item, depth + 1) for key, item in pairs}


def _utf16(pair: tuple[str, object]) -> bytes:
    return pair[0].encode("utf-16-be", "surrogatepass")


def _refused(reason: str) -> NotCanonical:
    return NotCanonical(
        f"A document has no canonical form: {reason}.",
        "Use text, integers up to 2^53 - 1, lists and objects; write fractions as decimal text.",
    )
