"""What a list is asked for, what it shows, and one page of it in two queries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_, or_
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, ForeignKey, Model, OuterRef, Q, QuerySet, Window
from django.http import QueryDict
from django.utils.functional import Promise

from clerestory.store.directory import normalised

T = TypeVar("T")
M = TypeVar("M", bound=Model)
SIZES = (25, 50, 100)
LARGEST_EXPORT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a list: ``name`` in addresses, ``label`` for people, ``field`` in the table.

    ``value`` takes what is exported from a row value, and ``kind`` says how a page draws it: text, link, tag, status,
    person, day, moment, number or list; share as ``(have, need)``; counts by conformity or verdict; part by the
    template ``part`` with ``row``. ``url``, ``tone`` and ``note`` (small, below) come from the row value as well.
    ``optional``: hidden until chosen; ``listed`` or ``exported`` False: only in files, only on pages.
    ``sought`` is the field that keeps the row's words as ``store.directory.normalised`` writes them: it is searched.
    ``options`` are pairs of value and label of a filter; ``narrow`` turns a chosen value into what is asked of the
    table where that is no plain equality, ``keeps`` says the same of a row in memory; ``named`` puts a value that was
    chosen elsewhere into words; ``always`` is the value of a filter that is never off.
    """

    name: str
    label: str | Promise
    field: str = ""
    value: Callable[[Any], object] | None = None
    kind: str = "text"
    url: Callable[[Any], str] | None = None
    tone: Callable[[Any], str] | str = ""
    note: Callable[[Any], object] | None = None
    part: str = ""
    optional: bool = False
    sortable: bool = True
    searched: bool = False
    sought: str = ""
    filtered: bool = False
    options: tuple[tuple[str, Any], ...] = ()
    narrow: Callable[[str], Q] | None = None
    keeps: Callable[[Any, str], bool] | None = None
    named: Callable[[str], str] | None = None
    always: str = ""
    numeric: bool = False
    listed: bool = True
    exported: bool = True

    @property
    def source(self) -> str:
        """The field in the table."""
        return self.field or self.name

    @property
    def is_number(self) -> bool:
        """Whether its values stand below each other at their last digit."""
        return self.numeric or self.kind == "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What is asked of a list; ``sort`` is a column name, after a hyphen for the other way round.

    ``columns`` are the names chosen to be shown, none for those shown at first; ``view`` is the saved view opened;
    ``usual`` is the size of a page where none is asked for.
    """

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    size: int = 25
    columns: tuple[str, ...] = ()
    view: str = ""
    usual: int = 25

    @classmethod
    def read(cls, parameters: Mapping[str, str], columns: Sequence[Column] = (), usual: int = SIZES[0]) -> "ListQuery":
        """Read an address: ``q``, ``sort``, ``page``, ``size``, ``columns``, filters by column; nonsense is ignored."""
        size = _whole(parameters.get("size", ""), usual)
        chosen = parameters.getlist("columns") if isinstance(parameters, QueryDict) else [parameters.get("columns", "")]
        names = {name for part in chosen for name in part.split(",")}
        return cls(
            search=parameters.get("q", "").strip()[:200],
            filters={c.name: parameters[c.name] for c in columns if _can_filter(c, parameters.get(c.name, ""))},
            sort=parameters.get("sort", "")[:60],
            page=max(_whole(parameters.get("page", ""), 1), 1),
            size=size if size in SIZES else usual,
            columns=tuple(column.name for column in columns if column.name in names),
            view=str(_whole(parameters.get("view", ""), 0)) if parameters.get("view") else "",
            usual=usual,
        )

    def address(self) -> str:
        """Return the address that asks the same, beginning with its question mark."""
        pairs = [
            ("q", self.search),
            *self.filters.items(),
            ("sort", self.sort),
            ("columns", ",".join(self.columns)),
            ("size", str(self.size) if self.size != self.usual else ""),
            ("page", str(self.page) if self.page > 1 else ""),
            ("view", self.view),
        ]
        return "?" + urlencode([(name, value) for name, value in pairs if value], safe=",")

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for less than everything."""
        return bool(self.search or self.filters)


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
        return _pages(self.total, self.size)

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
    if query.search and not wanted.query.annotations and not wanted.query.distinct:
        total, page, chosen = _searched(rows, wanted, query)
    else:
        total = wanted.count()
        page = min(query.page, _pages(total, query.size))
        chosen = _chosen(rows, wanted, (page - 1) * query.size, page * query.size)
    return Page(rows=tuple(read(row) for row in chosen), total=total, page=page, size=query.size)


