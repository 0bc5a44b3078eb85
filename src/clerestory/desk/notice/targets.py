"""Targets of webhooks: administrators name them, see their secret once, and read what became of each message."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.models import WebhookPost, WebhookTarget
from clerestory.desk.notice.address import Resolve, place_of, resolved
from clerestory.desk.notice.message import body_of, secret_of
from clerestory.desk.notice.post import GIVEN_UP, TAKEN, WAITING
from clerestory.desk.notice.topics import TOPICS, topic_of
from clerestory.desk.permit import permit
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.text import plain

MOST_TARGETS = 20


class TargetUnknown(ClerestoryError):
    """The organisation has no such target."""


class TargetUnfit(ClerestoryError):
    """A target lacks a topic, or there are too many targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target as administrators see it, with what is waiting and what it took last."""

    target_id: int
    name: str
    url: str
    topics: tuple[str, ...]
    made_at: datetime
    stopped_at: datetime | None
    stopped_reason: str
    waiting: int
    taken_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One message and what became of it."""

    message_id: str
    topic: str
    made_at: datetime
    state: str
    attempts: int
    tried_at: datetime | None
    due_at: datetime
    status: int | None
    error: str


STATES = ((WAITING, _("waits")), (TAKEN, _("taken")), (GIVEN_UP, _("given up")))
POST_COLUMNS = (
    Column(name="made_at", label=_("Made"), kind="moment", value=lambda row: row.made_at),
    Column(
        name="topic",
        label=_("Topic"),
        filtered=True,
        options=tuple((name, topic.label) for name, topic in TOPICS.items() if topic.for_machines),
        value=lambda row: topic_of(row.topic).label,
    ),
    Column(
        name="state",
        label=_("State"),
        filtered=True,
        options=STATES,
        kind="tag",
        value=lambda row: dict(STATES).get(row.state, row.state),
        tone=lambda row: {WAITING: "old", TAKEN: "good", GIVEN_UP: "bad"}.get(row.state, "open"),
    ),
    Column(name="status", label=_("Answer"), numeric=True, value=lambda row: row.status or ""),
    Column(name="attempts", label=_("Attempts"), numeric=True, value=lambda row: row.attempts),
    Column(name="tried_at", label=_("Last attempt"), kind="moment", value=lambda row: row.tried_at),
    Column(name="error", label=_("Problem"), sortable=False, searched=True, value=lambda row: row.error),
    Column(
        name="message_id",
        label=_("Message"),
        optional=True,
        sortable=False,
        searched=True,
        value=lambda row: row.message_id,
    ),
)


def targets(actor: Actor) -> tuple[Target, ...]:
    """Return the present targets by name, in one query."""
    permit(actor, "administer", "notices")
    return tuple(_target(row) for row in _rows(actor).order_by("name", "id"))


def target(actor: Actor, target_id: int) -> Target:
    """Return one target.

    Raises:
        TargetUnknown: the organisation has none of that id.
    """
    permit(actor, "administer", "notices")
    return _target(_one(actor, target_id))


def posts(actor: Actor, target_id: int, query: ListQuery) -> Page[Post]:
    """Return one page of what was posted to a target, newest first."""
    permit(actor, "administer", "notices")
    rows = WebhookPost.objects.filter(target__organisation_id=actor.organisation_id, target_id=target_id)
    return paginate(rows.order_by("-made_at", "-id"), query, POST_COLUMNS, _post)


def register_target(
    *,
    actor: Actor,
    name: str,
    url: str,
    topics: Iterable[str],
    now: datetime | None = None,
    resolve: Resolve = resolved,
) -> tuple[int, str]:
    """Register a target and return its id and its secret, which is shown this once.

    Raises:
        NotPermitted: the actor does not administer the organisation.
        TargetRefused: a webhook may not go there.
        TargetUnfit: no topic is chosen, one is unknown, or there are too many targets.
    """
    permit(actor, "administer", "notices")
    named = plain(name, sentence.gettext("name"), longest=100)
    wanted = sorted(set(topics))
    allowed = [topic for topic, said in TOPICS.items() if said.for_machines]
    if not wanted or any(topic not in allowed for topic in wanted):
        raise TargetUnfit(
            sentence.gettext("Choose what the target is told of."),
            sentence.gettext("Topics are: {choices}.", choices=", ".join(allowed)),
        )
    place_of(url.strip(), resolve=resolve)
    with atomic():
        if _rows(actor).count() >= MOST_TARGETS:
            raise TargetUnfit(
                sentence.gettext("There are {most_targets} targets already.", most_targets=MOST_TARGETS),
                sentence.gettext("End one that is used no more."),
            )
        row = WebhookTarget.objects.create(
            organisation_id=actor.organisation_id,
            name=named,
            url=url.strip()[:500],
            topics=wanted,
            salt=secrets.token_urlsafe(24),
            made_by=actor.person_id,
            made_at=now or clock.now(),
        )
    return int(row.pk), secret_of(row.salt)


