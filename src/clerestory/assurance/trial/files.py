"""Reading the files beside a manifest inside a trial: JSON, TOML, CSV and lines; with one clear error each.

The functions that end a trial's wait for a file are generators: ``body = yield from needed("pins.toml")``.
"""

import csv
import hashlib
import io
import json
import re
import tomllib
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from clerestory.assurance.trial.move import Find, Move, Read
from clerestory.terms.error import ClerestoryError

_ALGORITHMS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_HEX = re.compile(r"[0-9a-fA-F]+")
STRONG = frozenset({"sha256", "sha384", "sha512"})
"""Digests that nobody can give to another content; md5 and sha1 can be forged."""


class FileUnusable(ClerestoryError):
    """A file that a check was told to use is not there or has another form."""


def matching(patterns: Iterable[str]) -> Generator[Move, Any, tuple[str, ...]]:
    """Find the files that any of the patterns matches, each once, sorted."""
    found: set[str] = set()
    for pattern in patterns:
        answer = yield Find(pattern)
        found.update(answer)
    return tuple(sorted(found))


def needed(path: str) -> Generator[Move, Any, bytes]:
    """Read a file that the check cannot do without.

    Raises:
        FileUnusable: it is not there.
    """
    body: bytes | None = yield Read(path)
    if body is None:
        raise FileUnusable(f"There is no file {path!r}.", "Name a file that lies below the folder of the manifest.")
    return body


def offered(path: str) -> Generator[Move, Any, tuple[bytes | None, str]]:
    """Read a file that may be missing or unreadable; return its bytes, or None with the reason."""
    try:
        body: bytes | None = yield Read(path)
    except ClerestoryError as error:
        return None, error.problem
    return body, "" if body is not None else "is not there"


def there(path: str) -> Generator[Move, Any, bool | None]:
    """Return whether a file is there, without reading it; None where its path leads out of the folder."""
    try:
        found = yield Find("".join(f"[{letter}]" if letter in "*?[" else letter for letter in path))
    except ClerestoryError:
        return None
    return bool(found)


def text_of(path: str, body: bytes) -> str:
    """Return a file as text; raise FileUnusable where it is no UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnusable(f"{path} is no text in UTF-8.", "Save it as UTF-8.") from error


def structured(path: str, body: bytes) -> Mapping[str, Any]:
    """Return a TOML file (by its ending) or a JSON file as a table; raise FileUnusable where it is none."""
    found = json_of(path, body) if not path.endswith(".toml") else _toml(path, body)
    if not isinstance(found, Mapping):
        raise FileUnusable(f"{path} holds no table at its top.", 'Write an object, such as { "items": [...] }.')
    return found


def json_of(path: str, body: bytes) -> Any:
    """Return what a JSON file holds; raise FileUnusable where it is none."""
    try:
        return json.loads(text_of(path, body))
    except (ValueError, RecursionError) as error:
        raise FileUnusable(f"{path} is no JSON: {error}.", "Write it again with the tool that made it.") from error


def _toml(path: str, body: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text_of(path, body))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileUnusable(f"{path} is no TOML: {error}.", "Correct the line; texts stand in quotes.") from error


def rows_of(path: str, body: bytes, columns: Iterable[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header, as text, empty where a cell is missing.

    Raises:
        FileUnusable: it is no text, or a needed column is not there.
    """
    reader = csv.DictReader(io.StringIO(text_of(path, body)))
    for column in columns:
        if column not in (reader.fieldnames or ()):
            has = ", ".join(reader.fieldnames or ()) or "no columns"
            raise FileUnusable(f"{path} has no column {column!r}.", f"It has: {has}.")
    try:
        return [{str(name): value or "" for name, value in row.items() if isinstance(name, str)} for row in reader]
    except csv.Error as error:
        raise FileUnusable(f"{path} is no CSV: {error}.", "Write it again with the tool that made it.") from error


def tables(path: str, document: Mapping[str, Any], key: str, needs: Iterable[str] = ()) -> list[Mapping[str, Any]]:
    """Return a list of tables from a document, empty where there is none; each must have the texts it needs.

    Raises:
        FileUnusable: it is no list of tables, or one lacks what it needs.
    """
    found = document.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise FileUnusable(f"{path}: {key!r} is no list of tables.", f"Write [[{key}]] or a JSON list of objects.")
    for at, item in enumerate(found, 1):
        for name in needs:
            if not isinstance(item.get(name), str) or not item[name]:
                raise FileUnusable(f"{path}: entry {at} of {key!r} has no {name!r}.", f"Give {name} as text.")
    return found


def texts(path: str, document: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return a list of texts from a document, empty where there is none; raise FileUnusable where it is no such."""
    found = document.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise FileUnusable(f"{path}: {key!r} is no list of texts.", f'Write {key} = ["...", "..."].')
    return tuple(found)


def digest(body: bytes) -> str:
    """Return the digest of a body as the product writes digests."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def split_digest(written: str) -> tuple[str, str] | None:
    """Return algorithm and hexadecimal digest of ``sha256:ab..``, ``SHA-256=ab..`` or ``ab..``; None where unreadable.

    Without a name the algorithm follows from the length.
    """
    name, _, value = written.strip().replace("=", ":").rpartition(":")
    value = value.strip()
    if not _HEX.fullmatch(value):
        return None
    said = name.strip().lower().replace("-", "") or _ALGORITHMS.get(len(value), "")
    return (said, value.lower()) if _ALGORITHMS.get(len(value)) == said else None


def has_digest(body: bytes, written: str) -> bool | None:
    """Return whether a body has the digest; None where the digest is unreadable."""
    parts = split_digest(written)
    if parts is None:
        return None
    return hashlib.new(parts[0], body, usedforsecurity=False).hexdigest() == parts[1]