def _searched(rows: QuerySet[M], wanted: QuerySet[M], query: ListQuery) -> tuple[int, int, QuerySet[M]]:
    """Return how many rows were found, the page shown, and its rows: every row is compared with the words once only."""
    counted = wanted.annotate(found=Window(Count("*"))).values_list("pk", "found")
    page, keys = query.page, list(counted[(query.page - 1) * query.size : query.page * query.size])
    if not keys and page > 1:
        page = min(page, _pages(wanted.count(), query.size))
        keys = list(counted[(page - 1) * query.size : page * query.size])
    total = keys[0][1] if keys else 0
    return total, page, rows.filter(pk__in=[key for key, _found in keys]).order_by(*wanted.query.order_by)


def _pages(total: int, size: int) -> int:
    return max(-(-total // size), 1)


def _chosen(rows: QuerySet[M], wanted: QuerySet[M], start: int, end: int) -> QuerySet[M]:
    """Return some of the wanted rows. Only their keys are sorted, not the whole rows, where that is the less."""
    if wanted.query.annotations or wanted.query.distinct:
        return wanted[start:end]
    return rows.filter(pk__in=wanted.values("pk")[start:end]).order_by(*wanted.query.order_by)


def everything(query: ListQuery) -> ListQuery:
    """Return the same question for all rows, as an export asks it."""
    return replace(query, page=1, size=LARGEST_EXPORT)


def _found(rows: QuerySet[M], query: ListQuery, columns: Sequence[Column]) -> QuerySet[M]:
    for column in columns:
        if column.filtered and query.filters.get(column.name):
            rows = _narrowed(rows, column, query.filters[column.name])
    searched = dict.fromkeys(
        (column.sought or column.source, bool(column.sought)) for column in columns if column.searched
    )
    for word in query.search.split() if searched else ():
        rows = rows.filter(reduce(or_, (_holds(rows.model, source, word, kept) for source, kept in searched)))
    return rows


def _holds(model: type[Model], source: str, word: str, is_kept: bool) -> Q:
    """Return that a field holds a word. What a row leads to is asked apart: a join would compare it for every row."""
    name, _dot, rest = source.partition("__")
    field = model._meta.get_field(name)  # noqa: SLF001  the public API of Django, whatever its name
    if rest and isinstance(field, ForeignKey):
        found = _holds(field.related_model, rest, word, is_kept)
        return Q(Exists(QuerySet(field.related_model).filter(found, pk=OuterRef(field.attname))))
    if is_kept:
        words = normalised(word).split()
        return reduce(and_, (Q(**{f"{source}__contains": one}) for one in words)) if words else Q(pk__in=())
    return Q(**{f"{source}__icontains": word})


def _narrowed(rows: QuerySet[M], column: Column, wanted: str) -> QuerySet[M]:
    try:
        return rows.filter(column.narrow(wanted) if column.narrow else Q(**{column.source: wanted}))
    except (ValueError, ValidationError):  # a word where a number or a day is kept fits nothing
        return rows.none()


def _sorted(rows: QuerySet[M], query: ListQuery, columns: Sequence[Column]) -> QuerySet[M]:
    name = query.sort.removeprefix("-")
    column = next((c for c in columns if c.name == name and c.sortable), None)
    if column is None:
        return rows if rows.query.order_by else rows.order_by("pk")
    way = "-" if query.sort.startswith("-") else ""
    return rows.order_by(f"{way}{column.source}", f"{way}pk")


def _can_filter(column: Column, wanted: str) -> bool:
    known = not column.options or any(str(value) == wanted for value, _label in column.options)
    return column.filtered and bool(wanted) and len(wanted) <= 300 and known


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise
