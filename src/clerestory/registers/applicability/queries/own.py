"""Reads of the controls that an organisation adds to Annex A; each row is one version, the highest is the newest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.applicability import models
from clerestory.registers.applicability.rules import OwnControl, own_id, own_number
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId, RequirementId
from clerestory.terms.sentence import gettext as _

OWN_GROUP = "Own controls"
"""The area of own controls, as the areas of Annex A have their titles; pages say it in the reader's language."""


class ControlUnknown(ClerestoryError):
    """Annex A has no such control, and the organisation added none of that number."""


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One version of an own control; ``retired`` says why it is not wanted any more, empty while it is in force."""

    control_id: RequirementId
    control: OwnControl
    version: int
    retired: str
    decided_by: PersonId
    decided_at: datetime
    entry_id: EntryId


def own_controls(actor: Actor) -> tuple[OwnRecord, ...]:
    """Return the newest version of every own control, retired ones included, in one query."""
    permit(actor, "read", "applicability")
    rows = models.OwnControl.objects.filter(organisation_id=actor.organisation_id).order_by("number", "version")
    return tuple({row.number: _record(row) for row in rows}.values())


def own_control(actor: Actor, control: str) -> tuple[OwnRecord, ...]:
    """Return all versions of one own control, newest first.

    Raises:
        ControlUnknown: there is none of that number.
    """
    permit(actor, "read", "applicability")
    rows = models.OwnControl.objects.filter(organisation_id=actor.organisation_id, number=own_number(control))
    found = tuple(_record(row) for row in rows.order_by("-version"))
    if not found:
        raise ControlUnknown(
            _("There is no control {control!r}.", control=control), _("Choose one of the statement, such as A.7.4.")
        )
    return found


def own_versions(actor: Actor, entries: Iterable[str]) -> tuple[OwnRecord, ...]:
    """Return the versions of own controls that have these entries, in one query."""
    permit(actor, "read", "applicability")
    rows = models.OwnControl.objects.filter(organisation_id=actor.organisation_id, entry_id__in=list(entries))
    return tuple(map(_record, rows))


def _record(row: models.OwnControl) -> OwnRecord:
    said = OwnControl(
        title=row.title,
        purpose=row.purpose,
        owner=PersonId(row.owner),
        why=row.why,
        risks=tuple(row.risks),
        impacts=tuple(row.impacts),
        obligations=tuple(row.obligations),
        proved_by=tuple(row.proved_by),
    )
    return OwnRecord(
        own_id(row.number),
        said,
        row.version,
        row.retired,
        PersonId(row.decided_by),
        row.decided_at,
        EntryId(row.entry_id),
    )
