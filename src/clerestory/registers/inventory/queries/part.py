"""Reads of the parts of systems, and of the level of autonomy that the runs of agents really showed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.permit import permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.registers.inventory.rules.agent import AUTONOMY_CHECK, Agent, Observed, exceeds, observed_of
from clerestory.registers.inventory.rules.part import KINDS, Part, read_part
from clerestory.store.facts import judging
from clerestory.terms import sentence
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, PersonId

AREA = "inventory"
KIND_WORDS = {
    "agent": _("agent"),
    "deployment": pgettext_lazy("part of a system", "deployment"),
    "prompt": _("prompt"),
    "use": _("use"),
    "embedded_ai": _("AI in bought software"),
}
_LEVEL = "level="
_TONES = {"active": "good", "candidate": "open", "suspended": "open", "retired": "old"}


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A part as it stands: its version and entry, its system's name and owner."""

    part: Part
    part_id: str
    version: int
    entry_id: EntryId
    changed_at: datetime
    system_name: str
    owner: PersonId
    waiting: Mapping[str, Any] = field(default_factory=dict)
    """What is said but asks for less, by field: it waits for a second person."""

    @property
    def said(self) -> Part:
        """The part as it was said to be last, whether that counts yet or not."""
        return replace(self.part, **self.waiting)


@dataclass(frozen=True, slots=True)
class PartVersion:
    """One version of a part: what it said, by whom and when."""

    version: int
    part: Part
    made_by: PersonId
    made_at: datetime
    entry_id: EntryId


PART_COLUMNS = (
    Column(
        name="name",
        label=_("Name"),
        searched=True,
        kind="link",
        value=lambda row: row.part.name,
        url=lambda row: reverse("inventory-part", args=[row.part.kind, row.part_id]),
    ),
    Column(
        name="kind",
        label=_("Kind"),
        kind="tag",
        filtered=True,
        options=tuple(KIND_WORDS.items()),
        value=lambda row: row.part.kind,
        tone="accent",
    ),
    Column(
        name="system",
        label=_("AI system"),
        field="system__name",
        searched=True,
        kind="link",
        value=lambda row: row.system_name,
        url=lambda row: reverse("inventory-parts-of", args=[row.part.system_id]),
    ),
    Column(
        name="status",
        label=_("State"),
        kind="tag",
        filtered=True,
        options=(
            ("active", _("active")),
            ("candidate", _("candidate")),
            ("suspended", _("suspended")),
            ("retired", _("retired")),
        ),
        value=lambda row: row.part.status,
        tone=lambda row: _TONES[row.part.status],
    ),
    Column(name="changed_at", label=_("Changed"), kind="moment", value=lambda row: row.changed_at),
)


def parts(actor: Actor, query: ListQuery) -> Page[PartRecord]:
    """Return one page of the parts of all systems, in two queries."""
    permit(actor, "read", AREA)
    return paginate(_rows(actor).order_by("name", "part_id"), query, PART_COLUMNS, _record)


def parts_of(actor: Actor, system_id: str, most: int = 200) -> tuple[PartRecord, ...]:
    """Return the parts of one system by kind and name, at most so many, retired ones last, in one query."""
    permit(actor, "read", AREA)
    rows = _rows(actor).filter(system__system_id=system_id).order_by("name", "part_id")[:most]
    found = [_record(row) for row in rows]
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.part.kind), one.part.status == "retired")))


def part(actor: Actor, kind: str, part_id: str) -> PartRecord:
    """Return one part.

    Raises:
        InventoryUnknown: the organisation has none of that kind and id.
    """
    permit(actor, "read", AREA)
    row = _rows(actor).filter(kind=kind, part_id=part_id).first()
    if row is None:
        raise InventoryUnknown(
            sentence.gettext("There is no {kind} {part_id!r}.", kind=sentence.word(kind), part_id=part_id),
            sentence.gettext("Choose one of the list."),
        )
    return _record(row)


def part_versions(actor: Actor, kind: str, part_id: str) -> tuple[PartVersion, ...]:
    """Return all versions of a part, newest first, in one query."""
    permit(actor, "read", AREA)
    rows = models.Said.objects.filter(organisation_id=actor.organisation_id, kind=kind, about=part_id)
    system_id, _slash, slug = part_id.rpartition("/")
    return tuple(
        PartVersion(
            row.version, _read(kind, system_id, slug, row.said), PersonId(row.made_by), row.made_at,
            EntryId(row.entry_id),
        )
        for row in rows.order_by("-version")
    )  # fmt: skip


def observed(actor: Actor, agent: Agent) -> Observed | None:
    """Return the level of autonomy that the runs of an agent showed; None where nothing was measured.

    It is read from the results of the check of autonomy about the system, as they are logged.
    """
    permit(actor, "read", AREA)
    with judging(actor.organisation_id) as index:
        node = index.nodes.get(Subject("ai_system", agent.system_id))
        rows = [] if node is None else node.about("check")
        found = [
            _observed(row.fact.values, row.end, row.fact.entry_id)
            for row in rows
            if row.check == AUTONOMY_CHECK and not row.dead and row.fact.values.get("value") is not None
        ]
    return observed_of(agent, found)


def overreaching(actor: Actor, records: tuple[PartRecord, ...]) -> tuple[tuple[PartRecord, Observed], ...]:
    """Return the agents among parts whose runs showed more autonomy than is declared, with what was seen."""
    permit(actor, "read", AREA)
    found = []
    for record in records:
        if isinstance(record.part, Agent) and record.part.status != "retired":
            seen = observed(actor, record.part)
            if seen is not None and exceeds(record.part, seen):
                found.append((record, seen))
    return tuple(found)


def _observed(values: Any, at: datetime, entry_id: EntryId) -> Observed:
    parts_of_slice = str(values.get("slice", "")).split("; ")
    named = dict(part.split("=", 1) for part in parts_of_slice if "=" in part)
    told = named.get("level", "L1")
    declared = int(told[1:2]) if told[1:2].isdecimal() else 1

    def level(name: str) -> int:
        return declared + round(float(str(values.get(name) or values["value"])))

    return Observed(
        level=level("value"), low=level("low"), high=level("high"), runs=int(values.get("n", 0)),
        verdict=str(values.get("verdict", "")), at=at, entry_id=entry_id,
        record=named.get("record", "trajectories.jsonl"), declared_in_run=declared,
    )  # fmt: skip


def _rows(actor: Actor) -> QuerySet[models.Part]:
    return models.Part.objects.filter(organisation_id=actor.organisation_id).select_related("system")


def _record(row: models.Part) -> PartRecord:
    said = read_part(row.kind, row.system.system_id, row.slug, row.name, row.status, row.said)
    owner = PersonId(row.system.owner)
    return PartRecord(
        said, row.part_id, row.version, EntryId(row.entry_id), row.changed_at, row.system.name, owner, row.waiting
    )


def _read(kind: str, system_id: str, slug: str, said: dict[str, Any]) -> Part:
    rest = {name: value for name, value in said.items() if name not in ("name", "status")}
    return read_part(kind, system_id, slug, said["name"], said["status"], rest)
