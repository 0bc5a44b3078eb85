"""Likely duplicates: noted with what is alike, then joined into one system, or explained why they are two."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.desk.version import ChangedMeanwhile, first_wins
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import Registered, change_stage, register_in_four_fields
from clerestory.registers.inventory.facts.use import duplicate_evidence
from clerestory.registers.inventory.queries.records import InventoryUnknown, ai_system
from clerestory.registers.inventory.queries.triage import known_systems, likely_the_same, pair
from clerestory.registers.inventory.rules.imported import Index, Known, Likeness
from clerestory.registers.inventory.rules.record import InventoryRefused, Stage
from clerestory.registers.inventory.rules.tier import FourFields
from clerestory.store import clock, evidence, trace
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

RELATION = "joined into"


class LikelyDuplicate(InventoryRefused):
    """A system is likely one that is registered already, and nobody said why it is another."""


def register_once(*, actor: Actor, said: FourFields, why_another: str = "", now: datetime | None = None) -> Registered:
    """Register a system in four fields, unless it is likely registered already and nobody says why it is another.

    Raises:
        LikelyDuplicate: another system is likely the same; open that one, or say why this is another.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    found = likely_the_same(actor, Known("", said.name, said.purpose))
    if found and not why_another.strip():
        names = ", ".join(name for _likeness, name in found)
        raise LikelyDuplicate(
            _("It is likely registered already: {names}.", names=names), _("Open that one, or say why this is another.")
        )
    with first_wins(), atomic():
        made = register_in_four_fields(actor=actor, said=said, now=moment)
        if found:
            note_pairs(actor=actor, found={made.record_id: [one for one, _name in found]})
            why = plain(why_another, _("explanation"), longest=2000, lines=True)
            for row in _open_of(actor, made.record_id):
                explain_duplicate(actor=actor, pair_id=row.pk, reason=why, now=moment)
    return made


def note_pairs(*, actor: Actor, found: Mapping[str, Iterable[Likeness]]) -> int:
    """Note systems that are likely the same, by the system they are like; what is noted or decided already stays.

    Return how many pairs were handed in.
    """
    permit(actor, "write", "inventory")
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id)
    keys = dict(rows.values_list("system_id", "pk"))
    pairs: dict[tuple[int, int], Likeness] = {}
    for system_id, likenesses in found.items():
        for likeness in likenesses:
            first, second = sorted((keys[system_id], keys[likeness.system_id]))
            pairs.setdefault((first, second), likeness)
    models.LikelyPair.objects.bulk_create(
        (
            models.LikelyPair(
                organisation_id=actor.organisation_id, first_id=first, second_id=second,
                score=likeness.score, reasons=list(likeness.reasons),
            )
            for (first, second), likeness in pairs.items()
        ),
        batch_size=500,
        ignore_conflicts=True,
    )  # fmt: skip
    return len(pairs)


def find_duplicates(*, actor: Actor, ids: Iterable[str] | None = None) -> int:
    """Compare the systems with each other, or some of them with all, and note likely duplicates; return how many."""
    permit(actor, "write", "inventory")
    index = Index()
    for system in known_systems(actor):
        index.add(system)
    wanted = index.systems if ids is None else [one for one in ids if one in index.systems]
    return note_pairs(actor=actor, found={one: index.likely(index.systems[one]) for one in wanted})


def join_duplicate(
    *, actor: Actor, pair_id: int, keep: str, reason: str, expected_version: int, now: datetime | None = None
) -> Registered:
    """Join two systems: one is kept, the other retired at the version that was seen, and leads to the kept one.

    Raises:
        InventoryUnknown: there is no such pair.
        InventoryRefused: it was decided, or the one to keep is not of the pair or retired.
        ChangedMeanwhile: somebody changed the system that is to be retired.
    """
    permit(actor, "write", "inventory")
    moment, why = now or clock.now(), plain(reason, _("reason"), longest=2000, lines=True)
    with first_wins(), atomic():
        found = _open(actor, pair_id)
        if keep not in (found.first.system_id, found.second.system_id):
            raise InventoryRefused(_("{keep!r} is none of the two.", keep=keep), _("Choose which of the two is kept."))
        retired = found.second.system_id if keep == found.first.system_id else found.first.system_id
        if ai_system(actor, keep).system.stage is Stage.RETIREMENT:
            raise InventoryRefused(_("The system to keep is retired."), _("Keep the other one."))
        change_stage(
            actor=actor, system_id=retired, stage=Stage.RETIREMENT, expected_version=expected_version, now=moment
        )
        trace.link(actor.organisation_id, "ai_system", retired, RELATION, "ai_system", keep)
        return _decide(actor, found, retired, keep, why, moment, joined=True)


def explain_duplicate(*, actor: Actor, pair_id: int, reason: str, now: datetime | None = None) -> Registered:
    """Say why two systems that look alike are two; the reason stays with both.

    Raises:
        InventoryUnknown: there is no such pair.
        InventoryRefused: it was decided.
    """
    permit(actor, "write", "inventory")
    moment, why = now or clock.now(), plain(reason, _("explanation"), longest=2000, lines=True)
    with first_wins(), atomic():
        found = _open(actor, pair_id)
        return _decide(actor, found, found.second.system_id, found.first.system_id, why, moment, joined=False)


def _decide(
    actor: Actor, row: models.LikelyPair, about: str, other: str, why: str, moment: datetime, *, joined: bool
) -> Registered:
    made = duplicate_evidence(about, other, joined=joined, reason=why, by=actor.person(), at=moment, version=1)
    entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
    rows = models.LikelyPair.objects.filter(organisation_id=actor.organisation_id, pk=row.pk, state="open")
    changed = rows.update(
        state="joined" if joined else "explained", kept=other if joined else "", reason=why,
        decided_by=actor.person_id, decided_at=moment, entry_id=entry.entry_id,
    )  # fmt: skip
    if changed != 1:
        raise ChangedMeanwhile(_("Somebody decided about these two at this moment."), _("Look at what was decided."))
    return Registered(about, 1, entry.entry_id)


def _open(actor: Actor, pair_id: int) -> models.LikelyPair:
    found = pair(actor, pair_id)
    if found is None:
        raise InventoryUnknown(_("There is no such pair."), _("Choose one of the list."))
    if found.state != "open":
        raise InventoryRefused(
            _("The two were {state} already.", state=word(found.state)), _("Register a system anew if that was wrong.")
        )
    rows = models.LikelyPair.objects.filter(organisation_id=actor.organisation_id)
    return rows.select_related("first", "second").get(pk=pair_id)


def _open_of(actor: Actor, system_id: str) -> list[models.LikelyPair]:
    either = Q(first__system_id=system_id) | Q(second__system_id=system_id)
    rows = models.LikelyPair.objects.filter(either, organisation_id=actor.organisation_id, state="open")
    return list(rows.order_by("id"))
