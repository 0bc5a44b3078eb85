"""What is written with each version of a system's record: its tier by rules or override, and what waits to ask less."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose, withdraw
from clerestory.desk.day import today_of
from clerestory.desk.version import next_number
from clerestory.registers.inventory import models
from clerestory.registers.inventory.facts.record import system_subject
from clerestory.registers.inventory.facts.tier import less_evidence
from clerestory.registers.inventory.facts.use import lane_evidence
from clerestory.registers.inventory.rules.record import AISystem, Tier
from clerestory.registers.inventory.rules.tier import Tiering, facts_key, overridden, tiering_of
from clerestory.store import evidence
from clerestory.terms.evidence import Author, Subject
from clerestory.terms.ids import EntryId

FACTS_CHANGED, DAY_CAME, TAKEN_BACK, REPLACED, WITHDRAWN = "facts", "day", "taken back", "replaced", "withdrawn"


# house: allow permit-first: a part of the command that writes the record, which asked
def tiering_now(actor: Actor, system: AISystem, now: datetime) -> Tiering:
    """Return the tier of a registered system as it is about to be; an override whose facts changed or day came falls.

    Call it in the transaction that writes the next version of the record.
    """
    tiering = tiering_of(system)
    rows = models.TierOverride.objects.filter(organisation_id=actor.organisation_id, system__system_id=system.system_id)
    for row in rows.filter(stands=True, ended_at=None).order_by("number"):
        why = _falls(row, facts_key(system, tiering), today_of(actor, now))
        if why:
            rows.filter(pk=row.pk).update(stands=False, ended_at=now, ended_by=why)
        else:
            tiering = overridden(tiering, Tier(row.tier), row.entry_id)
    _leave_lane(actor, system, facts_key(system, tiering), now)
    return tiering


@dataclass(frozen=True, slots=True)
class About:
    """What less is asked of: a system, or what belongs to it, with its name and the address of its page."""

    system: models.AISystem
    kind: str
    record_id: str
    name: str
    url: str


# house: allow permit-first: a part of the command that writes the record, which asked
def ask_for_less(actor: Actor, about: About, waiting: Mapping[str, Any], now: datetime) -> None:
    """Let what asks for less wait for a second person; what waited before is replaced or withdrawn.

    It is an entry of its own, so that a change of something else neither approves nor renews it.
    """
    rows = models.LessAsked.objects.filter(
        organisation_id=actor.organisation_id, about_kind=about.kind, about=about.record_id
    )
    number = next_number(actor.organisation_id, rows)
    for before in rows.filter(applied_at=None, ended_at=None):
        withdraw(EntryId(before.entry_id), actor=actor, now=now)
        rows.filter(pk=before.pk).update(ended_at=now, ended_by=REPLACED if waiting else WITHDRAWN)
    if not waiting:
        return
    subject, system_id = Subject(about.kind, about.record_id), about.system.system_id
    made = less_evidence(subject, system_id, waiting, by=actor.maker(), at=now, version=number)
    entry = evidence.append(made, organisation_id=actor.organisation_id, now=now)
    rows.create(
        organisation_id=actor.organisation_id, system=about.system, about_kind=about.kind, about=about.record_id,
        number=number, said=dict(waiting), made_by=actor.person_id, made_at=now, entry_id=entry.entry_id,
    )  # fmt: skip
    what = ", ".join(name.replace("_", " ") for name in sorted(waiting))
    propose(entry, actor=actor, title=f"{about.name}: less is asked of it ({what})", url=about.url)


def _leave_lane(actor: Actor, system: AISystem, rests_on: str, now: datetime) -> None:
    """Let a system drop out of the fast lane when one of the facts changed that let it in, with an entry of its own."""
    rows = models.FastLane.objects.filter(organisation_id=actor.organisation_id, system__system_id=system.system_id)
    row = rows.filter(ended_at=None).exclude(rests_on=rests_on).first()
    if row is None:
        return
    rows.filter(pk=row.pk).update(ended_at=now, ended_by=FACTS_CHANGED)
    made = lane_evidence(
        system.system_id, taken=False, rests_on=rests_on, policy=row.policy, version=row.number + 1,
        author=Author(system_subject(system.system_id), actor.maker(), now),
    )  # fmt: skip
    evidence.append(made, organisation_id=actor.organisation_id, now=now)


def _falls(row: models.TierOverride, rests_on: str, today: date) -> str:
    if row.rests_on != rests_on:
        return FACTS_CHANGED
    return DAY_CAME if row.ends_on < today else ""
