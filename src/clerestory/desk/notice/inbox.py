"""What a member reads of their own notices, how they want them, and what administrators see of the e-mail outbox."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.models import Mail, Notice, NoticeChoice
from clerestory.desk.notice.mail import FAILED, WAITING
from clerestory.desk.notice.topics import TOPICS, WAYS, topic_of
from clerestory.desk.permit import permit
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError


class NoticeUnknown(ClerestoryError):
    """The member has no such notice."""


class ChoiceRefused(ClerestoryError):
    """There is no such topic or way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice as its reader sees it; ``mail_state`` is empty where none goes out."""

    notice_id: int
    topic: str
    title: str
    text: str
    url: str
    at: datetime
    is_read: bool
    mail_state: str


@dataclass(frozen=True, slots=True)
class Choice:
    """How one topic comes to a member."""

    topic: str
    in_app: bool
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """How e-mail stands in one organisation; ``error`` is the newest reason why something did not go out.

    Counts go no further than `MOST`: where no mail server is named, what waits grows for years.
    """

    is_configured: bool
    server: str
    waiting: int
    waiting_since: datetime | None
    failed: int
    error: str

    @property
    def waiting_shown(self) -> str:
        """How many wait, as a page says it."""
        return f"{MOST}+" if self.waiting >= MOST else str(self.waiting)


MOST = 1000
READ = (("unread", _("unread")), ("read", _("read")))
COLUMNS = (
    Column(
        name="title",
        label=_("What"),
        searched=True,
        kind="part",
        part="desk/notice/title.html",
        value=lambda row: row.title,
    ),
    Column(
        name="topic",
        label=_("Topic"),
        filtered=True,
        options=tuple((name, topic.label) for name, topic in TOPICS.items()),
        value=lambda row: topic_of(row.topic).label,
    ),
    Column(
        name="read_at",
        label=pgettext_lazy("notification", "Read"),
        filtered=True,
        options=READ,
        listed=False,
        exported=False,
        sortable=False,
        narrow=lambda value: Q(read_at__isnull=value == "unread"),
        value=lambda row: "read" if row.is_read else "unread",
    ),
    Column(name="at", label=_("When"), kind="moment", value=lambda row: row.at),
)


def notices(actor: Actor, query: ListQuery) -> Page[NoticeRow]:
    """Return one page of the member's notices, newest first."""
    permit(actor, "read", "notices")
    rows = _own(actor).select_related("mail").order_by("-at", "-id")
    return paginate(rows, query, COLUMNS, _row)


def unread_of(person: str = "person_id") -> Subquery:
    """Return, for a query of memberships, how many notices each has not read."""
    rows = Notice.objects.filter(
        organisation_id=OuterRef("organisation_id"), person_id=OuterRef(person), read_at=None, is_shown=True
    )
    counted = rows.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n")
    return Subquery(counted, output_field=IntegerField())


def open_notice(*, actor: Actor, notice_id: int, now: datetime | None = None) -> str:
    """Mark a notice as read and return where it leads.

    Raises:
        NoticeUnknown: the member has none of that id.
    """
    permit(actor, "read", "notices")
    with atomic():
        row = _own(actor).filter(pk=notice_id).first()
        if row is None:
            raise NoticeUnknown(
                sentence.gettext("There is no notification {notice_id}.", notice_id=notice_id),
                sentence.gettext("Choose one of the list."),
            )
        _own(actor).filter(pk=notice_id, read_at=None).update(read_at=now or clock.now())
    return row.url


def mark_read(*, actor: Actor, ids: Iterable[int] | None = None, now: datetime | None = None) -> int:
    """Mark notices of the member as read, those of the given ids or all; return how many were not."""
    permit(actor, "read", "notices")
    rows = _own(actor).filter(read_at=None)
    with atomic():
        return (rows if ids is None else rows.filter(pk__in=list(ids))).update(read_at=now or clock.now())


def choices(actor: Actor) -> tuple[Choice, ...]:
    """Return how each topic comes to the member."""
    permit(actor, "read", "notices")
    rows = NoticeChoice.objects.filter(organisation_id=actor.organisation_id, person_id=actor.person_id)
    chosen = {row.topic: Choice(row.topic, row.in_app, row.mail) for row in rows}
    return tuple(chosen.get(name) or Choice(name, True, topic.mail) for name, topic in TOPICS.items())


def choose(*, actor: Actor, wanted: Mapping[str, tuple[bool, str]]) -> None:
    """Set how topics come to the member: shown here or not, and the way of e-mail.

    Raises:
        ChoiceRefused: there is no such topic or way.
    """
    permit(actor, "read", "notices")
    ways = dict(WAYS)
    for topic, (_in_app, mail) in wanted.items():
        if topic not in TOPICS or mail not in ways:
            raise ChoiceRefused(
                sentence.gettext("{topic} cannot come {mail!r}.", topic=topic, mail=mail),
                sentence.gettext("Ways are: {choices}.", choices=", ".join(ways)),
            )
    with atomic():
        for topic, (in_app, mail) in wanted.items():
            NoticeChoice.objects.update_or_create(
                organisation_id=actor.organisation_id,
                person_id=actor.person_id,
                topic=topic,
                defaults={"in_app": in_app, "mail": mail},
            )


def outbox(actor: Actor) -> Outbox:
    """Return how e-mail stands, for administrators."""
    permit(actor, "administer", "notices")
    rows = Mail.objects.filter(notice__organisation_id=actor.organisation_id)
    now = clock.now()
    due = rows.filter(state=WAITING, due_at__lte=now).order_by("due_at").values_list("notice__at", flat=True)[:MOST]
    # SQLite would begin with all notices of the organisation, where few e-mails were tried and did not go out.
    # house: allow organisation-scope: it is narrowed to the organisation under another name
    tried = Mail.objects.annotate(of=Coalesce("notice__organisation_id", Value(""))).filter(of=actor.organisation_id)
    tried = tried.filter(state__in=(WAITING, FAILED), error__gt="").order_by("-id")
    held = list(tried.values_list("state", "due_at", "notice__at", "error")[:MOST])
    late = [*due, *(at for state, due_at, at, _error in held if state == WAITING and due_at > now)]
    failed = sum(state == FAILED for state, *_rest in held)
    mail = settings.MAIL
    return Outbox(
        is_configured=bool(mail),
        server=f"{mail['host']}:{mail['port']}" if mail else "",
        waiting=min(len(late), MOST),
        waiting_since=min(late, default=None),
        failed=failed,
        error=held[0][-1] if held else "",
    )


def _own(actor: Actor) -> QuerySet[Notice]:
    return Notice.objects.filter(organisation_id=actor.organisation_id, person_id=actor.person_id, is_shown=True)


def _row(row: Notice) -> NoticeRow:
    mail = getattr(row, "mail", None)
    return NoticeRow(
        notice_id=row.pk,
        topic=row.topic,
        title=row.title,
        text=row.text,
        url=row.url,
        at=row.at,
        is_read=row.read_at is not None,
        mail_state=mail.state if mail else "",
    )
