"""A list on a screen and as a file: the same columns, filters and rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from clerestory.desk.lists.query import Column, ListQuery, Page, everything
from clerestory.desk.lists.table import CSV_TYPE, XLSX_TYPE, cell, csv_file, xlsx_file
from clerestory.terms.error import ClerestoryError

T = TypeVar("T")


class ExportUnknown(ClerestoryError):
    """Lists are not exported in that form."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter above a list with the value chosen."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str | Promise], ...]


def show_list(
    request: HttpRequest,
    template: str,
    *,
    columns: Sequence[Column],
    fetch: Callable[[ListQuery], Page[T]],
    name: str,
    extra: Mapping[str, object] | None = None,
) -> HttpResponse:
    """Show one page of a list, or all of its rows as a file where the address asks for one (``?export=csv``)."""
    query = ListQuery.read(request.GET.dict(), columns)
    if form := request.GET.get("export"):
        return file_response(form, columns, fetch(everything(query)).rows, name)
    return render(
        request, template, {"page": fetch(query), "query": query, "filters": choices(columns, query), **(extra or {})}
    )


def choices(columns: Sequence[Column], query: ListQuery) -> tuple[Choice, ...]:
    """Return the filters of a list with what is chosen."""
    return tuple(
        Choice(column.name, str(column.label), query.filters.get(column.name, ""), column.options)
        for column in columns
        if column.filtered
    )


def page_of(rows: Sequence[T], query: ListQuery, columns: Sequence[Column]) -> Page[T]:
    """Search, filter, sort and cut a list that is in memory already, by what its columns show."""
    by_name = {column.name: column for column in columns}
    found = [row for row in rows if _found(row, query, columns)]
    column = by_name.get(query.sort.removeprefix("-"))
    if column is not None and column.sortable:
        key = column
        found.sort(key=lambda row: _order(cell(key, row)), reverse=query.sort.startswith("-"))
    page = min(max(query.page, 1), max(-(-len(found) // query.size), 1))
    start = (page - 1) * query.size
    return Page(rows=tuple(found[start : start + query.size]), total=len(found), page=page, size=query.size)


def file_response(form: str, columns: Sequence[Column], rows: Sequence[object], name: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file to download.

    Raises:
        ExportUnknown: there is no such form.
    """
    if form == "csv":
        body, kind = csv_file(columns, rows), CSV_TYPE
    elif form == "xlsx":
        body, kind = xlsx_file(columns, rows, title=name), XLSX_TYPE
    else:
        raise ExportUnknown(f"Lists are not exported as {form!r}.", "Choose csv or xlsx.")
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    )


def _found(row: object, query: ListQuery, columns: Sequence[Column]) -> bool:
    for column in columns:
        wanted = query.filters.get(column.name) if column.filtered else None
        if wanted and str(cell(column, row)) != wanted:
            return False
    text = " ".join(str(cell(column, row)) for column in columns if column.searched).lower()
    return all(word in text for word in query.search.lower().split())


def _order(value: object) -> tuple[bool, float, str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return True, float(value), ""
    return True, 0.0, str(value).lower()
