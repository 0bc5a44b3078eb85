"""Pages of PDF, as few parts as a report needs: text, rules, small shapes, tables with repeated heads, bookmarks.

Deterministic to the byte: nothing is compressed, no font is embedded, no clock is read. The zip around it compresses.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from clerestory.verify.readable.letters import BOLD, FONTS, PLAIN, width, wrapped, writable

WIDTH, HEIGHT = 595.28, 841.89
LEFT, RIGHT, TOP, BOTTOM = 51.0, 544.28, 785.0, 62.0
INK, SOFT, LINE, TINT = "0.114 0.137 0.188", "0.34 0.38 0.44", "0.83 0.85 0.89", "0.953 0.961 0.976"
GOOD, BAD, OLD = "0.09 0.41 0.30", "0.65 0.18 0.14", "0.50 0.34 0"
GAP = 6.0
_ESCAPES = {byte: f"\\{byte:03o}" for byte in range(256) if byte < 32 or byte > 126 or byte in (40, 41, 92)}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell; ``shape`` is drawn before it: disc, triangle, half, ring, dash."""

    text: str
    font: str = PLAIN
    size: float = 8.2
    colour: str = INK
    shape: str = ""


@dataclass(frozen=True, slots=True)
class _Mark:
    title: str
    page: int
    y: float


