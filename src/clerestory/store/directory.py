"""What registers may know of each other's records: label, address, owner; published by the command that writes them."""

from collections.abc import Iterable
from dataclasses import dataclass

from clerestory.store.models import DirectoryRecord
from clerestory.terms.ids import OrganisationId


@dataclass(frozen=True, slots=True)
class Record:
    """A record as others see it; ``owner`` is a pseudonymous person id or empty."""

    kind: str
    id: str
    label: str
    url: str
    owner: str


def publish(
    organisation_id: OrganisationId, kind: str, record_id: str, label: str, url: str = "", owner: str = ""
) -> None:
    """Make a record known, or change what is known of it."""
    DirectoryRecord.objects.update_or_create(
        organisation_id=organisation_id,
        kind=kind,
        record_id=record_id,
        defaults={"label": label[:300], "url": url, "owner": owner},
    )


def withdraw(organisation_id: OrganisationId, kind: str, record_id: str) -> None:
    """Make a record unknown again."""
    DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, record_id=record_id).delete()


def find(organisation_id: OrganisationId, kind: str, ids: Iterable[str] | None = None) -> tuple[Record, ...]:
    """Return the known records of a kind, by label; all of them or those with the given ids."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind).order_by("label", "record_id")
    if ids is not None:
        rows = rows.filter(record_id__in=list(ids))
    return tuple(Record(row.kind, row.record_id, row.label, row.url, row.owner) for row in rows)


def known(organisation_id: OrganisationId, kind: str, record_id: str) -> Record | None:
    """Return one record, or None."""
    return next(iter(find(organisation_id, kind, (record_id,))), None)
