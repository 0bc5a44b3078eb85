"""The channel: its procedure, which a second person approves, and trials of whether a message arrives."""

import secrets
from datetime import datetime, timedelta

from django.db.models import Max

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.people import members, require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins, next_number
from clerestory.registers.incidents import models
from clerestory.registers.incidents.facts import Writer
from clerestory.registers.incidents.queries import (
    AREA,
    ConcernUnknown,
    TrialRecord,
    concern,
    procedure_in_force,
    trials,
)
from clerestory.registers.incidents.rules import TRIAL_DAYS, ConcernRefused, Procedure, check_procedure
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _

_WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "indigo",
    "juniper",
    "kestrel",
    "lark",
)


def propose_procedure(
    *, actor: Actor, procedure: Procedure, expected_version: int | None = None, now: datetime | None = None
) -> EntryId:
    """Propose the next version of how people speak up; a second person approves it.

    Raises:
        ConcernRefused: it lacks words, receivers or a place outside, or promises an answer too late.
        NotAMember: a receiver is no member.
        ChangedMeanwhile: somebody else proposed one since the version that was expected.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_procedure(procedure, load().coverages["concern_safeguards"].items)
    for person in procedure.receivers:
        require_member(actor.organisation_id, person)
    rows = models.Procedure.objects.filter(organisation_id=actor.organisation_id)
    with first_wins(), atomic():
        newest = rows.aggregate(newest=Max("version"))["newest"] or 0
        expect(newest, expected_version)
        writer = Writer(actor.organisation_id, actor.person(), moment)
        entry = evidence.append(
            writer.procedure(procedure, newest + 1), organisation_id=actor.organisation_id, now=moment
        )
        rows.create(
            organisation_id=actor.organisation_id,
            version=newest + 1,
            text=procedure.text,
            safeguards=list(procedure.safeguards),
            receivers=list(procedure.receivers),
            answer_days=procedure.answer_days,
            outside=procedure.outside,
            proposed_by=actor.person_id,
            proposed_at=moment,
            entry_id=entry.entry_id,
        )
        models.Channel.objects.get_or_create(
            organisation_id=actor.organisation_id, defaults={"secret": secrets.token_hex(10)}
        )
        propose(entry, actor=actor, title="How people speak up", url="/incidents/")
    return entry.entry_id


def refuse_last_receiver(actor: Actor, person_id: PersonId) -> None:
    """Refuse that somebody leaves whom the procedure in force names as the only receiver who is still here.

    Raises:
        ConcernRefused: nobody would read what people report.
    """
    permit(actor, "administer", "members")
    current = procedure_in_force(actor)
    if current is None or person_id not in current.procedure.receivers:
        return
    here = {member.person_id for member in members(actor)}
    if not (here - {person_id}) & set(current.procedure.receivers):
        raise ConcernRefused(
            _("Nobody else would receive concerns."),
            _("Name another receiver under Concerns, and have that procedure approved first."),
        )


def begin_trial(*, actor: Actor, now: datetime | None = None) -> TrialRecord:
    """Begin a trial: return the words that a message through the channel must hold to be recognised.

    Raises:
        ConcernRefused: no procedure is in force, so nobody would receive it, or a trial runs already.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    if procedure_in_force(actor) is None:
        raise ConcernRefused(_("No procedure is in force."), _("Have one approved first; it names the receivers."))
    rows = models.Trial.objects.filter(organisation_id=actor.organisation_id)
    with first_wins(), atomic():
        number = next_number(actor.organisation_id, rows)
        if rows.filter(ended_at=None).exists():
            raise ConcernRefused(_("A trial runs already."), _("End it first."))
        word = f"{secrets.choice(_WORDS)} {secrets.choice(_WORDS)} {secrets.randbelow(9000) + 1000}"
        rows.create(
            organisation_id=actor.organisation_id,
            number=number,
            word=word,
            begun_by=actor.person_id,
            begun_at=moment,
        )
    return trials(actor)[0]


def end_trial(*, actor: Actor, number: int, came_as: int | None = None, now: datetime | None = None) -> EntryId:
    """Say how a trial ended: a receiver read its message, which is concern ``came_as``; or none came in time.

    Raises:
        ConcernUnknown: there is no such trial that runs.
        NotPermitted: the member does not receive concerns, and says that the message came.
        ConcernRefused: who began it says that it came, the message is not of this trial, or it may still come.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        row = models.Trial.objects.select_for_update().filter(
            organisation_id=actor.organisation_id, number=number, ended_at=None
        ).first()  # fmt: skip
        if row is None:
            raise ConcernUnknown(_("No trial {number} is running.", number=number), _("Begin a new one."))
        anonymous = _came(actor, row, came_as) if came_as is not None else _late(row, moment)
        writer = Writer(actor.organisation_id, actor.person(), moment)
        made = writer.trial(reached=came_as is not None, anonymous=anonymous, number=number)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        row.ended_by, row.ended_at = actor.person_id, moment
        row.reached, row.entry_id = came_as is not None, entry.entry_id
        row.save()
        row.messages.filter(ended_at=None).update(ended_by=actor.person_id, ended_at=moment)
    return entry.entry_id


def _came(actor: Actor, row: models.Trial, came_as: int) -> bool:
    """Return whether the message of the trial, which this receiver read, came without a name."""
    message = concern(actor, came_as)
    if row.begun_by == actor.person_id:
        raise ConcernRefused(_("You began this trial yourself."), _("Another receiver says that the message came."))
    if message.trial != row.number:
        raise ConcernRefused(
            _("Message {came_as} is not of this trial.", came_as=came_as),
            _("It holds the words {word!r}.", word=row.word),
        )
    return not message.contact


def _late(row: models.Trial, moment: datetime) -> bool:
    """Return that nothing is known of a name; refuse while the message may still come."""
    if moment < row.begun_at + timedelta(days=TRIAL_DAYS):
        raise ConcernRefused(
            _("The message may still come."),
            _("Say that it did not once {trial_days} days have passed, or have it confirmed.", trial_days=TRIAL_DAYS),
        )
    return True
