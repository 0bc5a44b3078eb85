"""The moment that a page is asked for: now, the end of a past day, or a day to come as a forecast."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from clerestory.store import clock
from clerestory.terms.moment import read_at


@dataclass(frozen=True, slots=True)
class Asked:
    """The moment to judge at. ``live``: it is now; ``forecast``: it is to come. ``text`` is what the address said."""

    at: datetime
    live: bool
    text: str = ""
    today: str = ""
    forecast: bool = False

    @property
    def day(self) -> str:
        """The day asked for; nothing where it is now."""
        return "" if self.live else self.at.date().isoformat()

    @property
    def query(self) -> str:
        """What a link has to carry so that the next page shows the same moment."""
        return f"?at={self.text}" if self.text else ""


def asked(request: HttpRequest, name: str = "at") -> Asked:
    """Read ``?at=``: a day or a moment; nothing or today is now, a day to come is a forecast.

    Raises:
        MomentUnreadable: it is no day or moment, or one in no year that is judged.
    """
    now = clock.now()
    today = now.date().isoformat()
    text = request.GET.get(name, "").strip()
    if text in ("", today):
        return Asked(now, True, "", today)
    at = read_at(text)
    return Asked(at, False, text, today, at > now)
