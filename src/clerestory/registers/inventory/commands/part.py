"""Writes of the parts of a system: agents with their tools, deployments, prompts, uses, AI in bought software."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.day import start_of
from clerestory.desk.permit import permit
from clerestory.desk.version import change, expect, first_wins
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import URL, Registered
from clerestory.registers.inventory.commands.tiering import About, ask_for_less
from clerestory.registers.inventory.facts.part import part_evidence
from clerestory.registers.inventory.queries.part import part
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.registers.inventory.rules.agent import Agent, Tool, with_tool, without_tool
from clerestory.registers.inventory.rules.part import (
    Deployment,
    EmbeddedAI,
    Part,
    check_part,
    check_status_follows,
    part_id,
    part_in_force,
    stored,
)
from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.store import clock, directory, evidence, log, trace
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _

AREA = "inventory"
Target = tuple[str, str, str]
"""Relation, kind and id of what a part leads to."""


def register_part(*, actor: Actor, said: Part, now: datetime | None = None) -> Registered:
    """Register a part of a system.

    Raises:
        InventoryUnknown: there is no such system or model version.
        InventoryRefused: something is missing or contradicts itself, or the id is taken.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_part(said)
    with first_wins(), atomic():
        system = _system(actor, said.system_id)
        _check_model(actor, said)
        if _rows(actor, said).exists():
            raise InventoryRefused(
                _("There is {part_id!r} already.", part_id=part_id(said)), _("Choose another id, or change that one.")
            )
        entry = _append(actor, said, 1, moment)
        models.Part.objects.create(
            organisation_id=actor.organisation_id, system=system, kind=said.kind, part_id=part_id(said), slug=said.slug,
            name=said.name.strip(), status=said.status, said=stored(said), version=1, entry_id=entry,
            changed_at=moment,
        )  # fmt: skip
        _keep(actor, said, 1, entry, moment)
        _show(actor, said, system.owner, ())
    return Registered(part_id(said), 1, entry)


