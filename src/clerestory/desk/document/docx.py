"""A paper as DOCX: a frame made in code and filled by docxtpl, its tables as Word's own, heads repeated on each page.

What people wrote is written as text in XML with braces as character references, so that no template reads it.
"""

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from functools import lru_cache

from django.utils import translation
from docx import Document
from docx.document import Document as Opened
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph as Line
from docxtpl import DocxTemplate
from markupsafe import Markup

from clerestory.desk.document.paper import Cell, Facts, Heading, Mark, Paper, Paragraph, Part, Table
from clerestory.desk.document.pdf import LONG_CELL, check_length, widths
from clerestory.desk.document.words import Words, cell_text, clean, words_of

_LONG, _SHORT, _SIDE = 297, 210, 18
_TWIPS = 56.6929
"""Twentieths of a point in a millimetre."""
_SHAPES = {"good": "●", "bad": "▲", "old": "◐", "open": "○", "none": "–", "accent": "■"}
_COLOURS = {
    "good": "1B7F5C",
    "bad": "B3362B",
    "old": "8A5F00",
    "open": "5A6372",
    "none": "6B7483",
    "accent": "3B55C4",
}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "{": "&#123;", "}": "&#125;", "%": "&#37;"})
_TAGS = re.compile(r"\n|\t")


def docx_file(paper: Paper) -> bytes:
    """Write a paper as DOCX.

    Raises:
        PaperTooLong: its tables have more rows than a document for reading can have.
    """
    check_length(paper)
    with translation.override(paper.language or translation.get_language()):
        words = words_of(paper)
        language = translation.get_language() or "en"
        template = DocxTemplate(io.BytesIO(_frame(paper.lies_flat, language)))
        template.render(
            {
                "organisation": _escaped(paper.organisation),
                "title": _escaped(paper.title),
                "subtitle": _escaped(paper.subtitle),
                "as_of": _escaped(words.as_of),
                "page": _escaped(words.page),
                "of": _escaped(words.of),
                "body": Markup("".join(_body(paper, words))),  # noqa: S704  every text in it is escaped
            },
            autoescape=True,
        )
    about = template.docx.core_properties
    about.title, about.author, about.language = clean(paper.title)[:255], clean(paper.organisation)[:255], language
    about.created = about.modified = paper.at.astimezone(UTC).replace(tzinfo=None)
    about.last_modified_by, about.comments = "", ""
    file = io.BytesIO()
    template.save(file)
    return file.getvalue()


@lru_cache(maxsize=8)
def _frame(lies_flat: bool, language: str) -> bytes:
    """Return the template: page, styles, head and foot."""
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE if lies_flat else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(_LONG), Mm(_SHORT)) if lies_flat else (Mm(_SHORT), Mm(_LONG))
    section.left_margin = section.right_margin = Mm(_SIDE)
    section.top_margin, section.bottom_margin = Mm(18), Mm(18)
    section.different_first_page_header_footer = True
    _styles(document, language)
    width = section.page_width - section.left_margin - section.right_margin
    head = section.header.paragraphs[0]
    head.text = "{{ organisation }}\t{{ title }}"
    for foot in (section.footer, section.first_page_footer):
        line = foot.paragraphs[0]
        line.text = "{{ as_of }}\t{{ page }} "
        _field(line, "PAGE")
        line.add_run(" {{ of }} ")
        _field(line, "NUMPAGES")
        _to_the_right(line, int(width))
    _to_the_right(head, int(width))
    for name, text in (
        ("Paper organisation", "{{ organisation }}"),
        ("Title", "{{ title }}"),
        ("Subtitle", "{{ subtitle }}"),
        ("Paper moment", "{{ as_of }}"),
        ("Normal", "{{p body }}"),
    ):
        document.add_paragraph(text, style=name)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _styles(document: Opened, language: str) -> None:
    ink, soft = RGBColor(0x1D, 0x23, 0x30), RGBColor(0x5A, 0x63, 0x72)
    normal = _style(document, "Normal", 9.5, ink)
    normal.paragraph_format.space_after = Pt(5)
    tag = OxmlElement("w:lang")
    tag.set(qn("w:val"), {"de": "de-DE", "en": "en-GB"}.get(language, language))
    normal.element.get_or_add_rPr().append(tag)
    for name, size, colour, before, after in (
        ("Title", 20, ink, 0, 2),
        ("Subtitle", 11, soft, 0, 2),
        ("Heading 1", 13, ink, 16, 5),
        ("Heading 2", 11, ink, 12, 4),
        ("Header", 8, soft, 0, 0),
        ("Footer", 8, soft, 0, 0),
        ("Paper organisation", 9.5, soft, 0, 0),
        ("Paper moment", 9, soft, 0, 12),
        ("Paper quiet", 8.5, soft, 0, 5),
        ("Paper cell", 8.5, ink, 2, 2),
        ("Paper head", 8, soft, 2, 2),
        ("Paper hash", 6.5, ink, 2, 2),
    ):
        style = _style(document, name, size, colour)
        style.font.bold = name in ("Title", "Heading 1", "Heading 2", "Paper head")
        style.font.italic = False
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    document.styles["Paper hash"].font.name = "Courier New"
    border = document.styles["Title"].element.find(f".//{qn('w:pBdr')}")
    if border is not None:
        border.getparent().remove(border)


