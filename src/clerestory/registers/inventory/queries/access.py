"""Reads of access reviews: those that were made, the rights of one, and when the next is due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings
from clerestory.desk.day import day_of
from clerestory.desk.duty import Duty
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.people import Member, members
from clerestory.desk.permit import may, permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.registers.inventory.rules.access import (
    DAYS_BETWEEN,
    OWNS,
    REMIND_BEFORE,
    Decided,
    Right,
    account_right,
    role_right,
)
from clerestory.store import directory
from clerestory.terms import sentence
from clerestory.terms.ids import EntryId, PersonId

AREA = "inventory"
KINDS = {
    "organisation": _("account"),
    "ai_system": _("AI system"),
    "model_version": _("model"),
    "dataset_version": _("data set"),
}


# house: allow permit-first: a word that everybody gets
def right_said(right: str) -> str:
    """Return how a right is called in the reader's language; one that a person named stays in their words."""
    if right == OWNS:
        return gettext("answers for it")
    kind, colon, name = right.partition(": ")
    known = {"account": gettext("account"), "role": gettext("role")}.get(kind) if colon else None
    return f"{known}: {gettext(name.replace('_', ' '))}" if known else right


@dataclass(frozen=True, slots=True)
class AccessReviewRecord:
    """One review: until when it is due, who opened it, how far it is, and the entry once it was handed in."""

    number: int
    due_on: date
    opened_by: PersonId
    opened_at: datetime
    closed_at: datetime | None
    made_by: PersonId
    entry_id: EntryId
    version: int
    total: int
    decided: int
    withdrawn: int
    left: int


RIGHT_COLUMNS = (
    Column(
        name="person",
        label=_("Person"),
        searched=True,
        value=lambda row: row.person,
        note=lambda row: _("left the organisation") if row.has_left else "",
    ),
    Column(name="right", label=_("May"), searched=True, value=lambda row: right_said(row.right)),
    Column(name="to", label=_("To"), searched=True, value=lambda row: row.to),
    Column(
        name="to_kind",
        label=_("Kind"),
        filtered=True,
        options=tuple(KINDS.items()),
        value=lambda row: row.to_kind,
    ),
    Column(
        name="has_left",
        label=_("Left"),
        kind="tag",
        filtered=True,
        options=(("True", _("left")), ("False", _("is here"))),
        value=lambda row: str(row.has_left),
        tone=lambda row: "bad" if row.has_left else "good",
    ),
    Column(
        name="decision",
        label=_("Decided"),
        kind="tag",
        filtered=True,
        options=(("keep", _("keep")), ("withdraw", _("withdraw")), ("open", _("open"))),
        narrow=lambda wanted: Q(decision="" if wanted == "open" else wanted),
        value=lambda row: row.decision or "open",
        tone=lambda row: {"keep": "good", "withdraw": "bad"}.get(row.decision, "open"),
        note=lambda row: row.reason,
    ),
)


def access_reviews(actor: Actor) -> tuple[AccessReviewRecord, ...]:
    """Return all reviews, newest first, in one query."""
    permit(actor, "read", AREA)
    return _reviews(models.AccessReview.objects.filter(organisation_id=actor.organisation_id))


def _reviews(reviews: QuerySet[models.AccessReview]) -> tuple[AccessReviewRecord, ...]:
    rows = reviews.annotate(
        total=Count("rows"),
        decided=Count("rows", filter=~Q(rows__decision="")),
        withdrawn=Count("rows", filter=Q(rows__decision="withdraw")),
        left=Count("rows", filter=Q(rows__has_left=True)),
    )
    return tuple(
        AccessReviewRecord(
            row.number, row.due_on, PersonId(row.opened_by), row.opened_at, row.closed_at, PersonId(row.opened_by),
            EntryId(row.entry_id), row.version, row.total, row.decided, row.withdrawn, row.left,
        )
        for row in rows.order_by("-number")
    )  # fmt: skip


def access_review(actor: Actor, number: int) -> AccessReviewRecord:
    """Return one review.

    Raises:
        InventoryUnknown: the organisation has none of that number.
    """
    permit(actor, "read", AREA)
    rows = models.AccessReview.objects.filter(organisation_id=actor.organisation_id, number=number)
    found = next(iter(_reviews(rows)), None)
    if found is None:
        raise InventoryUnknown(
            sentence.gettext("There is no access review {number}.", number=number),
            sentence.gettext("Choose one of the list."),
        )
    return found


def rights_of(actor: Actor, number: int, query: ListQuery) -> Page[Right]:
    """Return one page of the rights of a review, those of people who left first."""
    permit(actor, "read", AREA)
    rows = models.AccessRow.objects.filter(organisation_id=actor.organisation_id, review__number=number)
    return paginate(rows.order_by("place"), query, RIGHT_COLUMNS, _right)


