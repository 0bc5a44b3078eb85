"""What happened to a record: its entries in the log, newest first, with who made them and what each changed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db.models import QuerySet

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.models import Approval, Attachment, Proposal, Revocation
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.store import log
from clerestory.store.log.lookup import FoundEntry
from clerestory.store.log.versions import About, Version, versions
from clerestory.terms.evidence import FactValue, Person, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId

Line = tuple[str, str]
"""What became of a line of a text, and the line: added, removed, same, or a gap."""
_AROUND = 2
_PERSON = re.compile(r"\bperson-\w+")
_LONGEST = 50_000
"""Longer texts are compared in their entries only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that a version changed. Of a list, what came and what went; of all else, what was and what is."""

    name: str
    before: FactValue | None = None
    after: FactValue | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether it says what came and went."""
        return bool(self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry about a record; ``who`` is a member's name, or the tool. ``is_first``: there was no version before.

    ``lines`` are those of its text that came and went, with a little around them.
    """

    entry: FoundEntry
    who: str
    role: str = ""
    changes: tuple[Change, ...] = ()
    is_first: bool = True
    version: int = 1
    lines: tuple[Line, ...] = ()


def about(actor: Actor, kind: str, record_id: str, subject: Subject | None, entity: str) -> About:
    """Return which entries belong to a record.

    Those about its subject; a record that rules know no subject for has the versions of its entity, their approvals
    and revocations, and its files.
    """
    permit(actor, "read", "evidence")
    if subject is not None and subject.kind != "organisation":
        return About(subject=subject)
    first, *others = belonging(actor, kind, record_id, entity)
    return About(entity=entity, entries=tuple(EntryId(entry_id) for (entry_id,) in first.union(*others)))


def belonging(actor: Actor, kind: str, record_id: str, entity: str) -> tuple[QuerySet[Any, tuple[str]], ...]:
    """Return the rows of entries that approved or revoked versions of an entity, and of those of a record's files."""
    permit(actor, "read", "evidence")
    proposed = Proposal.objects.filter(organisation_id=actor.organisation_id, entity=entity).values("entry_id")
    ended = Revocation.objects.filter(organisation_id=actor.organisation_id, revoked_entry_id__in=proposed)
    found: tuple[QuerySet[Any], ...] = (
        Approval.objects.filter(organisation_id=actor.organisation_id, proposal__entity=entity),
        ended,
        Attachment.objects.filter(organisation_id=actor.organisation_id, kind=kind, record_id=record_id),
    )
    return tuple(rows.values_list("entry_id") for rows in found)


def events(actor: Actor, which: About, *, page: int = 1, size: int = 20) -> tuple[Event, ...]:
    """Return one page of what happened, newest first, with what each version changed, in at most four queries."""
    permit(actor, "read", "evidence")
    found = versions(actor.organisation_id, which, page=page, size=size)
    said = _texts(actor, found)
    named = (person for text in said.values() for person in _PERSON.findall(text))
    names = names_of(actor.organisation_id, {*_people(found), *named})
    return tuple(_event(version, names, said) for version in found)


def lines_changed(before: str, after: str) -> tuple[Line, ...]:
    """Return the lines of both texts that came and went, with a little around each change."""
    old, new = before.splitlines(), after.splitlines()
    told: list[Line] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(_AROUND):
        if told:
            told.append(("gap", ""))
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                told += [("same", line) for line in old[start:end]]
                continue
            told += [("removed", line) for line in old[start:end]]
            told += [("added", line) for line in new[new_start:new_end]]
    return tuple(told)


def _in_names(lines: Iterable[Line], names: Mapping[str, str]) -> tuple[Line, ...]:
    return tuple((sort, _PERSON.sub(lambda found: names.get(found[0], found[0]), line)) for sort, line in lines)


def _texts(actor: Actor, found: Iterable[Version]) -> Mapping[EntryId, str]:
    """Return the texts of versions that others came before, and of those; no query where there is none."""
    pairs = [(one.fact.entry_id, one.before.entry_id) for one in found if one.before is not None and one.has_content]
    wanted = list(dict.fromkeys(EntryId(entry_id) for pair in pairs for entry_id in pair))
    return log.texts(actor.organisation_id, wanted, longest=_LONGEST) if wanted else {}


def changes(before: Fact | None, after: Fact, names: Mapping[str, str] | None = None) -> tuple[Change, ...]:
    """Return what a version says that the one before did not, in the order of the catalogue; people by their names."""
    kind = load().kinds.get(after.kind)
    old: Mapping[str, FactValue] = before.values if before else {}
    order = dict.fromkeys((*(kind.fields if kind else ()), *old, *after.values))
    said = names or {}
    return tuple(
        _change(name, _named(old.get(name), said), _named(after.values.get(name), said))
        for name in order
        if _differ(old.get(name), after.values.get(name))
    )


def _event(version: Version, names: Mapping[str, str], said: Mapping[EntryId, str]) -> Event:
    maker = version.fact.produced_by
    after = said.get(version.fact.entry_id)
    before = said.get(version.before.entry_id) if version.before else None
    return Event(
        entry=version.entry,
        who=names.get(version.entry.actor, version.entry.actor),
        role=maker.role if isinstance(maker, Person) else "",
        changes=changes(version.before, version.fact, names),
        is_first=version.before is None,
        version=version.fact.entity_version,
        lines=() if before is None or after is None else _in_names(lines_changed(before, after), names),
    )


def _change(name: str, before: FactValue | None, after: FactValue | None) -> Change:
    if isinstance(before, tuple | None) and isinstance(after, tuple | None):
        old, new = before or (), after or ()
        added, removed = tuple(i for i in new if i not in old), tuple(i for i in old if i not in new)
        if added or removed:
            return Change(name=name, added=added, removed=removed)
    return Change(name=name, before=before, after=after)


def _differ(before: FactValue | None, after: FactValue | None) -> bool:
    return before != after and not (before in _NOTHING and after in _NOTHING)


_NOTHING: tuple[object, ...] = (None, "", (), {})


def _named(value: FactValue | None, names: Mapping[str, str]) -> FactValue | None:
    """Put names in place of pseudonymous ids."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(names.get(item, item) for item in value)
    if isinstance(value, Mapping):
        return {key: names.get(item, item) for key, item in value.items()}
    return value


def _people(found: Iterable[Version]) -> Iterator[str]:
    for version in found:
        yield version.entry.actor
        for fact in (version.fact, version.before):
            for value in fact.values.values() if fact else ():
                texts = (
                    value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
                )
                yield from (text for text in texts if isinstance(text, str) and text.startswith("person-"))
