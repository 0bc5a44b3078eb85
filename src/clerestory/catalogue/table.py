"""Strict reading of one table of the catalogue: every key is asked for by type, and none may be left over."""

from collections.abc import Mapping
from types import TracebackType
from typing import TypeVar

from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document

T = TypeVar("T")


class CatalogueUnreadable(ClerestoryError):
    """A catalogue file or document lacks a part, has an unknown one, or names something that does not exist."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"Catalogue, {place}: {what}.", "Restore the released catalogue or correct the entry.")


class Table:
    """One table with its place for messages. Used as a context manager it refuses keys that nobody asked for."""

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, Mapping):
            raise CatalogueUnreadable(place, "a table was expected")
        self.data: Document = data
        self.place = place
        self.asked: set[str] = set()

    def __enter__(self) -> "Table":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        unknown = sorted(set(self.data) - self.asked)
        if kind is None and unknown:
            raise self.problem(f"unknown key {', '.join(unknown)}")

    def problem(self, what: str) -> CatalogueUnreadable:
        """Return the error for this place."""
        return CatalogueUnreadable(self.place, what)

    def has(self, key: str) -> bool:
        """Say whether the key is there, without asking for it."""
        return key in self.data

    def skip(self, *keys: str) -> None:
        """Accept keys that screens read and the judge does not."""
        self.asked.update(keys)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without default it must be there."""
        return self._typed(key, str, default)

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a truth value."""
        return self._typed(key, bool, default)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; absent is empty, one text is a list of one."""
        self.asked.add(key)
        value = self.data.get(key, [])
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise self.problem(f"{key} is no list of texts")
        return tuple(items)

    def tables(self, key: str) -> list["Table"]:
        """Return a list of tables, each with its place; absent is empty."""
        self.asked.add(key)
        items = self.data.get(key, [])
        if not isinstance(items, list):
            raise self.problem(f"{key} is no list")
        return [Table(item, f"{self.place}, {key} {n}") for n, item in enumerate(items, 1)]

    def table(self, key: str) -> "Table":
        """Return an inner table; absent is empty."""
        self.asked.add(key)
        return Table(self.data.get(key, {}), f"{self.place}, {key}")

    def _typed(self, key: str, kind: type[T], default: T | None) -> T:
        self.asked.add(key)
        value = self.data.get(key, default)
        if value is None or not isinstance(value, kind):
            raise self.problem(f"{key} is missing or no {kind.__name__}")
        return value
