"""What Python 3.9 and 3.10 lack of what the verifier uses; newer ones take their own."""

import bisect
import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timezone
from enum import Enum
from itertools import zip_longest
from typing import Any

UTC = timezone.utc  # noqa: UP017 -- the name is younger than the oldest Python that reads this
_NOTHING = object()


class Words(str, Enum):  # noqa: UP042 -- StrEnum is what it stands for
    """An enumeration whose members are written as their words, as `StrEnum` of Python 3.11."""

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, form: str) -> str:
        return format(str(self.value), form)


def zipped(*rows: Iterable[Any], strict: bool = False) -> Iterator[tuple[Any, ...]]:
    """Yield one of each, and refuse rows of different lengths where that is asked for."""
    if not strict:
        yield from zip(*rows)  # noqa: B905 -- this is what stands for it
        return
    for one in zip_longest(*rows, fillvalue=_NOTHING):
        if any(item is _NOTHING for item in one):
            raise ValueError("the rows have different lengths")
        yield one


def put_in(items: list[Any], one: Any, *, key: Callable[[Any], Any] | None = None) -> None:
    """Put something into a list in the order of a key, behind its equals, as `bisect.insort` of Python 3.10."""
    if key is None:
        bisect.insort(items, one)
        return
    low, high, mine = 0, len(items), key(one)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if mine < key(items[middle]) else (middle + 1, high)
    items.insert(low, one)


def as_dataclass(*, slots: bool = False, kw_only: bool = False, **options: bool) -> Callable[[type], type]:
    """Make a dataclass, with slots as Python 3.10 does; ``kw_only`` orders its fields so that none is refused."""

    def made(given: type) -> type:
        if kw_only:
            own = given.__annotations__
            given.__annotations__ = dict(sorted(own.items(), key=lambda item: item[0] in given.__dict__))
        done: type = dataclasses.dataclass(**options)(given)
        return _slotted(done) if slots else done

    return made


def _slotted(given: type) -> type:
    names = tuple(field.name for field in dataclasses.fields(given))
    body = {name: value for name, value in given.__dict__.items() if name not in (*names, "__dict__", "__weakref__")}
    inherited = {name for base in given.__mro__[1:-1] for name in base.__dict__.get("__slots__", ())}
    body["__slots__"] = tuple(name for name in names if name not in inherited)
    made = type(given)(given.__name__, given.__bases__, body)
    made.__qualname__ = given.__qualname__
    return made


dataclass: Any = dataclasses.dataclass if sys.version_info >= (3, 10) else as_dataclass
zip_: Any = zip if sys.version_info >= (3, 10) else zipped
insort: Any = bisect.insort if sys.version_info >= (3, 10) else put_in
