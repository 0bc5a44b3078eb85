"""What must be looked at again since something changed: read from the judge's own tables of changes and its rules.

Keeps no list of its own: what a rule's ``on_change`` makes old is to re-assess, until newer evidence is there.
It is also the last of what a member has to do about the inventory, and gathers the rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need, Rule
from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of, end_of
from clerestory.desk.duty import Duty, asking, until_the_log_grows
from clerestory.desk.permit import may, permit
from clerestory.judgement.applicability import decisions
from clerestory.judgement.index import BEGINNING, FactIndex
from clerestory.judgement.need.change import change_table, latest_change
from clerestory.judgement.population import matches, targets
from clerestory.judgement.row import Node, Row
from clerestory.registers.inventory.queries.access import access_duties
from clerestory.registers.inventory.queries.law import law_duties
from clerestory.registers.inventory.queries.records import unsaid_duties
from clerestory.store import directory
from clerestory.store.facts import judging
from clerestory.store.log import Kept
from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.ids import EntryId, FrameworkId, RequirementId

AREA = "inventory"
HOME = FrameworkId("iso42001-2023")
MOST_SYSTEMS = 25
_PARTS = ("model_version", "dataset_version", "deployment", "agent")


@dataclass(frozen=True, slots=True)
class ChangeSeen:
    """One change as the log shows it: what of which record, what was and what is, and the entry that says so."""

    name: str
    of: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class ToReassess:
    """One piece of evidence that no longer counts since something changed, and what asked for it."""

    kind: str
    check: str
    subject: Subject
    entry_id: EntryId
    made_on: date
    change: ChangeSeen | None
    change_name: str
    changed_on: date
    requirements: tuple[RequirementId, ...]


def to_reassess(actor: Actor, system_id: str, *, at: datetime) -> tuple[ToReassess, ...]:
    """Return what of a system and its parts must be looked at again, the newest change first."""
    permit(actor, "read", AREA)
    with judging(actor.organisation_id) as index:
        past = index.as_of(at)
        return _found(actor, past, _own(past, system_id))


def rests_on(actor: Actor, change: str) -> tuple[tuple[RequirementId, str], ...]:
    """Return which evidence of which requirement a change makes old, as the rules say."""
    permit(actor, "read", AREA)
    found = {
        (rule.requirement, need.kind) for rule in load().rules[HOME] for need in rule.needs if change in need.on_change
    }
    return tuple(sorted(found))


def reassess_duties(actor: Actor, at: datetime) -> tuple[Duty, ...]:
    """Return, for each system of the member, that something of it must be looked at again, and since which change."""
    permit(actor, "read", AREA)
    if not may(actor, "write", AREA):
        return ()
    with judging(actor.organisation_id) as index:
        asked = (asking(actor), at, index.version)
        return _duties.get(actor.organisation_id, asked, lambda: _reassess(actor, index.as_of(at)))


_duties: Kept[tuple[Duty, ...]] = Kept()


def _reassess(actor: Actor, index: FactIndex) -> tuple[Duty, ...]:
    own = directory.owned_by(actor.organisation_id, actor.person_id, "ai_system", most=MOST_SYSTEMS)
    found: list[Duty] = []
    for record in own:
        items = _found(actor, index, _own(index, record.id))
        if items:
            names = ", ".join(dict.fromkeys(_(item.change_name.replace("_", " ")) for item in items))
            why = _("%(n)s pieces of evidence no longer count since this changed: %(what)s.")
            url = f"/inventory/systems/{record.id}/reassess/"
            words = why % {"n": len(items), "what": names}
            found.append(Duty(topic="reassess", title=record.label, url=url, why=words))
    return tuple(found)


def _own(index: FactIndex, system_id: str) -> list[Node]:
    node = index.nodes.get(Subject("ai_system", system_id))
    if node is None:
        return []
    parts = (near for near in node.linked if near.kind in _PARTS)
    return [node, *sorted(parts, key=lambda near: (near.kind, near.subject.id))]


def _found(actor: Actor, index: FactIndex, nodes: Iterable[Node]) -> tuple[ToReassess, ...]:
    """Return what is older than the latest change that its rule names, whatever else may be wrong with it."""
    asked: dict[tuple[EntryId, str], list[RequirementId]] = {}
    moments: dict[tuple[EntryId, str], datetime] = {}
    left_out = {control for control, made in decisions(index, HOME).items() if made.excludes}
    for node in nodes:
        for rule in load().rules[HOME]:
            if rule.for_each != node.kind or rule.requirement in left_out or not matches(index, node, rule.where):
                continue
            for need in _needs(rule):
                for row in _overtaken(index, node, need):
                    name, moment = latest_change(index, need.on_change, row.node)
                    asked.setdefault((row.fact.entry_id, name), []).append(rule.requirement)
                    moments[row.fact.entry_id, name] = moment
    found = [_item(actor, index, *key, moments[key], tuple(dict.fromkeys(names))) for key, names in asked.items()]
    return tuple(sorted(found, key=lambda one: (one.changed_on, one.kind, one.entry_id), reverse=True))


def _needs(rule: Rule) -> Iterator[Need]:
    for need in (*rule.needs, *(one for group in rule.any_of for one in group)):
        if need.on_change:
            yield need


def _overtaken(index: FactIndex, node: Node, need: Need) -> Iterator[Row]:
    """Yield the newest evidence for a need where a change came after it; signed evidence where any is."""
    for target in targets(index, node, need.subject) if need.subject else (node,):
        latest = change_table(index, need.on_change).latest(target)
        if latest == BEGINNING:
            continue
        by_check: dict[str, list[Row]] = {}
        for row in target.about(need.kind):
            named = (not need.check or row.check == need.check) and (not need.families or row.family in need.families)
            if named and not row.dead:
                by_check.setdefault(row.check, []).append(row)
        for rows in by_check.values():
            signed = [row for row in rows if _is_signed(index, row, need)]
            newest = (signed or rows)[-1]
            if newest.end < latest:
                yield newest


def _is_signed(index: FactIndex, row: Row, need: Need) -> bool:
    marks = index.marks(row)
    return bool(marks.second if need.second_person else marks.roles) if need.approved or need.second_person else True


def _item(
    actor: Actor,
    index: FactIndex,
    entry_id: EntryId,
    name: str,
    moment: datetime,
    requirements: tuple[RequirementId, ...],
) -> ToReassess:
    row = index.rows[entry_id]
    return ToReassess(
        kind=row.fact.kind,
        check=row.check,
        subject=row.fact.subject,
        entry_id=entry_id,
        made_on=day_of(actor, row.end),
        change=max(_changes(index, row.node, name), key=lambda one: one.at, default=None),
        change_name=name,
        changed_on=day_of(actor, moment),
        requirements=requirements,
    )


def _changes(index: FactIndex, node: Node, name: str) -> Iterator[ChangeSeen]:
    """Yield, of each record near a subject, the last time that the value that a change is seen in became another."""
    for kind, field in index.catalogue.changes[name].seen_in:
        for place in (node, *node.linked, *index.organisations()):
            by_entity: dict[str, list[Row]] = {}
            for row in place.about(kind):
                if row.revoked is None:
                    by_entity.setdefault(row.fact.entity, []).append(row)
            for rows in by_entity.values():
                seen = _last_change(rows, name, field)
                if seen is not None:
                    yield seen


def _last_change(rows: list[Row], name: str, field: str) -> ChangeSeen | None:
    for before, after in zip(reversed(rows[:-1]), reversed(rows[1:]), strict=True):
        was, now = _texts(before.value(field)), _texts(after.value(field))
        if was != now:
            gone = tuple(text for text in was if text not in now)
            come = tuple(text for text in now if text not in was)
            return _seen(after, name, gone, come)
    return _seen(rows[0], name, (), _texts(rows[0].value(field)))


def _seen(row: Row, name: str, before: tuple[str, ...], after: tuple[str, ...]) -> ChangeSeen:
    label = row.fact.values.get("name")
    of = label if isinstance(label, str) and label else row.fact.subject.id
    return ChangeSeen(name, of, before, after, row.fact.observed.start, row.fact.entry_id)


def _texts(value: FactValue | None) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return () if value is None or value == "" else (str(value),)


def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what the member has to do about the inventory."""
    permit(actor, "read", "inventory")
    at = end_of(actor, on)
    return (*reassess_duties(actor, at), *access_duties(actor, on), *_of_records(actor, on))


@until_the_log_grows
def _of_records(actor: Actor, on: date) -> tuple[Duty, ...]:
    return (*law_duties(actor, on), *unsaid_duties(actor))
