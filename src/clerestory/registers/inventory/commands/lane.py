"""The fast lane: a system of low risk is through on one page, recorded; it drops out when a fact changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import Max

from clerestory.catalogue.law.read import load_law
from clerestory.desk.actor import Actor
from clerestory.desk.approval import taken_back, when_standing_changes
from clerestory.desk.day import today_of
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.classification import classify_system
from clerestory.registers.inventory.commands.record import Registered, update_ai_system
from clerestory.registers.inventory.commands.tiering import TAKEN_BACK
from clerestory.registers.inventory.facts.record import system_subject
from clerestory.registers.inventory.facts.use import lane_evidence
from clerestory.registers.inventory.queries.records import ai_system
from clerestory.registers.inventory.queries.triage import policy_in_force
from clerestory.registers.inventory.rules.classification import near
from clerestory.registers.inventory.rules.record import AISystem, InventoryRefused, Tier, in_force
from clerestory.registers.inventory.rules.tier import facts_key, tiering_of
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Author
from clerestory.terms.fact import Fact
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import enumeration
from clerestory.terms.sentence import gettext as _


class NotLowRisk(InventoryRefused):
    """What was said of the system does not make its risk low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What the one page of the fast lane says: the facts that make the risk low, the owner, and that policy binds.

    ``place`` is where it is used; ``answers`` are those about the EU AI Act that the person confirmed, none otherwise.
    """

    owner: PersonId
    affects_people: bool | None
    interacts: bool | None
    has_customers: bool | None
    autonomy_level: int | None
    use_areas: tuple[str, ...]
    accepts_policy: bool
    place: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def take_fast_lane(
    *, actor: Actor, system_id: str, said: Lane, expected_version: int, now: datetime | None = None
) -> Registered:
    """Let a system of low risk through: its facts make the tier minimal, it is inside the scope, and the policy binds.

    Raises:
        NotLowRisk: the facts make it stricter, or leave something open; or a class is confirmed although words of name,
            purpose or place come near a point of the law.
        InventoryRefused: the policy on acceptable use is not accepted, or none is in force.
        ChangedMeanwhile: somebody changed the record since.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    record = ai_system(actor, system_id)
    system = replace(
        record.system, owner=said.owner, affects_people=said.affects_people, interacts=said.interacts,
        has_customers=said.has_customers, autonomy_level=said.autonomy_level, use_areas=said.use_areas, in_scope=True,
        deployment_context=said.place.strip() or record.system.deployment_context,
    )  # fmt: skip
    if waits := in_force(record.system, system)[1]:
        raise NotLowRisk(
            _("It was said to be stricter: {names}.", names=enumeration(sorted(waits))),
            _("Change its record first; the lane is open once a second person approved that."),
        )
    tiering = tiering_of(system)
    if tiering.tier is not Tier.MINIMAL:
        raise NotLowRisk(
            _("The tier is {tier}, not minimal.", tier=_(tiering.tier or "unknown")), _why(tiering.reasons[0].because)
            if tiering.reasons else _("Say what is still unknown, or go the usual way."),
        )  # fmt: skip
    _check_words(system, said, today_of(actor, moment))
    policy = policy_in_force(actor)
    if not policy:
        raise InventoryRefused(_("No policy on acceptable use is in force."), _("Have one approved first."))
    if not said.accepts_policy:
        raise InventoryRefused(
            _("The policy on acceptable use is not accepted."), _("Read it, and tick that it binds.")
        )
    with first_wins(), atomic():
        update_ai_system(actor=actor, system=system, expected_version=expected_version, now=moment)
        rests_on = facts_key(system, tiering)
        rows = models.FastLane.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
        if rows.filter(ended_at=None).exists():
            raise InventoryRefused(_("The system is in the fast lane already."), _("Nothing more is needed."))
        number = (rows.aggregate(newest=Max("number"))["newest"] or -1) + 2
        made = lane_evidence(
            system_id, taken=True, rests_on=rests_on, policy=policy, version=number,
            author=Author(system_subject(system_id), actor.person(), moment),
        )  # fmt: skip
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        held = models.AISystem.objects.get(organisation_id=actor.organisation_id, system_id=system_id)
        rows.create(
            organisation_id=actor.organisation_id, system=held, number=number, rests_on=rests_on, policy=policy,
            taken_by=actor.person_id, taken_at=moment, entry_id=entry.entry_id,
        )  # fmt: skip
        if said.answers:
            classify_system(actor=actor, system_id=system_id, given=said.answers, expected_version=0, now=moment)
    return Registered(system_id, number, entry.entry_id)


# house: allow permit-first: follows a revocation, which asked
def note_taken_back(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let a system leave the fast lane once the entry was taken back."""
    rows = models.FastLane.objects.filter(organisation_id=actor.organisation_id, entry_id=fact.entry_id, ended_at=None)
    if fact.entry_id in taken_back(actor, (fact.entry_id,)):
        rows.update(ended_at=now, ended_by=TAKEN_BACK)


def _check_words(system: AISystem, said: Lane, today: date) -> None:
    """Refuse to confirm a class on this page where words come near a point of the law: the questions ask about it."""
    law = load_law()
    beside = near(law, law.in_force(today), system.name, system.purpose, system.deployment_context)
    if said.answers and beside:
        raise NotLowRisk(
            _(
                "Its words come near points of the EU AI Act: {names}.",
                names=", ".join(option.id for option in beside),
            ),
            _("Answer the questions about the EU AI Act instead of confirming a class here."),
        )


def _why(because: str) -> str:
    return _("{because} Go the usual way.", because=_(because))


when_standing_changes("decision.fast_lane", note_taken_back)
