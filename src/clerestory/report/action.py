"""What a person should do next: duties of all registers, open approvals and derived statuses, the pressing ones first.

Refuses to invent work, and to show more than five to whom did not ask for all: what is left out is counted. Knows no
HTML.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing
from clerestory.desk.duty import Duty
from clerestory.desk.people import names_of
from clerestory.desk.permit import may
from clerestory.judgement.phrase import Missing
from clerestory.report.board import BoardRow
from clerestory.report.title import people_in, title_said, with_names
from clerestory.terms.status import Conformity

MOST = 5
ALL = 200
"""So many are shown to whoever asks for all."""
MOST_OF_A_SORT = 2
SOON = timedelta(days=30)
_WEIGHTS = {"first": 0, "repair": 1, "nonconformity": 1, "risk": 1, "approve": 2, "renew": 3, "soon": 5}
_OTHERWISE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do, with why and one button. ``more`` counts others of its sort that are not shown.

    ``sort`` tells apart what one topic holds of several kinds, so that many of one kind hide none of another.
    """

    topic: str
    title: str
    url: str
    why: str | Promise
    label: str
    due_on: date | None = None
    phrase: Missing | None = None
    late: bool = False
    more: int = 0
    sort: str = ""
    is_stored: bool = False
    """Whether title and reason are as a register keeps them."""


