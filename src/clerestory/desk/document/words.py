"""The fixed words of a paper, and values as people of the paper's language write them.

Refuses letters that no document can hold: they become the replacement character, never nothing.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from clerestory.desk.day import day_here, hour_here
from clerestory.desk.document.paper import Cell, Mark, Paper
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import translated

_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_HEADS = ("record.", "register.", "decision.", "approval.", "runtime.", "check.")
_BREAKS = re.compile("\r\n?|\x85|\u2028|\u2029|\x0b|\x0c")
_ISO_DAY = re.compile(r"(?<![\w-])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\w-])")


def days_said(text: str) -> str:
    """Return a text in which every day of the calendar is written as the reader writes it."""
    return _ISO_DAY.sub(_day_said, text)


def in_language(text: str) -> str:
    """Return a text in the language of the reader, where it is a sentence that remembers how it was made."""
    return str(translated(text, _, ngettext))


def shown(text: str) -> str:
    """Return a text as the reader reads it: in their language, with every day as they write it."""
    return days_said(in_language(text))


def refusal_shown(error: ClerestoryError) -> str:
    """Return what is wrong and what to do about it, as the reader reads it."""
    return f"{shown(error.problem)} {shown(error.remedy)}"


def _day_said(found: re.Match[str]) -> str:
    try:
        return day_text(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What stands on every paper of a language, around what it says."""

    as_of: str
    page: str
    of: str
    evidence: str
    evidence_text: str
    entry: str
    about: str
    leaf_hash: str
    note: str
    details: str
    nothing: str
    continued: str


def words_of(paper: Paper) -> Words:
    """Return the fixed words in the active language."""
    page, _number, rest = _("Page {number} of {total}").partition("{number}")
    return Words(
        as_of=_("As of %(moment)s") % {"moment": moment_text(paper.at)},
        page=page.strip(),
        of=rest.partition("{total}")[0].strip(),
        evidence=_("Evidence"),
        evidence_text=_(
            "The entries of the evidence log that this document rests on. The leaf hash of each can be found in the "
            "audit pack and checked there."
        ),
        entry=_("Entry"),
        about=_("About"),
        leaf_hash=_("Leaf hash"),
        note=clean(paper.note)
        or _("Shows what was recorded as of the moment named above. Not legal advice, and no claim of conformity."),
        details=_("Details"),
        nothing=_("Nothing is recorded."),
        continued=_("Long texts"),
    )


def clean(text: object) -> str:
    """Return text that every form can hold: breaks as line feeds, unwritable letters as the replacement character."""
    return _UNWRITABLE.sub("\ufffd", _BREAKS.sub("\n", str(text)))


def moment_text(moment: datetime) -> str:
    """Write a moment with day, time and zone, as in ``21 Nov 2026, 11:20 UTC``."""
    return f"{day_text(day_here(moment))}, {hour_here(moment)}"


def day_text(day: date) -> str:
    """Write a day with its month as a word."""
    # Translators: date format of Django
    return str(formats.date_format(day, pgettext("date format", "j M Y")))


def spoken(name: str) -> str:
    """Return the name of a kind, field or role as people say it, in the reader's language where it has a word."""
    bare = name
    for head in _HEADS:
        bare = bare.removeprefix(head)
    bare = bare.replace("_", " ").replace(".", " ")
    words = f"{bare} approval" if name.startswith("approval.") else bare
    said = _(words) if words else ""
    return said[:1].upper() + said[1:]


def cell_text(value: Cell) -> str:
    """Return what stands in a cell, as text in the active language."""
    if value is None:
        return ""
    if isinstance(value, Mark):
        return clean(value.text)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, int | float):
        return str(formats.number_format(value, use_l10n=True, force_grouping=True))
    if isinstance(value, str):
        return clean(value)
    return clean("\n".join(map(str, value)))
