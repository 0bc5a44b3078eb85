"""Writes of access reviews: opened with the rights that are known, decided right by right, handed in and approved."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.day import today_of
from clerestory.desk.people import members
from clerestory.desk.permit import permit
from clerestory.desk.version import ChangedMeanwhile, change, first_wins, next_number
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import URL, Registered
from clerestory.registers.inventory.facts.access import access_evidence
from clerestory.registers.inventory.queries.access import access_review, all_rights, right_at
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.registers.inventory.rules.access import (
    AREAS,
    OWNS,
    Right,
    account_right,
    check_complete,
    check_decision,
    check_due,
    check_right,
    in_order,
    role_right,
)
from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _

AREA = "inventory"


def open_access_review(*, actor: Actor, due_on: date, now: datetime | None = None) -> int:
    """Open a review with every right that the organisation's records name, those of people who left first.

    Raises:
        InventoryRefused: one is open already, or the day has passed.
        NotPermitted: only who administers the organisation opens one.
    """
    permit(actor, "administer", AREA)
    moment = now or clock.now()
    check_due(due_on, today_of(actor, moment))
    with first_wins(), atomic():
        reviews = models.AccessReview.objects.filter(organisation_id=actor.organisation_id)
        number = next_number(actor.organisation_id, reviews)
        if reviews.filter(closed_at=None).exists():
            raise InventoryRefused(_("A review is open already."), _("Hand that one in first."))
        review = reviews.create(
            organisation_id=actor.organisation_id, number=number, due_on=due_on, opened_by=actor.person_id,
            opened_at=moment,
        )  # fmt: skip
        models.AccessRow.objects.bulk_create(_row(actor, review, right) for right in in_order(_known(actor)))
    return number


def add_right(*, actor: Actor, number: int, right: Right) -> None:
    """Add a right that no record names, such as one to a store of data outside."""
    permit(actor, "administer", AREA)
    check_right(right)
    with first_wins(), atomic():
        review = _open(actor, number)
        rows = models.AccessRow.objects.filter(organisation_id=actor.organisation_id, review=review)
        place = (rows.aggregate(newest=Max("place"))["newest"] or 0) + 1
        row = _row(actor, review, right)
        row.place = place
        row.save(force_insert=True)


def decide_right(*, actor: Actor, number: int, place: int, decision: str, reason: str, seen: str = "") -> None:
    """Keep or withdraw one right, with the reason; ``seen`` is the decision that the editor saw.

    Raises:
        InventoryRefused: it is one's own right, somebody who left keeps it, or the reason is missing.
        ChangedMeanwhile: somebody else decided about it since.
    """
    permit(actor, "write", AREA)
    with atomic():
        review = _open(actor, number)
        check_decision(right_at(actor, number, place), decision, reason, by=actor.person_id)
        rows = models.AccessRow.objects.filter(organisation_id=actor.organisation_id, review=review, place=place)
        if rows.filter(decision=seen).update(decision=decision, reason=reason.strip()) != 1:
            raise ChangedMeanwhile(_("Somebody else decided about this right."), _("Look at it again."))


def decide_rights(*, actor: Actor, number: int, places: tuple[int, ...], decision: str, reason: str) -> int:
    """Decide about several rights alike, all or none, and about none against what was decided; return how many.

    Raises:
        InventoryRefused: one is one's own right, somebody who left keeps it, or the reason is missing.
        ChangedMeanwhile: about one of them it was decided otherwise; that one is decided about by itself.
    """
    permit(actor, "write", AREA)
    with atomic():
        review = _open(actor, number)
        rights = {one.place: one for one in all_rights(actor, number)}
        for place in places:
            if place not in rights:
                raise InventoryUnknown(_("The review has no right {place}.", place=place), _("Open the review again."))
            check_decision(rights[place], decision, reason, by=actor.person_id)
            if rights[place].decision not in ("", decision):
                raise ChangedMeanwhile(
                    _(
                        "It was decided otherwise about {person}: {right}.",
                        person=rights[place].person,
                        right=rights[place].right,
                    ),
                    _("Open that one, look at the reason, and decide about it by itself."),
                )
        rows = models.AccessRow.objects.filter(
            organisation_id=actor.organisation_id, review=review, place__in=places, decision=""
        )
        return rows.update(decision=decision, reason=reason.strip())


def hand_in_access_review(
    *, actor: Actor, number: int, expected_version: int | None = None, now: datetime | None = None
) -> Registered:
    """Hand a review in once every right is decided; it counts once a second person approved it.

    Raises:
        InventoryRefused: something is undecided, or it was handed in before.
        ChangedMeanwhile: somebody else handed it in at this moment.
    """
    permit(actor, "administer", AREA)
    moment = now or clock.now()
    with atomic():
        review = _open(actor, number)
        rights = all_rights(actor, number)
        check_complete(rights)
        made = access_evidence(actor.organisation_id, rights, number, by=actor.person(), at=moment)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        rows = models.AccessReview.objects.filter(organisation_id=actor.organisation_id, number=number, closed_at=None)
        expected = review.version if expected_version is None else expected_version
        version = change(rows, expected=expected, closed_at=moment, entry_id=entry.entry_id)
        propose(entry, actor=actor, title=f"Review of {len(rights)} rights of access", url=f"{URL}access/{number}/")
    return Registered(str(number), version, entry.entry_id)


def _open(actor: Actor, number: int) -> models.AccessReview:
    access_review(actor, number)
    rows = models.AccessReview.objects.filter(organisation_id=actor.organisation_id, number=number, closed_at=None)
    row = rows.select_for_update().first()
    if row is None:
        raise InventoryRefused(_("The review was handed in."), _("Open the next one."))
    return row


def _row(actor: Actor, review: models.AccessReview, right: Right) -> models.AccessRow:
    return models.AccessRow(
        organisation_id=actor.organisation_id, review=review, place=right.place, person=right.person.strip(),
        person_id=right.person_id, right=right.right.strip(), to=right.to.strip(), to_kind=right.to_kind,
        has_left=right.has_left,
    )  # fmt: skip


def _known(actor: Actor) -> Iterator[Right]:
    """Yield the rights that records name: accounts with their roles, and who answers for systems, models and data."""
    people = {str(member.person_id): member for member in members(actor, past=True)}
    for member in people.values():
        if member.ended_at is None:
            for right in (account_right(member.access), *map(role_right, member.roles)):
                yield Right(
                    place=0, person=member.name, person_id=member.person_id, right=right, to="Clerestory",
                    to_kind="organisation",
                )  # fmt: skip
    for kind in AREAS:
        for record in directory.find(actor.organisation_id, kind) if kind != "organisation" else ():
            owner = people.get(record.owner)
            if record.owner:
                yield Right(
                    place=0, person=owner.name if owner else record.owner, person_id=record.owner,
                    right=OWNS, to=record.label, to_kind=kind,
                    has_left=owner is None or owner.ended_at is not None,
                )  # fmt: skip