def duties_of(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what this member must decide or do in any register, each asked once."""
    found: list[Duty] = []
    for name in settings.REGISTERS:
        place = f"clerestory.registers.{name}.queries"
        if find_spec(place) is not None:
            asked = getattr(import_module(place), "duties", None)
            found += asked(actor, on) if asked is not None else ()
    return tuple(found)


def ordered(
    actions: Iterable[Action], on: date, waiting: Mapping[str, int] | None = None, most: int = MOST
) -> tuple[tuple[Action, ...], int]:
    """Return at most five actions, or ``most``, the latest first, then by weight, and how many there are.

    Of one sort at most two are shown while others wait; the rest is counted on the last of its sort. ``waiting`` says
    how many approvals wait of each kind where ``actions`` hold only the oldest of them.
    """
    known = sorted((replace(one, late=one.due_on is not None and one.due_on < on) for one in actions), key=_pressing)
    of_sort: Counter[tuple[str, str]] = Counter()
    places = []
    for place, action in enumerate(known):
        of_sort[_sort(action)] += 1
        places.append((of_sort[_sort(action)] > MOST_OF_A_SORT, place))
    chosen = sorted(place for _beyond, place in sorted(places)[:most])
    beyond = Counter({("approve", kind): number for kind, number in (waiting or {}).items()})
    beyond -= Counter(_sort(action) for action in known)
    left = beyond + Counter(_sort(action) for place, action in enumerate(known) if place not in chosen)
    shown = [replace(_said(known[place]), more=left.pop(_sort(known[place]), 0)) for place in reversed(chosen)]
    return tuple(reversed(shown)), len(known) + beyond.total()


def _said(action: Action) -> Action:
    """Put what a register stored into words: of a thousand duties a few are shown."""
    return replace(action, title=title_said(action.title), why=str(action.why)) if action.is_stored else action


def _sort(action: Action) -> tuple[str, str]:
    return action.topic, action.sort


def _pressing(action: Action) -> tuple[bool, date, int, date, str]:
    due = action.due_on or date.max
    return (
        not action.late,
        due if action.late else date.max,
        _WEIGHTS.get(action.topic, _OTHERWISE),
        due,
        "" if action.topic == "next" else action.title,
    )


def from_duties(duties: Iterable[Duty]) -> Iterator[Action]:
    """Turn duties of registers into actions, whose title and reason are put into words where they are shown."""
    label = pgettext("button", "Open")
    for duty in duties:
        yield Action(
            topic=duty.topic, title=str(duty.title), url=duty.url, why=duty.why, label=label, due_on=duty.due_on,
            is_stored=True,
        )  # fmt: skip


def from_proposals(actor: Actor, waiting: Sequence[Standing]) -> Iterator[Action]:
    """Name what waits for this member's approval, the longest waiting first; people by their names, in one query."""
    if not waiting or not may(actor, "approve", "proposal"):
        return
    named = {person for standing in waiting for person in people_in(standing.title)}
    names = names_of(actor.organisation_id, {*named, *(standing.proposed_by for standing in waiting)})
    for standing in waiting:
        day = formats.date_format(standing.proposed_at, pgettext("date format", "j M Y"))
        who = names.get(standing.proposed_by, standing.proposed_by)
        yield Action(
            topic="approve",
            sort=standing.kind,
            title=with_names(title_said(standing.title), names),
            url=standing.url,
            label=_("Review and approve"),
            why=_("%(who)s proposed it on %(day)s; it counts only once a second person approves it.")
            % {"who": who, "day": day},
        )


def from_board(rows: Iterable[BoardRow], on: date, address: str) -> Iterator[Action]:
    """Name requirements that fail, that are out of date, and that will be within thirty days."""
    for row in rows:
        title, url = f"{row.id} {row.title}", f"{address}{row.id}/"
        if row.conformity is Conformity.NONCONFORMING:
            failed = next((item for item in row.missing if item.code.startswith("failed")), None)
            why = _("Something stands against it. See what, and for whom.")
            label = _("See what fails")
            yield Action(topic="repair", title=title, url=url, why=why, label=label, phrase=failed or row.hint)
        elif row.conformity is Conformity.STALE:
            why = _("It held once; its evidence no longer counts.")
            label = _("See what is out of date")
            yield Action(topic="renew", title=title, url=url, why=why, label=label, phrase=row.hint)
        elif row.stale_on is not None and on <= row.stale_on <= on + SOON:
            days = (row.stale_on - on).days
            why = ngettext(
                "It conforms today and ages in %(n)s day unless its evidence is renewed.",
                "It conforms today and ages in %(n)s days unless its evidence is renewed.",
                days,
            ) % {"n": days}
            label = _("See what ages")
            yield Action(topic="soon", title=title, url=url, why=why, label=label, due_on=row.stale_on)


def next_steps(actor: Actor, existing: Collection[str], *, alone: bool = False) -> Iterator[Action]:
    """Name what follows the first system, in order, while nothing of it is in the log and this member may do it.

    ``existing`` are the kinds of evidence that the log holds; ``alone``: nobody else is in the organisation, so that
    nothing that is proposed can be approved.
    """
    if alone and may(actor, "administer", "members"):
        yield second_person("next")
    steps = (
        ("record.scope_statement", "write", "context", Action(
            topic="next", sort="scope", title=_("Lay down the scope"), url="/context/scope/propose/",
            why=_("Which units, sites and systems the management system is about, and what it leaves out."),
            label=_("Propose a scope"),
        )),
        ("record.ai_policy", "write", "policy", Action(
            topic="next", sort="policy", title=_("Begin the AI policy"), url="/policy/add/",
            why=_("A text to begin with waits; top management approves it last."), label=_("Begin the AI policy"),
        )),
        ("record.risk_criteria", "write", "risk", Action(
            topic="next", sort="criteria", title=_("Agree on risk criteria"), url="/risk/criteria/propose/",
            why=_("They say how likely and how bad a risk may be before somebody has to act."), label=_("Propose them"),
        )),
        ("decision.role_assignment", "write", "roles", Action(
            topic="next", sort="roles", title=_("Name who holds the AI duties"), url="/roles/add/",
            why=_("Define a role with its duties, give it to somebody, and let them accept it."),
            label=_("Define a role"),
        )),
        ("check", "administer", "members", measurement("next")),
        ("record.context_review", "write", "context", Action(
            topic="next", sort="context", title=_("Weigh what bears on the organisation"), url="/context/",
            why=_("Note issues, interested parties and obligations, then let top management review them."),
            label=_("Open the context"),
        )),
        ("record.impact_assessment", "write", "impact", Action(
            topic="next", sort="impact", title=_("Assess the impact of the first system"), url="/impact/",
            why=_("What it does to people, groups and societies, judged before it is used."),
            label=_("Choose a system"),
        )),
        ("decision.applicability", "write", "applicability", Action(
            topic="next", sort="statement", title=_("Decide the Statement of Applicability"),
            url="/applicability/decide/",
            why=_("Say of each control of Annex A whether it applies, and why."), label=_("Decide"),
        )),
    )  # fmt: skip
    for kind, verb, area, action in steps:
        if kind not in existing and area in (*settings.REGISTERS, "members") and may(actor, verb, area):
            yield _unheld(action) if action.sort == "roles" and "register.person_role" in existing else action


def _unheld(action: Action) -> Action:
    """Return the step to who holds the roles where a role is defined already."""
    return replace(
        action, url="/roles/", why=_("Give each role to somebody, and let them accept it."), label=_("Open the roles")
    )


def measurement(topic: str) -> Action:
    """Return the step to the first measurement, which takes a token."""
    return Action(
        topic=topic, sort="check", title=_("Bring in the first measurement"), url="/members/#tokens",
        why=_("Make a token, then run beside a model: clerestory init, clerestory check, clerestory push."),
        label=_("Make a token"),
    )  # fmt: skip


def second_person(topic: str) -> Action:
    """Return the step without which nothing can be approved."""
    return Action(
        topic=topic, sort="member", title=_("Let a second person in"), url="/members/#invite",
        why=_("What one person proposes counts only once another approves it."), label=_("Invite somebody"),
    )  # fmt: skip


def first_steps(actor: Actor, *, alone: bool) -> tuple[Action, ...]:
    """Return what a new organisation starts with, as far as this member may do it; ``alone``: nobody else is in it."""
    first = Action(
        topic="first", title=_("Register the first AI system"), url="/inventory/systems/add/",
        why=_("Four fields: what it is called, what it is for, who answers for it, and whom it touches."),
        label=_("Register it"),
    )  # fmt: skip
    if not may(actor, "administer", "members"):
        return (first,)
    return (first, measurement("first"), *([second_person("first")] if alone else ()))
