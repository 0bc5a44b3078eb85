"""The moment that a page is asked for: now, or the end of a past day."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from clerestory.store import clock
from clerestory.terms.moment import MomentUnreadable, read_at


@dataclass(frozen=True, slots=True)
class Asked:
    """The moment to judge at. ``live``: it is now. ``text`` is what the address said."""

    at: datetime
    live: bool
    text: str = ""
    today: str = ""


def asked(request: HttpRequest) -> Asked:
    """Read ``?at=``: a day or a moment of the past; nothing or today is now.

    Raises:
        MomentUnreadable: it is no day or moment, or one in the future.
    """
    now = clock.now()
    today = now.date().isoformat()
    text = request.GET.get("at", "").strip()
    if text in ("", today):
        return Asked(now, True, "", today)
    at = read_at(text)
    if at > now:
        raise MomentUnreadable(f"{text} lies in the future.", "A status is derived as of now or of a past day.")
    return Asked(at, False, text, today)
