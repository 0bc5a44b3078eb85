"""What the one list template draws: heads, rows, filters, views and steps of a list as plain values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clerestory.desk.actor import Actor
from clerestory.desk.lists.bulk import Bulk
from clerestory.desk.lists.query import SIZES, Column, ListQuery, Page
from clerestory.desk.lists.saved import View
from clerestory.desk.lists.table import cell
from clerestory.desk.lists.words import filter_word, labels, said
from clerestory.desk.permit import may

MOST_OPTIONS = 200
AT_HAND = 5


@dataclass(frozen=True, slots=True)
class Empty:
    """What a list says that holds nothing at all, and where one begins."""

    title: str | Promise
    text: str | Promise = ""
    url: str = ""
    label: str | Promise = ""
    picture: str = "window"

    @classmethod
    def without_systems(cls, actor: Actor, text: str, picture: str = "systems") -> "Empty":
        """Return what a list by AI system says before there is one; who may register leads there from it."""
        url = reverse("inventory-system-add") if may(actor, "write", "inventory") else ""
        return cls(_("No AI system yet"), text, url, _("Register a system"), picture)


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter above a list with the value chosen."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...]
    is_always: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list, and the address without it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Top:
    """The head of a column; ``url`` sorts by it, ``direction`` is how the list is sorted by it now."""

    column: Column
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one row as it is drawn; ``value`` as the column gives it, ``text`` as people say it."""

    column: Column
    value: Any
    text: str
    url: str
    tone: str
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its cells; the first is its head. ``record`` is the value itself, for cells with a part."""

    row_id: str
    cells: tuple[Cell, ...]
    record: object


@dataclass(frozen=True, slots=True)
class Shown:
    """A list as its template draws it; ``path`` is the page that it stands on."""

    name: str
    path: str
    query: ListQuery
    page: Page[Any]
    tops: tuple[Top, ...]
    offered: tuple[tuple[Column, bool], ...]
    rows: tuple[Row, ...]
    filters: tuple[Choice, ...]
    more_filters: tuple[Choice, ...]
    chips: tuple[Chip, ...]
    clear: str
    views: tuple[View, ...]
    opened: View | None
    is_changed: bool
    may_share: bool
    may_delete: bool
    steps: tuple[Bulk, ...]
    empty: Empty
    placeholder: str
    can_search: bool
    sizes: tuple[tuple[int, str], ...]
    forms: tuple[tuple[str, str], ...]

    @property
    def address(self) -> str:
        """What is kept when this is saved as a view: everything but page and view."""
        return replace(self.query, page=1, view="").address()

    @property
    def here(self) -> str:
        """The address of what is shown now."""
        return self.path + self.query.address()

    @property
    def everything(self) -> str:
        """The address of the list as it is without any choice."""
        return ListQuery(view="0" if self.has_first else "").address()

    @property
    def standard(self) -> str:
        """The address of the same rows with the columns shown at first."""
        return replace(self.query, columns=(), page=1).address()

    @property
    def untyped(self) -> tuple[tuple[str, str], ...]:
        """The filters in use that the tool bar offers no choice for."""
        typed = {choice.name for choice in (*self.filters, *self.more_filters)}
        return tuple((name, value) for name, value in self.query.filters.items() if name not in typed)

    @property
    def uses_more(self) -> bool:
        """Whether a filter is in use that stands behind the others."""
        return any(choice.value for choice in self.more_filters)

    @property
    def has_first(self) -> bool:
        """Whether one of the member's views opens with the list."""
        return any(view.is_first for view in self.views)

    @property
    def previous(self) -> str:
        """The address of the page before."""
        return replace(self.query, page=self.page.previous_page).address()

    @property
    def next(self) -> str:
        """The address of the page after."""
        return replace(self.query, page=self.page.next_page).address()


def columns_shown(columns: Sequence[Column], query: ListQuery) -> tuple[Column, ...]:
    """Return the columns that are shown: those chosen, the first always; without a choice all but optional ones."""
    listed = [column for column in columns if column.listed]
    if not query.columns:
        return tuple(column for column in listed if not column.optional)
    return tuple(column for place, column in enumerate(listed) if not place or column.name in query.columns)


