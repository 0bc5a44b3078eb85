"""Registers what a push names and the inventory does not know yet; changes nothing that is registered already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from clerestory.assurance import registry
from clerestory.desk.actor import Actor
from clerestory.desk.people import member_by_email
from clerestory.desk.permit import permit
from clerestory.intake.receive.document import (
    DeclaredCheck,
    PushedDataset,
    PushedModel,
    PushedRegistration,
    PushedRun,
    PushedSystem,
    PushUnreadable,
    read_pushed,
)
from clerestory.registers.data.commands import propose_criteria
from clerestory.registers.data.rules import QualityCriteria, limits_of
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.queries import InventoryUnknown, SystemRecord, ai_system
from clerestory.registers.inventory.rules import read_dataset, read_model, read_system
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document
from clerestory.terms.ids import EntryId


class OwnerUnknown(ClerestoryError):
    """The owner that a manifest names is no member of the organisation."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a push registered, by subject, and where manifest and inventory say different things."""

    registered: tuple[str, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What `clerestory push --register` led to. ``criteria_entry`` waits for approval by a second person."""

    system_id: str
    dataset_version_id: str
    registered: tuple[str, ...]
    differences: tuple[str, ...]
    criteria_version: int | None
    criteria_entry: EntryId | None
    topics_without_limit: tuple[str, ...]


def register(document: Document, *, actor: Actor, now: datetime | None = None) -> Registration:
    """Register system, model and data versions of a manifest and propose its data quality criteria.

    Raises:
        NotPermitted: the actor may not push.
        PushUnreadable: the document has another form.
        OwnerUnknown: the system is new and its owner is no member.
    """
    permit(actor, "push", "intake")
    moment = now or clock.now()
    pushed = read_pushed(PushedRegistration, document)
    current = pushed.data["current"]
    limits = limits_of([_declared(check, pushed) for check in pushed.checks])
    with atomic():
        admitted = admit(pushed, actor=actor, now=moment)
        if not limits:
            return Registration(
                system_id=pushed.system.id,
                dataset_version_id=current.id,
                registered=admitted.registered,
                differences=admitted.differences,
                criteria_version=None,
                criteria_entry=None,
                topics_without_limit=missing_topics(()),
            )
        criteria = QualityCriteria(dataset_version_id=current.id, limits=limits)
        proposed = propose_criteria(actor=registrar(actor), criteria=criteria, now=moment)
    return Registration(
        system_id=pushed.system.id,
        dataset_version_id=current.id,
        registered=admitted.registered,
        differences=admitted.differences,
        criteria_version=proposed.version,
        criteria_entry=proposed.entry_id,
        topics_without_limit=missing_topics(criteria.topics),
    )


def admit(
    pushed: PushedRun | PushedRegistration, *, actor: Actor, now: datetime, leave_out: str | None = None
) -> Admitted:
    """Register what is new of a push, in the caller's transaction; what is known stays as it is.

    ``leave_out``: the use of data that are no version of a data set, such as ``current``.

    Raises:
        OwnerUnknown: the system is new and its owner is no member.
        PushUnreadable: an id does not follow from its digest.
    """
    acting = registrar(actor)
    new, differences = _system(acting, pushed.system, now)
    registered = [f"ai_system:{pushed.system.id}"] if new else []
    registered.extend(
        f"dataset_version:{dataset.id}"
        for use, dataset in pushed.data.items()
        if use != leave_out and _dataset(acting, pushed.system.id, dataset, now)
    )
    if pushed.model is not None and _model(acting, pushed.system.id, pushed.model, now):
        registered.append(f"model_version:{pushed.model.id}")
    return Admitted(tuple(registered), differences)


def registrar(actor: Actor) -> Actor:
    """Return the actor with what pushing includes: reading and registering what the push itself names."""
    return actor if actor.scopes is None else replace(actor, scopes=actor.scopes | {"read", "write"})


def missing_topics(topics: Sequence[str]) -> tuple[str, ...]:
    """Return the topics of data quality that criteria leave out."""
    from clerestory.catalogue.load import load

    return tuple(topic for topic in load().coverages["data_quality_topics"].items if topic not in topics)


def _declared(declared: DeclaredCheck, pushed: PushedRegistration) -> tuple[str, str, Mapping[str, str]]:
    check = registry.find(declared.name)
    check.require_reference(given="reference" in pushed.data)
    return declared.name, str(check.criterion(declared.criterion)), declared.parameters


def _system(actor: Actor, pushed: PushedSystem, now: datetime) -> tuple[bool, tuple[str, ...]]:
    try:
        known = ai_system(actor, pushed.id)
    except InventoryUnknown:
        owner = member_by_email(actor.organisation_id, pushed.owner)
        if owner is None:
            raise OwnerUnknown(
                f"system.owner: nobody with the address {pushed.owner} is a member of the organisation.",
                "Admit the owner under Members, or correct [system] owner in the manifest.",
            ) from None
        values = pushed.model_dump() | {"system_id": pushed.id, "owner": owner.person_id}
        commands.register_ai_system(actor=actor, system=read_system(values), now=now)
        return True, ()
    return False, _differences(known, pushed)


def _differences(record: SystemRecord, pushed: PushedSystem) -> tuple[str, ...]:
    known = record.system
    pairs = {
        "name": (known.name, pushed.name),
        "purpose": (known.purpose, pushed.purpose),
        "stage": (known.stage, pushed.stage),
        "tier": (record.tier, pushed.tier),
        "ai_role": (tuple(sorted(known.ai_role)), tuple(sorted(pushed.ai_role))),
        "affects_people": (known.affects_people, pushed.affects_people),
        "use_areas": (tuple(sorted(known.use_areas)), tuple(sorted(pushed.use_areas)) or None),
        "interacts": (known.interacts, pushed.interacts),
        "autonomy_level": (known.autonomy_level, pushed.autonomy_level),
    }
    return tuple(
        f"{key}: the inventory says {held!s}, the manifest says {said!s}"
        for key, (held, said) in pairs.items()
        if said is not None and held != said
    )


def _dataset(actor: Actor, system_id: str, pushed: PushedDataset, now: datetime) -> bool:
    dataset = read_dataset(system_id, pushed.model_dump())
    _same_id(pushed.id, dataset.version_id)
    return not commands.register_dataset_version(actor=actor, dataset=dataset, now=now).was_there


def _model(actor: Actor, system_id: str, pushed: PushedModel, now: datetime) -> bool:
    model = read_model(system_id, pushed.model_dump())
    _same_id(pushed.id, model.version_id)
    return not commands.register_model_version(actor=actor, model=model, now=now).was_there


def _same_id(said: str, computed: str) -> None:
    if said != computed:
        raise PushUnreadable(
            f"The id {said!r} does not follow from the digest, which gives {computed!r}.",
            "Push the file that `clerestory check` wrote, unchanged.",
        )
