"""What the inventory shows as changed in systems at work, held against what was approved before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.row import Node, Row
from clerestory.registers.lifecycle import models
from clerestory.registers.lifecycle.queries.change import AREA
from clerestory.registers.lifecycle.rules import Aspect, Covered, Seen, unapproved
from clerestory.store.facts import judging
from clerestory.terms.evidence import FactValue
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
    names: dict[str, str] = {}
    found: list[Seen] = []
    with judging(actor.organisation_id) as index:
        for node in index.members("ai_system"):
            if node.state is not None and (not system_id or node.subject.id == system_id):
                names[node.subject.id] = str(node.state.value("name") or node.subject.id)
                found += _of_system(node, now - LOOK_BACK)
    rows = models.Change.objects.filter(organisation_id=actor.organisation_id)
    open_ones = unapproved(found, [_covered(row) for row in rows.exclude(approved_at=None, seen=[])])
    return tuple(
        SeenChange(one, names[one.system_id]) for one in sorted(open_ones, key=lambda seen: seen.at, reverse=True)
    )


def seen_change(actor: Actor, entry_id: str, now: datetime) -> SeenChange | None:
    """Return one change that nobody asked for by the entry that shows it; None where it is covered by now."""
    permit(actor, "read", AREA)
    return next((one for one in unapproved_changes(actor, now) if one.seen.entry_id == entry_id), None)


def _of_system(node: Node, since: datetime) -> Iterator[Seen]:
    """Yield what changed while the system was at work."""
    versions = node.rows.get("register.ai_system", [])
    works = [(row.fact.received_at, row.value("stage") in RUNNING) for row in versions]
    for before, after in pairwise(versions):
        if after.fact.received_at < since or before.value("stage") not in RUNNING:
            continue
        for name, aspect in _FIELDS.items():
            if before.value(name) != after.value(name):
                yield _seen(node, aspect, _text(after.value(name)), after)
    own = ((kind, rows) for kind, rows in node.rows.items() if kind in _PARTS)
    parts = ((kind, rows) for part in node.parts for kind, rows in part.rows.items() if kind in _PARTS)
    for kind, rows in (*own, *parts):
        yield from _of_part(node, kind, rows, works, since)


def _of_part(
    node: Node, kind: str, rows: list[Row], works: list[tuple[datetime, bool]], since: datetime
) -> Iterator[Seen]:
    field, aspect = _PARTS[kind]
    earlier: dict[str, FactValue | None] = {}
    for row in rows:
        entity, value, at = row.fact.entity, row.value(field), row.fact.received_at
        is_new = entity not in earlier or earlier[entity] != value
        earlier[entity] = value
        at_work = next((working for moment, working in reversed(works) if moment <= at), False)
        if is_new and at_work and at >= since and not row.dead:
            yield _seen(node, aspect, entity.partition("/")[2], row)


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
