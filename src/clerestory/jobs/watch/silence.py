"""Silent monitors: each is recorded and told once, whether somebody looks while it is silent or a worker comes back.

What is recorded is an entry like a run that could not be done; `processes.watched` opens a nonconformity for it.
"""

from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.notice import administrators, notify
from clerestory.desk.people import itself, machine_for, members_of
from clerestory.registers.monitoring.commands import note_silence
from clerestory.registers.monitoring.queries import late_monitors
from clerestory.registers.monitoring.rules import Monitor
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.ids import OrganisationId, PersonId


def note_silences(now: datetime | None = None) -> int:
    """Record every monitor that should have been heard of and was not, and tell its readers; return how many."""
    moment = now or clock.now()
    late = late_monitors(moment)
    return sum(_note(organisation_id, monitor, since, moment) for organisation_id, monitor, since in late)


def readers(organisation_id: OrganisationId, monitor: Monitor) -> tuple[PersonId, ...]:
    """Return who is told of a monitor: its owner, or the administrators where the owner left; and who was chosen."""
    owner = machine_for(organisation_id, monitor.owner, scopes=frozenset())
    first = administrators(organisation_id) if owner is None else (owner.person_id,)
    also = [
        member.person_id
        for member in (members_of(organisation_id) if monitor.told or monitor.told_roles else ())
        if member.person_id in monitor.told or set(member.roles) & set(monitor.told_roles)
    ]
    return tuple(dict.fromkeys((*first, *also)))


def _note(organisation_id: OrganisationId, monitor: Monitor, since: datetime, now: datetime) -> bool:
    server = itself(organisation_id)
    with atomic():
        run_id = note_silence(actor=server, monitor_id=monitor.monitor_id, since=since, now=now)
        if run_id is None:
            return False
        notify(
            organisation_id=organisation_id,
            to=readers(organisation_id, monitor),
            topic="monitor",
            title=format_lazy(_("Monitor of {system}: silent"), system=monitor.system_id),
            text=_("It should have run and did not."),
            url=f"/monitoring/{monitor.monitor_id}/",
            key=f"monitor-run/{run_id}",
            now=now,
        )
    return True
