"""Reviews of who has access to systems, models and data: each right is kept or withdrawn, with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.terms.day import not_after
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

DAYS_BETWEEN = 180
"""So long a review counts, as the rule says that asks for it."""
REMIND_BEFORE = 30
AREAS = {"organisation": "accounts", "ai_system": "AI systems", "model_version": "models", "dataset_version": "data"}


OWNS = "answers for it"
"""What the right of somebody is called who answers for a system, a model or data."""


def account_right(access: str) -> str:
    """Return what the right is called that an account gives."""
    return f"account: {access}"


def role_right(role: str) -> str:
    """Return what the right is called that a role gives."""
    return f"role: {role}"


class Decided(StrEnum):
    """What was decided about a right."""

    KEEP = "keep"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right of one person; ``person_id`` is empty for somebody who is no member."""

    place: int
    person: str
    person_id: str
    right: str
    to: str
    to_kind: str
    has_left: bool = False
    decision: str = ""
    reason: str = ""


def in_order(rights: Iterable[Right]) -> tuple[Right, ...]:
    """Return rights with those of people who left first, then by person and thing, numbered from 1."""
    found = sorted(rights, key=lambda one: (not one.has_left, one.person.casefold(), one.to_kind, one.to, one.right))
    return tuple(
        Right(
            place=place, person=one.person, person_id=one.person_id, right=one.right, to=one.to, to_kind=one.to_kind,
            has_left=one.has_left,
        )
        for place, one in enumerate(found, 1)
    )  # fmt: skip


def check_due(due_on: date, today: date) -> None:
    """Refuse a review that was due before it begins, and one so late that it would count no more."""
    if due_on < today:
        raise InventoryRefused(_("{due_on} has passed.", due_on=due_on), _("Give a day from today on."))
    not_after(due_on, _("day of the review"), today + timedelta(days=DAYS_BETWEEN))


def check_right(right: Right) -> None:
    """Refuse a right without somebody, without what it allows, or to no kind of thing."""
    plain(right.person, _("person"), longest=200)
    plain(right.right, _("right"), longest=60)
    plain(right.to, _("system, model or data"), longest=300)
    if right.to_kind not in AREAS:
        raise InventoryRefused(
            _("{to_kind!r} is not looked at.", to_kind=right.to_kind),
            _("Use one of: {choices}.", choices=", ".join(AREAS)),
        )


def check_decision(right: Right, decision: str, reason: str, *, by: str) -> None:
    """Refuse a decision without reason, about one's own right, or that keeps the right of somebody who left."""
    if decision not in set(Decided):
        raise InventoryRefused(_("Nothing is decided."), _("Choose one of: {choices}.", choices=", ".join(Decided)))
    plain(reason, _("reason"), longest=500)
    if right.person_id and right.person_id == by:
        raise InventoryRefused(
            _("Nobody decides about their own access."), _("Let another person decide about this right.")
        )
    if right.has_left and decision == Decided.KEEP:
        raise InventoryRefused(
            _("{person} left.", person=right.person), _("Withdraw the right, or give it to somebody who is here.")
        )


def check_complete(rights: Iterable[Right]) -> None:
    """Refuse to hand in a review in which something is undecided."""
    rows = tuple(rights)
    left = [one for one in rows if not one.decision]
    if left:
        raise InventoryRefused(
            _("{count} of {all} rights are undecided.", count=len(left), all=len(rows)),
            _("Decide about each of them."),
        )
