"""Thanks to people who raised a risk early. Nobody thanks themselves, and nobody is named who did not choose it."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.notice import notify
from clerestory.desk.people import require_member
from clerestory.desk.permit import NotPermitted, permit
from clerestory.desk.version import first_wins
from clerestory.registers.roles import models
from clerestory.registers.roles.commands.record import URL, Recorded
from clerestory.registers.roles.facts import recognition_evidence
from clerestory.registers.roles.rules.role import RoleRefused
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.ids import PersonId
from clerestory.terms.text import plain


def recognise(*, actor: Actor, person: PersonId, what: str, now: datetime | None = None) -> Recorded:
    """Thank somebody for raising a risk early; they are told, and named to others only once they choose so.

    Raises:
        RoleRefused: it is the actor, or nothing says what for.
        NotAMember: the person is no member.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    if person == actor.person_id:
        raise RoleRefused(
            sentence.gettext("Nobody thanks themselves."), sentence.gettext("Let somebody else record it.")
        )
    require_member(actor.organisation_id, person)
    told = plain(what, sentence.gettext("what was raised"), longest=500, lines=True)
    with first_wins(), atomic():
        number = models.Recognition.objects.filter(organisation_id=actor.organisation_id).count() + 1
        made = recognition_evidence(
            actor.organisation_id, number, what=told, person=None, by=actor.person(), at=moment, version=1
        )
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        models.Recognition.objects.create(
            organisation_id=actor.organisation_id,
            number=number,
            person=person,
            what=told,
            thanked_by=actor.person_id,
            thanked_at=moment,
            entry_id=entry.entry_id,
        )
        notify(
            organisation_id=actor.organisation_id,
            to=[person],
            topic="other",
            title=_("Thank you for raising a risk early"),
            text=told,
            url=f"{URL}recognition/",
            key=f"recognition/{number}",
            now=moment,
        )
    return Recorded(str(number), 1, entry.entry_id)


def choose_to_be_named(*, actor: Actor, number: int, named: bool, now: datetime | None = None) -> Recorded:
    """Choose whether one is named with what one was thanked for; nobody chooses for another, and no machine does.

    Raises:
        NotPermitted: the actor is a machine.
        RoleRefused: it is not about the actor.
    """
    permit(actor, "read", "roles")
    if actor.scopes is not None:
        raise NotPermitted(sentence.gettext("A token cannot choose this."), sentence.gettext("Sign in as the person."))
    moment = now or clock.now()
    with first_wins(), atomic():
        rows = models.Recognition.objects.filter(
            organisation_id=actor.organisation_id, number=number, person=actor.person_id
        )
        row = rows.select_for_update().first()
        if row is None:
            raise RoleRefused(
                sentence.gettext("This is not about you."), sentence.gettext("Choose one in which you were thanked.")
            )
        made = recognition_evidence(
            actor.organisation_id, number, what=row.what, person=actor.person_id if named else None, by=actor.person(),
            at=moment, version=row.version + 1,
        )  # fmt: skip
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        rows.update(is_named=named, version=row.version + 1, entry_id=entry.entry_id)
    return Recorded(str(number), row.version + 1, entry.entry_id)