@dataclass(slots=True)
class Pages:
    """Pages being filled from top to bottom."""

    title: str
    foot: str
    pages: list[list[str]] = field(default_factory=lambda: [[]])
    y: float = TOP
    marks: list[_Mark] = field(default_factory=list)

    def turn(self) -> None:
        """Start a new page."""
        self.pages.append([])
        self.y = TOP

    def need(self, height: float) -> None:
        """Start a new page where less than that is left."""
        if self.y - height < BOTTOM:
            self.turn()

    def space(self, height: float) -> None:
        """Leave room, unless at the top of a page."""
        if self.y < TOP:
            self.y -= height

    def mark(self, title: str) -> None:
        """Put a bookmark here."""
        self.marks.append(_Mark(writable(title), len(self.pages) - 1, self.y))

    def paragraph(
        self, text: str, *, font: str = PLAIN, size: float = 9.5, colour: str = INK, after: float = 5, keep: float = 0
    ) -> None:
        """Set running text; ``keep`` is the room that must follow on the same page."""
        leading = size * 1.38
        lines = wrapped(writable(text), font, size, RIGHT - LEFT)
        self.need(min(len(lines), 2) * leading + keep)
        for line in lines:
            self.need(leading)
            self.y -= leading
            self._text(LEFT, self.y + leading * 0.28, line, font, size, colour)
        self.y -= after

    def rule(self, *, weight: float = 0.5, colour: str = LINE, after: float = 0) -> None:
        """Draw a line across the page."""
        self._line(self.y, weight, colour)
        self.y -= after

    def table(self, widths: Sequence[float], rows: Iterable[Sequence[Cell]], heads: Sequence[str] = ()) -> None:
        """Set rows under heads that are repeated on each page; ``widths`` share the width of the page."""
        room = (RIGHT - LEFT) / sum(widths)
        sizes = [share * room for share in widths]
        head = [Cell(text, BOLD, 7.4, SOFT) for text in heads]
        if head:
            self.need(70)
            self._row(sizes, head, head=True)
        for row in rows:
            self._set(sizes, row, head)

    def _set(self, sizes: Sequence[float], row: Sequence[Cell], head: Sequence[Cell]) -> None:
        lines = [self._lines(cell, size) for cell, size in zip(row, sizes, strict=True)]
        leading = max(cell.size for cell in row) * 1.32
        most = max(map(len, lines))
        if self.y - most * leading - GAP < BOTTOM and (most * leading < 0.6 * (TOP - BOTTOM) or self.y < BOTTOM + 60):
            self._again(sizes, head)
        start = 0
        while start < most:
            fitting = max(int((self.y - GAP - BOTTOM) / leading), 1)
            part = [found[start : start + fitting] for found in lines]
            self._cells(sizes, row, part, leading, first=start == 0)
            start += fitting
            if start < most:
                self._again(sizes, head)

    def _again(self, sizes: Sequence[float], head: Sequence[Cell]) -> None:
        self.turn()
        if head:
            self._row(sizes, head, head=True)

    def _row(self, sizes: Sequence[float], row: Sequence[Cell], *, head: bool = False) -> None:
        lines = [self._lines(cell, size) for cell, size in zip(row, sizes, strict=True)]
        leading = max(cell.size for cell in row) * 1.32
        if head:
            height = max(map(len, lines)) * leading + GAP
            self._out(f"{TINT} rg {LEFT:.2f} {self.y - height:.2f} {RIGHT - LEFT:.2f} {height:.2f} re f")
        self._cells(sizes, row, lines, leading, first=True, weight=0.8 if head else 0.4)

    def _cells(
        self,
        sizes: Sequence[float],
        row: Sequence[Cell],
        lines: Sequence[Sequence[str]],
        leading: float,
        *,
        first: bool,
        weight: float = 0.4,
    ) -> None:
        x, top = LEFT, self.y - GAP / 2
        for cell, size, found in zip(row, sizes, lines, strict=True):
            indent = 8.0 if cell.shape else 0.0
            if cell.shape and first:
                self._shape(cell.shape, x + 5.5, top - leading * 0.52, cell.colour)
            for number, line in enumerate(found, start=1):
                y = top - number * leading + leading * 0.28
                self._text(x + 3 + indent, y, line, cell.font, cell.size, cell.colour)
            x += size
        self.y -= max(map(len, lines)) * leading + GAP
        self._line(self.y, weight, SOFT if weight > 0.5 else LINE)

    def _lines(self, cell: Cell, size: float) -> list[str]:
        room = size - 9 - (8 if cell.shape else 0)
        return wrapped(writable(cell.text), cell.font, cell.size, room)

    def _text(self, x: float, y: float, text: str, font: str, size: float, colour: str) -> None:
        if text:
            self._out(f"BT {colour} rg /{font} {size:g} Tf {x:.2f} {y:.2f} Td ({_escaped(text)}) Tj ET")

    def _line(self, y: float, weight: float, colour: str) -> None:
        self._out(f"{colour} RG {weight:g} w {LEFT:.2f} {y:.2f} m {RIGHT:.2f} {y:.2f} l S")

    def _shape(self, shape: str, x: float, y: float, colour: str) -> None:
        if shape == "triangle":
            self._out(
                f"{colour} rg {x - 2.9:.2f} {y - 2.3:.2f} m {x + 2.9:.2f} {y - 2.3:.2f} l {x:.2f} {y + 2.8:.2f} l f"
            )
        elif shape == "dash":
            self._out(f"{colour} RG 0.9 w {x - 2.5:.2f} {y:.2f} m {x + 2.5:.2f} {y:.2f} l S")
        else:
            paint = "f" if shape == "disc" else "S"
            self._out(f"{colour} rg {colour} RG 0.9 w {_circle(x, y, 2.5)} {paint}")
        if shape == "half":
            self._out(f"{colour} rg {_half(x, y, 2.5)} f")

    def _out(self, code: str) -> None:
        self.pages[-1].append(code)

    def write(self) -> bytes:
        """Return the document, with its title, whose it is and ``n of m`` on each page."""
        total = len(self.pages)
        objects: list[bytes] = [b"", b""]
        objects += [
            f"<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding>>".encode("ascii")
            for font in FONTS.values()
        ]
        fonts = "".join(f"/{key} {place + 3} 0 R" for place, key in enumerate(FONTS))
        kids = []
        for number, page in enumerate(self.pages, start=1):
            kids.append(len(objects) + 1)
            objects.append(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Resources<</Font<<{fonts}>>>>"
                f"/Contents {len(objects) + 2} 0 R>>".encode("ascii")
            )
            code = "\n".join([*page, *self._foot(number, total)]).encode("ascii")
            objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(code), code))
        outline = self._outline(objects, kids)
        info = len(objects) + 1
        title = _escaped(writable(self.title))
        objects.append(f"<</Title({title})/Producer(Clerestory)>>".encode("ascii"))
        names = " ".join(f"{kid} 0 R" for kid in kids)
        objects[0] = (
            f"<</Type/Catalog/Pages 2 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>"
            f"/PageMode/UseOutlines/Outlines {outline} 0 R>>"
        ).encode("ascii")
        objects[1] = f"<</Type/Pages/Count {total}/Kids[{names}]>>".encode("ascii")
        return _file(objects, info)

    def _foot(self, number: int, total: int) -> list[str]:
        kept, counted = self.pages, f"Page {number} of {total}"
        self.pages = [[]]
        self._line(46, 0.4, LINE)
        self._text(LEFT, 34, _cut(writable(self.foot), RIGHT - LEFT - 90), PLAIN, 7.4, SOFT)
        self._text(RIGHT - width(counted, PLAIN, 7.4), 34, counted, PLAIN, 7.4, SOFT)
        made, self.pages = self.pages[0], kept
        return made

    def _outline(self, objects: list[bytes], kids: Sequence[int]) -> int:
        """Write the bookmarks as one list; return the number of their root."""
        root, count = len(objects) + 1, len(self.marks)
        ends = f"/First {root + 1} 0 R/Last {root + count} 0 R/Count {count}" if count else ""
        objects.append(f"<</Type/Outlines{ends}>>".encode("ascii"))
        for place, mark in enumerate(self.marks):
            number = root + 1 + place
            before = f"/Prev {number - 1} 0 R" if place else ""
            after = f"/Next {number + 1} 0 R" if place + 1 < count else ""
            aim = f"[{kids[mark.page]} 0 R /XYZ null {mark.y + 4:.2f} null]"
            line = f"<</Title({_escaped(mark.title)})/Parent {root} 0 R{before}{after}/Dest{aim}>>"
            objects.append(line.encode("ascii"))
        return root


