"""What notices are about, how each topic comes when nobody chose, and which topics other programs may be told of.

A topic that may name a person or quote what somebody wrote is told to people only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

NEVER, DAILY, AT_ONCE = "never", "daily", "at_once"
WAYS = (
    (AT_ONCE, _("at once")),
    (DAILY, _("once a day")),
    (NEVER, _("not at all")),
)
"""How e-mail can come."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its words, how its e-mail comes when nobody chose, and whether webhooks may carry it."""

    label: "_StrPromise"
    about: "_StrPromise"
    mail: str
    for_machines: bool = True


OTHER = "other"
TOPICS: Mapping[str, Topic] = {
    "monitor": Topic(_("Monitors"), _("A scheduled check failed, could not conclude or could not run."), AT_ONCE),
    "nonconformity": Topic(_("Nonconformities"), _("One was opened, or a step of yours is due."), AT_ONCE),
    "risk": Topic(_("Risks"), _("A risk was assigned to you, or an acceptance ends."), AT_ONCE),
    "approval": Topic(_("Approvals"), _("A version waits for you, or yours was approved."), DAILY),
    "mention": Topic(_("Mentions"), _("Somebody names you in a comment."), AT_ONCE, for_machines=False),
    "comment": Topic(_("Comments"), _("Somebody comments on a record of yours."), DAILY, for_machines=False),
    "reminder": Topic(_("Reminders"), _("Something that you are to do is due."), DAILY),
    "concern": Topic(_("Concerns"), _("Somebody spoke up, and you receive it."), AT_ONCE, for_machines=False),
    "evidence": Topic(_("Evidence"), _("A requirement will go stale soon."), DAILY),
    "log": Topic(_("Evidence log"), _("The log was read again, and something in it does not fit."), AT_ONCE),
    "delivery": Topic(_("Deliveries"), _("E-mail or a webhook does not get through."), AT_ONCE),
    OTHER: Topic(_("Everything else"), _("What belongs to no other topic."), DAILY, for_machines=False),
}


def topic_of(name: str) -> Topic:
    """Return a topic; an unknown name is treated as everything else."""
    return TOPICS.get(name, TOPICS[OTHER])
