"""A paper as PDF, set by typst from one template. What people wrote goes in as data, never as markup.

Fonts: Libertinus Serif and DejaVu Sans Mono, which typst brings along, so that a paper looks the same on every server;
for other scripts, such as Arabic or Chinese, those of the machine. A script that none of them has is set as empty boxes
whose text can still be searched and copied; DOCX and XLSX leave the font to the reader's machine.
"""

import json
import math
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import typst
from django.utils import translation

from clerestory.desk.document.paper import (
    TONES,
    Cell,
    Facts,
    Heading,
    Mark,
    Paper,
    PaperTooLong,
    Paragraph,
    Part,
    Table,
)
from clerestory.desk.document.words import Words, cell_text, clean, words_of
from clerestory.terms.sentence import gettext as _

MOST_ROWS = 5_000
"""Above this nobody reads; a workbook holds them all."""
LONG_CELL = 800
_LONG_WORD = re.compile(r"[^\s\u200b-]{18,}")
_DATA = files("clerestory.desk.document") / "data"


def pdf_file(paper: Paper) -> bytes:
    """Set a paper as PDF; the same paper gives the same bytes.

    Raises:
        PaperTooLong: its tables have more rows than a document for reading can have.
    """
    return _set(paper, "pdf")[0]


def page_images(paper: Paper, *, ppi: float = 110) -> Sequence[bytes]:
    """Set a paper as one PNG for each page."""
    return _set(paper, "png", ppi=ppi)


def _set(paper: Paper, form: str, *, ppi: float | None = None) -> Sequence[bytes]:
    check_length(paper)
    with translation.override(paper.language or translation.get_language()):
        data = json.dumps(_document(paper, words_of(paper)), ensure_ascii=False)
    compiler = typst.Compiler(str(_DATA / "paper.typ"), root=str(_DATA), font_paths=_fonts())
    made = compiler.compile(
        format="png" if form == "png" else "pdf",
        ppi=ppi,
        sys_inputs={"paper": data},
        timestamp=int(paper.at.timestamp()),
    )
    return [made] if isinstance(made, bytes) else list(made or ())


def check_length(paper: Paper) -> None:
    """Refuse a paper that nobody could read.

    Raises:
        PaperTooLong: its tables have too many rows.
    """
    if paper.rows > MOST_ROWS:
        raise PaperTooLong(
            _(
                "The document would have {rows} rows; one for reading holds {most_rows}.",
                rows=paper.rows,
                most_rows=MOST_ROWS,
            ),
            _("Narrow the list with its filters, or export it as XLSX or CSV."),
        )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True)


def _document(paper: Paper, words: Words) -> dict[str, object]:
    title, organisation = clean(paper.title), clean(paper.organisation)
    return {
        "title": title,
        "title-short": _short(title),
        "organisation": organisation,
        "organisation-short": _short(organisation),
        "subtitle": _breakable(clean(paper.subtitle)),
        "language": (translation.get_language() or "en").partition("-")[0],
        "landscape": paper.lies_flat,
        "words": {
            "as_of": words.as_of,
            "page": words.page,
            "of": words.of,
            "evidence": words.evidence,
            "evidence_text": words.evidence_text,
            "entry": words.entry,
            "about": words.about,
            "leaf_hash": words.leaf_hash,
            "note": words.note,
        },
        "parts": [_part(part, words) for part in paper.parts],
        "evidence": [
            {"entry": clean(item.entry_id), "about": _breakable(clean(item.about)), "hash": clean(item.leaf_hash)}
            for item in paper.evidence
        ],
    }


def _part(part: Part, words: Words) -> dict[str, object]:
    if isinstance(part, Heading):
        return {"kind": "heading", "level": min(max(part.level, 1), 2), "text": clean(part.text)}
    if isinstance(part, Paragraph):
        return {"kind": "paragraph", "quiet": part.quiet, "text": _breakable(clean(part.text))}
    if isinstance(part, Facts):
        return {"kind": "facts", "pairs": [[_breakable(clean(name)), _cell(value)] for name, value in part.pairs]}
    return {
        "kind": "table",
        "title": clean(part.title),
        "columns": [clean(head.label) for head in part.heads],
        "numeric": [head.numeric for head in part.heads],
        "widths": widths(part),
        "small": len(part.heads) > 8,
        "empty": clean(part.empty) or words.nothing,
        "rows": [_row(row) for row in part.rows],
    }


def _row(row: Sequence[Cell]) -> dict[str, object]:
    """Return a row; a long one may break between pages, a short one stays whole."""
    return {
        "cells": [_cell(value) for value in row],
        "long": max((len(cell_text(value)) for value in row), default=0) > LONG_CELL,
    }


def _cell(value: Cell) -> object:
    if isinstance(value, Mark):
        return {"tone": value.tone if value.tone in TONES else "open", "text": _breakable(clean(value.text))}
    return _breakable(cell_text(value))


def widths(table: Table) -> list[float]:
    """Return a share of the width for each column: enough for its longest words, more where it holds long text."""
    shares = []
    for place, head in enumerate(table.heads):
        if head.width:
            shares.append(head.width)
            continue
        texts = sorted((cell_text(row[place]) for row in table.rows[:400]), key=len)
        typical = len(texts[int(len(texts) * 0.9)]) if texts else 0
        longest = max((len(word) for text in (head.label, *texts[-40:]) for word in str(text).split()), default=0)
        shares.append(max(min(longest, 17) + 2.0, math.sqrt(min(typical, 900)) * 3.0))
    return [round(share, 2) for share in shares]


def _breakable(text: str) -> str:
    """Let words that no line holds, as digests are, break where they must."""
    return _LONG_WORD.sub(lambda found: "\u200b".join(_pieces(found[0])), text)


def _pieces(word: str) -> list[str]:
    return [word[start : start + 8] for start in range(0, len(word), 8)]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:89]}…"
