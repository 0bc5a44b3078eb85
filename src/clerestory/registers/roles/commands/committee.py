"""Committees, their meetings, and minutes whose decisions lead to the records that they are about."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.day import today_of
from clerestory.desk.document.words import day_text
from clerestory.desk.notice import notify
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.roles import models
from clerestory.registers.roles.commands.record import URL, Recorded
from clerestory.registers.roles.facts import committee_evidence, minutes_evidence
from clerestory.registers.roles.queries.committee import committee as committee_record
from clerestory.registers.roles.queries.committee import meeting as meeting_record
from clerestory.registers.roles.rules.committee import (
    Committee,
    Item,
    Minutes,
    check_committee,
    check_held,
    check_minutes,
    is_quorate,
)
from clerestory.registers.roles.rules.role import RoleRefused
from clerestory.store import clock, directory, evidence, trace
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.day import not_after, years_ahead

MOST_ITEMS = 60


def constitute(*, actor: Actor, said: Committee, expected_version: int = 0, now: datetime | None = None) -> Recorded:
    """Set up a committee, or change its charter or members; it counts once a second person approved it.

    Raises:
        RoleRefused: it lacks something, or its members are too few or of one function.
        NotAMember: somebody named is no member of the organisation.
        ChangedMeanwhile: somebody else changed it since, or there is one of that id.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    check_committee(said)
    for seat in said.seats:
        require_member(actor.organisation_id, seat.person)
    with first_wins(), atomic():
        rows = models.Committee.objects.filter(organisation_id=actor.organisation_id, committee_id=said.committee_id)
        newest = rows.order_by("-version").values_list("version", flat=True).first() or 0
        expect(newest, expected_version)
        entry = evidence.append(
            committee_evidence(actor.organisation_id, said, by=actor.person(), at=moment, version=newest + 1),
            organisation_id=actor.organisation_id,
            now=moment,
        )
        models.Committee.objects.create(
            organisation_id=actor.organisation_id,
            committee_id=said.committee_id,
            version=newest + 1,
            name=said.name.strip(),
            charter=said.charter.strip(),
            seats=[[seat.person, seat.function.strip()] for seat in said.seats],
            quorum=said.quorum,
            changed_by=actor.person_id,
            changed_at=moment,
            entry_id=entry.entry_id,
        )
        url = f"{URL}committees/{said.committee_id}/"
        propose(entry, actor=actor, title=f"Committee {said.name.strip()}", url=url)
        directory.publish(actor.organisation_id, "committee", said.committee_id, said.name.strip(), url)
    return Recorded(said.committee_id, newest + 1, entry.entry_id)


