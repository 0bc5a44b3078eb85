"""Lists as every register shows them: search, filter, sort, pages, columns, views, steps, and the rows as a file.

A register defines its ``Column``s beside its queries and calls ``show_list`` in a view under ``@list_page``.
"""

from clerestory.desk.lists.bulk import Bulk, Pick, row_at, rows_seen
from clerestory.desk.lists.query import Column, ListQuery, Page, paginate
from clerestory.desk.lists.screen import list_page, page_of, show_list, takes_step
from clerestory.desk.lists.shown import Empty
from clerestory.desk.lists.standing import standing_column
from clerestory.desk.lists.table import csv_file, xlsx_file

__all__ = [
    "Bulk",
    "Column",
    "Empty",
    "ListQuery",
    "Page",
    "Pick",
    "csv_file",
    "list_page",
    "page_of",
    "paginate",
    "row_at",
    "rows_seen",
    "show_list",
    "standing_column",
    "takes_step",
    "xlsx_file",
]
