"""The only writes of the inventory: each writes a row and its evidence in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import change, expect, first_wins
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.tiering import About, ask_for_less, tiering_now
from clerestory.registers.inventory.facts.record import dataset_evidence, model_evidence, system_evidence
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.registers.inventory.rules.record import (
    AIRole,
    AISystem,
    DatasetVersion,
    InventoryRefused,
    ModelStatus,
    ModelVersion,
    Stage,
    check_left_out,
    check_sources,
    check_stage_change,
    check_status_change,
    check_system,
    dataset_in_force,
    in_force,
    model_in_force,
    read_dataset,
    read_model,
    read_system,
    require_same_digest,
    there_already,
    with_values,
)
from clerestory.registers.inventory.rules.tier import FourFields, Tiering, free_id, kept, system_of, tiering_of
from clerestory.store import clock, directory, evidence, log, trace
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

URL = "/inventory/"
SUPPLIED_BY = "supplied by"


@dataclass(frozen=True, slots=True)
class Registered:
    """What a command wrote: the record's id and version, its newest entry, and whether it was there before."""

    record_id: str
    version: int
    entry_id: EntryId
    was_there: bool = False


def register_ai_system(*, actor: Actor, system: AISystem, now: datetime | None = None) -> Registered:
    """Register an AI system with its owner.

    Raises:
        InventoryRefused: a mandatory part is missing, the id is taken, or it is left out of the scope by hand.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    check_system(system)
    check_left_out(system, None)
    tiering = tiering_of(system)
    with first_wins(), atomic():
        require_member(actor.organisation_id, system.owner)
        if _systems(actor).filter(system_id=system.system_id).exists():
            raise there_already(system.system_id)
        entry = _append(actor, system_evidence(system, tiering, by=actor.person(), at=moment, version=1), moment)
        _row_of(actor, system, tiering, entry, moment).save(force_insert=True)
        _publish_system(actor, system)
    return Registered(system.system_id, 1, entry)


def register_all(*, actor: Actor, systems: Sequence[AISystem], now: datetime | None = None) -> None:
    """Register many AI systems, all or none: each is an entry and a row of its own.

    Raises:
        InventoryRefused: a mandatory part is missing, or an id is taken or stands twice.
        NotAMember: an owner is no member.
    """
    permit(actor, "write", "inventory")
    moment, tierings = now or clock.now(), []
    with first_wins(), atomic():
        for owner in dict.fromkeys(system.owner for system in systems):
            require_member(actor.organisation_id, owner)
        taken = set(_systems(actor).values_list("system_id", flat=True))
        for system in systems:
            check_system(system)
            check_left_out(system, None)
            if system.system_id in taken:
                raise there_already(system.system_id)
            taken.add(system.system_id)
            tierings.append(tiering_of(system))
        made = evidence.append_all(
            [
                system_evidence(system, tiering, by=actor.person(), at=moment, version=1)
                for system, tiering in zip(systems, tierings, strict=True)
            ],
            organisation_id=actor.organisation_id,
            now=moment,
        )
        rows = [
            _row_of(actor, system, tiering, entry.entry_id, moment)
            for system, tiering, entry in zip(systems, tierings, made, strict=True)
        ]
        models.AISystem.objects.bulk_create(rows, batch_size=500)
        directory.publish_all(actor.organisation_id, map(_published, systems))
        for system in filter(lambda one: one.suppliers, systems):
            _link_suppliers(actor, system)


def register_in_four_fields(*, actor: Actor, said: FourFields, now: datetime | None = None) -> Registered:
    """Register an AI system from its name, purpose, owner and whom it touches; the rest follows or stays unknown.

    Raises:
        TextUnusable: name or purpose is missing.
        NotAMember: the owner is no member.
    """
    permit(actor, "write", "inventory")
    plain(said.name, _("name of the system"), longest=200)
    begins = free_id(said.name, ())
    taken = set(_systems(actor).filter(system_id__startswith=begins).values_list("system_id", flat=True))
    return register_ai_system(actor=actor, system=system_of(said, taken), now=now)


def update_ai_system(
    *, actor: Actor, system: AISystem, expected_version: int, now: datetime | None = None
) -> Registered:
    """Write a new version of a system's record, from the version that the editor saw.

    What asks for more counts at once; what asks for less, retirement above all, once a second person approved it.

    Raises:
        InventoryRefused: a mandatory part is missing, the stage cannot follow, or it is left out of the scope by hand.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    check_system(system)
    with first_wins(), atomic():
        before = _stored(actor, system.system_id)
        check_left_out(system, before.in_scope)
        check_stage_change(before.stage, system.stage)
        if before.owner != system.owner:
            require_member(actor.organisation_id, system.owner)
        counts, waiting = in_force(before, system)
        row = _system_row(actor, system.system_id)
        made = next_version(actor, counts, expected_version, moment, waiting=waiting)
        if waiting != row.waiting:
            about = About(row, "ai_system", row.system_id, counts.name, f"{URL}systems/{row.system_id}/")
            ask_for_less(actor, about, waiting, moment)
        return made


