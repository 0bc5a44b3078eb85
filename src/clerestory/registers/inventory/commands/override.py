"""Overrides of the tier: proposed with reason and end, approved by designated management, gone when facts change."""

from datetime import datetime

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose, standings, when_standing_changes
from clerestory.desk.day import today_of
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import Registered, rewrite
from clerestory.registers.inventory.commands.tiering import REPLACED, TAKEN_BACK
from clerestory.registers.inventory.facts.tier import override_evidence
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.registers.inventory.rules.record import read_system
from clerestory.registers.inventory.rules.tier import Override, check_override, facts_key, tier_rules, tiering_of
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact
from clerestory.terms.sentence import gettext as _

APPROVES = "designated_management"
MOST_AT_ONCE = 500


def propose_override(
    *,
    actor: Actor,
    override: Override,
    expected_version: int,
    expected_number: int | None = None,
    now: datetime | None = None,
) -> Registered:
    """Propose that another tier counts for a time; it counts once designated management, not the proposer, approved.

    Raises:
        InventoryUnknown: there is no such system.
        InventoryRefused: no reason, no fitting end, or the rules say that tier anyway.
        ChangedMeanwhile: the record is no longer at the version that the proposer saw, or somebody else proposed one
            since; ``expected_number`` is the newest proposal that was seen, for a new one takes its place.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    with first_wins(), atomic():
        row = models.AISystem.objects.filter(
            organisation_id=actor.organisation_id, system_id=override.system_id
        ).first()
        if row is None:
            raise InventoryUnknown(
                _("There is no AI system {system_id!r}.", system_id=override.system_id), _("Choose one of the list.")
            )
        expect(row.version, expected_version)
        system = read_system(vars(row))
        tiering = tiering_of(system)
        check_override(override, tiering, today_of(actor, moment))
        rows = models.TierOverride.objects.filter(organisation_id=actor.organisation_id, system=row)
        number = (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1
        expect(number - 1, expected_number)
        made = override_evidence(override, tiering, by=actor.person(), at=moment, version=number)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        rows.filter(stands=False, ended_at=None).update(ended_at=moment, ended_by=REPLACED)
        rows.create(
            organisation_id=actor.organisation_id, system=row, number=number, tier=override.tier,
            derived=tiering.derived or "", reason=override.reason.strip(), ends_on=override.ends_on,
            rests_on=facts_key(system, tiering), made_by=actor.person_id, made_at=moment, entry_id=entry.entry_id,
        )  # fmt: skip
        title = f"{system.name}: tier {override.tier} until {override.ends_on.isoformat()}"
        url = f"/inventory/systems/{override.system_id}/tier/"
        propose(entry, actor=actor, title=title, url=url, approver_role=APPROVES)
    return Registered(override.system_id, number, entry.entry_id)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_standing(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let an override count once it was approved, and no longer once it was taken back."""
    rows = models.TierOverride.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(entry_id=fact.entry_id).select_related("system").first()
    if row is None:
        return
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    if standing is not None and standing.is_approved and row.ended_at is None:
        rows.filter(system=row.system, stands=True).update(stands=False, ended_at=now, ended_by=REPLACED)
        rows.filter(pk=row.pk).update(stands=True)
    elif row.ended_at is None:
        rows.filter(pk=row.pk).update(stands=False, ended_at=now, ended_by=TAKEN_BACK)
    else:
        return
    rewrite(actor=actor, system_id=row.system.system_id, now=now)


def settle_tiers(*, actor: Actor, now: datetime | None = None) -> int:
    """Write again the systems whose override ended, or whose tier other rules gave; return how many, a part at a time.

    A record of before there were rules is one of these: its tier was picked by hand, and follows from its facts now.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id)
    ended = models.TierOverride.objects.filter(
        organisation_id=actor.organisation_id, stands=True, ended_at=None, ends_on__lt=today_of(actor, moment)
    )
    stale = set(ended.values_list("system__system_id", flat=True)[:MOST_AT_ONCE])
    other = rows.exclude(tier_rules=tier_rules().version).order_by("id").values_list("system_id", flat=True)
    waiting = sorted(stale | set(other[:MOST_AT_ONCE]))
    with atomic():
        for system_id in waiting:
            rewrite(actor=actor, system_id=system_id, now=moment)
    return len(waiting)


when_standing_changes("decision.tier_override", note_standing)
