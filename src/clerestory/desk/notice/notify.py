"""Tells members of an organisation something, once: rows of the caller's transaction, which jobs send afterwards.

Refuses nobody and sends nothing itself: who is no member now is left out, and what was told before is not told again.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError
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


def untold(actor: Actor, keys: Iterable[str]) -> frozenset[str]:
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
    languages, time_zone = {person_id: language for person_id, language, _zone in rows}, rows[0][2]
    ways = _ways(organisation_id, list(languages), topic)
    made = Notice.objects.bulk_create(
        Notice(
            organisation_id=organisation_id,
            person_id=person_id,
            topic=topic[:40],
            title=" ".join(said_in(language, title).split())[:300],
            text=said_in(language, text)[:4000],
            url=url[:400],
            key=key,
            at=now,
            is_shown=ways[person_id][0],
        )
        for person_id, language in languages.items()
        if ways[person_id] != (False, NEVER)
    )
    Mail.objects.bulk_create(
        Mail(notice=notice, is_daily=way == DAILY, due_at=now if way == AT_ONCE else next_morning(now, time_zone))
        for notice in made
        if (way := ways[notice.person_id][1]) != NEVER
    )
    return len(made)


def _ways(organisation_id: OrganisationId, people: Iterable[str], topic: str) -> dict[str, tuple[bool, str]]:
    chosen = NoticeChoice.objects.filter(
        organisation_id=organisation_id, person_id__in=list(people), topic=topic if topic in TOPICS else OTHER
    )
    otherwise = (True, topic_of(topic).mail)
    found = {row.person_id: (row.in_app, row.mail) for row in chosen}
    return {person_id: found.get(person_id, otherwise) for person_id in people}


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
    targets = [
        target
        for target in WebhookTarget.objects.filter(organisation_id=organisation_id, ended_at=None, stopped_at=None)
        if topic in target.topics
    ]
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
