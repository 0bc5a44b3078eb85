"""Lists of risks, tasks, actions and trials: what they show and filter by, and a page in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.day import start_of
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.people import Member, members, names_of
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.queries import words
from clerestory.registers.risk.queries.criteria import version_in_force
from clerestory.registers.risk.queries.record import (
    RETIRED,
    RiskRecord,
    TaskRecord,
    read_risk,
    read_task,
    risk_rows,
)
from clerestory.registers.risk.rules.consistency import Oddity
from clerestory.registers.risk.rules.risk import REVIEW_AFTER, Status, Treatment
from clerestory.registers.risk.rules.scale import Level
from clerestory.store import directory
from clerestory.terms.ids import FrameworkId

MOST_SYSTEMS = 200
SOON = timedelta(days=30)


def _options(known: Mapping[Any, object]) -> tuple[tuple[str, object], ...]:
    return tuple((str(value), label) for value, label in known.items())


ENDING, OPEN = "acceptance-ends", "not-accepted"


def risk_columns(actor: Actor, on: date, everybody: Sequence[Member]) -> tuple[Column, ...]:
    """Return what the list of risks shows and filters by; ``everybody`` are members, past ones too. Two queries."""
    permit(actor, "read", "risk")
    owners = tuple((str(m.person_id), m.name) for m in everybody if m.ended_at is None)
    look = _looks(actor, on, [who for who, _name in owners])
    return (*_LEVELS, *_whose(on, owners, _systems(actor)), *_LATER, look, *_RATINGS)


_LEVELS = (
    Column(
        name="risk",
        label=_("Risk"),
        field="event",
        searched=True,
        value=lambda row: row.risk.event,
        url=lambda row: reverse("risk-record", args=[row.risk_id]),
        note=lambda row: row.risk_id,
    ),
    Column(name="risk_id", label=_("Id"), field="number", optional=True, value=lambda row: row.risk_id),
    Column(
        name="level",
        label=_("Level"),
        kind="tag",
        filtered=True,
        options=(*_options(words.LEVEL_WORDS), ("not analysed", _("not analysed"))),
        narrow=lambda value: Q(level=Level(value).rank if value in words.LEVEL_WORDS else 0),
        value=lambda row: str(row.level or "not analysed"),
        tone=lambda row: words.LEVEL_TONES[row.level] if row.level else "open",
    ),
    Column(
        name="over",
        label=_("Over criteria"),
        filtered=True,
        options=(("yes", _("yes")), ("no", _("no"))),
        narrow=lambda value: Q(over=value == "yes"),
        value=lambda row: "yes" if row.over else "no",
    ),
    Column(
        name="inherent",
        label=_("Before treatment"),
        kind="tag",
        optional=True,
        options=_options(words.LEVEL_WORDS),
        value=lambda row: str(row.inherent or ""),
        tone=lambda row: words.LEVEL_TONES[row.inherent] if row.inherent else "open",
    ),
)


def _whose(
    on: date, owners: tuple[tuple[str, object], ...], systems: tuple[tuple[str, object], ...]
) -> tuple[Column, ...]:
    return (
        Column(
            name="system",
            label=_("AI system"),
            field="system__name",
            searched=True,
            filtered=True,
            options=systems,
            narrow=lambda value: Q(system=None) if value == "-" else Q(system__system_id=value),
            value=lambda row: row.system_name or _("the organisation"),
        ),
        Column(
            name="owner",
            label=_("Owner"),
            kind="person",
            filtered=True,
            options=owners,
            value=lambda row: row.owner_name,
        ),
        Column(
            name="treatment",
            label=_("Treatment"),
            filtered=True,
            options=(*_options(words.TREATMENTS), ("none", _("undecided"))),
            narrow=lambda value: Q(treatment="" if value == "none" else value),
            value=lambda row: str(row.treatment or "none"),
        ),
        Column(
            name="status",
            label=_("Status"),
            kind="tag",
            filtered=True,
            options=_options(words.STATES),
            narrow=lambda value: _state(value, on),
            value=lambda row: str(row.state(on)),
            tone=lambda row: words.STATE_TONES[row.state(on)],
        ),
    )


_LATER = (
    Column(name="next_due", label=_("Next task due"), kind="day", optional=True, value=lambda row: row.next_due),
    Column(
        name="accepted_until",
        label=_("Accepted until"),
        kind="day",
        optional=True,
        value=lambda row: row.accepted_until,
    ),
    Column(
        name="source",
        label=_("Source"),
        filtered=True,
        optional=True,
        options=_options(words.SOURCES),
        value=lambda row: row.risk.source,
    ),
    Column(
        name="stage",
        label=_("Stage of the life cycle"),
        filtered=True,
        optional=True,
        options=_options(words.STAGES),
        value=lambda row: row.risk.stage,
    ),
    Column(
        name="expected_loss",
        label=_("Expected loss a year"),
        numeric=True,
        optional=True,
        value=lambda row: "" if row.expected_loss is None else f"{row.expected_loss:,.0f}",
    ),
    Column(name="analysed_at", label=_("Analysed"), kind="day", optional=True, value=lambda row: row.analysed_at),
    Column(name="changed_at", label=_("Changed"), kind="day", optional=True, value=lambda row: row.changed_at),
)


def _looks(actor: Actor, on: date, present: Sequence[str]) -> Column:
    in_force = version_in_force(actor)
    return Column(
        name="look",
        label=_("What to look at"),
        filtered=True,
        sortable=False,
        listed=False,
        exported=False,
        options=(
            (OPEN, _("Over the criteria and not accepted")),
            (ENDING, _("Acceptance ends within 30 days")),
            *_options(words.ODDITIES),
        ),
        narrow=lambda value: oddity_rows(actor, value, on, in_force, present),
        value=str,
    )


_RATINGS = (
    *(
        Column(
            name=name,
            label=label,
            filtered=True,
            optional=True,
            numeric=True,
            value=attrgetter(name),
        )
        for name, label in (
            ("likelihood", _("Likelihood before treatment")),
            ("consequence", _("Consequence before treatment")),
            ("now_likelihood", _("Likelihood now")),
            ("now_consequence", _("Consequence now")),
        )
    ),
)


def risk_page(
    actor: Actor, query: ListQuery, columns: tuple[Column, ...], names: Mapping[str, str]
) -> Page[RiskRecord]:
    """Return one page of risks, gravest first where nothing else is asked; two queries."""
    permit(actor, "read", "risk")
    rows = risk_rows(actor)
    if "status" not in query.filters:
        rows = rows.exclude(status=Status.CLOSED)
    page = paginate(rows.order_by("-level", "number"), query, columns, read_risk)
    return replace(page, rows=_named(page.rows, names))


def risks_of_system(
    actor: Actor, system_id: str, most: int = 100, names: Mapping[str, str] | None = None
) -> tuple[RiskRecord, ...]:
    """Return the risks of one system that are not closed, gravest first, with their owners' names; two queries.

    ``names`` are those of the members, where they were read already.
    """
    permit(actor, "read", "risk")
    rows = risk_rows(actor).filter(system__system_id=system_id).exclude(status=Status.CLOSED)
    found = tuple(read_risk(row) for row in rows.order_by("-level", "number")[:most])
    if names is None:
        names = names_of(actor.organisation_id, (record.risk.owner for record in found))
    return _named(found, names)


def closed_of(actor: Actor, risk_ids: Sequence[str]) -> frozenset[str]:
    """Return which of these risks are closed, in one query."""
    permit(actor, "read", "risk")
    rows = risk_rows(actor).filter(risk_id__in=risk_ids, status=Status.CLOSED)
    return frozenset(rows.values_list("risk_id", flat=True))


def task_columns(actor: Actor, on: date) -> tuple[Column, ...]:
    """Return what the list of tasks shows and filters by."""
    permit(actor, "read", "risk")
    owners = tuple((m.person_id, m.name) for m in members(actor))
    return (
        Column(
            name="action",
            label=_("Task"),
            searched=True,
            value=lambda row: row.action,
            url=lambda row: reverse("risk-task", args=[row.task_id]),
            note=lambda row: row.task_id,
        ),
        Column(
            name="risk",
            label=_("Risk"),
            field="risk__event",
            searched=True,
            value=lambda row: row.event,
            url=lambda row: reverse("risk-record", args=[row.risk_id]),
        ),
        Column(
            name="owner",
            label=_("Owner"),
            kind="person",
            filtered=True,
            options=owners,
            value=lambda row: row.owner_name,
        ),
        Column(name="due_on", label=_("Due"), kind="day", value=lambda row: row.due_on),
        Column(
            name="state",
            label=_("State"),
            kind="tag",
            filtered=True,
            options=(*_options(words.TASK_STATES), ("late", _("late"))),
            narrow=lambda value: Q(state="open", due_on__lt=on) if value == "late" else Q(state=value),
            value=lambda row: "late" if row.is_late(on) else row.state,
            tone=lambda row: "bad" if row.is_late(on) else words.TASK_TONES[row.state],
        ),
        Column(name="done_on", label=_("Done on"), kind="day", optional=True, value=lambda row: row.done_on),
    )


def task_page(actor: Actor, query: ListQuery, columns: tuple[Column, ...]) -> Page[TaskRecord]:
    """Return one page of tasks by day, the open ones where no state is asked for; three queries."""
    permit(actor, "read", "risk")
    rows = models.Task.objects.filter(organisation_id=actor.organisation_id).select_related("risk")
    if "state" not in query.filters:
        rows = rows.filter(state="open")
    page = paginate(rows.order_by("due_on", "id"), query, columns, read_task)
    names = names_of(actor.organisation_id, (task.owner for task in page.rows))
    return replace(page, rows=tuple(replace(task, owner_name=names.get(task.owner, "")) for task in page.rows))


def action_columns(actor: Actor, names: Mapping[str, str], on: date) -> tuple[Column, ...]:
    """Return what the list of planned actions shows and filters by; rows are in memory."""
    permit(actor, "read", "risk")
    return (
        Column(
            name="action",
            label=_("Action"),
            searched=True,
            kind="link",
            value=lambda row: row.action.action,
            url=lambda row: reverse("risk-action", args=[row.action_id]),
            note=lambda row: row.action_id,
        ),
        Column(
            name="sort",
            label=_("Sort"),
            kind="tag",
            filtered=True,
            options=_options(words.ACTION_SORTS),
            value=lambda row: str(row.action.sort),
            tone=lambda row: "good" if row.action.sort == "opportunity" else "old",
        ),
        Column(name="about", label=_("About"), searched=True, value=lambda row: row.action.about),
        Column(
            name="owner",
            label=_("Owner"),
            kind="person",
            searched=True,
            value=lambda row: names.get(row.action.owner, row.action.owner),
        ),
        Column(name="evaluate_by", label=_("Judged by"), kind="day", value=lambda row: row.action.evaluate_by),
        Column(
            name="state",
            label=_("State"),
            kind="tag",
            filtered=True,
            options=_options(words.ACTION_STATES),
            value=lambda row: row.state_on(on),
            tone=lambda row: words.ACTION_TONES[row.state_on(on)],
        ),
        Column(name="meant", label=_("Effect meant"), optional=True, value=lambda row: row.action.meant),
        Column(
            name="inputs",
            label=_("Answers"),
            kind="list",
            optional=True,
            sortable=False,
            searched=True,
            value=lambda row: row.action.inputs,
        ),
    )


def trial_columns(actor: Actor, names: Mapping[str, str]) -> tuple[Column, ...]:
    """Return what the list of trials shows and filters by; rows are in memory."""
    permit(actor, "read", "risk")
    return (
        Column(
            name="trial",
            label=_("Trial"),
            searched=True,
            kind="link",
            value=lambda row: row.trial_id,
            url=lambda row: reverse("risk-trial", args=[row.trial_id]),
        ),
        Column(name="begun_at", label=_("Begun"), kind="day", value=lambda row: row.begun_at),
        Column(
            name="assessors",
            label=_("Assessors"),
            kind="list",
            searched=True,
            sortable=False,
            value=lambda row: tuple(names.get(person, person) for person in row.assessors),
        ),
        Column(name="cases", label=_("Cases"), kind="number", value=lambda row: len(row.cases)),
        Column(
            name="state",
            label=_("Agreement"),
            kind="tag",
            filtered=True,
            options=_options(words.TRIAL_STATES),
            value=lambda row: row.state,
            tone=lambda row: words.TRIAL_TONES[row.state],
            note=lambda row: row.interval,
        ),
        Column(name="tolerance", label=_("Enough from"), kind="number", optional=True),
        Column(
            name="criteria",
            label=_("Version of the criteria"),
            kind="number",
            optional=True,
            value=lambda row: row.scales.version,
        ),
    )


def oddity_rows(actor: Actor, value: str, on: date, in_force: int | Coalesce, present: Sequence[str]) -> Q:
    """Return the rows in which one oddity, as `rules.consistency` finds it, is there; ``present`` did not leave."""
    permit(actor, "read", "risk")
    live = ~Q(status=Status.CLOSED)
    if value == ENDING:
        return live & accepted_rows(on) & Q(accepted_until__lte=on + SOON)
    if value == OPEN:
        return live & Q(over=True) & ~accepted_rows(on)
    found: Mapping[str, Q] = {
        Oddity.NOT_ANALYSED: Q(level=0),
        Oddity.UNDECIDED: Q(over=True) & (Q(treatment="") | ~Q(decided_level=F("level"))),
        Oddity.UNACCEPTED: Q(over=True, treatment=Treatment.RETAIN) & ~accepted_rows(on),
        Oddity.ENDED: Q(accepted_until__lt=on),
        Oddity.LATE_TASK: Q(next_due__lt=on),
        Oddity.RESIDUAL_ABOVE: Q(inherent__gt=0, level__gt=F("inherent")),
        Oddity.NOTHING_DONE: Q(treatment=Treatment.MODIFY) & (Q(tasks_total=0) | Q(controls=[])),
        Oddity.OWNER_LEFT: ~Q(owner__in=present),
        Oddity.OLDER_CRITERIA: Q(level__gt=0)
        & (Q(criteria_version__lt=in_force) | Q(accepted_until__isnull=False, accepted_criteria__lt=in_force)),
        Oddity.OLD_ANALYSIS: Q(analysed_at__lt=start_of(actor, on - REVIEW_AFTER)),
        Oddity.SYSTEM_RETIRED: Q(system__stage=RETIRED),
        Oddity.SAME_TEXT: Q(Exists(_twins(actor))),
        Oddity.MEASURE_FAILS: Q(failing__gt=0),
        Oddity.UNFOUNDED: Q(reductions=[])
        & (Q(now_likelihood__lt=F("likelihood")) | Q(now_consequence__lt=F("consequence"))),
        Oddity.ABOVE_APPETITE: Q(over=True) & accepted_rows(on),
        Oddity.LOSS_OVER: Q(loss_over=True),
        Oddity.NO_SYSTEM: Q(system=None, wide=False),
    }
    return live & found[value]


# house: allow permit-first: a condition, with which rows are asked for
def accepted_rows(on: date) -> Q:
    """Return the rows whose acceptance is in force on a day: signed by the owner, approved, and not at its end."""
    return Q(accepted_by_two=True, accepted_until__gte=on)


def _twins(actor: Actor) -> QuerySet[models.Risk]:
    """Return the other open risks that say the same as the row asked about, of whatever system."""
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, event_key=OuterRef("event_key"))
    return rows.exclude(pk=OuterRef("pk")).exclude(status=Status.CLOSED)


def _state(value: str, on: date) -> Q:
    """Return the rows in a state on a day; an acceptance that ended or that nobody approved leaves a risk open."""
    ended = Q(status=Status.ACCEPTED) & ~accepted_rows(on)
    if value == Status.OPEN:
        return Q(status=Status.OPEN) | ended
    return Q(status=value) & ~ended if value == Status.ACCEPTED else Q(status=value)


def _systems(actor: Actor) -> tuple[tuple[str, object], ...]:
    """Return the systems that have risks, by name; too many are not offered but can be asked for by address."""
    risks = models.Risk.objects.filter(organisation_id=actor.organisation_id, system=OuterRef("pk"))
    systems: Any = models.Risk.system.field.related_model
    rows = systems.objects.filter(Exists(risks), organisation_id=actor.organisation_id)  # ends when enough are found
    found = rows.order_by().values_list("system_id", "name")[: MOST_SYSTEMS + 1]
    named = sorted(found, key=lambda pair: (pair[1].casefold(), pair[0]))
    return (("-", _("the organisation")), *named) if len(named) <= MOST_SYSTEMS else ()


def system_choices(actor: Actor) -> tuple[tuple[str, str], ...] | None:
    """Return the systems to choose from by name; None where there are too many for a choice."""
    permit(actor, "read", "risk")
    systems: Any = models.Risk.system.field.related_model
    rows = systems.objects.filter(organisation_id=actor.organisation_id)
    found = tuple(rows.order_by("name", "system_id").values_list("system_id", "name")[: MOST_SYSTEMS + 1])
    return found if len(found) <= MOST_SYSTEMS else None


def control_choices(actor: Actor) -> tuple[tuple[str, str], ...]:
    """Return the controls to treat with, by id and title: those of Annex A, then the organisation's own in force."""
    permit(actor, "read", "risk")
    found = load().frameworks[FrameworkId("iso42001-2023")].requirements
    annex = [(str(one.id), str(_(one.title))) for one in found if one.kind == "control" and one.assessable]
    shipped = {control for control, _title in annex}
    own = [(one.id, one.label.removeprefix(one.id).strip()) for one in directory.find(actor.organisation_id, "control")]
    return (*annex, *sorted((one for one in own if one[0] not in shipped), key=lambda one: (len(one[0]), one[0])))


def _named(rows: Iterable[RiskRecord], names: Mapping[str, str]) -> tuple[RiskRecord, ...]:
    return tuple(replace(record, owner_name=names.get(record.risk.owner, "")) for record in rows)
