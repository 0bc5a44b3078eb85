"""What a reader finds in the files: text of pages, of Word documents and of the sheets of a workbook."""

import io
import re
import zipfile
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from docx import Document
from pypdf import PdfReader

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def pdf_pages(data: bytes) -> list[str]:
    """Return the text of each page."""
    return [page.extract_text().replace("\u200b", "") for page in PdfReader(io.BytesIO(data)).pages]


def pdf_text(data: bytes) -> str:
    """Return all text on one line."""
    return re.sub(r"\s+", " ", " ".join(pdf_pages(data)))


def docx_text(data: bytes) -> str:
    """Return all text of the body in order, cells behind paragraphs."""
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in document.paragraphs), *cells])


def xlsx_sheets(data: bytes) -> dict[str, list[list[str]]]:
    """Return the cells of each sheet as text; a formula would raise."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        names = [str(sheet.get("name")) for sheet in book.iter(f"{_SHEET}sheet")]
        shared: Sequence[str] = ()
        if "xl/sharedStrings.xml" in archive.namelist():
            texts = ET.fromstring(archive.read("xl/sharedStrings.xml"))
            shared = ["".join(t.text or "" for t in item.iter(f"{_SHEET}t")) for item in texts.iter(f"{_SHEET}si")]
        return {
            name: _rows(archive.read(f"xl/worksheets/sheet{number}.xml"), shared)
            for number, name in enumerate(names, start=1)
        }


def _rows(data: bytes, shared: Sequence[str]) -> list[list[str]]:
    root = ET.fromstring(data)
    assert not list(root.iter(f"{_SHEET}f")), "a formula"
    return [[_value(cell, shared) for cell in row.iter(f"{_SHEET}c")] for row in root.iter(f"{_SHEET}row")]


def _value(cell: ET.Element, shared: Sequence[str]) -> str:
    value = cell.find(f"{_SHEET}v")
    if cell.get("t") == "s" and value is not None:
        return shared[int(value.text or 0)]
    return "" if value is None else value.text or ""
