"""Remarks of members about a record, with mentions of other members. Talk, not evidence: nothing enters the log.

Refuses a remark without words, characters that turn a text around unseen, and changes to what somebody else wrote.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.models import Comment
from clerestory.desk.notice import notify
from clerestory.desk.people import Member, members
from clerestory.desk.permit import may, permit
from clerestory.desk.record.known import known
from clerestory.store import clock
from clerestory.store.directory import Record
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId, PersonId
from clerestory.terms.sentence import gettext as _

LONGEST = 5000
MOST_SHOWN = 200
UNDO_FOR = timedelta(days=30)
"""How long its author can bring a deleted remark back; then its words are gone."""
AREA = "comments"
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_AT = re.compile(r"(?<![\w@.])@(\w[\w.'-]*)")


class CommentRefused(ClerestoryError):
    """A remark is empty, too long, holds odd characters, or is somebody else's."""


class CommentUnknown(ClerestoryError):
    """The record has no such remark."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a remark: words, or the name of a member who is mentioned."""

    text: str
    is_mention: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A remark as pages show it; a deleted one has no words left for others."""

    comment_id: int
    who: str
    pieces: tuple[Piece, ...]
    text: str
    written_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    is_own: bool
    may_restore: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a command wrote: the remark, who is told of it, and the names that belong to nobody."""

    comment_id: int
    told: tuple[PersonId, ...]
    unknown: tuple[str, ...]


def write_comment(*, actor: Actor, kind: str, record_id: str, text: str, now: datetime | None = None) -> Said:
    """Say something about a record; members who are mentioned are told.

    Raises:
        RecordUnknown: there is no such record.
        CommentRefused: it is empty, too long, or holds odd characters.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    words = readable(text)
    with atomic():
        about = known(actor, kind, record_id)
        mentioned, unknown = mentions_in(words, members(actor))
        row = Comment.objects.create(
            organisation_id=actor.organisation_id,
            kind=kind,
            record_id=record_id,
            author=actor.person_id,
            text=words,
            mentions=[member.person_id for member in mentioned],
            written_at=moment,
        )
        told = _tell(actor, about, row, mentioned)
    return Said(row.pk, told, unknown)


def change_comment(*, actor: Actor, comment_id: int, text: str, now: datetime | None = None) -> Said:
    """Put one's own remark into other words; who is mentioned anew is told.

    Raises:
        CommentUnknown: there is none of that number.
        CommentRefused: it is somebody else's or was deleted, or the words cannot be used.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    words = readable(text)
    with atomic():
        row = _to_write(actor, comment_id)
        if row.deleted_at is not None:
            raise CommentRefused(_("The comment was deleted."), _("Restore it first."))
        about = known(actor, row.kind, row.record_id)
        mentioned, unknown = mentions_in(words, members(actor))
        row.text, row.edited_at, row.mentions = words, moment, [member.person_id for member in mentioned]
        row.save(update_fields=["text", "edited_at", "mentions"])
        told = _tell(actor, about, row, mentioned)
    return Said(row.pk, told, unknown)


def delete_comment(*, actor: Actor, comment_id: int, now: datetime | None = None) -> tuple[str, str]:
    """Delete one's own remark; a mark stays in its place. Returns kind and id of its record.

    Raises:
        CommentUnknown: there is none of that number.
        CommentRefused: it is somebody else's.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with atomic():
        row = _to_write(actor, comment_id)
        if row.deleted_at is None:
            row.deleted_at = moment
            row.save(update_fields=["deleted_at"])
        _rows(actor.organisation_id).filter(deleted_at__lt=moment - UNDO_FOR).exclude(text="").update(
            text="", mentions=[]
        )
    return row.kind, row.record_id


def restore_comment(*, actor: Actor, comment_id: int, now: datetime | None = None) -> tuple[str, str]:
    """Bring one's own deleted remark back, while its words are kept. Returns kind and id of its record.

    Raises:
        CommentUnknown: there is none of that number.
        CommentRefused: it is somebody else's, or its words are gone.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with atomic():
        row = _to_write(actor, comment_id)
        if row.deleted_at is not None and (not row.text or row.deleted_at < moment - UNDO_FOR):
            raise CommentRefused(_("The words of the comment are gone."), _("Write them again."))
        row.deleted_at = None
        row.save(update_fields=["deleted_at"])
    return row.kind, row.record_id


def comments(actor: Actor, kind: str, record_id: str, people: Sequence[Member], now: datetime) -> tuple[Remark, ...]:
    """Return the remarks about a record, oldest first, in one query; of very many the newest."""
    permit(actor, "read", AREA)
    rows = _rows(actor.organisation_id).filter(kind=kind, record_id=record_id).order_by("-id")[:MOST_SHOWN]
    names = {str(member.person_id): member.name for member in people}
    return tuple(_remark(actor, row, names, now) for row in reversed(rows))


def own_comment(actor: Actor, comment_id: int) -> tuple[str, str, str]:
    """Return kind and id of the record and the words of one's own remark, to change them.

    Raises:
        CommentUnknown: there is none of that number.
        CommentRefused: it is somebody else's.
    """
    permit(actor, "write", AREA)
    row = _own(_rows(actor.organisation_id), actor, comment_id)
    return row.kind, row.record_id, row.text


def readable(text: str) -> str:
    """Return the words of a remark as they are kept: line ends alike, no spaces around.

    Raises:
        CommentRefused: there are none, too many, or characters that no screen shows or that turn a text around.
    """
    words = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not words:
        raise CommentRefused(_("The comment is empty."), _("Write something."))
    if len(words) > LONGEST:
        raise CommentRefused(
            _("The comment has {count} characters.", count=len(words)), _("Use at most {longest}.", longest=LONGEST)
        )
    odd = next((c for c in words if c in _TURNING or (unicodedata.category(c) == "Cc" and c not in "\n\t")), None)
    if odd is not None:
        raise CommentRefused(_("The comment holds the character U+{odd:04X}.", odd=ord(odd)), _("Remove it."))
    return words


def mentions_in(text: str, people: Iterable[Member]) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    """Return the members whose name stands after an @, in order, and the names after an @ that belong to nobody."""
    by_name: dict[str, list[Member]] = {}
    for member in people:
        if member.ended_at is None and member.name:
            by_name.setdefault(member.name.casefold(), []).append(member)
    found: dict[PersonId, Member] = {}
    unknown: dict[str, None] = {}
    for start, _end, name in _marks(text, by_name):
        if name:
            found |= {member.person_id: member for member in by_name[name]}
        else:
            unknown[_AT.match(text, start)[1].rstrip(".")] = None  # type: ignore[index]
    return tuple(found.values()), tuple(unknown)


def _marks(text: str, names: Iterable[str]) -> list[tuple[int, int, str]]:
    """Return start, end and name of each mark in a text; the longest name wins, an unknown one is empty."""
    longest_first = sorted(names, key=len, reverse=True)
    marks = []
    for match in _AT.finditer(text):
        after = text[match.start() + 1 :]
        name = next((n for n in longest_first if _begins_with(after, n)), "")
        end = match.start() + 1 + len(name) if name else match.end()
        marks.append((match.start(), end, name))
    return marks


def _begins_with(text: str, name: str) -> bool:
    beyond = text[len(name) : len(name) + 1]
    return text[: len(name)].casefold() == name and not (beyond.isalnum() or beyond == "_")


def _pieces(text: str, names: Iterable[str]) -> tuple[Piece, ...]:
    pieces, at = [], 0
    for start, end, name in _marks(text, {name.casefold() for name in names if name}):
        if name and start >= at:
            pieces += [Piece(text[at:start]), Piece(text[start:end], is_mention=True)]
            at = end
    return tuple(piece for piece in (*pieces, Piece(text[at:])) if piece.text)


def _remark(actor: Actor, row: Comment, names: Mapping[str, str], now: datetime) -> Remark:
    own = row.author == actor.person_id and may(actor, "write", AREA)
    gone = row.deleted_at is not None
    mentioned = (names.get(person, "") for person in row.mentions)
    return Remark(
        comment_id=row.pk,
        who=names.get(row.author, row.author),
        pieces=() if gone else _pieces(row.text, mentioned),
        text="" if gone else row.text,
        written_at=row.written_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        is_own=own,
        may_restore=own and row.deleted_at is not None and bool(row.text) and row.deleted_at >= now - UNDO_FOR,
    )


def _to_write(actor: Actor, comment_id: int) -> Comment:
    return _own(_rows(actor.organisation_id).select_for_update(), actor, comment_id)


def _own(rows: QuerySet[Comment], actor: Actor, comment_id: int) -> Comment:
    row = rows.filter(pk=comment_id).first()
    if row is None:
        raise CommentUnknown(
            _("There is no comment {comment_id}.", comment_id=comment_id), _("Open the record and look there.")
        )
    if row.author != actor.person_id:
        raise CommentRefused(_("Somebody else wrote this comment."), _("Answer it instead."))
    return row


def _rows(organisation_id: OrganisationId) -> QuerySet[Comment]:
    return Comment.objects.filter(organisation_id=organisation_id)


def _tell(actor: Actor, about: Record, row: Comment, mentioned: Iterable[Member]) -> tuple[PersonId, ...]:
    """Tell who is mentioned, once each however often the remark is changed; nobody is told of their own words."""
    told = tuple(member.person_id for member in mentioned if member.person_id != actor.person_id)
    if told:
        notify(
            organisation_id=actor.organisation_id,
            to=told,
            topic="mention",
            title=about.label,
            text=row.text[:300],
            url=f"{about.url}?tab=comments#comment-{row.pk}",
            key=f"comment/{row.pk}",
        )
    return told
