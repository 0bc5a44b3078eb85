"""Reads of the inventory: frozen values of one organisation, never rows."""

from dataclasses import dataclass
from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.desk.lists import ListQuery, Page, paginate
from clerestory.desk.permit import permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.rules import (
    AISystem,
    DatasetVersion,
    ModelVersion,
    read_dataset,
    read_model,
    read_system,
)
from clerestory.terms.error import ClerestoryError


class NotInInventory(ClerestoryError):
    """The inventory of the organisation has no such record."""


@dataclass(frozen=True, slots=True)
class SystemRecord:
    """A system with the version of its record and the entry that the version was written to."""

    system: AISystem
    version: int
    entry_id: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model version with its place in the log."""

    model: ModelVersion
    version: int
    entry_id: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A data-set version with its place in the log."""

    dataset: DatasetVersion
    version: int
    entry_id: str
    registered_at: datetime


def ai_systems(actor: Actor, query: ListQuery) -> Page[SystemRecord]:
    """Return one page of the systems that the query finds."""
    permit(actor, "read", "inventory")
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id)
    return paginate(rows, query, SYSTEM_COLUMNS, _system)


def ai_system(actor: Actor, system_id: str) -> SystemRecord:
    """Return one system."""
    permit(actor, "read", "inventory")
    row = models.AISystem.objects.filter(organisation_id=actor.organisation_id, system_id=system_id).first()
    if row is None:
        raise NotInInventory(f"There is no AI system {system_id!r}.", "Register it, or choose one of the list.")
    return _system(row)
