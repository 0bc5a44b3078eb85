"""One row of a nonconformity. What is next follows from the entries of its steps, in the database."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Case, CharField, DateField, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clerestory.desk.actor import Actor
from clerestory.desk.models import Approval, Membership, Revocation
from clerestory.desk.people import name_beside
from clerestory.desk.permit import permit
from clerestory.registers.nonconformity import models
from clerestory.registers.nonconformity.rules import STEPS, FoundBy, Grade, Step
from clerestory.store import directory
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, FrameworkId, OrganisationId, PersonId

FRAMEWORK = FrameworkId("iso42001-2023")
STEP_WORDS = {
    Step.CORRECTION: _("Correction"),
    Step.CAUSE: _("Cause"),
    Step.ACTION: _("Corrective action"),
    Step.EFFECT: _("Effect"),
    Step.CLOSED: pgettext_lazy("nonconformity", "Closed"),
    Step.TAKEN_BACK: _("Taken back"),
}
GRADE_WORDS = {
    Grade.MAJOR: _("Major nonconformity"),
    Grade.MINOR: _("Minor nonconformity"),
    Grade.OBSERVATION: _("Observation"),
    Grade.OPPORTUNITY: _("Opportunity for improvement"),
}
FOUND_WORDS = {
    FoundBy.CHECK: _("Failed check"),
    FoundBy.AUDIT: _("Audit"),
    FoundBy.REVIEW: _("Management review"),
    FoundBy.INCIDENT: _("Incident"),
    FoundBy.CONCERN: _("Concern"),
    FoundBy.PERSON: _("Person"),
}


class NonconformityUnknown(ClerestoryError):
    """The organisation has no such nonconformity or system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonconformityRow:
    """A nonconformity with what is next, for a list. ``waits``: the step is proposed and waits for approval."""

    nonconformity_id: str
    title: str
    requirement: str
    bears_on: tuple[str, ...]
    grade: Grade
    found_by: FoundBy
    found_on: date
    system_id: str
    owner: PersonId
    step: Step
    waits: bool
    due_on: date | None
    cycle: int
    version: int
    opened_at: datetime
    closed_at: datetime | None
    entry_id: EntryId
    system_name: str = ""
    owner_name: str = ""
    owner_left: bool = False
    late: str = ""
    confirmer: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a step is still to be taken."""
        return self.step in STEPS

    def is_late(self, on: date) -> bool:
        """Whether the day of the next step has passed."""
        return self.due_on is not None and self.due_on < on


def derived_rows(actor: Actor) -> QuerySet[Any]:
    """Return the rows with what follows from their steps: step, waits, due_on, closed_at, confirmer."""
    permit(actor, "read", "nonconformity")
    return _derived(actor.organisation_id).all()


@lru_cache(maxsize=64)  # Django takes longer to put the question together than a database to answer it
def _derived(organisation_id: OrganisationId) -> QuerySet[Any]:
    ended = Revocation.objects.filter(organisation_id=organisation_id)
    approved = (
        Approval.objects.filter(organisation_id=organisation_id, proposal__entry_id=OuterRef("entry_id"))
        .exclude(entry_id__in=ended.values("revoked_entry_id"))
        .order_by()
    )
    living = models.StepTaken.objects.filter(organisation_id=organisation_id, nonconformity=OuterRef("pk")).exclude(
        entry_id__in=ended.values("revoked_entry_id")
    )
    here = living.filter(cycle=OuterRef("cycle"))
    signed = here.filter(Exists(approved))
    effect = here.filter(kind=Step.EFFECT.value, effective=True)
    gone, closed = Exists(_taken_back(organisation_id)), Exists(effect)
    lacks = (
        ~Exists(living.filter(kind=Step.CORRECTION.value)),
        ~Exists(signed.filter(kind=Step.CAUSE.value)),
        ~Exists(signed.filter(kind=Step.ACTION.value)),
    )
    step = Case(
        When(gone, then=Value(Step.TAKEN_BACK.value)),
        When(closed, then=Value(Step.CLOSED.value)),
        *(When(lack, then=Value(at.value)) for lack, at in zip(lacks, STEPS, strict=False)),
        default=Value(Step.EFFECT.value),
        output_field=CharField(),
    )
    due = Case(  # not from ``step``, which the database would be told once more for each of its values
        When(gone, then=Value(None)),
        When(closed, then=Value(None)),
        *(When(lack, then=F(name)) for lack, name in zip(lacks, DAY_FIELDS, strict=False)),
        default=F(DAY_FIELDS[-1]),
        output_field=DateField(),
    )
    newest_action = signed.filter(kind=Step.ACTION.value).order_by("-version").annotate(named=KT("said__confirmer"))
    rows = models.Nonconformity.objects.filter(organisation_id=organisation_id)
    found: QuerySet[Any] = named(organisation_id, rows).annotate(
        step=step,
        due_on=due,
        waits=Exists(here.filter(kind=OuterRef("step")).exclude(kind=Step.EFFECT.value)),
        closed_at=Subquery(effect.order_by("-version").values("taken_at")[:1]),
        confirmer=Subquery(newest_action.values("named")[:1]),
    )
    return found


# house: allow permit-first: a part of a query, which asked
def named(organisation_id: OrganisationId, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Return rows that hold a system and an owner with the names of both."""
    people = Membership.objects.filter(organisation_id=organisation_id, person_id=OuterRef("owner"))
    found: QuerySet[Any, Any] = rows.annotate(
        system_name=directory.label_beside(organisation_id, "ai_system", "system_id"),
        owner_name=name_beside(organisation_id, "owner"),
        owner_ended_at=Subquery(people.values("ended_at")[:1]),
    )
    return found


DAY_FIELDS = ("correct_by", "cause_by", "act_by", "confirm_by")


def read_row(actor: Actor, row: models.Nonconformity) -> NonconformityRow:
    """Return a row as a value."""
    permit(actor, "read", "nonconformity")
    derived = row.__dict__
    return NonconformityRow(
        nonconformity_id=row.nonconformity_id,
        title=row.title,
        requirement=row.requirement,
        bears_on=tuple(row.bears_on),
        grade=Grade(row.grade),
        found_by=FoundBy(row.found_by),
        found_on=row.found_on,
        system_id=row.system_id,
        owner=PersonId(row.owner),
        step=Step(derived["step"]),
        waits=derived["waits"],
        due_on=derived["due_on"],
        cycle=row.cycle,
        version=row.version,
        opened_at=row.opened_at,
        closed_at=derived["closed_at"] if derived["step"] == Step.CLOSED else None,
        entry_id=EntryId(row.entry_id),
        system_name=derived["system_name"] or row.system_id,
        owner_name=derived["owner_name"] or "",
        owner_left=not row.owner or derived["owner_ended_at"] is not None,
        late=derived.get("late", ""),
        confirmer=derived["confirmer"] or "",
    )


def _taken_back(organisation_id: OrganisationId) -> QuerySet[Revocation]:
    """Return the revocation of a record that a second person approved: nobody takes a nonconformity back alone."""
    ended = Revocation.objects.filter(organisation_id=organisation_id)
    approved = Approval.objects.filter(organisation_id=organisation_id, proposal__entry_id=OuterRef("entry_id"))
    signed = approved.exclude(entry_id__in=ended.values("revoked_entry_id"))
    return ended.filter(Exists(signed.order_by()), revoked_entry_id=OuterRef("entry_id"))
