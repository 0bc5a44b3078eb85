"""Draws the rows of every list: one tag for a row, one way to draw each kind of column."""

from collections.abc import Mapping
from functools import lru_cache, reduce
from operator import add

from django import template
from django.template import Context
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from clerestory.desk.lists.shown import Cell, Row
from clerestory.web.templatetags import screen

register = template.Library()
_BLANK = mark_safe('<span class="faint">–</span>')  # constant, as those below
_NOTHING, _END = mark_safe(""), mark_safe("</div></td>")
_HEAD, _HEAD_END = mark_safe('<th scope="row">'), mark_safe("</th>")
_OWN, _OWN_END = mark_safe('<span dir="auto">'), mark_safe("</span>")
_PLAIN = ("text", "link", "person", "list")
"""Kinds whose text people typed: it keeps its own direction of writing."""


@register.simple_tag(takes_context=True)
def row_cells(context: Context, row: Row) -> SafeString:
    """Draw the cells of one row; the first is its head."""
    return reduce(add, (_place(context, cell, row, not n) for n, cell in enumerate(row.cells)), _NOTHING)


@register.filter
def row_name(row: Row) -> str:
    """Return by what a row is called to somebody who does not see it."""
    return row.cells[0].text or row.row_id


def _place(context: Context, cell: Cell, row: Row, is_head: bool) -> SafeString:
    inner = _inside(context, cell, row)
    if is_head:
        return _HEAD + inner + _note(cell) + _HEAD_END
    classes = [
        *(("numeric",) if cell.column.is_number else ()),
        *(("nowrap",) if cell.column.kind in ("day", "moment") else ()),
        *(("blank",) if inner is _BLANK else ()),
    ]
    return _opening(str(cell.column.label), " ".join(classes)) + inner + _note(cell) + _END


@lru_cache(maxsize=1024)  # a list has few columns and many rows: what is the same in each row is written once
def _opening(label: str, classes: str) -> SafeString:
    attribute = format_html(' class="{}"', classes) if classes else ""
    return format_html('<td data-label="{}"{}><div class="cell">', label, attribute)


def _inside(context: Context, cell: Cell, row: Row) -> SafeString:
    column, value = cell.column, cell.value
    if column.kind == "part":
        return _part(context, column.part, row)
    if cell.text == "" and (value is None or column.kind not in ("counts", "share")):
        return _BLANK
    if cell.url:
        return format_html('<a class="row-link" dir="auto" href="{}">{}</a>', cell.url, _body(cell))
    if column.kind == "share":
        return screen.share(value[0], value[1])
    if column.kind == "counts":
        return _counts(value)
    return _body(cell) if column.kind not in _PLAIN else _OWN + _body(cell) + _OWN_END


def _body(cell: Cell) -> SafeString:
    kind = cell.column.kind
    if kind == "tag":
        return screen.tag(cell.text, cell.tone or "open")
    if kind == "status" and str(cell.value) in screen.WORDS:
        return screen.status(str(cell.value))
    if kind == "moment":
        return format_html("{}", screen.moment(cell.value))
    return conditional_escape(cell.text)


def _counts(counts: Mapping[str, int]) -> SafeString:
    drawn = [(screen.shape(name), count, screen.word(name)) for name, count in counts.items() if count]
    if not drawn:
        return format_html('<span class="quiet">{}</span>', _("never checked"))
    return format_html(
        '<span class="row">{}</span>',
        format_html_join(
            "",
            '<span class="row verdict-count">{}<span class="number">{}</span> <span class="sr-only">{}</span></span>',
            drawn,
        ),
    )


def _note(cell: Cell) -> SafeString:
    if not cell.note:
        return _NOTHING
    return format_html('<span class="cell-note" dir="auto">{}</span>', cell.note)


def _part(context: Context, name: str, row: Row) -> SafeString:
    engine = context.template.engine if context.template else None
    if engine is None:
        return _BLANK
    with context.push(row=row.record):
        return engine.get_template(name).render(context)
