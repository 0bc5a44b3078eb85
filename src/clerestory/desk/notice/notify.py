"""Tells members of an organisation something, once: rows of the caller's transaction, which jobs send afterwards.

Refuses nobody and sends nothing itself: who is no member now is left out, and what was told before is not told again.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_in
from clerestory.desk.models import Mail, Membership, Notice, NoticeChoice, WebhookPost, WebhookTarget
from clerestory.desk.notice.message import body_of
from clerestory.desk.notice.topics import AT_ONCE, DAILY, NEVER, OTHER, TOPICS, topic_of
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId, OrganisationId, PersonId

MORNING = time(6, 0)
"""When the daily e-mail goes out, in UTC."""
_LONGEST_KEY, _AT_ONCE = 200, 1000


def notify(
    *,
    organisation_id: OrganisationId,
    to: Iterable[PersonId | str],
    topic: str,
    title: str | Promise,
    url: str,
    key: str,
    text: str | Promise = "",
    entries: Iterable[EntryId] = (),
    now: datetime | None = None,
) -> int:
    """Tell people and webhooks of a topic, once per ``key``; return how many people hear of it.

    A lazy title or text (`gettext_lazy`, `format_lazy`) is said in each reader's language. ``url`` is an address below
    this server's root.
    """
    moment, kept_key = now or clock.now(), _kept(key)
    with atomic():
        _for_machines(organisation_id, topic, title, url, kept_key, tuple(entries), moment)
        try:
            with atomic():
                return _for_people(organisation_id, set(map(str, to)), topic, title, url, kept_key, text, moment)
        except IntegrityError:  # somebody tells the same at this moment
            return _for_people(organisation_id, set(map(str, to)), topic, title, url, kept_key, text, moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiding:
    """What somebody is told, once per ``key``; a lazy title or text is said in the reader's language."""

    topic: str
    title: str | Promise
    url: str
    key: str
    text: str | Promise = ""


def tell(actor: Actor, tidings: Iterable[Tiding], *, now: datetime) -> int:
    """Tell one member of many things, each once; return how many were new. A few queries however many there are."""
    by_key = {tiding.key: tiding for tiding in tidings}
    untold = _untold(actor, by_key)
    new = [tiding for key, tiding in by_key.items() if key in untold]
    try:
        with atomic():
            return _at_once(actor, new, now)
    except IntegrityError:  # somebody tells one of them at this moment: each by itself, then
        return sum(
            notify(
                organisation_id=actor.organisation_id, to=[actor.person_id], topic=one.topic, title=one.title,
                url=one.url, key=one.key, text=one.text, now=now,
            )
            for one in new
        )  # fmt: skip


def _untold(actor: Actor, keys: Iterable[str]) -> frozenset[str]:
    """Return the keys under which somebody was told nothing yet, however many: one query for each thousand."""
    kept = {_kept(key): key for key in keys}
    told: set[str] = set()
    rows = Notice.objects.filter(organisation_id=actor.organisation_id, person_id=actor.person_id)
    for first in range(0, len(kept), _AT_ONCE):
        told.update(rows.filter(key__in=list(kept)[first : first + _AT_ONCE]).values_list("key", flat=True))
    return frozenset(key for keeps, key in kept.items() if keeps not in told)


def next_morning(now: datetime, time_zone: str) -> datetime:
    """Return when the next daily e-mail goes out: in the morning where the organisation is."""
    zone, today = ZoneInfo(time_zone), day_in(time_zone, now)
    mornings = (datetime.combine(today + timedelta(days=n), MORNING, tzinfo=zone).astimezone(UTC) for n in (0, 1))
    return next(morning for morning in mornings if morning > now)


def administrators(organisation_id: OrganisationId) -> tuple[PersonId, ...]:
    """Return who administers the organisation now."""
    rows = Membership.objects.filter(
        organisation_id=organisation_id, access="admin", ended_at=None, is_offered=False, user__is_active=True
    )
    return tuple(PersonId(person_id) for person_id in rows.order_by("id").values_list("person_id", flat=True))


def said_in(language: str, text: str | Promise) -> str:
    """Say a text in a language; an empty one is the server's own."""
    if not isinstance(text, Promise):
        return text
    with translation.override(language or settings.LANGUAGE_CODE):
        return str(text)


