"""A list as a file to download: a table for machines, or a paper for people."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clerestory.desk.day import day_here
from clerestory.desk.document import Head, Mark, list_paper, paper_response
from clerestory.desk.document.paper import Cell
from clerestory.desk.lists.query import Column, ListQuery
from clerestory.desk.lists.table import CSV_TYPE, XLSX_TYPE, cell, csv_file, xlsx_file
from clerestory.desk.lists.words import TONES, filter_word, labels, said
from clerestory.desk.request import MemberRequest
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError

FORMS = ("csv", "xlsx", "pdf", "docx")
PAPERS = ("pdf", "docx")


class ExportUnknown(ClerestoryError):
    """Lists are not exported in that form."""


def file_response(
    request: MemberRequest,
    form: str,
    columns: Sequence[Column],
    rows: Sequence[object],
    name: str,
    title: str | Promise,
    narrowed: str = "",
) -> HttpResponse:
    """Return rows as a file to download; ``narrowed`` says on a paper what the list was narrowed by.

    Raises:
        ExportUnknown: there is no such form.
    """
    if form in PAPERS:
        heads = [Head(str(column.label), numeric=column.is_number) for column in columns]
        paper = list_paper(request, title=str(title), columns=heads, rows=_on_paper(columns, rows), subtitle=narrowed)
        return paper_response(request, paper, form, name)
    if form == "csv":
        body, kind = csv_file(columns, rows), CSV_TYPE
    elif form == "xlsx":
        body, kind = xlsx_file(columns, rows, title=str(title)), XLSX_TYPE
    else:
        raise ExportUnknown(
            sentence.gettext("Lists are not exported as {form!r}.", form=form[:20]),
            sentence.gettext("Choose one of: {choices}.", choices=", ".join(FORMS)),
        )
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    )


def narrowed_by(columns: Sequence[Column], query: ListQuery) -> str:
    """Say what narrows a list, as the line below the title of a paper."""
    parts = [_("Search: %(text)s") % {"text": query.search}] if query.search else []
    used = [(column, query.filters[column.name]) for column in columns if query.filters.get(column.name)]
    parts += [filter_word(column, value) for column, value in used]
    return " · ".join(parts)


def _on_paper(columns: Sequence[Column], rows: Sequence[object]) -> list[list[Cell]]:
    known = [labels(column) for column in columns]
    return [[_cell(column, row, words) for column, words in zip(columns, known, strict=True)] for row in rows]


def _cell(column: Column, row: object, words: dict[str, str]) -> Cell:
    value = cell(column, row)
    text = said(column, value, words)
    if column.kind in ("tag", "status") and text:
        own = column.tone(row) if callable(column.tone) else column.tone
        return Mark(text, TONES.get(str(value), own or "open"))
    if isinstance(value, datetime):
        return value if column.kind == "moment" else day_here(value)
    note = str(column.note(row) or "") if column.note and column.kind != "link" else ""
    if isinstance(value, int | float) and not isinstance(value, bool) and not note:
        return value
    return f"{text}\n{note}" if note else text