def call_meeting(
    *, actor: Actor, committee_id: str, planned_for: date, agenda: Sequence[Item], now: datetime | None = None
) -> int:
    """Call a meeting with an agenda and tell the members; return its number.

    Raises:
        CommitteeUnknown: there is no such committee.
        RoleRefused: its charter and members are not approved, or the day is past.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    if planned_for < today_of(actor, moment):
        raise RoleRefused(
            sentence.gettext("{planned_for} is past.", planned_for=planned_for),
            sentence.gettext("Choose today or a day to come."),
        )
    not_after(planned_for, sentence.gettext("day of the meeting"), years_ahead(today_of(actor, moment)))
    with first_wins(), atomic():
        committee = _in_force(actor, committee_id)
        rows = models.Meeting.objects.filter(organisation_id=actor.organisation_id, committee_id=committee_id)
        number = rows.count() + 1
        models.Meeting.objects.create(
            organisation_id=actor.organisation_id,
            committee_id=committee_id,
            number=number,
            planned_for=planned_for,
            agenda=[[item.title, item.why, item.url, item.kind, item.id] for item in agenda[:MOST_ITEMS]],
            called_by=actor.person_id,
            called_at=moment,
        )
        _make_known(actor, committee, number)
        notify(
            organisation_id=actor.organisation_id,
            to=[seat.person for seat in committee.seats],
            topic="reminder",
            title=format_lazy(
                _("{committee} meets on {day}"), committee=committee.name, day=lazy(day_text, str)(planned_for)
            ),
            url=f"{URL}committees/{committee_id}/{number}/",
            key=f"meeting/{committee_id}/{number}",
            now=moment,
        )
    return number


def write_minutes(
    *,
    actor: Actor,
    committee_id: str,
    number: int,
    said: Minutes,
    expected_version: int,
    now: datetime | None = None,
) -> Recorded:
    """Record what a meeting said and decided; it counts once a second person approved the minutes.

    Raises:
        CommitteeUnknown: there is no such meeting.
        RoleRefused: nobody was there, something was decided without a quorum, the meeting is to come or lies before
            it was called, or no charter was in force on its day; what only waits for approval gives nobody a seat and
            lowers no quorum.
        ChangedMeanwhile: somebody else wrote them since.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    with first_wins(), atomic():
        record = meeting_record(actor, committee_id, number)
        check_held(said.held_on, record.called_on, today_of(actor, moment))
        committee = _in_force(actor, committee_id, said.held_on)
        check_minutes(said, committee, record.agenda)
        expect(record.version, expected_version)
        version = record.version + 1
        quorate = is_quorate(committee.quorum, {seat.person for seat in committee.seats}, said.present)
        made = minutes_evidence(
            actor.organisation_id, committee, number, said, quorate, by=actor.person(), at=moment, version=version
        )
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        models.Minutes.objects.create(
            organisation_id=actor.organisation_id,
            meeting=models.Meeting.objects.get(
                organisation_id=actor.organisation_id, committee_id=committee_id, number=number
            ),
            version=version,
            held_on=said.held_on,
            present=list(said.present),
            quorum=committee.quorum,
            text=said.text.strip(),
            decisions=[[decision.place, decision.text.strip()] for decision in said.decisions],
            written_by=actor.person_id,
            written_at=moment,
            entry_id=entry.entry_id,
        )
        _publish(actor, committee, number, said, record.agenda, entry)
    return Recorded(f"{committee_id}/{number}", version, entry.entry_id)


def _in_force(actor: Actor, committee_id: str, on: date | None = None) -> Committee:
    """Return the committee as it was last approved, or as its charter stood on a day."""
    record = committee_record(actor, committee_id)
    found = record.in_force if on is None else record.on(on)
    if found is None and on is not None and record.in_force is not None:
        raise RoleRefused(
            sentence.gettext("No charter of the committee was in force on {on}.", on=on),
            sentence.gettext("Correct the day of the meeting."),
        )
    if found is None:
        raise RoleRefused(
            sentence.gettext("The committee is not approved."),
            sentence.gettext("Have its charter and members approved first."),
        )
    return found


def _make_known(actor: Actor, committee: Committee, number: int) -> tuple[str, str, str]:
    """Publish a meeting as a record of its committee; return its id, title and address."""
    meeting, url = f"{committee.committee_id}/{number}", f"{URL}committees/{committee.committee_id}/{number}/"
    title = f"{committee.name}, meeting {number}"
    directory.publish(actor.organisation_id, "meeting", meeting, title, url)
    trace.link(actor.organisation_id, "meeting", meeting, "of", "committee", committee.committee_id)
    return meeting, title, url


def _publish(
    actor: Actor, committee: Committee, number: int, said: Minutes, agenda: Sequence[Item], entry: evidence.Entry
) -> None:
    """Link the decisions of a meeting to the records that they are about, and ask for the approval of its minutes."""
    meeting, title, url = _make_known(actor, committee, number)
    decided = {decision.place for decision in said.decisions}
    for place, item in enumerate(agenda):
        if item.kind:
            act = trace.link if place in decided else trace.unlink
            act(actor.organisation_id, "meeting", meeting, "decided on", item.kind, item.id)
    propose(entry, actor=actor, title=f"Minutes: {title}", url=url)