def tops_shown(columns: Sequence[Column], query: ListQuery) -> tuple[Top, ...]:
    """Return the heads of the columns; a second choice of the same turns the order round."""
    tops = []
    for column in columns:
        direction = ""
        if query.sort.removeprefix("-") == column.name:
            direction = "descending" if query.sort.startswith("-") else "ascending"
        turned = f"-{column.name}" if direction == "ascending" else column.name
        can_sort = column.sortable and column.kind != "part"
        tops.append(Top(column, replace(query, sort=turned, page=1).address() if can_sort else "", direction))
    return tuple(tops)


def columns_of_file(columns: Sequence[Column], query: ListQuery) -> tuple[Column, ...]:
    """Return the columns of an export: those chosen, or every one."""
    wanted = columns_shown(columns, query) if query.columns else columns
    return tuple(column for column in wanted if column.exported)


def columns_of_paper(columns: Sequence[Column], query: ListQuery) -> tuple[Column, ...]:
    """Return the columns that a paper has room for: those shown."""
    return tuple(column for column in columns_shown(columns, query) if column.exported)


def rows_shown(
    columns: Sequence[Column], rows: Sequence[object], row_id: Callable[[Any], str] | None
) -> tuple[Row, ...]:
    """Return rows with their cells."""
    known = [(replace(column, label=str(column.label)), labels(column)) for column in columns]  # said once, not per row
    return tuple(
        Row(
            "" if row_id is None else str(row_id(row)),
            tuple(_cell(column, row, words) for column, words in known),
            row,
        )
        for row in rows
    )


def filters_shown(columns: Sequence[Column], query: ListQuery) -> tuple[Choice, ...]:
    """Return the filters of a list that offer a choice, with what is chosen; a day is typed.

    A choice among more than a person reads through is not offered; an address still narrows by it.
    """
    return tuple(
        Choice(
            column.name,
            str(column.label),
            query.filters.get(column.name, column.always),
            tuple(labels(column).items()),
            bool(column.always),
        )
        for column in columns
        if column.filtered and (0 < len(column.options) <= MOST_OPTIONS or column.kind == "day")
    )


def filters_at_hand(filters: tuple[Choice, ...]) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """Return the filters that stand side by side, and those behind them where there are too many for one line."""
    place = len(filters) if len(filters) <= AT_HAND else AT_HAND - 1
    return filters[:place], filters[place:]


def chips_shown(columns: Sequence[Column], query: ListQuery, clear: ListQuery) -> tuple[Chip, ...]:
    """Return what narrows the list, each with the address without it."""
    start = replace(query, page=1, view=query.view or clear.view)
    chips = []
    if query.search:
        label = _("Search: %(text)s") % {"text": query.search}
        chips.append(Chip(label, replace(start, search="").address()))
    for column in columns:
        if (value := query.filters.get(column.name)) and not column.always:
            rest = {name: other for name, other in query.filters.items() if name != column.name}
            chips.append(Chip(filter_word(column, value), replace(start, filters=rest).address()))
    return tuple(chips)


def sizes_shown(query: ListQuery) -> tuple[tuple[int, str], ...]:
    """Return how many rows a page can hold, with the address of each."""
    return tuple((size, replace(query, size=size, page=1).address()) for size in SIZES)


def cleared(columns: Sequence[Column], query: ListQuery, views: Sequence[View]) -> ListQuery:
    """Return the same list with nothing narrowed; one that opens with a view says that it wants none."""
    kept = {
        column.name: query.filters[column.name] for column in columns if column.always and column.name in query.filters
    }
    return replace(query, search="", filters=kept, page=1, view="0" if any(view.is_first for view in views) else "")


def _cell(column: Column, row: object, words: Mapping[str, str]) -> Cell:
    value = cell(column, row) if column.kind != "part" else None
    return Cell(
        column,
        value,
        said(column, value, words),
        column.url(row) if column.url else "",
        column.tone(row) if callable(column.tone) else column.tone,
        str(column.note(row) or "") if column.note else "",
    )
