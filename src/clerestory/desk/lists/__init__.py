"""Lists as every register shows them: search, filter, sort, pages, and the same rows as CSV or XLSX."""

from clerestory.desk.lists.query import Column, ListQuery, Page, paginate
from clerestory.desk.lists.table import csv_file, xlsx_file

__all__ = ["Column", "ListQuery", "Page", "csv_file", "paginate", "xlsx_file"]
