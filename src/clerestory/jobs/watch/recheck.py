"""The daily look at the log itself: read and hashed again, compared with the registers' rows, kept, and told if wrong.

What does not fit is looked for a second time before anybody is told: only what is found twice counts.
"""

from datetime import datetime, timedelta

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.notice import administrators, notify
from clerestory.desk.people import itself
from clerestory.jobs.queue import Interrupted, stopping
from clerestory.registers.organisation.queries import organisations
from clerestory.store import clock, log
from clerestory.store.log.recheck import Rechecked, recheck
from clerestory.store.log.rechecked import LastRecheck, keep
from clerestory.store.unit import atomic
from clerestory.terms.ids import OrganisationId

EVERY = timedelta(hours=24)
"""So long after it was read, a log is read again."""


def recheck_logs(now: datetime | None = None) -> int:
    """Read every log again whose last time is a day ago, and return how many; a second worker finds nothing to do."""
    moment, count = now or clock.now(), 0
    for organisation_id, _name in organisations():
        if stopping.is_set():  # what was kept is not due for the next worker
            raise Interrupted
        last = log.last_recheck(organisation_id)
        if last is None or not timedelta() <= moment - last.at < EVERY:
            _look(organisation_id, last, moment)
            count += 1
    return count


def _look(organisation_id: OrganisationId, last: LastRecheck | None, began: datetime) -> None:
    result = _twice(organisation_id)
    server = itself(organisation_id)
    with atomic():
        entry = keep(
            result, organisation_id=organisation_id, maker=server.maker(), began=began, now=max(began, clock.now())
        )
        found = entry.fact.values.get("found", ())
        if found and (last is None or last.found != found):
            _tell(server, result, str(entry.entry_id), began)


def _twice(organisation_id: OrganisationId) -> Rechecked:
    first = recheck(organisation_id)
    return first.confirmed_by(recheck(organisation_id)) if first.misfits else first


def _tell(server: Actor, result: Rechecked, entry_id: str, now: datetime) -> None:
    first = result.misfits[0]
    notify(
        organisation_id=server.organisation_id,
        to=administrators(server.organisation_id),
        topic="log",
        title=format_lazy(_("The evidence log does not fit: {n} problems"), n=len(result.misfits)),
        text=format_lazy(_("The first is {code} at {where}."), code=first.code, where=first.where),
        url="/evidence/log/",
        key=f"log-recheck/{entry_id}",
        now=now,
    )
