"""Hands placed entries to the processes, in the order of the log and at least once. Runs again after any crash.

An entry with which a process fails is noted and tried again later; it holds up no other. What it did is never undone.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime

from clerestory.desk.people import itself
from clerestory.processes.process import Process
from clerestory.processes.registry import PROCESSES
from clerestory.registers.organisation.queries import organisations
from clerestory.store import clock, handover, log
from clerestory.store.queue import pulse
from clerestory.store.unit import atomic, step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, OrganisationId

CHUNK = 500
"""So many entries are handed on before their place is noted; after a crash at most these are handed on again."""
_log = logging.getLogger(__name__)
_running = threading.local()


def dispatch(
    organisation_id: OrganisationId, *, processes: Sequence[Process] = PROCESSES, now: datetime | None = None
) -> int:
    """Hand every new entry, and those that are to be tried again, to the processes; return how many were followed."""
    inside: set[OrganisationId] = _running.__dict__.setdefault("inside", set())
    if organisation_id in inside:  # a process wrote an entry: the round that it belongs to goes on with it
        return 0
    inside.add(organisation_id)
    moment = now or clock.now()
    names = [process.name for process in processes]
    try:
        followed = sum(_try_again(organisation_id, process, moment) for process in processes)
        while handover.is_behind(organisation_id, names):
            followed += sum(_hand_over(organisation_id, process, moment) for process in processes)
        return followed
    finally:
        inside.discard(organisation_id)


def dispatch_all() -> int:
    """Hand over what waits in every log of this server; return how many entries were followed."""
    return sum(dispatch(organisation_id) for organisation_id, _name in organisations() if waits(organisation_id))


def waits(organisation_id: OrganisationId) -> bool:
    """Tell in three queries whether entries of a log wait for a process, new ones or some to be tried again."""
    names = [process.name for process in PROCESSES]
    return handover.is_behind(organisation_id, names) or handover.is_due(organisation_id, names, clock.now())


def after_commit(organisation_id: OrganisationId) -> None:
    """Hand over at once where no worker lives that would do it; what fails stays for the next time."""
    try:
        if not pulse.is_alive(clock.now()):
            dispatch(organisation_id)
    except Exception:
        _log.exception("Entries of %s were not handed to the processes", organisation_id)


def _hand_over(organisation_id: OrganisationId, process: Process, now: datetime) -> int:
    """Hand one chunk to a process; return how many entries concerned it."""
    followed = 0
    reached = handover.reached(organisation_id, process.name)
    heads = handover.heads(organisation_id, reached, CHUNK)
    for head in heads:
        if process.wants(head):
            followed += _follow(organisation_id, process, head.entry_id, now)
            step("handover.followed")
    if heads:
        handover.reach(organisation_id, process.name, heads[-1].position + 1)
    return followed


def _try_again(organisation_id: OrganisationId, process: Process, now: datetime) -> int:
    due = handover.due(organisation_id, process.name, now)
    done = [entry_id for entry_id in due if _follow(organisation_id, process, entry_id, now)]
    for entry_id in done:
        handover.forget_trouble(organisation_id, process.name, entry_id)
    return len(done)


def _follow(organisation_id: OrganisationId, process: Process, entry_id: EntryId, now: datetime) -> bool:
    try:
        fact = log.entry(organisation_id, entry_id).fact
        with atomic():
            process.follow(itself(organisation_id), fact, now)
    except Exception as error:
        _log.exception("The process %s failed with entry %s", process.name, entry_id)
        told = f"{error.problem} {error.remedy}" if isinstance(error, ClerestoryError) else repr(error)
        handover.note_trouble(organisation_id, process.name, entry_id, told, now)
        return False
    return True
