"""Notices and webhooks over HTTP: the same commands and queries as the pages."""

from ninja import Router, Schema, Status

from clerestory.desk.lists import ListQuery
from clerestory.desk.notice import inbox, targets
from clerestory.desk.notice.inbox import Choice, NoticeRow, Outbox
from clerestory.desk.notice.targets import Post, Target
from clerestory.desk.request import MemberRequest

router = Router(tags=["notices"])
SIZE = 100


class TargetWanted(Schema):
    """A target of webhooks: a public https address and the topics that it is told of."""

    name: str
    url: str
    topics: list[str]


class TargetMade(Schema):
    """A target that was registered, with its secret, this once."""

    target_id: int
    secret: str


class Marked(Schema):
    """How many notices were unread before."""

    marked: int


class ChoiceWanted(Schema):
    """How one topic is to come."""

    in_app: bool
    mail: str


@router.get("", response=list[NoticeRow], summary="List your notifications")
def notices(request: MemberRequest, unread: bool = False) -> list[NoticeRow]:
    """List your newest notifications, newest first."""
    filters = {"read_at": "unread"} if unread else {}
    return list(inbox.notices(request.actor, ListQuery(size=SIZE, filters=filters)).rows)


@router.post("/read", response=Marked, summary="Mark your notifications as read")
def read(request: MemberRequest) -> Marked:
    """Mark all of your notifications as read."""
    return Marked(marked=inbox.mark_read(actor=request.actor))


@router.get("/choices", response=list[Choice], summary="Read how notifications come")
def choices(request: MemberRequest) -> list[Choice]:
    """Read how each topic comes to you."""
    return list(inbox.choices(request.actor))


@router.put("/choices/{topic}", response=list[Choice], summary="Choose how a topic comes")
def choose(request: MemberRequest, topic: str, wanted: ChoiceWanted) -> list[Choice]:
    """Choose how one topic comes to you: ``mail`` is at_once, daily or never."""
    inbox.choose(actor=request.actor, wanted={topic: (wanted.in_app, wanted.mail)})
    return list(inbox.choices(request.actor))


@router.get("/outbox", response=Outbox, summary="Read how e-mail stands")
def outbox(request: MemberRequest) -> Outbox:
    """Read whether e-mail gets through, as administrator."""
    return inbox.outbox(request.actor)


@router.get("/webhooks", response=list[Target], summary="List targets of webhooks")
def webhooks(request: MemberRequest) -> list[Target]:
    """List the present targets, as administrator."""
    return list(targets.targets(request.actor))


@router.post("/webhooks", response={201: TargetMade}, summary="Register a target of webhooks")
def register(request: MemberRequest, wanted: TargetWanted) -> Status[TargetMade]:
    """Register a target; its secret is in this answer and nowhere else."""
    target_id, secret = targets.register_target(
        actor=request.actor, name=wanted.name, url=wanted.url, topics=wanted.topics
    )
    return Status(201, TargetMade(target_id=target_id, secret=secret))


@router.get("/webhooks/{target_id}/posts", response=list[Post], summary="List what was posted to a target")
def posts(request: MemberRequest, target_id: int) -> list[Post]:
    """List the newest messages to a target and what became of them."""
    targets.target(request.actor, target_id)
    return list(targets.posts(request.actor, target_id, ListQuery(size=SIZE)).rows)


@router.post("/webhooks/{target_id}/resume", response=Target, summary="Let a stopped target go on")
def resume(request: MemberRequest, target_id: int) -> Target:
    """Let a stopped target be told again."""
    targets.resume_target(actor=request.actor, target_id=target_id)
    return targets.target(request.actor, target_id)


@router.delete("/webhooks/{target_id}", response={204: None}, summary="End a target of webhooks")
def end(request: MemberRequest, target_id: int) -> Status[None]:
    """End a target for good."""
    targets.end_target(actor=request.actor, target_id=target_id)
    return Status(204, None)
