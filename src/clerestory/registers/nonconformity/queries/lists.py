"""Lists, counts and duties of nonconformities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_here
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.permit import may, permit
from clerestory.registers.nonconformity import models
from clerestory.registers.nonconformity.queries.row import (
    DAY_FIELDS,
    FOUND_WORDS,
    GRADE_WORDS,
    STEP_WORDS,
    NonconformityRow,
    derived_rows,
    named,
    read_row,
)
from clerestory.registers.nonconformity.rules import STEPS, Grade, Step
from clerestory.store import directory, trace
from clerestory.store.log import Kept


@dataclass(frozen=True, slots=True)
class NonconformityCounts:
    """How many are open, late and closed after their effect was confirmed, and at which step the open ones stand."""

    open: int
    late: int
    by_step: tuple[tuple[str, int], ...]
    closed_effective: int


_counted: Kept[NonconformityCounts] = Kept()


def columns(actor: Actor) -> tuple[Column, ...]:
    """Return the columns of the list; the filters offer the systems and owners that there are."""
    permit(actor, "read", "nonconformity")
    rows = models.Nonconformity.objects.filter(organisation_id=actor.organisation_id)
    pairs = rows.values("system_id", "owner").annotate(n=Count("pk")).order_by()
    systems: dict[str, str] = {}
    names: dict[str, str] = {}
    for pair in named(actor.organisation_id, pairs):
        systems |= {pair["system_id"]: pair["system_name"]} if pair["system_name"] else {}
        names |= {pair["owner"]: pair["owner_name"]} if pair["owner_name"] else {}
    return (
        Column(
            name="nonconformity",
            label=_("Nonconformity"),
            field="title",
            searched=True,
            kind="link",
            value=lambda row: f"{row.nonconformity_id} {row.title}",
            url=lambda row: f"/nonconformity/{row.nonconformity_id}/",
        ),
        Column(
            name="step",
            label=_("Next step"),
            kind="tag",
            filtered=True,
            options=tuple((step.value, STEP_WORDS[step]) for step in Step),
            value=lambda row: row.step.value,
            tone=lambda row: _TONES.get(row.step, "open"),
            note=lambda row: _("waits for approval") if row.waits else "",
        ),
        Column(
            name="due",
            label=_("Due"),
            field="due_on",
            kind="day",
            value=lambda row: row.due_on,
            note=lambda row: _("late") if row.late == "yes" else "",
        ),
        Column(
            name="grade",
            label=_("Grade"),
            kind="tag",
            filtered=True,
            options=tuple((grade.value, GRADE_WORDS[grade]) for grade in Grade),
            value=lambda row: row.grade.value,
            tone=lambda row: "bad" if row.grade is Grade.MAJOR else "old" if row.grade is Grade.MINOR else "open",
        ),
        *_whose(systems, names),
    )


def _whose(systems: Mapping[str, str], names: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the columns that say what it is about, who takes the steps, and when."""
    return (
        Column(name="requirement", label=_("Requirement"), searched=True),
        Column(
            name="system",
            label=_("AI system"),
            field="system_id",
            searched=True,
            filtered=True,
            options=tuple(sorted(systems.items(), key=lambda pair: pair[1])),
            value=lambda row: row.system_name,
        ),
        Column(
            name="owner",
            label=_("Owner"),
            filtered=True,
            options=tuple(sorted(names.items(), key=lambda pair: pair[1])),
            value=lambda row: row.owner_name,
            note=lambda row: _("left or not named") if row.owner_left and row.is_open else "",
        ),
        Column(
            name="found_by",
            label=_("Found by"),
            optional=True,
            value=lambda row: FOUND_WORDS[row.found_by],
        ),
        Column(name="found_on", label=_("Found on"), kind="day", optional=True),
        Column(name="closed", label=_("Closed"), field="closed_at", kind="day", optional=True, value=_closed_on),
        Column(
            name="late",
            label=_("In time"),
            filtered=True,
            optional=True,
            options=(("yes", _("late")), ("no", _("in time"))),
            value=lambda row: _("late") if row.late == "yes" else _("in time"),
        ),
    )


_TONES = {Step.CLOSED: "good", Step.TAKEN_BACK: "none", Step.EFFECT: "accent"}


def _closed_on(row: NonconformityRow) -> date | None:
    return None if row.closed_at is None else day_here(row.closed_at)


def nonconformities(
    actor: Actor, query: ListQuery, on: date, shown: Sequence[Column] | None = None
) -> Page[NonconformityRow]:
    """Return one page of the list, the next due first, in a fixed number of queries."""
    permit(actor, "read", "nonconformity")
    rows = derived_rows(actor).annotate(late=Case(When(due_on__lt=on, then=Value("yes")), default=Value("no")))
    return paginate(
        rows.order_by(F("due_on").asc(nulls_last=True), "-number"),
        query,
        shown or columns(actor),
        partial(read_row, actor),
    )


def nonconformities_of_system(actor: Actor, system_id: str) -> tuple[NonconformityRow, ...]:
    """Return the nonconformities of one AI system, open ones first."""
    permit(actor, "read", "nonconformity")
    rows = derived_rows(actor).filter(system_id=system_id).order_by(F("due_on").asc(nulls_last=True), "-number")
    return tuple(read_row(actor, row) for row in rows)


def open_for_check(actor: Actor, check_key: str) -> NonconformityRow | None:
    """Return the open nonconformity that a check opened, or None."""
    permit(actor, "read", "nonconformity")
    ever = models.Nonconformity.objects.filter(organisation_id=actor.organisation_id, check_key=check_key)
    if not ever.exists():  # the usual case, and much cheaper than what follows from the steps
        return None
    row = derived_rows(actor).filter(check_key=check_key, step__in=[s.value for s in STEPS]).first()
    return None if row is None else read_row(actor, row)


