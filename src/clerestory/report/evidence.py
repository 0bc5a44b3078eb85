"""The evidence log as people read it: lines that can be searched, one entry with its proof, the state of the log.

Refuses to show another organisation's entry, and content to whom the access does not allow it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings
from clerestory.desk.lists import Page
from clerestory.desk.people import names_of
from clerestory.desk.permit import may, permit
from clerestory.judgement.index import FactIndex
from clerestory.judgement.population import label_of
from clerestory.ledger.leaf import Leaf, read_leaf
from clerestory.store import directory, keys, log
from clerestory.store.facts import judging
from clerestory.store.log.lookup import FoundEntry, kinds
from clerestory.store.log.proof import NotSequenced
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import FactValue, Machine, Person
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.status import Verdict


class ContentNotHeld(ClerestoryError):
    """There is no content behind the entry, or it was erased."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log; ``who`` is a member's name or the tool, ``about`` the label of the subject.

    ``whom`` is the name of the person whose membership it is about; the log itself holds no name.
    """

    entry: FoundEntry
    who: str
    about: str
    check: str = ""
    whom: str = ""


@dataclass(frozen=True, slots=True)
class LogChoices:
    """What the log can be narrowed to."""

    kinds: tuple[str, ...]
    subject_kinds: tuple[str, ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """One entry with everything that is known of it, up to the signed root. ``path`` is empty until it is sealed."""

    record: log.EntryRecord
    leaf: Leaf
    who: str
    about: str
    about_url: str
    meaning: str
    values: tuple[tuple[str, FactValue], ...]
    approver: str
    sealed: log.Inclusion | None
    revoked_by: EntryId | None
    revoked_at: datetime | None
    revoked_reason: str
    superseded_by: EntryId | None
    may_revoke: bool
    may_open: bool
    waiting: Fact | None = None
    """A revocation of this result that counts only once a second person approved it."""
    may_sign: bool = False


@dataclass(frozen=True, slots=True)
class LogState:
    """The newest signed checkpoint with the key that checks it, and what its witnesses say."""

    size: int
    waiting: int
    root: str
    note: str
    origin: str
    verifier_key: str
    witnessed: int
    unwitnessed_since: datetime | None
    witnesses: tuple[log.WitnessStand, ...]
    rechecked: log.LastRecheck | None
    problem: str
    remedy: str


def entries(actor: Actor, what: log.Search) -> Page[LogLine]:
    """Return one page of lines, newest first, in at most four queries; a page past the end is the last one."""
    permit(actor, "read", "evidence")
    found = log.search(actor.organisation_id, what)
    if not found.rows and found.total:
        what = replace(what, page=-(-found.total // what.size))
        found = log.search(actor.organisation_id, what)
    people = {whom for entry in found.rows for whom in (entry.actor, _whom(entry.kind, entry.entity)) if whom}
    names = names_of(actor.organisation_id, people)
    with judging(actor.organisation_id) as index:
        rows = tuple(_line(entry, names, index) for entry in found.rows)
    return Page(rows=rows, total=found.total, page=what.page if found.total else 1, size=what.size)


def _whom(kind: str, entity: str) -> str:
    """Return the pseudonymous id of the person whose membership an entry is about; "" for all other entries."""
    return entity.partition("/")[2] if kind == "record.membership" else ""


def log_choices(actor: Actor) -> LogChoices:
    """Return what the log can be narrowed to, in one query."""
    permit(actor, "read", "evidence")
    return LogChoices(tuple(kinds(actor.organisation_id)), tuple(load().subjects), tuple(Verdict))


def entry(actor: Actor, entry_id: str) -> EntryPage:
    """Return one entry with its proof.

    Raises:
        EntryUnknown: this organisation's log has no such entry.
    """
    permit(actor, "read", "evidence")
    record = log.entry(actor.organisation_id, EntryId(entry_id))
    fact = record.fact
    people = [fact.approval.person_id] if fact.approval else []
    if isinstance(fact.produced_by, Person):
        people.append(fact.produced_by.person_id)
    if whom := _whom(fact.kind, fact.entity):
        people.append(PersonId(whom))
    names = names_of(actor.organisation_id, people)
    about = directory.known(actor.organisation_id, fact.subject.kind, fact.subject.id)
    with judging(actor.organisation_id) as index:
        row = index.rows.get(fact.entry_id)
        revoked, superseded = (None, None) if row is None else (row.revoked, row.superseded)
        waits = None if row is None else index.waiting(row)
    waiting = None if waits is None else waits.fact
    return EntryPage(
        record=record,
        leaf=read_leaf(record.leaf),
        who=_who(fact.produced_by, names),
        about=names.get(whom, whom) or (about.label if about else fact.subject.id),
        about_url=about.url if about else "",
        meaning=load().kinds[fact.kind].meaning if fact.kind in load().kinds else "",
        values=_in_order(fact),
        approver=names.get(fact.approval.person_id, fact.approval.person_id) if fact.approval else "",
        sealed=_sealed(actor, fact.entry_id),
        revoked_by=revoked.fact.entry_id if revoked else None,
        revoked_at=revoked.fact.received_at if revoked else None,
        revoked_reason=str(revoked.fact.values.get("reason", "")) if revoked else "",
        superseded_by=superseded.fact.entry_id if superseded else None,
        may_revoke=may(actor, "approve", "revocation") and revoked is waits is None and fact.kind not in _FINAL,
        may_open=record.content_state == "held",
        waiting=waiting,
        may_sign=waiting is not None and _may_sign(actor, waiting.entry_id),
    )


def content(actor: Actor, entry_id: str) -> tuple[bytes, str]:
    """Return the content behind an entry with its media type.

    Raises:
        EntryUnknown: this organisation's log has no such entry.
        ContentNotHeld: it has no content, or the content was erased.
    """
    permit(actor, "read", "evidence")
    record = log.entry(actor.organisation_id, EntryId(entry_id))
    body = log.content(actor.organisation_id, record.entry_id)
    if body is None:
        raise ContentNotHeld(
            _("There is no content behind this entry, or it was erased."), _("The facts of the entry stay.")
        )
    return body, record.media_type


def proof(actor: Actor, entry_id: str) -> bytes:
    """Return the proof that an entry stands in the log, as a file that is checked elsewhere and offline.

    Raises:
        EntryUnknown: the organisation's log has no such entry.
        NotSequenced: the entry is not under a signed checkpoint yet.
    """
    permit(actor, "read", "evidence")
    return log.proof_file(actor.organisation_id, EntryId(entry_id))


def state(actor: Actor) -> LogState:
    """Return the state of the log and how far its witnesses have seen it, in at most ten queries."""
    permit(actor, "read", "evidence")
    status = log.status(actor.organisation_id)
    return LogState(
        size=status.size,
        waiting=status.size - status.signed_size,
        root=status.signed_root,
        note=status.note,
        origin=status.origin,
        verifier_key=keys.verifier_key(actor.organisation_id),
        witnessed=status.witnessed_size,
        unwitnessed_since=status.unwitnessed_since,
        witnesses=status.witnesses,
        rechecked=log.last_recheck(actor.organisation_id),
        problem=status.problem,
        remedy=status.remedy,
    )


def _may_sign(actor: Actor, entry_id: EntryId) -> bool:
    standing = standings(actor, (entry_id,)).get(entry_id)
    return standing is not None and standing.can_approve(actor)


_FINAL = ("record.revocation", "record.erasure")


def _line(entry: FoundEntry, names: Mapping[str, str], index: FactIndex) -> LogLine:
    row, node = index.rows.get(entry.entry_id), index.nodes.get(entry.subject)
    check = str(row.fact.values.get("check", "")) if row else ""
    about, whom = label_of(node) if node else str(entry.subject), _whom(entry.kind, entry.entity)
    return LogLine(entry, names.get(entry.actor, entry.actor), about, check, names.get(whom, whom))


def _in_order(fact: Fact) -> tuple[tuple[str, FactValue], ...]:
    """Return the fields that hold something, in the order of the catalogue."""
    kind = load().kinds.get(fact.kind)
    names = dict.fromkeys((*(kind.fields if kind else ()), *fact.values))
    return tuple((name, fact.values[name]) for name in names if fact.values.get(name) not in (None, "", ()))


def _who(maker: Machine | Person, names: Mapping[str, str]) -> str:
    return (
        f"{maker.tool} {maker.version}" if isinstance(maker, Machine) else names.get(maker.person_id, maker.person_id)
    )


def _sealed(actor: Actor, entry_id: EntryId) -> log.Inclusion | None:
    try:
        return log.prove(actor.organisation_id, entry_id)
    except NotSequenced:
        return None
