"""The list of systems with where the assessment of each stands, and what a member has to do about impact."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_in
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.registers.impact import models
from clerestory.registers.impact.queries import words
from clerestory.registers.impact.queries.assessment import Assessed, all_assessed
from clerestory.registers.impact.queries.reading import AREA
from clerestory.registers.impact.rules.outcome import Outcome
from clerestory.store.log import Kept

_DECISIONS = {"open": _("not decided"), **words.OUTCOMES}
_TONES = {"open": "open", **words.OUTCOME_TONES}
TOLD = 3


def columns(actor: Actor, today: date) -> tuple[Column, ...]:
    """Return what the list shows, seen from a day."""
    permit(actor, "read", AREA)
    return (
        Column(
            name="label",
            label=_("AI system"),
            searched=True,
            kind="link",
            value=lambda row: row.label,
            url=lambda row: reverse("impact-system", args=[row.system_id]),
        ),
        Column(
            name="state",
            label=_("Assessment"),
            kind="tag",
            filtered=True,
            options=tuple(words.STATES.items()),
            value=lambda row: row.state(today),
            tone=lambda row: words.STATE_TONES[row.state(today)],
            note=lambda row: _why(row, today),
        ),
        Column(
            name="weight",
            label=_("Use"),
            kind="tag",
            filtered=True,
            options=tuple(words.WEIGHTS.items()),
            value=lambda row: str(row.depth.weight),
            tone=lambda row: words.WEIGHT_TONES[str(row.depth.weight)],
        ),
        Column(
            name="severity",
            label=_("Gravest harm"),
            value=lambda row: row.method.step("severity", row.assessment.severity_highest) or "–",
        ),
        Column(
            name="decision",
            label=_("Decision"),
            kind="tag",
            filtered=True,
            options=tuple(_DECISIONS.items()),
            value=_decision,
            tone=lambda row: _TONES[_decision(row)],
        ),
        Column(name="due", label=_("Again by"), kind="day", value=_due),
    )


@until_the_log_grows
def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return the conditions that the member owns and that are not met yet, in one query."""
    permit(actor, "read", AREA)
    kinds = ("proceeding", "condition")
    rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind__in=kinds).order_by("id")
    made = list(rows)
    met = {(one.about, one.said["decision"], one.said["place"]) for one in made if one.kind == "condition"}
    newest = {one.about: one for one in made if one.kind == "proceeding"}
    found = []
    for one in newest.values():
        for place, (text, owner, due_on) in enumerate(one.said["conditions"], start=1):
            due = date.fromisoformat(due_on)
            if owner == actor.person_id and (one.about, one.version, place) not in met and due <= on + _SOON:
                found.append(
                    Duty(
                        topic="impact",
                        title=text,
                        url=f"/impact/systems/{one.about}/",
                        why=_("The decision to proceed asks you for this condition."),
                        due_on=due,
                    )
                )
    return tuple(found)


_SOON = timedelta(days=30)
_counted: Kept[dict[str, int]] = Kept(most=64)


def listed(actor: Actor) -> tuple[Assessed, ...]:
    """Return every AI system with where its assessment stands."""
    permit(actor, "read", AREA)
    return all_assessed(actor)


def counts(actor: Actor, today: date) -> dict[str, int]:
    """Return how many systems stand where; counted anew once the log has grown or another day began."""
    permit(actor, "read", AREA)
    return _counted.get(actor.organisation_id, today, lambda: _counts(all_assessed(actor), today))


def _counts(rows: Iterable[Assessed], today: date) -> dict[str, int]:
    found = dict.fromkeys(words.STATES, 0)
    for row in rows:
        found[row.state(today)] += 1
    return found


def _why(row: Assessed, today: date) -> str:
    found = row.reasons(today) if row.newest is not None else ()
    told = [str(words.REASONS[reason.kind]) for reason in found[:TOLD]]
    return ", ".join(told)


def _decision(row: Assessed) -> str:
    newest = next(iter(row.acts("proceeding")), None)
    return "open" if newest is None else str(Outcome(newest.said["outcome"]))


def _due(row: Assessed) -> date | None:
    return None if row.newest is None else day_in(row.time_zone, row.newest.made_at) + timedelta(days=row.every_days())
