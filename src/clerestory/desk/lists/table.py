"""A list as a file. Text that a spreadsheet would run as a formula is made harmless."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from clerestory.desk.lists.query import Column

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_INSIDE = re.compile(r"([;\r\n]\s*)(?=[=+@＝＋＠]|[-－](?!\s))")
"""Where a spreadsheet that separates by semicolons, as a German one, begins a cell that it would run."""
LONGEST = 32_000
"""So many letters a cell of a workbook holds; what is cut says so."""
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_file(columns: Sequence[Column], rows: Iterable[object]) -> bytes:
    """Write rows as CSV with a byte-order mark, so that spreadsheets read it as UTF-8."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([harmless(str(column.label)) for column in columns])
    for row in rows:
        writer.writerow([_plain(cell(column, row)) for column in columns])
    return file.getvalue().encode("utf-8-sig")


def xlsx_file(columns: Sequence[Column], rows: Iterable[object], *, title: str = "List") -> bytes:
    """Write rows as a workbook; text stays text, numbers and days stay numbers and days."""
    import xlsxwriter

    file = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "remove_timezone": True,
        "nan_inf_to_errors": True,
        "default_date_format": "yyyy-mm-dd hh:mm",
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        bold = book.add_format({"bold": True})
        for place, column in enumerate(columns):
            sheet.write_string(0, place, str(column.label), bold)
        for line, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                value = cell(column, row)
                if isinstance(value, bool) or not isinstance(value, int | float | datetime | date):
                    text = _text(value)
                    sheet.write_string(line, place, text if len(text) <= LONGEST else f"{text[:LONGEST]} […]")
                else:
                    sheet.write(line, place, value)
        sheet.freeze_panes(1, 0)
    return file.getvalue()


def cell(column: Column, row: object) -> object:
    """Return what a column shows of a row value."""
    return column.value(row) if column.value else getattr(row, column.name, "")


def harmless(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula, wherever it begins a cell."""
    safe = _INSIDE.sub(r"\1'", text)
    return f"'{safe}" if safe.startswith(_DANGEROUS) else safe


def _plain(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return harmless(_text(value))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, tuple | list | frozenset):
        return "; ".join(map(str, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {count}" for name, count in value.items())
    return str(value)


def _sheet_name(title: str) -> str:
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in title).strip()[:31] or "List"
