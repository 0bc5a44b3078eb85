"""The one step that leads to an answer where nobody can give one yet. Refuses a step that the reader may not take."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.permit import may
from clerestory.report.question.tally import Tally


@dataclass(frozen=True, slots=True)
class Remedy:
    """A step with its address and what it takes to be allowed to take it."""

    label: str | Promise
    url: str
    verb: str
    area: str


SYSTEM = Remedy(_("Register an AI system"), "/inventory/systems/add/", "write", "inventory")
TOKEN = Remedy(_("Make a token for measurements"), "/members/", "administer", "members")
MONITOR = Remedy(_("Set up a monitor"), "/monitoring/new/", "write", "monitoring")
CRITERIA = Remedy(_("Agree on risk criteria"), "/risk/criteria/propose/", "write", "risk")
RISK = Remedy(_("Identify a risk"), "/risk/add/", "write", "risk")
ROLE = Remedy(_("Define a role"), "/roles/add/", "write", "roles")
NONCONFORMITY = Remedy(_("Raise a nonconformity"), "/nonconformity/new/", "write", "nonconformity")


def remedy_of(actor: Actor, key: str, tally: Tally) -> Remedy | None:
    """Return the first step to an answer that this member may take."""
    steps = (one for one in _steps(key, tally) if one.url.split("/")[1] in (*settings.REGISTERS, "members"))
    return next((one for one in steps if may(actor, one.verb, one.area)), None)


def _steps(key: str, tally: Tally) -> tuple[Remedy, ...]:
    if key == "risks":
        return (RISK,) if tally.part("criteria") else (CRITERIA,)
    if key == "reliable":
        return (TOKEN, MONITOR) if tally.part("systems") else (SYSTEM,)
    if key == "explained":
        return (TOKEN, MONITOR) if tally.of else (SYSTEM,)
    return {"where": (SYSTEM,), "who": (SYSTEM,), "people": (ROLE,), "incidents": (NONCONFORMITY,)}.get(key, ())
