"""What a column says of a row in the reader's language, as a page and a paper write it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from django.utils import formats
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from clerestory.desk.day import day_here, hour_here
from clerestory.desk.lists.query import Column

TONES = {
    "CONFORMS": "good",
    "NONCONFORMING": "bad",
    "STALE": "old",
    "NOT_EVIDENCED": "open",
    "NOT_APPLICABLE": "none",
    "PASS": "good",
    "FAIL": "bad",
    "INCONCLUSIVE": "open",
}
"""In which tone a conformity or a verdict is shown, on pages and papers."""
_VERDICTS = ("PASS", "FAIL", "INCONCLUSIVE")
_WORDED = ("tag", "status", "text", "link")


def word(value: str) -> str:
    """Return a word of the product as people say it: ``high`` as High, ``NOT_EVIDENCED`` as Not evidenced."""
    if value in _VERDICTS:
        return pgettext("verdict", value.capitalize())
    bare = (value.lower() if value.isupper() else value).replace("_", " ")
    for text in (bare, bare[:1].upper() + bare[1:]):
        if bare and (said := _(text)) != text:
            return said[:1].upper() + said[1:]
    return bare[:1].upper() + bare[1:]


def labels(column: Column) -> dict[str, str]:
    """Return value -> label of the options of a column; a label that only repeats its value is put into words."""
    return {value: word(value) if str(label) == str(value) else _capital(str(label)) for value, label in column.options}


def filter_word(column: Column, value: str) -> str:
    """Say what a list is narrowed by in one column."""
    return f"{column.label}: {column.named(value) if column.named else labels(column).get(value, value)}"


def said(column: Column, value: object, known: Mapping[str, str]) -> str:
    """Return a value of a column as text for people; ``known`` are the labels of its options."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime | date):
        return _time(column, value)
    if column.kind == "share" and isinstance(value, tuple):
        return _("%(have)s of %(need)s") % {"have": value[0], "need": value[1]} if value[1] else ""
    if isinstance(value, Mapping):
        return ", ".join(f"{word(str(name))} {count}" for name, count in value.items() if count)
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(known.get(str(item), str(item)) for item in value)
    if isinstance(value, float):
        return formats.number_format(f"{value:.4g}")
    if column.kind in _WORDED and str(value) in known:
        return known[str(value)]
    return word(str(value)) if column.kind in ("tag", "status") else str(value)


def _time(column: Column, value: date) -> str:
    # Translators: date format of Django
    form = pgettext("date format", "j M Y")
    day = _day(day_here(value) if isinstance(value, datetime) else value, form, get_language() or "")
    return f"{day}, {hour_here(value)}" if column.kind == "moment" and isinstance(value, datetime) else day


@lru_cache(maxsize=2048)  # a list says the same days again and again, and a day takes long to say
def _day(value: date, form: str, language: str) -> str:
    del language  # names of months differ
    return formats.date_format(value, form)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
