"""Less is asked of a system once a second person approved what was said of it, and as much again once that is gone."""

from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings, when_standing_changes, withdraw
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import next_version
from clerestory.registers.inventory.commands.tiering import TAKEN_BACK
from clerestory.registers.inventory.rules.record import in_force, read_system, with_values
from clerestory.terms.fact import Fact


# house: allow permit-first: follows an approval or a revocation, which asked
def note_less(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let what asks for less count once it was approved; taken back, what counted before counts again."""
    rows = models.LessAsked.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(entry_id=fact.entry_id, ended_at=None).select_related("system").first()
    if row is None:
        return
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    approved = standing is not None and standing.is_approved
    system, version = read_system(vars(row.system)), row.system.version
    if approved and row.applied_at is None:
        gave_up = {name: _kept(getattr(system, name)) for name in row.said}
        rows.filter(pk=row.pk).update(applied_at=now, gave_up=gave_up)
        after = with_values(system, row.said)
        next_version(actor, after, version, now, waiting={}, because=(fact.entry_id,))
    elif row.applied_at is not None and not approved:
        rows.filter(pk=row.pk).update(ended_at=now, ended_by=TAKEN_BACK)
        again, _waits = in_force(with_values(system, row.gave_up), system)
        next_version(actor, again, version, now)
        withdraw(fact.entry_id, actor=actor, now=now)
    elif standing is not None and standing.revoked_at is not None:
        rows.filter(pk=row.pk).update(ended_at=now, ended_by=TAKEN_BACK)
        next_version(actor, system, version, now, waiting={})


def _kept(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


when_standing_changes("decision.less_asked", note_less)