def _kept(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def _for_people(
    organisation_id: OrganisationId,
    wanted: set[str],
    topic: str,
    title: str | Promise,
    url: str,
    key: str,
    text: str | Promise,
    now: datetime,
) -> int:
    if not wanted:
        return 0
    told = Notice.objects.filter(organisation_id=organisation_id, key=key, person_id__in=wanted)
    members = Membership.objects.filter(
        organisation_id=organisation_id, person_id__in=wanted, ended_at=None, is_offered=False, user__is_active=True
    ).exclude(person_id__in=told.values("person_id"))
    rows = list(members.order_by("id").values_list("person_id", "user__language", "organisation__time_zone"))
    if not rows:
        return 0
    ways = _ways(organisation_id, [person_id for person_id, _language, _zone in rows], topic)
    tiding = Tiding(topic=topic, title=title, url=url, key=key, text=text)
    return _write(
        (
            (_notice(organisation_id, person_id, language, tiding, ways[person_id], now), ways[person_id][1])
            for person_id, language, _zone in rows
        ),
        rows[0][2],
        now,
    )


def _at_once(actor: Actor, tidings: Sequence[Tiding], now: datetime) -> int:
    members = Membership.objects.filter(
        organisation_id=actor.organisation_id, person_id=actor.person_id, ended_at=None, is_offered=False,
        user__is_active=True,
    )  # fmt: skip
    member = members.values_list("user__language", "organisation__time_zone").first() if tidings else None
    if member is None:
        return 0
    ways: dict[str, tuple[bool, str]] = {}
    for topic in {tiding.topic for tiding in tidings}:
        ways |= {topic: _ways(actor.organisation_id, [actor.person_id], topic)[actor.person_id]}
    if _targets(actor.organisation_id).exists():
        for one in tidings:
            _for_machines(actor.organisation_id, one.topic, one.title, one.url, _kept(one.key), (), now)
    return _write(
        (
            (_notice(actor.organisation_id, actor.person_id, member[0], one, ways[one.topic], now), ways[one.topic][1])
            for one in tidings
        ),
        member[1],
        now,
    )


def _notice(
    organisation_id: OrganisationId, person_id: str, language: str, tiding: Tiding, way: tuple[bool, str], now: datetime
) -> Notice | None:
    """Return the row of a notice, unwritten; None for who wants neither to see nor to be sent it."""
    if way == (False, NEVER):
        return None
    return Notice(
        organisation_id=organisation_id, person_id=person_id, topic=tiding.topic[:40],
        title=" ".join(said_in(language, tiding.title).split())[:300], text=said_in(language, tiding.text)[:4000],
        url=tiding.url[:400], key=_kept(tiding.key), at=now, is_shown=way[0],
    )  # fmt: skip


def _write(rows: Iterable[tuple[Notice | None, str]], time_zone: str, now: datetime) -> int:
    """Write notices and the e-mails that go out for them: each row with how it is sent."""
    notices = [(row, way) for row, way in rows if row is not None]
    made = Notice.objects.bulk_create((row for row, _way in notices), batch_size=_AT_ONCE)
    morning = next_morning(now, time_zone)
    Mail.objects.bulk_create(
        (
            Mail(notice=notice, is_daily=way == DAILY, due_at=now if way == AT_ONCE else morning)
            for notice, (_row, way) in zip(made, notices, strict=True)
            if way != NEVER
        ),
        batch_size=_AT_ONCE,
    )
    return len(made)


def _ways(organisation_id: OrganisationId, people: Iterable[str], topic: str) -> dict[str, tuple[bool, str]]:
    chosen = NoticeChoice.objects.filter(
        organisation_id=organisation_id, person_id__in=list(people), topic=topic if topic in TOPICS else OTHER
    )
    otherwise = (True, topic_of(topic).mail)
    found = {row.person_id: (row.in_app, row.mail) for row in chosen}
    return {person_id: found.get(person_id, otherwise) for person_id in people}


def _targets(organisation_id: OrganisationId) -> QuerySet[WebhookTarget]:
    return WebhookTarget.objects.filter(organisation_id=organisation_id, ended_at=None, stopped_at=None)


def _for_machines(
    organisation_id: OrganisationId,
    topic: str,
    title: str | Promise,
    url: str,
    key: str,
    entries: tuple[EntryId, ...],
    now: datetime,
) -> None:
    if topic not in TOPICS or not TOPICS[topic].for_machines:
        return
    targets = [target for target in _targets(organisation_id) if topic in target.topics]
    if not targets:
        return
    # house: allow organisation-scope: targets of this organisation
    told = set(WebhookPost.objects.filter(target__in=targets, key=key).values_list("target_id", flat=True))
    body = body_of(
        organisation_id=organisation_id, topic=topic, title=said_in("", title), url=url, entries=entries, at=now
    )
    WebhookPost.objects.bulk_create(
        (
            WebhookPost(
                target=target,
                key=key,
                message_id=f"msg_{secrets.token_hex(16)}",
                topic=topic,
                body=body,
                made_at=now,
                due_at=now,
            )
            for target in targets
            if target.pk not in told
        ),
        ignore_conflicts=True,
    )
