"""One table of a TOML manifest, read key by key: every wrong or unknown key is one clear error with its place."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

from clerestory.terms.error import ClerestoryError

Value = str | int | float | bool | date | datetime | time | Sequence["Value"] | Mapping[str, "Value"]
"""What TOML can hold."""

_HEADER = re.compile(r"^\s*\[(\[)?\s*([A-Za-z0-9_.-]+)\s*\](?(1)\])\s*(#.*)?$")
_KEY = re.compile(r"""^\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")


class ManifestUnusable(ClerestoryError):
    """The manifest cannot be used as it stands; the problem names file, line, table and key."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the sentence that helps somebody who mistyped ``word``."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known here: {', '.join(names)}." if names else "Remove it."


class Place:
    """Where tables and keys stand in the text of one TOML file, for messages only."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self._lines: dict[tuple[str, int, str], int] = {}
        table, seen = "", dict[str, int]()
        for number, line in enumerate(text.splitlines(), start=1):
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                table = header.group(2)
                seen[table] = seen.get(table, -1) + 1
                self._lines[table, seen[table], ""] = number
            elif key:
                self._lines.setdefault((table, seen.get(table, 0), key.group(1)), number)

    def of(self, table: str, key: str = "", index: int = 0) -> str:
        """Return ``file, line 12`` for a key, else for its table, else the file alone."""
        line = self._lines.get((table, index, key)) or self._lines.get((table, index, ""))
        return f"{self.file}, line {line}" if line else str(self.file)


class Section:
    """A table that is emptied key by key; `close` refuses what nobody asked for."""

    def __init__(self, place: Place, table: str, values: object, index: int = 0) -> None:
        self._place, self.table, self._index = place, table, index
        if not isinstance(values, Mapping):
            raise self.error("", f"[{table}] is no table", f"Write it as [{table}] with its keys below.")
        self._left: dict[str, Value] = dict(values)
        self._known: set[str] = set()

    def error(self, key: str, problem: str, remedy: str) -> ManifestUnusable:
        """Return the error that names where the key stands."""
        return ManifestUnusable(f"{self._place.of(self.table, key, self._index)}: {problem}.", remedy)

    def where(self, key: str = "") -> str:
        """Return the place of a key, for errors that are found only after reading."""
        return f"{self._place.of(self.table, key, self._index)}: [{self.table}]" + (f" {key}" if key else "")

    def text(self, key: str) -> str:
        """Return a text that must be there and not be empty."""
        value = self.text_or_none(key)
        if value is None:
            raise self.error(key, f"[{self.table}] has no {key!r}", f'Add {key} = "..." to [{self.table}].')
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return a text, or None where the key is missing."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, value, "a text in quotes")
        return value.strip()

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> str | None:
        """Return one of the options, or the default where the key is missing."""
        value = self.text_or_none(key)
        if value is None:
            return default
        return self._one_of(key, value, options)

    def choices(self, key: str, options: Sequence[str]) -> tuple[str, ...]:
        """Return one option or a list of options as a tuple; empty where the key is missing."""
        return tuple(self._one_of(key, value, options) for value in self.texts(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts (one text counts as a list of one); empty where the key is missing."""
        value = self._take(key)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise self._wrong(key, value, "a list of texts")
        if len(set(items)) != len(items):
            raise self.error(key, f"[{self.table}] {key} names something twice", "Name each once.")
        return tuple(str(item).strip() for item in items)

    def boolean(self, key: str) -> bool | None:
        """Return true or false, or None where the key is missing."""
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def whole(self, key: str, default: int, *, least: int) -> int:
        """Return a whole number of at least ``least``."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, value, "a whole number")
        if value < least:
            raise self.error(key, f"[{self.table}] {key} is {value}", f"Give at least {least}.")
        return value

    def share(self, key: str, default: float) -> float:
        """Return a share between 0 and 1."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, value, "a number between 0 and 1")
        if not 0 <= value <= 1:
            raise self.error(key, f"[{self.table}] {key} is {value}", "Give a share between 0 and 1.")
        return float(value)

    def day_or_none(self, key: str) -> date | None:
        """Return a date (or a moment), or None where the key is missing."""
        value = self._take(key)
        if value is not None and not isinstance(value, date):
            raise self._wrong(key, value, "a date without quotes, like 2026-01-31")
        return value

    def plain(self, key: str) -> str | int | float | bool | None:
        """Return a text, number or truth value, or None where the key is missing."""
        value = self._take(key)
        if value is not None and not isinstance(value, str | int | float | bool):
            raise self._wrong(key, value, "a text, a number, true or false")
        return value

    def table_or_none(self, key: str) -> Mapping[str, Value] | None:
        """Return a table below this one, or None where the key is missing."""
        value = self._take(key)
        if value is not None and not isinstance(value, Mapping):
            raise self._wrong(key, value, f"a table: [{self.table}.{key}]")
        return value

    def list_or_none(self, key: str) -> Sequence[Value] | None:
        """Return a list of anything, or None where the key is missing."""
        value = self._take(key)
        if value is not None and not isinstance(value, list):
            raise self._wrong(key, value, "a list")
        return value

    def rest(self) -> Mapping[str, Value]:
        """Return all keys that nobody took yet: the parameters of a check."""
        left, self._left = self._left, {}
        return left

    def close(self) -> None:
        """Refuse the first key that nobody took."""
        for key in self._left:
            raise self.error(key, f"[{self.table}] has an unknown key {key!r}", nearest(key, self._known))

    def _take(self, key: str) -> Value | None:
        self._known.add(key)
        return self._left.pop(key, None)

    def _wrong(self, key: str, value: object, wanted: str) -> ManifestUnusable:
        return self.error(key, f"[{self.table}] {key} is {value!r}", f"Give {wanted}.")

    def _one_of(self, key: str, value: str, options: Sequence[str]) -> str:
        if value not in options:
            raise self.error(key, f"[{self.table}] {key} is {value!r}", nearest(value, options))
        return value
