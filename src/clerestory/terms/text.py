"""Text that people typed: the one place that says what it may hold. Changes nothing but the spaces around it."""

import unicodedata

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

_JOINING = "\u200c\u200d"
"""Join and part letters: Persian words and many emoji are written with them."""


class TextUnusable(ClerestoryError):
    """A text is empty, too long, or holds characters that no screen and no database shows."""


def plain(text: str, what: str, *, longest: int, lines: bool = False) -> str:
    """Return a text without the spaces around it.

    Args:
        text: what was typed.
        what: how to call it in a message, such as ``name of the system``.
        longest: how many characters it may have.
        lines: whether it may have several lines.

    Raises:
        TextUnusable: it is empty or too long, or holds control characters.
    """
    stripped = text.strip()
    if not stripped:
        raise TextUnusable(_("The {what} is empty.", what=what), _("Give the {what}.", what=what))
    if len(stripped) > longest:
        raise TextUnusable(
            _("The {what} has {count} characters.", what=what, count=len(stripped)),
            _("Use at most {longest}.", longest=longest),
        )
    allowed = _JOINING + ("\n\r\t" if lines else "")
    odd = next((letter for letter in stripped if not _is_shown(letter) and letter not in allowed), None)
    if odd is not None:
        raise TextUnusable(_("The {what} holds the character U+{odd:04X}.", what=what, odd=ord(odd)), _("Remove it."))
    return stripped


def _is_shown(letter: str) -> bool:
    """Tell letters and spaces of every width, such as the fixed one in text from a word processor, from the rest."""
    return letter.isprintable() or unicodedata.category(letter) == "Zs"
