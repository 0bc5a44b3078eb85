"""AI systems, models and data as the inventory holds them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.people import name_beside, names_of
from clerestory.desk.permit import may, permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.rules.record import (
    AISystem,
    DataRole,
    DatasetVersion,
    ModelStatus,
    ModelVersion,
    Origin,
    Stage,
    Tier,
    read_dataset,
    read_model,
    read_system,
    with_values,
)
from clerestory.registers.inventory.rules.tier import Tiering, read_tiering, tiering_of
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

_MOST_DUTIES = 20


class InventoryUnknown(ClerestoryError):
    """The inventory of the organisation has no such record."""


@dataclass(frozen=True, slots=True)
class SystemRecord:
    """A system with the version of its record and the entry that the version was written to."""

    system: AISystem
    version: int
    entry_id: EntryId
    changed_at: datetime
    owner_name: str
    tiering: Tiering
    tier: Tier | None
    """The tier that counts: what the rules say, or a decision for a time; None is judged as high."""
    waiting: Mapping[str, Any] = field(default_factory=dict)
    """What is said but asks for less, by field: it waits for a second person."""

    @property
    def said(self) -> AISystem:
        """The system as it was said to be last, whether that counts yet or not."""
        return with_values(self.system, self.waiting)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model version with its place in the log."""

    model: ModelVersion
    version: int
    entry_id: EntryId
    registered_at: datetime
    system_name: str
    waiting: Mapping[str, Any] = field(default_factory=dict)
    """What is said but asks for less, by field: it waits for a second person."""


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A data-set version with its place in the log."""

    dataset: DatasetVersion
    version: int
    entry_id: EntryId
    registered_at: datetime
    system_name: str
    waiting: Mapping[str, Any] = field(default_factory=dict)
    """What is said but asks for less, by field: it waits for a second person."""

    @property
    def said(self) -> DatasetVersion:
        """The version as it was said to be last, whether that counts yet or not."""
        return read_dataset(self.dataset.system_id, asdict(self.dataset) | dict(self.waiting))


def _roles_of(record: SystemRecord) -> tuple[str, ...]:
    return tuple(str(role) for role in record.system.ai_role)


def _known(value: bool | None) -> object:
    return _("unknown") if value is None else value


SYSTEM_COLUMNS = (
    Column(
        name="name",
        label=_("Name"),
        searched=True,
        sought="sought",
        value=lambda row: row.system.name,
        kind="link",
        url=lambda row: reverse("system", args=[row.system.system_id]),
        note=lambda row: row.system.system_id,
    ),
    Column(
        name="system_id",
        label=_("Id"),
        searched=True,
        sought="sought",
        optional=True,
        value=lambda row: row.system.system_id,
    ),
    Column(
        name="owner",
        label=_("Owner"),
        kind="person",
        filtered=True,
        sortable=False,
        value=lambda row: row.owner_name,
    ),
    Column(
        name="stage",
        label=_("Stage"),
        filtered=True,
        options=tuple((str(s), str(s)) for s in Stage),
        value=lambda row: row.system.stage,
    ),
    Column(
        name="tier",
        label=_("Tier"),
        filtered=True,
        options=(*((str(t), str(t)) for t in Tier), ("unknown", _("unknown, judged as high"))),
        narrow=lambda wanted: Q(tier="" if wanted == "unknown" else wanted),
        value=lambda row: row.tier or "unknown",
    ),
    Column(name="ai_role", label=_("Our part"), kind="list", optional=True, sortable=False, value=_roles_of),
    Column(
        name="purpose",
        label=_("Purpose"),
        searched=True,
        sought="sought",
        sortable=False,
        optional=True,
        value=lambda row: row.system.purpose,
    ),
    Column(name="in_scope", label=_("In scope"), optional=True, value=lambda row: _known(row.system.in_scope)),
    Column(
        name="affects_people",
        label=_("Affects people"),
        optional=True,
        value=lambda row: _known(row.system.affects_people),
    ),
    Column(name="changed_at", label=_("Changed"), kind="day", value=lambda row: row.changed_at),
)
MODEL_COLUMNS = (
    Column(
        name="version_id",
        label=_("Version"),
        searched=True,
        value=lambda row: row.model.version_id,
        kind="link",
        url=lambda row: reverse("inventory-model", args=[row.model.version_id]),
    ),
    Column(name="system", label=_("AI system"), field="system__name", searched=True, value=lambda row: row.system_name),
    Column(
        name="status",
        label=_("Status"),
        filtered=True,
        options=tuple((str(s), str(s)) for s in ModelStatus),
        value=lambda row: row.model.status,
        kind="tag",
        tone="accent",
    ),
    Column(
        name="origin",
        label=_("Origin"),
        filtered=True,
        options=tuple((str(o), str(o)) for o in Origin),
        value=lambda row: row.model.origin or "",
    ),
    Column(name="registered_at", label=_("Registered"), value=lambda row: row.registered_at, kind="day"),
)
DATASET_COLUMNS = (
    Column(
        name="version_id",
        label=_("Version"),
        searched=True,
        value=lambda row: row.dataset.version_id,
        kind="link",
        url=lambda row: reverse("inventory-dataset", args=[row.dataset.version_id]),
    ),
    Column(name="system", label=_("AI system"), field="system__name", searched=True, value=lambda row: row.system_name),
    Column(
        name="role",
        label=_("Role"),
        filtered=True,
        options=tuple((str(r), str(r)) for r in DataRole),
        value=lambda row: row.dataset.role,
        kind="tag",
        tone="accent",
    ),
    Column(
        name="origin",
        label=_("Origin"),
        filtered=True,
        options=tuple((str(o), str(o)) for o in Origin),
        value=lambda row: row.dataset.origin or "",
    ),
    Column(name="registered_at", label=_("Registered"), value=lambda row: row.registered_at, kind="day"),
)


def ai_systems(actor: Actor, query: ListQuery) -> Page[SystemRecord]:
    """Return one page of the systems that the query finds, in three queries."""
    permit(actor, "read", "inventory")
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id).order_by("name", "system_id")
    page = paginate(rows, query, SYSTEM_COLUMNS, _system)
    names = names_of(actor.organisation_id, (record.system.owner for record in page.rows))
    return replace(
        page,
        rows=tuple(
            replace(record, owner_name=names.get(record.system.owner, record.system.owner)) for record in page.rows
        ),
    )


def ai_system(actor: Actor, system_id: str) -> SystemRecord:
    """Return one system with the name of its owner, in one query.

    Raises:
        InventoryUnknown: there is none with that id.
    """
    permit(actor, "read", "inventory")
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id, system_id=system_id)
    row = rows.annotate(owner_name=name_beside(actor.organisation_id, "owner")).first()
    if row is None:
        raise InventoryUnknown(
            sentence.gettext("There is no AI system {system_id!r}.", system_id=system_id),
            sentence.gettext("Register it, or choose one of the list."),
        )
    return replace(_system(row), owner_name=row.owner_name or row.owner)


def model_versions(actor: Actor, query: ListQuery, system_id: str | None = None) -> Page[ModelRecord]:
    """Return one page of model versions, of all systems or of one, newest first."""
    permit(actor, "read", "inventory")
    rows = models.ModelVersion.objects.filter(organisation_id=actor.organisation_id).select_related("system")
    if system_id is not None:
        rows = rows.filter(system__system_id=system_id)
    return paginate(rows.order_by("-registered_at", "-id"), query, MODEL_COLUMNS, _model)


def models_of(actor: Actor, system_id: str, most: int) -> tuple[ModelRecord, ...]:
    """Return the newest model versions of one system, in one query."""
    permit(actor, "read", "inventory")
    rows = models.ModelVersion.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    return tuple(_model(row) for row in rows.select_related("system").order_by("-registered_at", "-id")[:most])


def model_version(actor: Actor, version_id: str) -> ModelRecord:
    """Return one model version.

    Raises:
        InventoryUnknown: there is none with that id.
    """
    permit(actor, "read", "inventory")
    row = (
        models.ModelVersion.objects.filter(organisation_id=actor.organisation_id, version_id=version_id)
        .select_related("system")
        .first()
    )
    if row is None:
        raise InventoryUnknown(
            sentence.gettext("There is no model version {version_id!r}.", version_id=version_id),
            sentence.gettext("Choose one of the list."),
        )
    return _model(row)


def dataset_versions(actor: Actor, query: ListQuery, system_id: str | None = None) -> Page[DatasetRecord]:
    """Return one page of data-set versions, of all systems or of one, newest first."""
    permit(actor, "read", "inventory")
    rows = models.DatasetVersion.objects.filter(organisation_id=actor.organisation_id).select_related("system")
    if system_id is not None:
        rows = rows.filter(system__system_id=system_id)
    return paginate(rows.order_by("-registered_at", "-id"), query, DATASET_COLUMNS, _dataset)


def datasets_of(actor: Actor, system_id: str, most: int) -> tuple[DatasetRecord, ...]:
    """Return the newest data-set versions of one system, in one query."""
    permit(actor, "read", "inventory")
    rows = models.DatasetVersion.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    return tuple(_dataset(row) for row in rows.select_related("system").order_by("-registered_at", "-id")[:most])


def dataset_version(actor: Actor, version_id: str) -> DatasetRecord:
    """Return one data-set version.

    Raises:
        InventoryUnknown: there is none with that id.
    """
    permit(actor, "read", "inventory")
    row = (
        models.DatasetVersion.objects.filter(organisation_id=actor.organisation_id, version_id=version_id)
        .select_related("system")
        .first()
    )
    if row is None:
        raise InventoryUnknown(
            sentence.gettext("There is no data-set version {version_id!r}.", version_id=version_id),
            sentence.gettext("Choose one of the list."),
        )
    return _dataset(row)


def unsaid_duties(actor: Actor) -> tuple[Duty, ...]:
    """Return what the owner of systems still has to say about them, in one query."""
    permit(actor, "read", "inventory")
    if not may(actor, "write", "inventory"):
        return ()
    unsaid = Q(tier="") | Q(in_scope=None) | Q(affects_people=None)
    rows = models.AISystem.objects.filter(unsaid, organisation_id=actor.organisation_id, owner=actor.person_id)
    return tuple(
        Duty(
            topic="inventory",
            title=row.name,
            url=f"/inventory/systems/{row.system_id}/edit/",
            why=_("Tier, scope or whether it affects people is unknown, so the strictest rules are asked of it."),
        )
        for row in rows.exclude(stage=str(Stage.RETIREMENT)).order_by("name", "system_id")[:_MOST_DUTIES]
    )


def _system(row: models.AISystem) -> SystemRecord:
    tiering = read_tiering(row.tier, row.tier_said, row.tier_rules)
    return SystemRecord(
        read_system(vars(row)),
        row.version,
        EntryId(row.entry_id),
        row.changed_at,
        row.owner,
        tiering,
        tiering.tier,
        row.waiting,
    )


def _model(row: models.ModelVersion) -> ModelRecord:
    return ModelRecord(
        read_model(row.system.system_id, vars(row)),
        row.version,
        EntryId(row.entry_id),
        row.registered_at,
        row.system.name,
        row.waiting,
    )


def _dataset(row: models.DatasetVersion) -> DatasetRecord:
    return DatasetRecord(
        read_dataset(row.system.system_id, vars(row)),
        row.version,
        EntryId(row.entry_id),
        row.registered_at,
        row.system.name,
        row.waiting,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LessRecord:
    """What was said so that less is asked, by field in words, and of a system the tier that would follow."""

    entry_id: EntryId
    said: tuple[tuple[str, tuple[str, ...]], ...]
    tier: Tier | None
    made_by: PersonId
    made_at: datetime
    applied_at: datetime | None


def less_asked_of(actor: Actor, record: SystemRecord) -> tuple[LessRecord, ...]:
    """Return what waits to ask less of a system, and what does since two agreed, newest first, in one query."""
    permit(actor, "read", "inventory")
    rows = models.LessAsked.objects.filter(
        organisation_id=actor.organisation_id, about_kind="ai_system", about=record.system.system_id, ended_at=None
    )
    return tuple(_less(row, tiering_of(with_values(record.system, row.said)).tier) for row in rows.order_by("-number"))


def less_asked_about(actor: Actor, kind: str, record_id: str) -> tuple[LessRecord, ...]:
    """Return the same of a model, data or part of a system, in one query."""
    permit(actor, "read", "inventory")
    rows = models.LessAsked.objects.filter(
        organisation_id=actor.organisation_id, about_kind=kind, about=record_id, ended_at=None
    )
    return tuple(_less(row, None) for row in rows.order_by("-number"))


def _less(row: models.LessAsked, tier: Tier | None) -> LessRecord:
    return LessRecord(
        entry_id=EntryId(row.entry_id),
        said=tuple((name, _words(value)) for name, value in sorted(row.said.items())),
        tier=tier,
        made_by=PersonId(row.made_by),
        made_at=row.made_at,
        applied_at=row.applied_at,
    )


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(map(str, value)) or ("unknown",)
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return ("unknown" if value is None else str(value),)