def _style(document: Opened, name: str, size: float, colour: RGBColor) -> ParagraphStyle:
    found = name in document.styles
    style = document.styles[name] if found else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if not isinstance(style, ParagraphStyle):
        raise TypeError(name)
    if not found:
        style.base_style = document.styles["Normal"]
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for kind in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{kind}"), "Arial")
    style.font.size, style.font.color.rgb = Pt(size), colour
    return style


def _field(line: Line, code: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    line._p.append(field)  # noqa: SLF001  python-docx has no fields of its own


def _to_the_right(line: Line, width: int) -> None:
    stops = line.paragraph_format.tab_stops
    stops.add_tab_stop(Mm(0) + width, WD_TAB_ALIGNMENT.RIGHT)


def _body(paper: Paper, words: Words) -> Iterator[str]:
    width = (_LONG if paper.lies_flat else _SHORT) - 2 * _SIDE
    for part in paper.parts:
        yield from _part(part, words, width)
    if paper.evidence:
        yield _line("Heading1", words.evidence)
        yield _line("Paperquiet", words.evidence_text)
        rows = [(item.entry_id, item.about, item.leaf_hash) for item in paper.evidence]
        styles = ("Paperhash", "Papercell", "Paperhash")
        yield _grid((words.entry, words.about, words.leaf_hash), rows, (24, 26, 50), (), width, styles)
    yield _line("Paperquiet", "")
    yield _line("Paperquiet", words.note)


def _part(part: Part, words: Words, width: int) -> Iterator[str]:
    if isinstance(part, Heading):
        yield _line(f"Heading{min(max(part.level, 1), 2)}", clean(part.text))
    elif isinstance(part, Paragraph):
        yield _line("Paperquiet" if part.quiet else "Normal", clean(part.text))
    elif isinstance(part, Facts):
        yield _grid((), [tuple(pair) for pair in part.pairs], (28, 72), (), width)
    else:
        yield from _listed(part, words, width)
    if isinstance(part, Facts | Table):
        yield _line("Paperquiet", "")


def _listed(table: Table, words: Words, width: int) -> Iterator[str]:
    if table.title:
        yield _line("Heading2", clean(table.title))
    if not table.rows:
        yield _line("Paperquiet", clean(table.empty) or words.nothing)
        return
    numeric = [place for place, head in enumerate(table.heads) if head.numeric]
    yield _grid([clean(head.label) for head in table.heads], table.rows, widths(table), numeric, width)


def _grid(
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    shares: Sequence[float],
    numeric: Sequence[int],
    width: int,
    styles: Sequence[str] = (),
) -> str:
    twips = [round(share / sum(shares) * width * _TWIPS) for share in shares]
    lines = "".join(f'<w:gridCol w:w="{size}"/>' for size in twips)
    rule = 'w:val="single" w:sz="4" w:space="0" w:color="D3D9E3"'
    opening = (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(twips)}" w:type="dxa"/><w:tblBorders><w:bottom {rule}/>'
        f'<w:insideH {rule}/></w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="60" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar>'
        f"</w:tblPr><w:tblGrid>{lines}</w:tblGrid>"
    )
    parts = [opening]
    if heads:
        cells = "".join(
            _cell(size, _line("Paperhead", head, right=place in numeric), fill="F3F5F9")
            for place, (size, head) in enumerate(zip(twips, heads, strict=True))
        )
        parts.append(f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>")
    for row in rows:
        cells = "".join(
            _cell(size, _valued(value, styles[place] if styles else "Papercell", right=place in numeric))
            for place, (size, value) in enumerate(zip(twips, row, strict=True))
        )
        longest = max((len(cell_text(value)) for value in row), default=0)
        whole = "<w:trPr><w:cantSplit/></w:trPr>" if longest <= LONG_CELL else ""
        parts.append(f"<w:tr>{whole}{cells}</w:tr>")
    return "".join((*parts, "</w:tbl>"))


def _cell(size: int, inner: str, *, fill: str = "") -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{size}" w:type="dxa"/>{shade}</w:tcPr>{inner}</w:tc>'


def _valued(value: Cell, style: str, *, right: bool) -> str:
    if isinstance(value, Mark):
        colour = _COLOURS.get(value.tone, _COLOURS["open"])
        return _line(style, f"{_SHAPES.get(value.tone, '○')} {clean(value.text)}", right=right, colour=colour)
    return _line(style, cell_text(value), right=right)


def _line(style: str, text: str, *, right: bool = False, colour: str = "") -> str:
    """Return one paragraph of XML; its own breaks become breaks of lines."""
    rtl = _runs_left(text)
    look = (f'<w:color w:val="{colour}"/>' if colour else "") + ("<w:rtl/>" if rtl else "")
    shape = f'<w:pStyle w:val="{style}"/>' + ("<w:bidi/>" if rtl else "") + ('<w:jc w:val="right"/>' if right else "")
    inner = _TAGS.sub(
        lambda found: f'</w:t>{"<w:br/>" if found[0] == chr(10) else "<w:tab/>"}<w:t xml:space="preserve">',
        text.translate(_ESCAPES),
    )
    run = f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{inner}</w:t></w:r>' if text else ""
    return f"<w:p><w:pPr>{shape}</w:pPr>{run}</w:p>"


def _runs_left(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    kinds = (unicodedata.bidirectional(letter) for letter in text[:200])
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"


def _escaped(text: str) -> Markup:
    return Markup(" ".join(clean(text).split()).translate(_ESCAPES))  # noqa: S704  escaped here
