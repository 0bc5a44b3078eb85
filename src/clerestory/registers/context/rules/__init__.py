"""What a context must say, by its parts: issues, parties, obligations, scope. Refuses what stays undecided."""

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word


class ContextRefused(ClerestoryError):
    """A record of the context lacks something or contradicts itself."""


def number_of(record_id: str, prefix: str) -> int:
    """Return the number in an id such as ``issue-3``; refuse what is no such id."""
    text = record_id.removeprefix(f"{prefix}-")
    if not record_id.startswith(f"{prefix}-") or not text.isdecimal() or len(text) > 9:
        raise ContextRefused(
            _("There is no {prefix} {record_id!r}.", prefix=word(prefix), record_id=record_id),
            _("Choose one of the list."),
        )
    return int(text)
