"""Reminds members of policies in force that they did not confirm yet; once a day each, however often it is asked."""

from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.notice import notify
from clerestory.desk.permit import permit
from clerestory.registers.policy.queries import AREA, people_asked, policies
from clerestory.registers.policy.rules import PolicyRefused
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms import sentence


def remind_to_confirm(
    *, actor: Actor, policy_id: str = "", unit: str | None = None, now: datetime | None = None
) -> int:
    """Remind who lacks a confirmation, of one policy or of all, in one unit or in all; return how many heard of it.

    Raises:
        PolicyRefused: there is no such policy, or nobody lacks a confirmation there.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    if policy_id and policy_id not in {record.policy.policy_id for record in policies(actor)}:
        raise PolicyRefused(
            sentence.gettext("There is no policy {policy_id!r}.", policy_id=policy_id),
            sentence.gettext("Choose one of the list."),
        )
    lacking = [one for one in people_asked(actor, policy_id) if one.lacking and unit in (None, one.unit)]
    if not lacking:
        raise PolicyRefused(
            sentence.gettext("Nobody lacks a confirmation."), sentence.gettext("Nothing more is needed.")
        )
    told = 0
    with atomic():
        for person in lacking:
            told += notify(
                organisation_id=actor.organisation_id,
                to=[person.person_id],
                topic="reminder",
                title=format_lazy(_("Please confirm: {policies}"), policies=", ".join(person.lacking)),
                text=_("It is in force and asks you to confirm that you read it and keep it."),
                url="/policy/",
                key=f"policy-reminder/{today_of(actor, moment)}/{policy_id}",
                now=moment,
            )
    return told
