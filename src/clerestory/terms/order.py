"""Approval in order: which steps of a sequence of roles are done. The judge and the desk ask the same function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.terms.ids import PersonId

ORDER_FIELD = "approval_order"
"""The field in which a fact says whose approvals it waits for, in order; without it one approval is enough."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One approval that stands: in which role, when, and by whom, with all ids known of that person."""

    role: str
    at: datetime
    people: frozenset[PersonId]


def steps_done(order: Sequence[str], signed: Iterable[Signed]) -> tuple[Signed, ...]:
    """Return the approvals that fill the steps from the first on: each not before the last, by another person each."""
    left = sorted(signed, key=_at)
    done: list[Signed] = []
    for role in order:
        people = frozenset[PersonId]().union(*(one.people for one in done))
        fits = (
            one for one in left if one.role == role and not one.people & people and (not done or one.at >= done[-1].at)
        )
        step = next(fits, None)
        if step is None:
            break
        done.append(step)
    return tuple(done)


def _at(signed: Signed) -> datetime:
    return signed.at
