"""A monitor that is silent, cannot run or finds a change opens a nonconformity, and says so when it speaks again.

One at a time for each monitor and kind of alarm: a further run of the kind is noted with the open one. Failed checks
open theirs by themselves (`failed_check`). Nothing here closes one: a person does, and can rest on the run that is
noted with it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of, today_of
from clerestory.desk.notice import administrators, notify
from clerestory.processes.process import Process
from clerestory.processes.responsible import owner_of, registered_system
from clerestory.registers.inventory.rules import Tier
from clerestory.registers.nonconformity.commands import note_result, open_nonconformity
from clerestory.registers.nonconformity.queries import came_before, open_for_check, opening_key
from clerestory.registers.nonconformity.rules import OLDEST, FoundBy, Grade, Opening, Origin, default_days
from clerestory.store.handover import Head
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact

KIND = "record.monitor_run"
REQUIREMENT, BEARS_ON = "A.6.2.6", ("9.1",)
SILENT, BROKEN, CHANGED = "silent", "could not run", "changed"
_TITLES = {
    SILENT: "Monitor of {system} is silent",
    BROKEN: "Monitor of {system} cannot run",
    CHANGED: "Data of {system} changed",
}


def wants(head: Head) -> bool:
    """Tell whether an entry is a run of a monitor, or that one did not come."""
    return head.kind == KIND


def follow(actor: Actor, fact: Fact, now: datetime) -> None:
    """Open a nonconformity for what a run raises, and note the run with those that it is an answer to."""
    raised = _raised(fact)
    if raised is not None:
        _open(actor, fact, raised, now)
    for kind in _answered(fact):
        _note(actor, fact, kind, now)


def _raised(fact: Fact) -> str | None:
    if fact.values.get("silent") is True:
        return SILENT
    if fact.values.get("outcome") == "COULD_NOT_RUN":
        return BROKEN
    return CHANGED if fact.values.get("alarms") else None


def _answered(fact: Fact) -> Iterable[str]:
    """Return the kinds that a run says something better about."""
    if fact.values.get("silent") is True:
        return ()
    return (SILENT,) if fact.values.get("outcome") == "COULD_NOT_RUN" else (SILENT, BROKEN)


def _key(fact: Fact, kind: str) -> Origin:
    return Origin(
        entry_id=fact.entry_id,
        leaf_hash=fact.leaf_hash,
        system_id=fact.subject.id,
        check="monitor",
        criterion=str(fact.values["monitor"]),
        data_role="",
        slice=kind,
    )


def _open(actor: Actor, fact: Fact, kind: str, now: datetime) -> None:
    origin = _key(fact, kind)
    system = registered_system(actor, origin.system_id)
    grave = system is not None and system.tier is Tier.HIGH
    grade = Grade.MAJOR if grave or came_before(actor, origin.key) else Grade.MINOR
    today = today_of(actor, now)
    name = system.system.name if system else origin.system_id
    opening = Opening(
        title=_TITLES[kind].format(system=name)[:200],
        statement=_statement(fact, kind),
        requirement=REQUIREMENT,
        bears_on=BEARS_ON,
        grade=grade,
        found_by=FoundBy.CHECK,
        found_on=min(max(day_of(actor, fact.observed.end), today - OLDEST), today),
        days=default_days(grade, today),
        owner=owner_of(actor, system),
        system_id="" if system is None else origin.system_id,
    )
    with atomic():
        made = open_nonconformity(actor=actor, opening=opening, origin=origin, now=now)
        if made.was_there and not made.again:
            note_result(actor=actor, nonconformity_id=made.record_id, entry_id=fact.entry_id)
            return
        notify(
            organisation_id=actor.organisation_id,
            to=[opening.owner] if opening.owner else administrators(actor.organisation_id),
            topic="nonconformity",
            title=f"{made.record_id} {opening.title}",
            url=f"/nonconformity/{made.record_id}/",
            key=opening_key(made.record_id),
            text=_("A monitor opened it. The first step is the correction."),
            entries=(fact.entry_id, made.entry_id),
            now=now,
        )


def _note(actor: Actor, fact: Fact, kind: str, now: datetime) -> None:
    """Note a run with the nonconformity that it is an answer to, and tell its owner the first time."""
    row = open_for_check(actor, _key(fact, kind).key)
    if row is None or fact.received_at < row.opened_at:
        return
    with atomic():
        note_result(actor=actor, nonconformity_id=row.nonconformity_id, entry_id=fact.entry_id)
        notify(
            organisation_id=actor.organisation_id,
            to=[row.owner] if row.owner else administrators(actor.organisation_id),
            topic="nonconformity",
            title=f"{row.nonconformity_id} {row.title}",
            url=f"/nonconformity/{row.nonconformity_id}/",
            key=f"{row.nonconformity_id} heard again",
            text=_("The monitor runs again. The steps that are open stay open."),
            entries=(fact.entry_id,),
            now=now,
        )


def _statement(fact: Fact, kind: str) -> str:
    monitor = fact.values["monitor"]
    if kind == CHANGED:
        columns = fact.values.get("alarms")
        named = ", ".join(map(str, columns)) if isinstance(columns, tuple) else ""
        return (
            f"Monitor {monitor} found evidence of a change since the reference in: {named}.\n"
            "The alarm controls false alarms over all columns and all days together."
        )
    return f"Monitor {monitor}: {fact.values.get('reason') or 'no reason was given'}"


PROCESS = Process(name="watched", wants=wants, follow=follow)