def came_before(actor: Actor, check_key: str) -> bool:
    """Tell whether the action of an earlier nonconformity of this check was confirmed as effective."""
    permit(actor, "read", "nonconformity")
    return derived_rows(actor).filter(check_key=check_key, step=Step.CLOSED.value).exists()


def asking_for_review(actor: Actor, risk_id: str) -> tuple[tuple[str, datetime], ...]:
    """Return the nonconformities, and since when, that ask for one risk to be looked at again."""
    permit(actor, "read", "nonconformity")
    links = trace.links_to(actor.organisation_id, "risk", risk_id)
    ids = [link.from_id for link in links if link.relation == "asks to review"]
    rows = models.Nonconformity.objects.filter(organisation_id=actor.organisation_id, nonconformity_id__in=ids)
    return tuple(rows.order_by("number").values_list("nonconformity_id", "opened_at")) if ids else ()


def open_of_system(actor: Actor, system_id: str) -> tuple[tuple[str, datetime], ...]:
    """Return the open nonconformities of one AI system, and since when, oldest first."""
    permit(actor, "read", "nonconformity")
    if not models.Nonconformity.objects.filter(organisation_id=actor.organisation_id, system_id=system_id).exists():
        return ()  # the usual case, and much cheaper than what follows from the steps
    rows = derived_rows(actor).filter(system_id=system_id, step__in=[s.value for s in STEPS]).order_by("number")
    return tuple(rows.values_list("nonconformity_id", "opened_at"))


# house: allow permit-first: names what is told, and reads nothing
def opening_key(nonconformity_id: str) -> str:
    """Return the key under which it is told that a nonconformity was opened and waits for its correction."""
    return f"{nonconformity_id} opened"


# house: allow permit-first: names what is told, and reads nothing
def review_key(nonconformity_id: str, risk_id: str) -> str:
    """Return the key under which it is told that a risk is to be looked at; the first that asks stands for all."""
    return f"{nonconformity_id} asks for {risk_id}"


def nonconformity_counts(actor: Actor, on: date) -> NonconformityCounts:
    """Return how many nonconformities there are at which step, in two queries at most."""
    permit(actor, "read", "nonconformity")
    return _counted.get(actor.organisation_id, on, partial(_count, actor, on))


def _count(actor: Actor, on: date) -> NonconformityCounts:
    rows = derived_rows(actor).order_by().values_list("step", *DAY_FIELDS)
    found = [(step, dict(zip(map(str, STEPS), days, strict=True)).get(step)) for step, *days in rows]
    by_step = tuple((step.value, sum(1 for s, _due in found if s == step)) for step in STEPS)
    return NonconformityCounts(
        open=sum(count for _step, count in by_step),
        late=sum(1 for _step, due in found if due is not None and due < on),
        by_step=by_step,
        closed_effective=sum(1 for step, _due in found if step == Step.CLOSED),
    )


@until_the_log_grows
def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what this member has to do about nonconformities, the next due first."""
    permit(actor, "read", "nonconformity")
    del on  # whatever is next is a duty, whenever it is due; `Duty.is_late` tells the rest
    if not may(actor, "write", "nonconformity"):
        return _review_duties(actor)
    mine = Q(owner=actor.person_id, step__in=[s.value for s in STEPS[:3]], waits=False) | Q(
        step=Step.EFFECT.value, confirmer=actor.person_id
    )
    if actor.access == "admin":
        mine |= Q(owner="", step__in=[s.value for s in STEPS])
    rows = derived_rows(actor).filter(mine).order_by("due_on", "number") if _has_any(actor) else ()
    own = tuple(
        Duty(
            topic="nonconformity",
            title=f"{row.nonconformity_id} {row.title}",
            url=f"/nonconformity/{row.nonconformity_id}/",
            why=_WHY[Step(row.step)] if row.owner else _("Nobody owns it: name who takes its steps."),
            due_on=row.due_on,
            told_as=opening_key(row.nonconformity_id) if row.step == Step.CORRECTION else "",
        )
        for row in rows
    )
    return (*own, *_review_duties(actor))


def _has_any(actor: Actor) -> bool:
    """Tell whether anything could wait for this member, much cheaper than what follows from the steps."""
    owners = [actor.person_id, *([""] if actor.access == "admin" else [])]
    rows = models.Nonconformity.objects.filter(organisation_id=actor.organisation_id)
    steps = models.StepTaken.objects.filter(organisation_id=actor.organisation_id)
    named = steps.filter(nonconformity=OuterRef("pk"), said__confirmer=actor.person_id)
    return rows.filter(Q(owner__in=owners) | Exists(named)).exists()


_WHY = {
    Step.CORRECTION: _("Bring it under control: record the correction."),
    Step.CAUSE: _("Find its cause and look for like cases."),
    Step.ACTION: _("Remove its cause: record the corrective action."),
    Step.EFFECT: _("You were named to confirm whether the action worked."),
}


def _review_duties(actor: Actor) -> tuple[Duty, ...]:
    asked = directory.owned_and_named(
        actor.organisation_id, actor.person_id, "risk", "nonconformity", "asks to review"
    )  # one look answers all that ask
    return tuple(
        Duty(
            topic="nonconformity",
            title=record.label,
            url=record.url,
            why=_("%(nonconformity)s asks for this risk to be looked at again.") % {"nonconformity": first},
            told_as=review_key(first, record.id),
        )
        for first, record in asked
    )
