"""Links between records of different registers, as rows of one table."""

from dataclasses import dataclass

from django.db.models import Q

from clerestory.store.models import TraceLink
from clerestory.terms.ids import OrganisationId


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One record, its relation, and the other record."""

    from_kind: str
    from_id: str
    relation: str
    to_kind: str
    to_id: str


def link(
    organisation_id: OrganisationId, from_kind: str, from_id: str, relation: str, to_kind: str, to_id: str
) -> None:
    """Link two records; doing it again changes nothing."""
    TraceLink.objects.get_or_create(
        organisation_id=organisation_id,
        from_kind=from_kind,
        from_id=from_id,
        relation=relation,
        to_kind=to_kind,
        to_id=to_id,
    )


def unlink(
    organisation_id: OrganisationId, from_kind: str, from_id: str, relation: str, to_kind: str, to_id: str
) -> None:
    """Remove a link; nothing happens where there is none."""
    TraceLink.objects.filter(
        organisation_id=organisation_id,
        from_kind=from_kind,
        from_id=from_id,
        relation=relation,
        to_kind=to_kind,
        to_id=to_id,
    ).delete()


def links_from(organisation_id: OrganisationId, kind: str, record_id: str) -> tuple[Link, ...]:
    """Return what a record leads to."""
    return _links(organisation_id, from_kind=kind, from_id=record_id)


def links_to(organisation_id: OrganisationId, kind: str, record_id: str) -> tuple[Link, ...]:
    """Return what leads to a record."""
    return _links(organisation_id, to_kind=kind, to_id=record_id)


def links_between(organisation_id: OrganisationId, from_kind: str, relation: str, to_kind: str) -> tuple[Link, ...]:
    """Return all links of one relation between two kinds of record, in one query."""
    return _links(organisation_id, from_kind=from_kind, relation=relation, to_kind=to_kind)


def links_into(organisation_id: OrganisationId, relation: str, to_kind: str) -> tuple[Link, ...]:
    """Return all links of one relation to a kind of record, from whatever kind, in one query."""
    return _links(organisation_id, relation=relation, to_kind=to_kind)


def links_of(organisation_id: OrganisationId, kind: str, record_id: str) -> tuple[Link, ...]:
    """Return what a record leads to and what leads to it, in one query."""
    either = Q(from_kind=kind, from_id=record_id) | Q(to_kind=kind, to_id=record_id)
    rows = TraceLink.objects.filter(either, organisation_id=organisation_id)
    return tuple(sorted(Link(r.from_kind, r.from_id, r.relation, r.to_kind, r.to_id) for r in rows))


def _links(organisation_id: OrganisationId, **ends: str) -> tuple[Link, ...]:
    rows = TraceLink.objects.filter(organisation_id=organisation_id, **ends)
    return tuple(sorted(Link(r.from_kind, r.from_id, r.relation, r.to_kind, r.to_id) for r in rows))