# house: allow permit-first: what it follows up asked; the record itself stays as it is
def rewrite(*, actor: Actor, system_id: str, now: datetime) -> Registered:
    """Write a system's record again, as it is, so that its tier is what follows now."""
    with first_wins(), atomic():
        row = _system_row(actor, system_id)
        return next_version(actor, read_system(vars(row)), row.version, now)


def follow_placement(
    *,
    actor: Actor,
    system_id: str,
    in_scope: bool | None,
    ai_role: tuple[AIRole, ...] | None,
    because: Sequence[EntryId],
    now: datetime | None = None,
) -> Registered | None:
    """Let a system's record say what was decided and approved elsewhere about its place and our AI roles.

    ``because`` names those decisions; ``ai_role`` of None keeps the roles. Returns None where nothing changes.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    with first_wins(), atomic():
        row = _system_row(actor, system_id)
        before = _stored(actor, system_id)
        after = replace(before, in_scope=in_scope, ai_role=before.ai_role if ai_role is None else ai_role)
        if after == before:
            return None
        return next_version(actor, after, row.version, moment, because=because)


def change_stage(
    *, actor: Actor, system_id: str, stage: Stage, expected_version: int, now: datetime | None = None
) -> Registered:
    """Move a system to another stage of its life cycle."""
    permit(actor, "write", "inventory")
    said = replace(_said(actor, system_id), stage=stage)
    return update_ai_system(actor=actor, system=said, expected_version=expected_version, now=now)


def change_owner(
    *, actor: Actor, system_id: str, owner: PersonId, expected_version: int, now: datetime | None = None
) -> Registered:
    """Give a system to another owner, who must be a member."""
    permit(actor, "write", "inventory")
    said = replace(_said(actor, system_id), owner=owner)
    return update_ai_system(actor=actor, system=said, expected_version=expected_version, now=now)


def hand_over(
    *,
    actor: Actor,
    system_ids: Sequence[str],
    owner: PersonId,
    expected: Mapping[str, int] = MappingProxyType({}),
    now: datetime | None = None,
) -> int:
    """Give systems to another owner, all or none, and return how many that changes; who owns one already keeps it.

    Raises:
        ChangedMeanwhile: somebody else changed one of them since the version that was ``expected``.
        InventoryRefused: one of them is not in the inventory of the organisation.
        NotAMember: the owner is no member.
    """
    permit(actor, "write", "inventory")
    changed = 0
    with atomic():
        for system_id in system_ids:
            row = _system_row(actor, system_id)
            expect(row.version, expected.get(system_id))
            if row.owner != owner:
                change_owner(actor=actor, system_id=system_id, owner=owner, expected_version=row.version, now=now)
                changed += 1
    return changed


def register_model_version(*, actor: Actor, model: ModelVersion, now: datetime | None = None) -> Registered:
    """Register a version of a model by its digest; the same version again changes nothing.

    Raises:
        InventoryRefused: another digest has the same id.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    with first_wins(), atomic():
        system = _system_row(actor, model.system_id)
        known = _models(actor).filter(version_id=model.version_id).first()
        if known is not None:
            require_same_digest(known.artefact_digest, model.artefact_digest, known.version_id)
            return Registered(known.version_id, known.version, EntryId(known.entry_id), was_there=True)
        entry = _append(actor, model_evidence(model, by=actor.person(), at=moment, version=1), moment)
        models.ModelVersion.objects.create(
            organisation_id=actor.organisation_id,
            system=system,
            version_id=model.version_id,
            entry_id=entry,
            artefact_digest=model.artefact_digest,
            status=model.status,
            origin=model.origin or "",
            generative=model.generative,
            version=1,
            registered_at=moment,
        )
        _publish(actor, "model_version", model.version_id, f"models/{model.version_id}", system.owner)
        _link(actor, "model_version", model.version_id, model.system_id)
    return Registered(model.version_id, 1, entry)