def renew_secret(*, actor: Actor, target_id: int) -> str:
    """Give a target a new secret and return it, this once; messages are signed with it from now on."""
    permit(actor, "administer", "notices")
    with atomic():
        row = _one(actor, target_id)
        row.salt = secrets.token_urlsafe(24)
        row.save(update_fields=["salt"])
    return secret_of(row.salt)


def resume_target(*, actor: Actor, target_id: int, resolve: Resolve = resolved) -> None:
    """Let a stopped target be told again, from now on; what was given up stays so.

    Raises:
        TargetRefused: a webhook may not go there any more.
    """
    permit(actor, "administer", "notices")
    place_of(_one(actor, target_id).url, resolve=resolve)
    with atomic():
        row = _one(actor, target_id)
        row.stopped_at, row.stopped_reason = None, ""
        row.save(update_fields=["stopped_at", "stopped_reason"])


def end_target(*, actor: Actor, target_id: int, now: datetime | None = None) -> None:
    """End a target for good; what waited for it is given up."""
    permit(actor, "administer", "notices")
    with atomic():
        row = _one(actor, target_id)
        row.ended_at = now or clock.now()
        row.save(update_fields=["ended_at"])
        waiting = WebhookPost.objects.filter(target__organisation_id=actor.organisation_id, target_id=target_id)
        waiting.filter(state=WAITING).update(state=GIVEN_UP, error="The target was ended.")


def send_trial(*, actor: Actor, target_id: int, now: datetime | None = None) -> str:
    """Put a trial message for a target into the outbox and return its id."""
    permit(actor, "administer", "notices")
    moment = now or clock.now()
    with atomic():
        row = _one(actor, target_id)
        message_id = f"msg_{secrets.token_hex(16)}"
        body = body_of(
            organisation_id=actor.organisation_id,
            topic="delivery",
            title="Trial message",
            url=f"/notices/webhooks/{row.pk}/",
            entries=(),
            at=moment,
        )
        # house: allow organisation-scope: its target is of this organisation
        WebhookPost.objects.create(
            target=row,
            key=f"trial/{message_id}",
            message_id=message_id,
            topic="delivery",
            body=body,
            made_at=moment,
            due_at=moment,
        )
    return message_id


def _rows(actor: Actor) -> QuerySet[WebhookTarget]:
    rows = WebhookTarget.objects.filter(organisation_id=actor.organisation_id, ended_at=None)
    return rows.annotate(
        waiting=Count("posts", filter=Q(posts__state=WAITING)),
        taken_at=Max("posts__tried_at", filter=Q(posts__state=TAKEN)),
    )


def _one(actor: Actor, target_id: int) -> WebhookTarget:
    row = _rows(actor).filter(pk=target_id).first()
    if row is None:
        raise TargetUnknown(
            sentence.gettext("There is no webhook {target_id}.", target_id=target_id),
            sentence.gettext("Choose one of the list."),
        )
    return row


def _target(row: WebhookTarget) -> Target:
    return Target(
        target_id=row.pk,
        name=row.name,
        url=row.url,
        topics=tuple(row.topics),
        made_at=row.made_at,
        stopped_at=row.stopped_at,
        stopped_reason=row.stopped_reason,
        waiting=getattr(row, "waiting", 0),
        taken_at=getattr(row, "taken_at", None),
    )


def _post(row: WebhookPost) -> Post:
    return Post(
        message_id=row.message_id,
        topic=row.topic,
        made_at=row.made_at,
        state=row.state,
        attempts=row.attempts,
        tried_at=row.tried_at,
        due_at=row.due_at,
        status=row.status,
        error=row.error,
    )