def all_rights(actor: Actor, number: int) -> tuple[Right, ...]:
    """Return all rights of a review in one query."""
    permit(actor, "read", AREA)
    rows = models.AccessRow.objects.filter(organisation_id=actor.organisation_id, review__number=number)
    return tuple(_right(row) for row in rows.order_by("place"))


def right_at(actor: Actor, number: int, place: int) -> Right:
    """Return one right of a review.

    Raises:
        InventoryUnknown: the review has none at that place.
    """
    permit(actor, "read", AREA)
    rows = models.AccessRow.objects.filter(organisation_id=actor.organisation_id, review__number=number, place=place)
    row = rows.first()
    if row is None:
        raise InventoryUnknown(
            sentence.gettext("The review has no right {place}.", place=place),
            sentence.gettext("Open the review again."),
        )
    return _right(row)


def first_open(actor: Actor, number: int) -> Right | None:
    """Return the first right of a review that nobody decided yet."""
    permit(actor, "read", AREA)
    rows = models.AccessRow.objects.filter(organisation_id=actor.organisation_id, review__number=number, decision="")
    row = rows.order_by("place").first()
    return None if row is None else _right(row)


def next_due(actor: Actor) -> date | None:
    """Return the day by which access must be reviewed again; None where no review was ever approved."""
    permit(actor, "read", AREA)
    closed = [one for one in access_reviews(actor) if one.closed_at is not None]
    stand = standings(actor, [one.entry_id for one in closed])
    approved = [
        one.closed_at for one in closed if one.closed_at and one.entry_id in stand and stand[one.entry_id].is_approved
    ]
    return day_of(actor, max(approved)) + timedelta(days=DAYS_BETWEEN) if approved else None


def access_duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return that a review of access is open or due, for those who administer the organisation."""
    permit(actor, "read", AREA)
    if not may(actor, "administer", "members"):
        return ()
    reviews = access_reviews(actor)
    there = _still_there(actor, next((one for one in reviews if one.closed_at is not None), None))
    return (*there, *_review_due(actor, on, next((one for one in reviews if one.closed_at is None), None)))


def withdrawn_and_there(actor: Actor, number: int) -> tuple[Right, ...]:
    """Return the rights that a review withdrew and that the product itself still holds: accounts, roles, ownership."""
    permit(actor, "read", AREA)
    rows = models.AccessRow.objects.filter(
        organisation_id=actor.organisation_id, review__number=number, decision=Decided.WITHDRAW
    ).order_by("place")
    rights = [_right(row) for row in rows]
    present = {str(member.person_id): member for member in members(actor)} if rights else {}
    owned = {
        (kind, record.label, record.owner)
        for kind in {right.to_kind for right in rights if right.right == OWNS}
        for record in directory.find(actor.organisation_id, kind)
    }
    return tuple(
        right
        for right in rights
        if (right.to_kind, right.to, right.person_id) in owned or _is_held(right, present.get(right.person_id))
    )


def _is_held(right: Right, member: Member | None) -> bool:
    """Whether a member has the account or role that a right names."""
    if member is None or right.to_kind != "organisation":
        return False
    return right.right in (account_right(member.access), *map(role_right, member.roles))


def _still_there(actor: Actor, review: AccessReviewRecord | None) -> tuple[Duty, ...]:
    """Return one duty for each right that was withdrawn and is still there: it stays until the right is gone."""
    if review is None or review.closed_at is None or not review.withdrawn:
        return ()
    why = _("It was withdrawn in a review of access and is still there: take it away.")
    return tuple(
        Duty(
            topic="access", title=f"{right.person}: {right.right}, {right.to}", why=why,
            due_on=day_of(actor, review.closed_at),
            url=reverse("members") if right.to_kind == "organisation" else reverse("inventory"),
        )
        for right in withdrawn_and_there(actor, review.number)
    )  # fmt: skip


def _review_due(actor: Actor, on: date, running: AccessReviewRecord | None) -> tuple[Duty, ...]:
    if running is not None:
        title = str(_("Review of access"))
        why = _("Some rights are undecided, or the review was not handed in.")
        url = reverse("inventory-access-review", args=[running.number])
        return (Duty(topic="access", title=title, url=url, why=why, due_on=running.due_on),)
    due = next_due(actor)
    if due is None or due - timedelta(days=REMIND_BEFORE) > on:
        return ()
    why = _("Who has access to systems, models and data is to be looked at again.")
    return (
        Duty(topic="access", title=str(_("Review of access")), url=reverse("inventory-access"), why=why, due_on=due),
    )


def _right(row: models.AccessRow) -> Right:
    return Right(
        place=row.place, person=row.person, person_id=row.person_id, right=row.right, to=row.to, to_kind=row.to_kind,
        has_left=row.has_left, decision=row.decision, reason=row.reason,
    )  # fmt: skip