def change_model_status(
    *, actor: Actor, version_id: str, status: ModelStatus, expected_version: int, now: datetime | None = None
) -> Registered:
    """Release or withdraw a version of a model, or take a withdrawn one up again as a candidate.

    That it is withdrawn counts once a second person approved it; until then its status now can be said again.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    with first_wins(), atomic():
        rows = _models(actor).filter(version_id=version_id)
        row = rows.select_related("system").first()
        if row is None:
            raise InventoryUnknown(
                _("There is no model version {version_id!r}.", version_id=version_id), _("Choose one of the list.")
            )
        before = read_model(row.system.system_id, vars(row))
        if not (row.waiting and status is before.status):
            check_status_change(before.status, status)
        counts, waiting = model_in_force(before, replace(before, status=status))
        made = next_model(actor, counts, expected_version, moment, waiting=waiting)
        if waiting != row.waiting:
            about = About(row.system, "model_version", version_id, version_id, f"{URL}models/{version_id}/")
            ask_for_less(actor, about, waiting, moment)
    return made


def register_dataset_version(*, actor: Actor, dataset: DatasetVersion, now: datetime | None = None) -> Registered:
    """Register a version of a data set by its digest; the same version again changes nothing.

    Raises:
        InventoryRefused: another digest has the same id.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    check_sources(dataset)
    with first_wins(), atomic():
        system = _system_row(actor, dataset.system_id)
        known = _datasets(actor).filter(version_id=dataset.version_id).first()
        if known is not None:
            require_same_digest(known.content_digest, dataset.content_digest, known.version_id)
            return Registered(known.version_id, known.version, EntryId(known.entry_id), was_there=True)
        entry = _append(actor, dataset_evidence(dataset, by=actor.person(), at=moment, version=1), moment)
        models.DatasetVersion.objects.create(
            organisation_id=actor.organisation_id,
            system=system,
            version_id=dataset.version_id,
            entry_id=entry,
            role=dataset.role,
            content_digest=dataset.content_digest,
            origin=dataset.origin or "",
            labelled_by_people=dataset.labelled_by_people,
            about_people=dataset.about_people,
            sources=list(dataset.sources),
            version=1,
            registered_at=moment,
        )
        _publish(actor, "dataset_version", dataset.version_id, f"datasets/{dataset.version_id}", system.owner)
        _link(actor, "dataset_version", dataset.version_id, dataset.system_id)
    return Registered(dataset.version_id, 1, entry)


def describe_dataset_version(
    *, actor: Actor, dataset: DatasetVersion, expected_version: int, now: datetime | None = None
) -> Registered:
    """Say more about a registered version of data: origin, sources, whether it is about or labelled by people.

    A yes that is taken back, and another origin, count once a second person approved that.
    """
    permit(actor, "write", "inventory")
    moment = now or clock.now()
    check_sources(dataset)
    with first_wins(), atomic():
        rows = _datasets(actor).filter(version_id=dataset.version_id)
        row = rows.select_related("system").first()
        if row is None:
            raise InventoryUnknown(
                _("There is no data-set version {version_id!r}.", version_id=dataset.version_id),
                _("Choose one of the list."),
            )
        before = read_dataset(row.system.system_id, vars(row))
        if before.content_digest != dataset.content_digest:
            raise InventoryRefused(_("The digest of a version cannot change."), _("Register it as another version."))
        counts, waiting = dataset_in_force(before, dataset)
        made = next_dataset(actor, counts, expected_version, moment, waiting=waiting)
        if waiting != row.waiting:
            name = dataset.version_id
            ask_for_less(
                actor, About(row.system, "dataset_version", name, name, f"{URL}datasets/{name}/"), waiting, moment
            )
    return made


# house: allow permit-first: a part of a command, which asked
def next_model(
    actor: Actor, model: ModelVersion, expected_version: int, moment: datetime, *, waiting: Mapping[str, Any],
    because: Sequence[EntryId] = (),
) -> Registered:  # fmt: skip
    """Write what counts of a model version from now on; ``waiting`` is said beside it."""
    rows = _models(actor).filter(version_id=model.version_id)
    version = change(rows, expected=expected_version, status=str(model.status), waiting=dict(waiting))
    made = model_evidence(model, by=actor.maker(), at=moment, version=version)
    entry = _append(actor, _caused(actor, made, because), moment)
    rows.update(entry_id=entry)
    return Registered(model.version_id, version, entry)


# house: allow permit-first: a part of a command, which asked
def next_dataset(
    actor: Actor, dataset: DatasetVersion, expected_version: int, moment: datetime, *, waiting: Mapping[str, Any],
    because: Sequence[EntryId] = (),
) -> Registered:  # fmt: skip
    """Write what counts of a version of data from now on; ``waiting`` is said beside it."""
    rows = _datasets(actor).filter(version_id=dataset.version_id)
    version = change(
        rows, expected=expected_version, origin=dataset.origin or "", labelled_by_people=dataset.labelled_by_people,
        about_people=dataset.about_people, sources=list(dataset.sources), waiting=dict(waiting),
    )  # fmt: skip
    made = dataset_evidence(dataset, by=actor.maker(), at=moment, version=version)
    entry = _append(actor, _caused(actor, made, because), moment)
    rows.update(entry_id=entry)
    return Registered(dataset.version_id, version, entry)


