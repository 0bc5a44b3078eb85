"""Any record as a paper: what its newest version says, what it is linked to, its files, what happened, and the entries.

Made from the log, so that it needs nothing of the register. Refuses whom the record's own page would refuse.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of
from clerestory.desk.document.answer import organisation_name
from clerestory.desk.document.paper import Cell, Facts, Head, Paper, Paragraph, Part, Table, references
from clerestory.desk.document.words import spoken
from clerestory.desk.history import Change, about, changes
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.desk.record.attachment import attachments
from clerestory.desk.record.link import links
from clerestory.desk.record.record import Record, record_of
from clerestory.desk.request import MemberRequest
from clerestory.store import clock
from clerestory.store.log.versions import Version, versions
from clerestory.terms.evidence import FactValue, Person

MOST_EVENTS = 200
_NONE = "\u2013"


def record_paper(request: MemberRequest, kind: str, record_id: str) -> Paper:
    """Return a record as a paper.

    Raises:
        RecordUnknown: the organisation has none of that kind and id.
    """
    actor = request.actor
    permit(actor, "read", "records")
    record = record_of(actor, kind, record_id)
    found = _versions(actor, record)
    names = names_of(actor.organisation_id, _people(found))
    return Paper(
        title=record.title,
        organisation=organisation_name(request),
        at=clock.now(),
        parts=tuple(_parts(actor, record, found, names)),
        subtitle=f"{spoken(record.kind)} {record.id}",
        evidence=references(
            (version.entry.entry_id, version.entry.leaf_hash, spoken(version.entry.kind)) for version in found
        ),
    )


def _versions(actor: Actor, record: Record) -> Sequence[Version]:
    which = about(actor, record.kind, record.id, record.subject, record.entity)
    which = replace(which, entries=(*which.entries, *record.entries))
    return versions(actor.organisation_id, which, size=MOST_EVENTS)


def _parts(actor: Actor, record: Record, found: Sequence[Version], names: Mapping[str, str]) -> Iterator[Part]:
    own = next((version for version in found if version.entry.entity == record.entity), None)
    newest = own or next(iter(found), None)
    if newest is not None:
        yield Facts(tuple(_said(newest, names)))
    groups = links(actor, record.kind, record.id)
    if groups:
        rows = [(str(group.heading), item.label, spoken(item.kind)) for group in groups for item in group.links]
        yield Table(_("Links"), (_("Relation"), _("Record"), _("Kind")), rows)
    files = attachments(actor, record.kind, record.id)
    if files:
        rows_of_files = [
            (file.name, file.digest, day_of(actor, file.attached_at)) for file in files if not file.removed_at
        ]
        heads = (Head(_("File"), width=30), Head(_("Digest"), width=52), Head(_("Attached"), width=18))
        yield Table(_("Files"), heads, rows_of_files)
    heads_of_events = (Head(_("When"), width=18), Head(_("What"), width=20), Head(_("Who"), width=18))
    yield Table(
        _("What happened"),
        (*heads_of_events, Head(_("What changed"), width=44)),
        [_event(version, names) for version in found],
        empty=_("Nothing is in the log yet."),
    )
    if len(found) == MOST_EVENTS:
        yield Paragraph(_("Only the newest %(n)s entries are shown.") % {"n": MOST_EVENTS}, quiet=True)


def _said(version: Version, names: Mapping[str, str]) -> Iterator[tuple[str, Cell]]:
    known = load().kinds.get(version.fact.kind)
    order = dict.fromkeys((*(known.fields if known else ()), *version.fact.values))
    for name in order:
        if name in version.fact.values:
            yield spoken(name), _value(version.fact.values[name], names)
    approval = version.fact.approval
    if approval is not None:
        yield _("Approved by"), names.get(approval.person_id, approval.person_id)
        yield _("Approved"), approval.approved_at


def _event(version: Version, names: Mapping[str, str]) -> Sequence[Cell]:
    who = names.get(version.entry.actor, version.entry.actor)
    maker = version.fact.produced_by
    if isinstance(maker, Person) and maker.role:
        who = f"{who}, {spoken(maker.role).lower()}"
    changed = [_changed(change, names) for change in changes(version.before, version.fact)] if version.before else []
    return (version.entry.received_at, spoken(version.entry.kind), who, changed)


def _changed(change: Change, names: Mapping[str, str]) -> str:
    if change.is_list:
        parts = [f"+ {names.get(item, item)}" for item in change.added]
        parts += [f"\u2212 {names.get(item, item)}" for item in change.removed]
        return f"{spoken(change.name)}: {', '.join(parts)}"
    before, after = (_flat(_value(value, names)) for value in (change.before, change.after))
    return f"{spoken(change.name)}: {before or _NONE} \u2192 {after or _NONE}"


def _value(value: FactValue | None, names: Mapping[str, str]) -> Cell:
    if isinstance(value, tuple):
        return [names.get(item, item) for item in value]
    if isinstance(value, Mapping):
        return [f"{spoken(key)}: {names.get(item, item)}" for key, item in value.items()]
    if isinstance(value, str):
        return names.get(value, value)
    return value


def _flat(value: Cell) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)


def _people(found: Sequence[Version]) -> Iterator[str]:
    for version in found:
        yield version.entry.actor
        if version.fact.approval is not None:
            yield version.fact.approval.person_id
        for fact in (version.fact, version.before):
            for value in fact.values.values() if fact else ():
                texts = (
                    value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
                )
                yield from (text for text in texts if isinstance(text, str) and text.startswith("person-"))