def change_part(*, actor: Actor, said: Part, expected_version: int, now: datetime | None = None) -> Registered:
    """Write a new version of a part, from the version that the editor saw.

    What rests on it as it was is then to be looked at anew, as the rules say. What asks for less, such as that an agent
    is no longer active, counts once a second person approved it.

    Raises:
        InventoryUnknown: there is no such part.
        InventoryRefused: it is as it was, contradicts itself, or was retired.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_part(said)
    with first_wins(), atomic():
        before = part(actor, said.kind, part_id(said))
        check_status_follows(before.part.status, said.status)
        expect(before.version, expected_version)
        if before.said == said:
            raise InventoryRefused(_("{name} is as it was.", name=said.name), _("Change something, or leave it."))
        _check_model(actor, said)
        counts, waiting = part_in_force(before.part, said)
        made = next_part(actor, counts, expected_version, moment, waiting=waiting)
        if waiting != before.waiting:
            system, record = _system(actor, said.system_id), part_id(said)
            about = About(system, said.kind, record, said.name, f"{URL}part/{said.kind}/{record}/")
            ask_for_less(actor, about, waiting, moment)
    return made


# house: allow permit-first: a part of a command, which asked
def next_part(
    actor: Actor, said: Part, expected_version: int, moment: datetime, *, waiting: Mapping[str, Any],
    because: Sequence[EntryId] = (),
) -> Registered:  # fmt: skip
    """Write what counts of a part from now on; ``waiting`` is said beside it."""
    before, rows = part(actor, said.kind, part_id(said)), _rows(actor, said)
    version = change(
        rows, expected=expected_version, name=said.name.strip(), status=said.status, said=stored(said),
        waiting=dict(waiting), changed_at=moment,
    )  # fmt: skip
    entry = _append(actor, said, version, moment, because)
    rows.update(entry_id=entry)
    _keep(actor, said, version, entry, moment)
    _show(actor, said, before.owner, _targets(before.part))
    return Registered(part_id(said), version, entry)


def set_tool(
    *,
    actor: Actor,
    agent_id: str,
    tool: Tool,
    expected_version: int,
    instead_of: str = "",
    now: datetime | None = None,
) -> Registered:
    """Give an agent a tool with its permissions, or change those of one; both are a change of its tool list."""
    permit(actor, "write", AREA)
    said = _agent(actor, agent_id)
    changed = replace(said, tools=with_tool(said, tool, instead_of))
    return change_part(actor=actor, said=changed, expected_version=expected_version, now=now)


def remove_tool(
    *, actor: Actor, agent_id: str, name: str, expected_version: int, now: datetime | None = None
) -> Registered:
    """Take a tool from an agent."""
    permit(actor, "write", AREA)
    said = _agent(actor, agent_id)
    changed = replace(said, tools=without_tool(said, name))
    return change_part(actor=actor, said=changed, expected_version=expected_version, now=now)


def _agent(actor: Actor, agent_id: str) -> Agent:
    said = part(actor, "agent", agent_id).said
    if not isinstance(said, Agent):
        raise InventoryUnknown(_("There is no agent {agent_id!r}.", agent_id=agent_id), _("Choose one of the list."))
    return said


def _rows(actor: Actor, said: Part) -> QuerySet[models.Part]:
    rows = models.Part.objects.filter(organisation_id=actor.organisation_id, kind=said.kind)
    return rows.filter(part_id=part_id(said))


def _system(actor: Actor, system_id: str) -> models.AISystem:
    row = models.AISystem.objects.filter(organisation_id=actor.organisation_id, system_id=system_id).first()
    if row is None:
        raise InventoryUnknown(
            _("There is no AI system {system_id!r}.", system_id=system_id), _("Register the system first.")
        )
    return row


def _check_model(actor: Actor, said: Part) -> None:
    if not isinstance(said, Deployment):
        return
    rows = models.ModelVersion.objects.filter(organisation_id=actor.organisation_id, version_id=said.model_version)
    if not rows.filter(system__system_id=said.system_id).exists():
        raise InventoryUnknown(
            _("The system has no model version {model_version!r}.", model_version=said.model_version),
            _("Register the version first, or choose another."),
        )


def _append(actor: Actor, said: Part, version: int, moment: datetime, because: Sequence[EntryId] = ()) -> EntryId:
    leaves = log.leaf_hashes(actor.organisation_id, because)
    made = part_evidence(said, by=actor.maker(), at=moment, version=version, start_of=partial(start_of, actor))
    made = replace(made, caused_by=tuple(leaves[one] for one in because))
    return evidence.append(made, organisation_id=actor.organisation_id, now=moment).entry_id


def _keep(actor: Actor, said: Part, version: int, entry: EntryId, moment: datetime) -> None:
    models.Said.objects.create(
        organisation_id=actor.organisation_id, kind=said.kind, about=part_id(said), version=version,
        said=stored(said) | {"name": said.name, "status": str(said.status)}, made_by=actor.person_id, made_at=moment,
        entry_id=entry,
    )  # fmt: skip


def _targets(said: Part) -> tuple[Target, ...]:
    if isinstance(said, Agent):
        return tuple(("uses", "tool", tool.name) for tool in said.tools)
    if isinstance(said, Deployment):
        return (("runs", "model_version", said.model_version),)
    return (("supplied by", "supplier", said.supplier),) if isinstance(said, EmbeddedAI) else ()


def _show(actor: Actor, said: Part, owner: str, before: Iterable[Target]) -> None:
    """Publish the part, and link it to its system and to what it leads to instead of what it led to before."""
    organisation, record = actor.organisation_id, part_id(said)
    url = f"{URL}part/{said.kind}/{record}/"
    directory.publish(organisation, said.kind, record, label=said.name, url=url, owner=owner)
    trace.link(organisation, said.kind, record, "part of", "ai_system", said.system_id)
    now = _targets(said)
    for relation, kind, other in set(before) - set(now):
        trace.unlink(organisation, said.kind, record, relation, kind, other)
    for relation, kind, other in now:
        trace.link(organisation, said.kind, record, relation, kind, other)
