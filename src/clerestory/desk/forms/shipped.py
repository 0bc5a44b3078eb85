"""Texts that the product brings and people may change: each reads them in their language until somebody changed them.

A field offers a shipped text in the language of whoever fills it in. What comes back unchanged is kept as shipped,
so it stays the same text for everybody; what somebody changed is theirs and stays as they wrote it.
"""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext, override


def offered(text: str) -> str:
    """Return a text in the reader's language where it is one that is shipped; other words as they are."""
    return gettext(text) if text else ""


def kept(text: str, shipped: Iterable[str]) -> str:
    """Return the shipped text that this one is a translation of, in any language; the words of people as they are."""
    said = _same(text)
    for original in shipped:
        if said == _same(original) or said in _translations(original):
            return original
    return text


def _translations(text: str) -> set[str]:
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.add(_same(offered(text)))
    return found


def _same(text: str) -> str:
    return " ".join(text.split())
