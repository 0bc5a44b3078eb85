"""Tables of a report as CSV and as a workbook. Text that a spreadsheet would run as a formula is made harmless."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.terms.error import ClerestoryError

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_BAD_IN_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
Cell = str | int | float | None


class NoWorkbooks(ClerestoryError):
    """The library that writes workbooks is not installed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its title, heads and rows."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def csv_document(sheet: Sheet) -> bytes:
    """Return a table as CSV with a byte-order mark, so that spreadsheets read it as UTF-8."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for row in (sheet.heads, *sheet.rows):
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return file.getvalue().encode("utf-8-sig")


def workbook(sheets: Sequence[Sheet], *, title: str, at: datetime) -> bytes:
    """Return tables as a workbook; text stays text, numbers stay numbers, and equal tables give equal bytes.

    Raises:
        NoWorkbooks: the library is not installed.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise NoWorkbooks("Workbooks cannot be written here.", "Install xlsxwriter, or ask for CSV.") from error
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": title[:255], "created": at.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for at_sheet, sheet in enumerate(sheets, start=1):
            page = book.add_worksheet(f"{at_sheet} {sheet.title}".translate(_BAD_IN_NAME)[:31])
            page.set_column(0, 0, 42, wrapped)
            page.set_column(1, len(sheet.heads) - 1, 22, wrapped)
            for line, row in enumerate((sheet.heads, *sheet.rows)):
                for place, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(line, place, cell[:32_000], head if line == 0 else wrapped)
                    elif cell is not None:
                        page.write_number(line, place, cell, wrapped)
            page.freeze_panes(1, 0)
    return file.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_DANGEROUS) else text
