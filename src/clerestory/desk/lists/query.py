"""What a list is asked for, what it shows, and one page of it in two queries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise

T = TypeVar("T")
M = TypeVar("M", bound=Model)
SIZES = (25, 50, 100)
LARGEST_EXPORT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a list: ``name`` in addresses, ``label`` for people, ``field`` in the table.

    ``value`` takes what is exported from a row value. ``options`` are pairs of value and label of a filter.
    """

    name: str
    label: str | Promise
    field: str = ""
    value: Callable[[Any], object] | None = None
    sortable: bool = True
    searched: bool = False
    filtered: bool = False
    options: tuple[tuple[str, Any], ...] = ()
    numeric: bool = False

    @property
    def source(self) -> str:
        """The field in the table."""
        return self.field or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What is asked of a list; ``sort`` is a column name, after a hyphen for the other way round."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    size: int = 25

    @classmethod
    def read(cls, parameters: Mapping[str, str], columns: Sequence[Column] = ()) -> "ListQuery":
        """Read an address: ``q``, ``sort``, ``page``, ``size`` filters by column; nonsense is ignored."""
        filters = {c.name: parameters[c.name] for c in columns if c.filtered and parameters.get(c.name)}
        size = _whole(parameters.get("size", ""), SIZES[0])
        return cls(
            search=parameters.get("q", "").strip()[:200],
            filters=filters,
            sort=parameters.get("sort", ""),
            page=max(_whole(parameters.get("page", ""), 1), 1),
            size=size if size in SIZES else SIZES[0],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some of the rows of a list, and where they stand in it; counting starts at 1."""

    rows: tuple[T, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(-(-self.total // self.size), 1)

    @property
    def first(self) -> int:
        """Number of the first row shown; 0 where none is."""
        return (self.page - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return (self.page - 1) * self.size + len(self.rows)

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Whether a page comes after."""
        return self.page < self.pages

    @property
    def previous_page(self) -> int:
        """Number of the page before."""
        return self.page - 1

    @property
    def next_page(self) -> int:
        """Number of the page after."""
        return self.page + 1


def paginate(rows: QuerySet[M], query: ListQuery, columns: Sequence[Column], read: Callable[[M], T]) -> Page[T]:
    """Return one page of rows as frozen values; a page past the end becomes the last one."""
    wanted = _sorted(_found(rows, query, columns), query, columns)
    total = wanted.count()
    page = min(max(query.page, 1), max(-(-total // query.size), 1))
    start = (page - 1) * query.size
    return Page(
        rows=tuple(read(row) for row in wanted[start : start + query.size]), total=total, page=page, size=query.size
    )


def everything(query: ListQuery) -> ListQuery:
    """Return the same question for all rows, as an export asks it."""
    return ListQuery(search=query.search, filters=query.filters, sort=query.sort, page=1, size=LARGEST_EXPORT)


def _found(rows: QuerySet[M], query: ListQuery, columns: Sequence[Column]) -> QuerySet[M]:
    for column in columns:
        if column.filtered and query.filters.get(column.name):
            rows = rows.filter(**{column.source: query.filters[column.name]})
    searched = [column.source for column in columns if column.searched]
    for word in query.search.split() if searched else ():
        rows = rows.filter(reduce(or_, (Q(**{f"{source}__icontains": word}) for source in searched)))
    return rows


def _sorted(rows: QuerySet[M], query: ListQuery, columns: Sequence[Column]) -> QuerySet[M]:
    name = query.sort.removeprefix("-")
    column = next((c for c in columns if c.name == name and c.sortable), None)
    if column is None:
        return rows if rows.query.order_by else rows.order_by("pk")
    way = "-" if query.sort.startswith("-") else ""
    return rows.order_by(f"{way}{column.source}", f"{way}pk")


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise
