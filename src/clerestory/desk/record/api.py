"""What every record shares, over HTTP: the same commands and queries as the pages. Ids may hold slashes."""

from datetime import datetime

from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from clerestory.desk.history import about, events
from clerestory.desk.people import members
from clerestory.desk.record.attachment import attach, attachments
from clerestory.desk.record.comment import comments, write_comment
from clerestory.desk.record.link import link_records, links, unlink_records
from clerestory.desk.record.record import record_of
from clerestory.desk.record.upload import too_large, was_too_large
from clerestory.desk.request import MemberRequest
from clerestory.store import clock

router = Router(tags=["records"])
MOST = 100


class Which(Schema):
    """One record: its kind, such as ``ai_system``, and its id."""

    kind: str
    id: str


class CommentWanted(Schema):
    """A remark about a record; ``@Name`` tells that member of it."""

    model_config = {"extra": "forbid"}

    kind: str
    id: str
    text: str


class CommentMade(Schema):
    """The number of a remark, how many are told of it, and the names that belong to nobody."""

    comment_id: int
    told: int
    unknown: list[str]


class CommentShown(Schema):
    """A remark; of a deleted one the text is empty."""

    comment_id: int
    who: str
    text: str
    written_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class FileShown(Schema):
    """A file kept with a record; the digest of a personal one is not told."""

    entry_id: str
    name: str
    media_type: str
    size: int
    digest: str
    personal: bool
    attached_at: datetime
    removed_at: datetime | None
    reason: str


class LinkWanted(Schema):
    """A link that somebody makes by hand."""

    model_config = {"extra": "forbid"}

    kind: str
    id: str
    relation: str
    to_kind: str
    to_id: str


class LinkShown(Schema):
    """A link as it reads from the record; ``key`` names it for removal."""

    relation: str
    kind: str
    id: str
    label: str
    key: str
    removable: bool


class ChangeShown(Schema):
    """What a version changed in one field."""

    field: str
    before: object | None
    after: object | None
    added: list[str]
    removed: list[str]


class EventShown(Schema):
    """One entry about a record, with what it changed."""

    entry_id: str
    leaf_hash: str
    position: int | None
    kind: str
    verdict: str
    who: str
    received_at: datetime
    changes: list[ChangeShown]


@router.get("/comments", response=list[CommentShown], summary="List the comments on a record")
def list_comments(request: MemberRequest, which: Query[Which]) -> list[CommentShown]:
    """List what was said about a record, oldest first."""
    record = record_of(request.actor, which.kind, which.id)
    people = members(request.actor, past=True)
    found = comments(request.actor, record.kind, record.id, people, clock.now())
    return [CommentShown.from_orm(remark) for remark in found]


@router.post("/comments", response={201: CommentMade}, summary="Comment on a record")
def add_comment(request: MemberRequest, wanted: CommentWanted) -> Status[CommentMade]:
    """Say something about a record."""
    said = write_comment(actor=request.actor, kind=wanted.kind, record_id=wanted.id, text=wanted.text)
    return Status(201, CommentMade(comment_id=said.comment_id, told=len(said.told), unknown=list(said.unknown)))


@router.get("/files", response=list[FileShown], summary="List the files of a record")
def list_files(request: MemberRequest, which: Query[Which]) -> list[FileShown]:
    """List the files kept with a record, those that were taken away included."""
    record = record_of(request.actor, which.kind, which.id)
    return [FileShown.from_orm(file) for file in attachments(request.actor, record.kind, record.id, {})]


@router.post("/files", response={201: FileShown}, summary="Attach a file to a record")
def add_file(
    request: MemberRequest, which: Form[Which], file: File[UploadedFile | None] = None, personal: Form[bool] = False
) -> Status[FileShown]:
    """Attach a file, sent as a form with the part ``file``."""
    if was_too_large(request) or file is None:
        raise too_large()
    record = record_of(request.actor, which.kind, which.id)
    entry_id = attach(
        actor=request.actor,
        kind=record.kind,
        record_id=record.id,
        name=file.name or "",
        body=file.read(),
        personal=personal,
    )
    kept = attachments(request.actor, record.kind, record.id, {})
    return Status(201, FileShown.from_orm(next(item for item in kept if item.entry_id == entry_id)))


@router.get("/links", response=list[LinkShown], summary="List the links of a record, both ways")
def list_links(request: MemberRequest, which: Query[Which]) -> list[LinkShown]:
    """List what a record leads to and what leads to it."""
    record = record_of(request.actor, which.kind, which.id)
    return [
        LinkShown(
            relation=str(group.heading),
            kind=linked.kind,
            id=linked.record_id,
            label=linked.label,
            key=linked.key,
            removable=linked.removable,
        )
        for group in links(request.actor, record.kind, record.id)
        for linked in group.links
    ]


@router.post("/links", response={204: None}, summary="Link two records")
def add_link(request: MemberRequest, wanted: LinkWanted) -> Status[None]:
    """Link two records by hand; doing it again changes nothing."""
    link_records(
        actor=request.actor,
        kind=wanted.kind,
        record_id=wanted.id,
        relation=wanted.relation,
        to_kind=wanted.to_kind,
        to_id=wanted.to_id,
    )
    return Status(204, None)


@router.delete("/links", response={204: None}, summary="Remove a link that was made by hand")
def remove_link(request: MemberRequest, which: Query[Which], key: str) -> Status[None]:
    """Remove a link by its key, from either end."""
    unlink_records(actor=request.actor, kind=which.kind, record_id=which.id, key=key)
    return Status(204, None)


@router.get("/history", response=list[EventShown], summary="Read what happened to a record")
def history(request: MemberRequest, which: Query[Which], page: int = 1) -> list[EventShown]:
    """Read the entries about a record, newest first, a hundred a page, with what each changed."""
    record = record_of(request.actor, which.kind, which.id)
    entries = about(request.actor, record.kind, record.id, record.subject, record.entity)
    return [
        EventShown(
            entry_id=event.entry.entry_id,
            leaf_hash=event.entry.leaf_hash,
            position=event.entry.position,
            kind=event.entry.kind,
            verdict=event.entry.verdict,
            who=event.who,
            received_at=event.entry.received_at,
            changes=[
                ChangeShown(
                    field=change.name,
                    before=change.before,
                    after=change.after,
                    added=list(change.added),
                    removed=list(change.removed),
                )
                for change in event.changes
            ],
        )
        for event in events(request.actor, entries, page=page, size=MOST)
    ]
