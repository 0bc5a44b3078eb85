"""One record as its page shows it besides its own details: tabs with counts, and the content of the tab asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.history import Event, belonging, events
from clerestory.desk.models import Attachment, Comment
from clerestory.desk.people import Member, members
from clerestory.desk.permit import may, permit
from clerestory.desk.record.attachment import KeptFile, attachments, may_detach
from clerestory.desk.record.comment import Remark, comments
from clerestory.desk.record.known import entity_of, kinds, known, look_for
from clerestory.desk.record.link import Group, links, relations
from clerestory.desk.record.upload import KEPT, largest
from clerestory.desk.request import MemberRequest
from clerestory.store import clock
from clerestory.store.directory import Record as KnownRecord
from clerestory.store.log.versions import About, entries_about
from clerestory.store.models import TraceLink
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId

SIZE = 20
TABS = ("details", "links", "comments", "files", "history")
WORDS = {
    "details": _("Details"),
    "links": _("Links"),
    "comments": _("Comments"),
    "files": _("Files"),
    "history": _("History"),
}


@dataclass(frozen=True, slots=True)
class OtherPage:
    """Another page of the same record, shown as the first of its tabs."""

    name: str
    label: str | Promise
    url: str


def other_page(name: str, label: str | Promise, route: str, *args: object) -> tuple[OtherPage, ...]:
    """Return another page of a record by its route; nothing where the part of the product that has it is not there."""
    try:
        return (OtherPage(name, label, reverse(route, args=args)),)
    except NoReverseMatch:
        return ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record that others can comment on, attach files to, link, and look through the history of.

    ``subject`` is what rules know it as; ``entity`` names its versions in the log, such as ``risk/12``.
    """

    kind: str
    id: str
    title: str
    url: str
    subject: Subject | None
    entity: str
    pages: tuple[OtherPage, ...] = ()
    entries: tuple[EntryId, ...] = ()
    """Entries that belong to its history although they are versions of something else, such as its steps."""
    paper: str = ""
    """Address of its own paper, which `?export=pdf` is added to; without one every record has the same plain paper."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab; ``count`` is None where there is nothing to count."""

    name: str
    label: str | Promise
    url: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked for to be linked, and what was found."""

    text: str
    kind: str
    kinds: tuple[str, ...]
    records: tuple[KnownRecord, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """A page of events; counting starts at 1."""

    page: int
    size: int
    total: int

    @property
    def first(self) -> int:
        """Number of the first one shown."""
        return min((self.page - 1) * self.size + 1, self.total)

    @property
    def last(self) -> int:
        """Number of the last one shown."""
        return min(self.page * self.size, self.total)

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Whether a page comes after."""
        return self.last < self.total

    @property
    def previous_page(self) -> int:
        """Number of the page before."""
        return self.page - 1

    @property
    def next_page(self) -> int:
        """Number of the page after."""
        return self.page + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What templates show of a record besides its details; only the tab asked for is filled."""

    record: Record
    tab: str
    tabs: tuple[Tab, ...]
    may_write: bool
    may_detach: bool
    remarks: tuple[Remark, ...] = ()
    people: tuple[Member, ...] = ()
    files: tuple[KeptFile, ...] = ()
    groups: tuple[Group, ...] = ()
    relations: tuple[tuple[str, str | Promise], ...] = ()
    found: Found | None = None
    events: tuple[Event, ...] = ()
    steps: Steps | None = None
    endings: tuple[str, ...] = tuple(sorted(KEPT))
    largest: int = 0


def shows_details(request: MemberRequest) -> bool:
    """Tell whether the page of a record is asked for its details, which need not be read for its other tabs."""
    return request.GET.get("tab", "") not in TABS[1:]


def record_parts(request: MemberRequest, record: Record, *, tab: str = "") -> dict[str, Parts]:
    """Return what ``desk/record/parts.html`` shows, in at most four queries; without a tab, the one of the address."""
    actor = request.actor
    permit(actor, "read", "records")
    asked = tab or request.GET.get("tab", "")
    chosen = asked if asked in (*TABS, *(page.name for page in record.pages)) else "details"
    counts, which = _counts(actor, record)
    parts = Parts(
        record=record,
        tab=chosen,
        tabs=tuple(_tabs(record, counts)),
        may_write=may(actor, "write", "records"),
        may_detach=may_detach(actor),
        largest=largest(),
    )
    return {"parts": _filled(request, parts, which, counts)}


def record_of(actor: Actor, kind: str, record_id: str) -> Record:
    """Return a record by what the directory knows of it.

    Raises:
        RecordUnknown: the organisation has none of that kind and id.
    """
    found = known(actor, kind, record_id)
    subject = Subject(kind, record_id) if kind in load().subjects else None
    return Record(kind, record_id, found.label, found.url, subject, entity_of(kind, record_id))


def _filled(request: MemberRequest, parts: Parts, which: About, counts: Mapping[str, int]) -> Parts:
    actor, record = request.actor, parts.record
    if parts.tab == "comments":
        people = members(actor, past=True)
        remarks = comments(actor, record.kind, record.id, people, clock.now())
        return replace(parts, remarks=remarks, people=tuple(m for m in people if m.ended_at is None))
    if parts.tab == "files":
        total = counts.get("files", 0)
        steps = Steps(min(_page(request), max(-(-total // SIZE), 1)), SIZE, total)
        files = attachments(actor, record.kind, record.id, page=steps.page, size=SIZE)
        return replace(parts, files=files, steps=steps)
    if parts.tab == "links":
        return replace(
            parts,
            groups=links(actor, record.kind, record.id),
            relations=tuple(relations()),
            found=_found(request, record) if parts.may_write else None,
        )
    if parts.tab == "history":
        steps = Steps(_page(request), SIZE, counts.get("history", 0))
        return replace(parts, events=events(actor, which, page=steps.page, size=SIZE), steps=steps)
    return parts


def _counts(actor: Actor, record: Record) -> tuple[Mapping[str, int], About]:
    """Count what the tabs hold and return which entries its history has, in one query."""
    own = {"kind": record.kind, "record_id": record.id}
    by_subject = record.subject is not None and record.subject.kind != "organisation"
    which = About(subject=record.subject) if by_subject else About(entity=record.entity)
    others = () if by_subject else belonging(actor, record.kind, record.id, record.entity)
    named = () if by_subject else record.entries
    rows: tuple[tuple[str, QuerySet[Any]], ...] = (
        ("comments", Comment.objects.filter(organisation_id=actor.organisation_id, deleted_at=None, **own)),
        ("files", Attachment.objects.filter(organisation_id=actor.organisation_id, **own)),
        (
            "links",
            TraceLink.objects.filter(
                Q(from_kind=record.kind, from_id=record.id) | Q(to_kind=record.kind, to_id=record.id),
                organisation_id=actor.organisation_id,
            ),
        ),
        ("history", entries_about(actor.organisation_id, which).exclude(entry_id__in=named)),
    )
    first, *more = (
        found.order_by().values_list(_named(name)).annotate(said=Cast(Count("pk"), CharField())) for name, found in rows
    )
    more += [found.values_list(_named(_ENTRY), "entry_id") for found in others]
    told = list(first.union(*more, all=True))
    counts = {name: int(said) for name, said in told if name != _ENTRY}
    entries = dict.fromkeys((*named, *(EntryId(said) for name, said in told if name == _ENTRY)))
    counts["history"] = counts.get("history", 0) + len(entries)
    return counts, replace(which, entries=tuple(entries))


_ENTRY = "entry"


def _named(name: str) -> Value:
    return Value(name, output_field=CharField())


def _tabs(record: Record, counts: Mapping[str, int]) -> Iterator[Tab]:
    for page in record.pages:
        yield Tab(page.name, page.label, page.url)
    for name in TABS:
        address = record.url if name == "details" else f"{record.url}?tab={name}"
        yield Tab(name, WORDS[name], address, None if name == "details" else counts.get(name, 0))


def _found(request: MemberRequest, record: Record) -> Found:
    text, kind = request.GET.get("q", "").strip()[:200], request.GET.get("of", "")
    found = look_for(request.actor, text, kind) if text or kind else ()
    others = tuple(r for r in found if (r.kind, r.id) != (record.kind, record.id))
    return Found(text, kind, kinds(request.actor), others)


def _page(request: MemberRequest) -> int:
    text = request.GET.get("page", "")
    return max(int(text), 1) if text.isdecimal() and len(text) < 9 else 1