# house: allow permit-first: a part of a command, which asked
def next_version(
    actor: Actor,
    system: AISystem,
    expected_version: int,
    moment: datetime,
    *,
    waiting: Mapping[str, Any] | None = None,
    because: Sequence[EntryId] = (),
) -> Registered:
    """Write what counts of a system from now on; ``waiting`` is said beside it, and stays as it is where it is None."""
    rows = _systems(actor).filter(system_id=system.system_id)
    beside = {} if waiting is None else {"waiting": dict(waiting)}
    version = change(rows, expected=expected_version, changed_at=moment, **_columns(system), **beside)
    tiering = tiering_now(actor, system, moment)
    made = system_evidence(system, tiering, by=actor.maker(), at=moment, version=version)
    entry = _append(actor, _caused(actor, made, because), moment)
    rows.update(entry_id=entry, **kept(tiering))
    _publish_system(actor, system)
    return Registered(system.system_id, version, entry)


def _append(actor: Actor, made: Evidence, now: datetime) -> EntryId:
    return evidence.append(made, organisation_id=actor.organisation_id, now=now).entry_id


def _caused(actor: Actor, made: Evidence, because: Sequence[EntryId]) -> Evidence:
    leaves = log.leaf_hashes(actor.organisation_id, because)
    return replace(made, caused_by=tuple(leaves[one] for one in because))


def _systems(actor: Actor) -> QuerySet[models.AISystem]:
    return models.AISystem.objects.filter(organisation_id=actor.organisation_id)


def _models(actor: Actor) -> QuerySet[models.ModelVersion]:
    return models.ModelVersion.objects.filter(organisation_id=actor.organisation_id)


def _datasets(actor: Actor) -> QuerySet[models.DatasetVersion]:
    return models.DatasetVersion.objects.filter(organisation_id=actor.organisation_id)


def _system_row(actor: Actor, system_id: str) -> models.AISystem:
    row = _systems(actor).filter(system_id=system_id).first()
    if row is None:
        raise InventoryUnknown(
            _("There is no AI system {system_id!r}.", system_id=system_id), _("Register the system first.")
        )
    return row


def _stored(actor: Actor, system_id: str) -> AISystem:
    return read_system(vars(_system_row(actor, system_id)))


def _said(actor: Actor, system_id: str) -> AISystem:
    """Return what was said of a system last, whether it counts yet or not."""
    row = _system_row(actor, system_id)
    return with_values(read_system(vars(row)), row.waiting)


def _columns(system: AISystem) -> dict[str, object]:
    said = {**asdict(system), "sought": directory.normalised(f"{system.name} {system.system_id} {system.purpose}")}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}


def _row_of(actor: Actor, system: AISystem, tiering: Tiering, entry: EntryId, moment: datetime) -> models.AISystem:
    return models.AISystem(
        organisation_id=actor.organisation_id, version=1, entry_id=entry, changed_at=moment,
        **_columns(system), **kept(tiering),
    )  # fmt: skip


def _published(system: AISystem) -> directory.Record:
    place = f"{URL}systems/{system.system_id}/"
    return directory.Record("ai_system", system.system_id, system.name, place, system.owner)


def _publish_system(actor: Actor, system: AISystem) -> None:
    shown = _published(system)
    directory.publish(actor.organisation_id, shown.kind, shown.id, label=shown.label, url=shown.url, owner=shown.owner)
    _link_suppliers(actor, system)


def _link_suppliers(actor: Actor, system: AISystem) -> None:
    """Let links name the suppliers that the record names, and no others."""
    here = (actor.organisation_id, "ai_system", system.system_id)
    known = {link.to_id for link in trace.links_from(*here) if link.relation == SUPPLIED_BY}
    named = {supplier[:250] for supplier in system.suppliers}
    for supplier in known - named:
        trace.unlink(*here, SUPPLIED_BY, "supplier", supplier)
    for supplier in named - known:
        trace.link(*here, SUPPLIED_BY, "supplier", supplier)


def _publish(actor: Actor, kind: str, version_id: str, path: str, owner: str) -> None:
    directory.publish(actor.organisation_id, kind, version_id, label=version_id, url=f"{URL}{path}/", owner=owner)


def _link(actor: Actor, kind: str, version_id: str, system_id: str) -> None:
    trace.link(actor.organisation_id, kind, version_id, "part of", "ai_system", system_id)
