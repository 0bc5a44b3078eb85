"""Optimistic concurrency: a record is changed only from the version that its editor saw. Holds no concept."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from django.db.models import Max, Model, QuerySet

from clerestory.store.unit import wait_turn
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _


class ChangedMeanwhile(ClerestoryError):
    """Somebody else changed the record since it was read."""


@contextmanager
def first_wins() -> Iterator[None]:
    """Turn the collision of two who create the same record at the same moment into `ChangedMeanwhile`."""
    try:
        yield
    except IntegrityError as error:
        raise ChangedMeanwhile(_("Somebody wrote the same record at this moment."), _("Try again.")) from error


def next_number(organisation_id: OrganisationId, rows: QuerySet[Model]) -> int:
    """Return the number that the next of these records of an organisation gets; who asks at the same moment waits."""
    wait_turn(organisation_id, rows.model.__name__)
    return (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1


def expect(newest: int, expected: int | None) -> None:
    """Return where the newest version is still the one that an editor began with, or the editor does not say.

    Raises:
        ChangedMeanwhile: there is a newer one.
    """
    if expected is not None and newest != expected:
        raise _changed(expected)


def change(rows: QuerySet[Model], *, expected: int, **values: object) -> int:
    """Update the one row that still has the expected version and return its new version.

    Raises:
        ChangedMeanwhile: no row has that version any more.
    """
    if rows.filter(version=expected).update(version=expected + 1, **values) != 1:
        raise _changed(expected)
    return expected + 1


def _changed(expected: int) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        _("The record is no longer at version {expected}.", expected=expected),
        _("Load it again, look at what changed, and repeat your change."),
    )