def _file(objects: Sequence[bytes], info: int) -> bytes:
    parts, places, place = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], [], 0
    place = len(parts[0])
    for number, content in enumerate(objects, start=1):
        places.append(place)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
        place += len(parts[-1])
    lines = "".join(f"{start:010d} 00000 n \n" for start in places)
    parts.append(
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{lines}trailer\n"
        f"<</Size {len(objects) + 1}/Root 1 0 R/Info {info} 0 R>>\nstartxref\n{place}\n%%EOF\n".encode("ascii")
    )
    return b"".join(parts)


def _escaped(text: str) -> str:
    """Return text as the inside of a PDF string: brackets escaped, letters above ASCII as octal numbers."""
    return text.encode("cp1252", "replace").decode("latin-1").translate(_ESCAPES)


def _cut(text: str, room: float) -> str:
    found = wrapped(text.replace("\n", " "), PLAIN, 7.4, room)
    return found[0]


def _circle(x: float, y: float, r: float) -> str:
    return f"{x - r:.2f} {y:.2f} m {_arc(x, y, r, 1)} {_arc(x, y, r, -1)}"


def _half(x: float, y: float, r: float) -> str:
    k = r * 0.5523
    return (
        f"{x:.2f} {y + r:.2f} m {x - k:.2f} {y + r:.2f} {x - r:.2f} {y + k:.2f} {x - r:.2f} {y:.2f} c "
        f"{x - r:.2f} {y - k:.2f} {x - k:.2f} {y - r:.2f} {x:.2f} {y - r:.2f} c"
    )


def _arc(x: float, y: float, r: float, way: int) -> str:
    """Return the upper half of a circle from left to right, or the lower one back."""
    k, r_way = r * 0.5523 * way, r * way
    return (
        f"{x - r_way:.2f} {y + k:.2f} {x - k:.2f} {y + r_way:.2f} {x:.2f} {y + r_way:.2f} c "
        f"{x + k:.2f} {y + r_way:.2f} {x + r_way:.2f} {y + k:.2f} {x + r_way:.2f} {y:.2f} c"
    )
