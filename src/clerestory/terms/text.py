"""Text that people typed: the one place that says what it may hold. Changes nothing but the spaces around it."""

from clerestory.terms.error import ClerestoryError


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
        raise TextUnusable(f"The {what} is empty.", f"Give the {what}.")
    if len(stripped) > longest:
        raise TextUnusable(f"The {what} has {len(stripped)} characters.", f"Use at most {longest}.")
    allowed = "\n\r\t" if lines else ""
    odd = next((letter for letter in stripped if not letter.isprintable() and letter not in allowed), None)
    if odd is not None:
        raise TextUnusable(f"The {what} holds the character U+{ord(odd):04X}.", "Remove it.")
    return stripped
