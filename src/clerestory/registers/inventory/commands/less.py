"""Less is asked of a system or a part once a second person approved it, and as much again once that is gone."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings, when_standing_changes, withdraw
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.part import next_part
from clerestory.registers.inventory.commands.record import Registered, next_dataset, next_model, next_version
from clerestory.registers.inventory.commands.tiering import TAKEN_BACK
from clerestory.registers.inventory.queries.part import part
from clerestory.registers.inventory.rules.part import part_in_force
from clerestory.registers.inventory.rules.record import (
    dataset_in_force,
    in_force,
    model_in_force,
    read_dataset,
    read_model,
    read_system,
    with_values,
)
from clerestory.terms.fact import Fact


@dataclass(frozen=True, slots=True)
class _Held:
    """A record as it counts: its version, how another is said of it, what counts of that, and who writes it."""

    now: Any
    version: int
    said: Callable[[Any, Mapping[str, Any]], Any]
    counts: Callable[[Any, Any], tuple[Any, dict[str, Any]]]
    write: Callable[..., Registered]


# house: allow permit-first: follows an approval or a revocation, which asked
def note_less(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let what asks for less count once it was approved; taken back, what counted before counts again."""
    rows = models.LessAsked.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(entry_id=fact.entry_id, ended_at=None).select_related("system").first()
    if row is None:
        return
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    approved = standing is not None and standing.is_approved
    held = _held(actor, row)
    if approved and row.applied_at is None:
        gave_up = {name: _kept(getattr(held.now, name)) for name in row.said}
        rows.filter(pk=row.pk).update(applied_at=now, gave_up=gave_up)
        after = held.said(held.now, row.said)
        held.write(actor, after, held.version, now, waiting={}, because=(fact.entry_id,))
    elif row.applied_at is not None and not approved:
        rows.filter(pk=row.pk).update(ended_at=now, ended_by=TAKEN_BACK)
        again, _waits = held.counts(held.said(held.now, row.gave_up), held.now)
        held.write(actor, again, held.version, now, waiting=_waiting(actor, row))
        withdraw(fact.entry_id, actor=actor, now=now)
    elif standing is not None and standing.revoked_at is not None:
        rows.filter(pk=row.pk).update(ended_at=now, ended_by=TAKEN_BACK)
        held.write(actor, held.now, held.version, now, waiting={})


def _held(actor: Actor, row: models.LessAsked) -> _Held:
    if row.about_kind == "ai_system":
        return _Held(read_system(vars(row.system)), row.system.version, with_values, in_force, next_version)
    if row.about_kind == "model_version":
        models_of = models.ModelVersion.objects.filter(organisation_id=actor.organisation_id)
        model = models_of.get(version_id=row.about)
        now = read_model(row.system.system_id, vars(model))
        return _Held(now, model.version, _read_by(read_model), model_in_force, next_model)
    if row.about_kind == "dataset_version":
        data_of = models.DatasetVersion.objects.filter(organisation_id=actor.organisation_id)
        data = data_of.get(version_id=row.about)
        of_data = read_dataset(row.system.system_id, vars(data))
        return _Held(of_data, data.version, _read_by(read_dataset), dataset_in_force, next_dataset)
    found = part(actor, row.about_kind, row.about)
    return _Held(found.part, found.version, lambda now, said: replace(now, **said), part_in_force, next_part)


def _read_by(read: Callable[[str, Mapping[str, Any]], Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    return lambda now, said: read(now.system_id, asdict(now) | dict(said))


def _waiting(actor: Actor, row: models.LessAsked) -> Mapping[str, Any]:
    """Return what else was said of the same record meanwhile and waits."""
    rows = models.LessAsked.objects.filter(
        organisation_id=actor.organisation_id, about_kind=row.about_kind, about=row.about
    )
    newer = rows.filter(applied_at=None, ended_at=None).order_by("-number").first()
    return {} if newer is None else newer.said


def _kept(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


when_standing_changes("decision.less_asked", note_less)
