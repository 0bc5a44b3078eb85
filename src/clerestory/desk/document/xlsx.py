"""A paper as XLSX: one sheet for each table, one for what stands around them, one for the entries it rests on.

Text is always written as text, so that no formula runs; what is longer than a cell holds goes on in a sheet of its own.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.utils import translation

from clerestory.desk.day import here
from clerestory.desk.document.paper import Cell, Facts, Heading, Mark, Paper, Paragraph, Table
from clerestory.desk.document.words import Words, cell_text, clean, moment_text, words_of

LONGEST = 32_000
_WIDEST = 60
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


def xlsx_file(paper: Paper) -> bytes:
    """Write a paper as a workbook; the same paper gives the same bytes."""
    import xlsxwriter

    file = io.BytesIO()
    with translation.override(paper.language or translation.get_language()):
        words = words_of(paper)
        with xlsxwriter.Workbook(file, _OPTIONS) as book:
            _Book(book, paper, words).write()
    return file.getvalue()


@dataclass(slots=True)
class _Looks:
    head: Any
    text: Any
    day: Any
    moment: Any
    number: Any
    title: Any
    heading: Any
    name: Any


@dataclass(slots=True)
class _Book:
    book: Any
    paper: Paper
    words: Words
    used: set[str] = field(default_factory=set)
    long: list[tuple[str, str]] = field(default_factory=list)
    looks: _Looks = field(init=False)

    def write(self) -> None:
        paper, make = self.paper, self.book.add_format
        top = {"valign": "top", "text_wrap": True}
        self.looks = _Looks(
            head=make({"bold": True, "bg_color": "#F3F5F9", "bottom": 1, "valign": "top", "text_wrap": True}),
            text=make(top),
            day=make({"valign": "top", "num_format": "yyyy-mm-dd", "align": "left"}),
            moment=make({"valign": "top", "num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
            number=make({"valign": "top"}),
            title=make({"bold": True, "font_size": 16}),
            heading=make({"bold": True, "font_size": 12}),
            name=make({"font_color": "#5A6372", **top}),
        )
        self.book.set_properties(
            {
                "title": clean(paper.title)[:255],
                "author": clean(paper.organisation)[:255],
                "created": paper.at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        around = [part for part in paper.parts if not isinstance(part, Table)]
        if around:
            self._about()
        for table in paper.tables:
            self._table(table.title or paper.title, table)
        if paper.evidence:
            rows = [(item.entry_id, item.about, item.leaf_hash) for item in paper.evidence]
            heads = (self.words.entry, self.words.about, self.words.leaf_hash)
            self._table(self.words.evidence, Table("", heads, rows))
        if not around:
            self._about()
        self._long_texts()

    def _sheet(self, title: str, *, flat: bool) -> Any:
        sheet = self.book.add_worksheet(self._name(title))
        sheet.set_paper(9)
        if flat:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        clean_title, organisation = (_printed(text) for text in (self.paper.title, self.paper.organisation))
        sheet.set_header(f"&L&8{organisation}&R&8{clean_title}")
        words = self.words
        sheet.set_footer(f"&L&8{_printed(words.as_of)}&R&8{_printed(words.page)} &P {_printed(words.of)} &N")
        return sheet

    def _about(self) -> None:
        paper, sheet = self.paper, self._sheet(self.words.details, flat=False)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 90)
        lines: list[tuple[Cell, Cell, Any]] = [
            (paper.organisation, None, self.looks.name),
            (paper.title, None, self.looks.title),
            *([(paper.subtitle, None, None)] if paper.subtitle else []),
            (self.words.as_of, None, None),
            (None, None, None),
        ]
        for part in paper.parts:
            if isinstance(part, Heading):
                lines += [(None, None, None), (part.text, None, self.looks.heading)]
            elif isinstance(part, Paragraph):
                lines.append((part.text, None, None))
            elif isinstance(part, Facts):
                lines += [(name, value, self.looks.name) for name, value in part.pairs]
                lines.append((None, None, None))
        lines += [(None, None, None), (self.words.note, None, None)]
        for place, (name, value, look) in enumerate(lines):
            if name is not None:
                self._put(sheet, place, 0, clean(name), look)
            if value is not None:
                self._put(sheet, place, 1, value)

    def _table(self, title: str, table: Table) -> None:
        sheet = self._sheet(title, flat=len(table.columns) > 4)
        heads = table.heads
        for place, head in enumerate(heads):
            sheet.write_string(0, place, clean(head.label)[:LONGEST], self.looks.head)
            sheet.set_column(place, place, _width(table, place, head.label))
        for number, row in enumerate(table.rows, start=1):
            for place, value in enumerate(row):
                self._put(sheet, number, place, value)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        if heads:
            sheet.autofilter(0, 0, max(len(table.rows), 1), len(heads) - 1)

    def _put(self, sheet: Any, row: int, column: int, value: Cell, look: Any = None) -> None:
        looks = self.looks
        if isinstance(value, datetime):
            if (seen := here(value)).year >= 1900:
                sheet.write_datetime(row, column, seen.replace(tzinfo=None), looks.moment)
                return
        elif isinstance(value, date) and value.year >= 1900:
            sheet.write_datetime(row, column, value, looks.day)
            return
        elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
            sheet.write_number(row, column, value, looks.number)
            return
        text = cell_text(value)
        if len(text) > LONGEST:
            text = self._set_aside(sheet.get_name(), row, text)
        sheet.write_string(row, column, text, look or looks.text)

    def _set_aside(self, sheet: str, row: int, text: str) -> str:
        pieces = [text[start : start + LONGEST] for start in range(LONGEST, len(text), LONGEST)]
        first = len(self.long) + 2
        self.long += [(f"{sheet}, {row + 1}", piece) for piece in pieces]
        return f"{text[:LONGEST]} [… {self.words.continued}, {first}]"

    def _long_texts(self) -> None:
        if self.long:
            sheet = self._sheet(self.words.continued, flat=False)
            sheet.set_column(1, 1, 100)
            sheet.write_string(0, 0, self.words.continued, self.looks.head)
            for number, (where, piece) in enumerate(self.long, start=1):
                sheet.write_string(number, 0, where)
                sheet.write_string(number, 1, piece, self.looks.text)

    def _name(self, title: str) -> str:
        """Return a name that Excel allows for a sheet and that no other has."""
        bare = (
            "".join(" " if letter in "[]:*?/\\\n" else letter for letter in clean(title)).strip(" '")[:28].strip(" '")
        )
        name, number = bare or "-", 1
        while name.casefold() in self.used or name.casefold() == "history":
            number += 1
            name = f"{bare[:25]} {number}"
        self.used.add(name.casefold())
        return name


def _width(table: Table, place: int, label: str) -> float:
    shown: Sequence[Cell] = [row[place] for row in table.rows[:200]]
    longest = max((_length(value) for value in shown), default=0)
    return min(max(longest, len(str(label)) + 3, 8) * 1.05 + 1, _WIDEST)


def _length(value: Cell) -> int:
    if isinstance(value, datetime):
        return len(moment_text(value))
    text = value.text if isinstance(value, Mark) else str(value)
    return max(map(len, text[:500].split("\n")), default=0)


def _printed(text: str) -> str:
    """Return text for the head or foot of a printed sheet, where an ampersand starts a code."""
    line = " ".join(clean(text).split()).replace("&", "&&")
    line = line if len(line) < 70 else f"{line[:69].rstrip('&')}…"
    return f" {line}" if line[:1].isdigit() else line
