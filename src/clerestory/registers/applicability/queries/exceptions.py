"""Reads of loosened rules, and what members have to do about applicability."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.permit import may, permit
from clerestory.registers.applicability import models
from clerestory.registers.applicability.queries.statement import annex
from clerestory.registers.applicability.rules import Loosening
from clerestory.terms.ids import EntryId, PersonId

ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """A rule that is loosened for a time."""

    exception_id: str
    loosening: Loosening
    subject: str
    owner: PersonId
    decided_at: datetime
    entry_id: EntryId

    def is_over(self, on: date) -> bool:
        """Whether its last day has passed."""
        return on > self.loosening.valid_until


def exceptions(actor: Actor) -> tuple[ExceptionRecord, ...]:
    """Return loosened rules, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Loosening.objects.filter(organisation_id=actor.organisation_id).order_by("-id")
    return tuple(
        ExceptionRecord(
            row.exception_id,
            Loosening(rule=row.rule, justification=row.justification, valid_until=row.valid_until),
            f"{row.subject_kind}:{row.subject_id}",
            PersonId(row.owner),
            row.decided_at,
            EntryId(row.entry_id),
        )
        for row in rows
    )


@until_the_log_grows
def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what ends soon of the exceptions that the member answers for, and what an administrator has to decide."""
    permit(actor, "read", "applicability")
    ending = models.Loosening.objects.filter(
        organisation_id=actor.organisation_id, owner=actor.person_id, valid_until__range=(on, on + ENDS_SOON)
    ).order_by("valid_until", "id")
    found = [
        Duty(
            topic="exception",
            title=row.rule,
            url="/applicability/exceptions/",
            why=_("This rule is loosened until then; afterwards it is asked for in full."),
            due_on=row.valid_until,
        )
        for row in ending
    ]
    if actor.access != "admin" or not may(actor, "write", "applicability"):
        return tuple(found)
    undecided = sum(row.newest is None for row in annex(actor))
    if undecided:
        title = ngettext(
            "%(n)s control of Annex A is undecided", "%(n)s controls of Annex A are undecided", undecided
        ) % {"n": undecided}
        why = _("The Statement of Applicability is whole only when each control is included or excluded with a reason.")
        found.append(Duty(topic="applicability", title=title, url="/applicability/decide/", why=why))
    return tuple(found)
