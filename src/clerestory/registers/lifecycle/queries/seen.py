"""What the inventory shows as changed in systems at work, held against what was approved before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node, Row
from clerestory.registers.lifecycle import models
from clerestory.registers.lifecycle.queries.change import AREA
from clerestory.registers.lifecycle.rules import Aspect, Covered, Seen, unapproved
from clerestory.store.facts import judging
from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.ids import EntryId

LOOK_BACK = timedelta(days=90)
RUNNING = ("deployment", "operation and monitoring", "continuous validation", "re-evaluation")
_FIELDS = {
    "purpose": Aspect.PURPOSE,
    "use_areas": Aspect.PURPOSE,
    "suppliers": Aspect.SUPPLIER,
    "deployment_context": Aspect.DEPLOYMENT,
    "autonomy_level": Aspect.TOOLS,
}
_PARTS = {
    "register.model_version": ("artefact_digest", Aspect.MODEL),
    "register.dataset_version": ("content_digest", Aspect.DATA),
    "register.prompt": ("digest", Aspect.PROMPT),
    "register.agent": ("tools", Aspect.TOOLS),
}


@dataclass(frozen=True, slots=True)
class SeenChange:
    """A change that nobody asked for, with the name of its system."""

    seen: Seen
    system_name: str


def unapproved_changes(actor: Actor, now: datetime, system_id: str = "") -> tuple[SeenChange, ...]:
    """Return the changes of systems at work in the last 90 days that no approved request covers, newest first."""
    permit(actor, "read", AREA)
    with judging(actor.organisation_id) as index:
        every = index.of_version("changes of systems at work", lambda: _all(index))
        new = [one for one in every if one.at >= now - LOOK_BACK and (not system_id or one.system_id == system_id)]
        names = {one.system_id: _name(index, one.system_id) for one in new}
    rows = models.Change.objects.filter(organisation_id=actor.organisation_id)
    open_ones = unapproved(new, [_covered(row) for row in rows.exclude(approved_at=None, seen=[])])
    return tuple(
        SeenChange(one, names[one.system_id]) for one in sorted(open_ones, key=lambda seen: seen.at, reverse=True)
    )


def seen_change(actor: Actor, entry_id: str, now: datetime) -> SeenChange | None:
    """Return one change that nobody asked for by the entry that shows it; None where it is covered by now."""
    permit(actor, "read", AREA)
    return next((one for one in unapproved_changes(actor, now) if one.seen.entry_id == entry_id), None)


def _all(index: FactIndex) -> tuple[Seen, ...]:
    """Return what ever changed in each system while it was at work."""
    return tuple(seen for node in index.members("ai_system") for seen in _of_system(node))


def _name(index: FactIndex, system_id: str) -> str:
    state = index.nodes[Subject("ai_system", system_id)].state
    return str((state and state.value("name")) or system_id)


def _of_system(node: Node) -> Iterator[Seen]:
    """Yield what changed while the system was at work."""
    versions = node.rows.get("register.ai_system", [])
    works = [(row.fact.received_at, row.value("stage") in RUNNING) for row in versions]
    for before, after in pairwise(versions):
        if before.value("stage") not in RUNNING:
            continue
        for name, aspect in _FIELDS.items():
            if before.value(name) != after.value(name):
                yield _seen(node, aspect, _text(after.value(name)), after)
    for kind, (field, aspect) in _PARTS.items():
        rows = [row for place in (node, *node.parts) for row in place.rows.get(kind, ())]
        for row in _changed(sorted(rows, key=lambda row: row.fact.received_at), kind, field):
            at = row.fact.received_at
            at_work = next((working for moment, working in reversed(works) if moment <= at), False)
            if at_work and not row.dead:
                yield _seen(node, aspect, row.fact.entity.partition("/")[2], row)


def _changed(rows: list[Row], kind: str, field: str) -> Iterator[Row]:
    """Yield what is another than before, oldest first: what was registered first of a thing is no change of it."""
    known, held = set[str](), dict[str, FactValue | None]()
    for row in rows:
        entity, value, thing = row.fact.entity, row.value(field), _thing(kind, row)
        if thing in known and (entity not in held or held[entity] != value):
            yield row
        known.add(thing)
        held[entity] = value


def _thing(kind: str, row: Row) -> str:
    """Return what has versions: the model of a system, its data of one role, a prompt, an agent."""
    if kind == "register.model_version":
        return ""
    return _text(row.value("role")) if kind == "register.dataset_version" else row.fact.entity


def _seen(node: Node, aspect: Aspect, what: str, row: Row) -> Seen:
    return Seen(
        system_id=node.subject.id, aspect=aspect, what=what[:300], at=row.fact.received_at,
        entry_id=EntryId(row.fact.entry_id),
    )  # fmt: skip


def _text(value: FactValue | None) -> str:
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _covered(row: models.Change) -> Covered:
    return Covered(
        change_id=f"change-{row.number}",
        system_id=row.system,
        aspects=tuple(row.aspects),
        approved_at=row.approved_at if row.outcome != "refused" else None,
        made_at=row.made_at,
        seen=tuple(row.seen),
    )
