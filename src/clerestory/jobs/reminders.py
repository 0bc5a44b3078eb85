"""The daily round: tells members once of each duty, of versions that wait and of ageing evidence.

Runs several times a day and says nothing twice: what is told has a key.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, waiting_for
from clerestory.desk.day import today_of, zone_of
from clerestory.desk.document.words import day_text
from clerestory.desk.notice import Tiding, administrators, notify, tell
from clerestory.desk.notice.topics import TOPICS
from clerestory.desk.people import actors_of
from clerestory.jobs.queue import Interrupted, stopping
from clerestory.registers.organisation.queries import organisations
from clerestory.report.action import duties_of
from clerestory.report.board import HOME, board
from clerestory.store import clock
from clerestory.terms.ids import OrganisationId
from clerestory.terms.status import Conformity

AHEAD = timedelta(days=14)
"""So long before its day a duty or an ageing requirement is told of."""
MOST_APART = 3
"""So many versions of one kind that wait are told of each by itself; more of them together."""

_day = lazy(day_text, str)
"""A day in the language of who will read it."""


def remind() -> None:
    """Tell every member of every organisation what is due."""
    now = clock.now()
    for organisation_id, _name in organisations():
        for actor, language in actors_of(organisation_id):
            if stopping.is_set():  # what is told already is not told again by the next worker
                raise Interrupted
            with translation.override(language or settings.LANGUAGE_CODE), timezone.override(zone_of(actor)):
                tell(actor, [*_duties(actor, now), *_approvals(actor)], now=now)
        _ageing(organisation_id, now)


def _duties(actor: Actor, now: datetime) -> Iterator[Tiding]:
    today = today_of(actor, now)
    for duty in duties_of(actor, today):
        if duty.topic == "monitor" or (duty.due_on is not None and duty.due_on > today + AHEAD):
            continue
        late = ":late" if duty.is_late(today) else ""
        yield Tiding(
            topic=duty.topic if duty.topic in TOPICS else "reminder", title=duty.title, text=duty.why, url=duty.url,
            key=(duty.told_as or f"duty/{duty.topic}/{duty.url}/{duty.due_on or ''}") + late,
        )  # fmt: skip


def _approvals(actor: Actor) -> Iterator[Tiding]:
    """Tell of each version that waits; of many of one kind, such as the decisions on all controls, once together."""
    waits = waiting_for(actor, MOST_APART)
    kinds: dict[str, list[Standing]] = {}
    for standing in waits.oldest:
        kinds.setdefault(standing.kind, []).append(standing)
    for kind, waiting in kinds.items():
        if waits.counts[kind] > MOST_APART:
            more = _("Waits for your approval: {title}, and {n} more like it")
            title = format_lazy(more, title=waiting[0].title, n=waits.counts[kind] - 1)
            yield Tiding(topic="approval", title=title, url="/", key=f"approvals/{kind}/{waits.newest[kind]}")
            continue
        for standing in waiting:
            title = format_lazy(_("Waits for your approval: {title}"), title=standing.title)
            step = f"/{len(standing.done)}/{len(standing.approvals)}" if standing.order else ""
            key = f"approval/{standing.entry_id}{step}"
            yield Tiding(topic="approval", title=title, url=standing.url, key=key)


def _ageing(organisation_id: OrganisationId, now: datetime) -> None:
    """Tell administrators of requirements that conform today and go stale within two weeks."""
    people = administrators(organisation_id)
    actor = next((actor for actor, _language in actors_of(organisation_id) if actor.person_id in people), None)
    if actor is None:
        return
    for row in board(actor, HOME, at=now).rows:
        if (
            row.conformity is Conformity.CONFORMS
            and row.stale_on is not None
            and row.stale_on <= today_of(actor, now) + AHEAD
        ):
            notify(
                organisation_id=organisation_id,
                to=people,
                topic="evidence",
                title=ages(row.id, row.stale_on),
                url=f"/requirements/{HOME}/{row.id}/",
                key=f"stale/{HOME}/{row.id}/{row.stale_on}",
                now=now,
            )


def ages(requirement: str, day: date) -> Promise:
    """Say in the reader's language that a requirement goes stale, and when."""
    said: Promise = format_lazy(_("{requirement} goes stale on {day}"), requirement=requirement, day=_day(day))
    return said
