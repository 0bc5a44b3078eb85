"""A failed check opens a nonconformity, in the name of the product itself, and the system's owner hears of it.

One at a time for each system, check, criterion, kind of data and slice: a further failure is noted with the open one.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of, today_of
from clerestory.desk.notice import administrators, notify
from clerestory.processes.process import Process
from clerestory.processes.requirement import key_of, requirements_of
from clerestory.processes.responsible import owner_of, registered_system
from clerestory.registers.inventory.queries import SystemRecord
from clerestory.registers.inventory.rules import Tier
from clerestory.registers.nonconformity.commands import note_result, open_nonconformity
from clerestory.registers.nonconformity.queries import came_before, opening_key
from clerestory.registers.nonconformity.rules import OLDEST, FoundBy, Grade, Opening, Origin, default_days
from clerestory.store import log
from clerestory.store.handover import Head
from clerestory.store.log import Search
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact
from clerestory.terms.status import Verdict


def wants(head: Head) -> bool:
    """Tell whether an entry is a failed check."""
    return head.verdict == Verdict.FAIL and head.kind in load().result_kinds


def follow(actor: Actor, fact: Fact, now: datetime) -> None:
    """Open a nonconformity for a failed result, or note the result with the one that is open."""
    if _replaced_at_once(actor, fact):
        return
    origin = _origin(fact)
    system = registered_system(actor, origin.system_id)
    opening = _opening(actor, fact, origin, system, now)
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
            text=_("A failed check opened it. The first step is the correction."),
            entries=(fact.entry_id, made.entry_id),
            now=now,
        )


def _origin(fact: Fact) -> Origin:
    system_id, check, criterion, data_role, part = key_of(fact)
    return Origin(
        entry_id=fact.entry_id,
        leaf_hash=fact.leaf_hash,
        system_id=system_id,
        check=check,
        criterion=criterion,
        data_role=data_role,
        slice=part,
    )


def _opening(actor: Actor, fact: Fact, origin: Origin, system: SystemRecord | None, now: datetime) -> Opening:
    requirement, *others = requirements_of(fact)
    grave = system is not None and system.tier is Tier.HIGH
    grade = Grade.MAJOR if grave or came_before(actor, origin.key) else Grade.MINOR
    today = today_of(actor, now)
    return Opening(
        title=f"{origin.check} failed for {system.system.name if system else fact.subject.id}"[:200],
        statement=_statement(fact, origin),
        requirement=requirement,
        bears_on=tuple(others),
        grade=grade,
        found_by=FoundBy.CHECK,
        found_on=min(max(day_of(actor, fact.observed.end), today - OLDEST), today),
        days=default_days(grade, today),
        owner=owner_of(actor, system),
        system_id="" if system is None else origin.system_id,
    )


def _statement(fact: Fact, origin: Origin) -> str:
    values = fact.values
    interval = f" [{_rounded(values['low'])}, {_rounded(values['high'])}]" if {"low", "high"} <= set(values) else ""
    measured = f"measured {_rounded(values['value'])}{interval}" if "value" in values else "nothing was measured"
    source = values.get("threshold_source", "")
    about = origin.data_role if fact.subject.kind == "deployment" else f"{origin.data_role} data"
    return (
        f"{origin.check} {origin.criterion} on {about}: {measured}, n = {values.get('n', 0)}.\n"
        f"The limit comes from: {source}."
    )


def _rounded(value: object) -> str:
    """Return a number as people read it; the entry keeps every digit."""
    return f"{float(str(value)):.4g}"


def _replaced_at_once(actor: Actor, fact: Fact) -> bool:
    """Tell whether an entry of the same push replaces this one."""
    what = Search(
        kind=fact.kind, subject=fact.subject, received_from=fact.received_at, received_to=fact.received_at, size=1000
    )
    others = log.search(actor.organisation_id, what).rows
    return any(
        fact.entry_id in log.entry(actor.organisation_id, row.entry_id).fact.supersedes
        for row in others
        if row.entry_id != fact.entry_id
    )


PROCESS = Process(name="failed check", wants=wants, follow=follow)
