"""The moment that a page is asked for: now, the end of a past day, or a day to come as a forecast."""

from dataclasses import dataclass
from datetime import datetime

from clerestory.desk.day import day_of, moment_asked, today_of
from clerestory.desk.request import MemberRequest
from clerestory.store import clock


@dataclass(frozen=True, slots=True)
class Asked:
    """The moment to judge at. ``live``: it is now; ``forecast``: it is to come. ``text`` is what the address said.

    ``day`` is the day asked for, by the organisation's calendar; nothing where it is now.
    """

    at: datetime
    live: bool
    text: str = ""
    today: str = ""
    forecast: bool = False
    day: str = ""

    @property
    def query(self) -> str:
        """What a link has to carry so that the next page shows the same moment."""
        return f"?at={self.text}" if self.text else ""


def asked(request: MemberRequest, name: str = "at") -> Asked:
    """Read ``?at=``: a day or a moment; nothing or today is now, a day to come is a forecast.

    Raises:
        MomentUnreadable: it is no day or moment, or one in no year that is judged.
    """
    now = clock.now()
    today = today_of(request.actor, now).isoformat()
    text = request.GET.get(name, "").strip()
    if text in ("", today):
        return Asked(now, True, "", today)
    at = moment_asked(request.actor, text)
    return Asked(at, False, text, today, at > now, day_of(request.actor, at).isoformat())
