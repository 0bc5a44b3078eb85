"""Thanks to people who raised a risk early, with the names of those alone who chose to be named."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty
from clerestory.desk.permit import permit
from clerestory.registers.roles import models
from clerestory.terms.ids import EntryId, PersonId


@dataclass(frozen=True, slots=True)
class Thanks:
    """One recognition; ``person`` is empty for everybody but themselves and who thanked, until they choose a name."""

    number: int
    what: str
    person: str
    is_named: bool | None
    is_own: bool
    thanked_by: PersonId
    thanked_at: datetime
    entry_id: EntryId


def recognitions(actor: Actor) -> tuple[Thanks, ...]:
    """Return all recognitions, newest first, in one query."""
    permit(actor, "read", "roles")
    rows = models.Recognition.objects.filter(organisation_id=actor.organisation_id).order_by("-number")
    return tuple(
        Thanks(
            row.number,
            row.what,
            row.person if row.is_named or actor.person_id in (row.person, row.thanked_by) else "",
            row.is_named,
            row.person == actor.person_id,
            PersonId(row.thanked_by),
            row.thanked_at,
            EntryId(row.entry_id),
        )
        for row in rows
    )


def unanswered(actor: Actor) -> tuple[Duty, ...]:
    """Return what the member was thanked for and has not said yet whether to be named with."""
    permit(actor, "read", "roles")
    return tuple(
        Duty(
            topic="roles",
            title=_("Thank you for raising a risk early"),
            url=f"/roles/recognition/?thanks={one.number}",
            why=_("Say whether you want to be named with it; unless you do, nobody is told that it was you."),
        )
        for one in recognitions(actor)
        if one.is_own and one.is_named is None
    )
