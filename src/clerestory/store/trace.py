"""Links between records of different registers, as rows of one table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

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


def links_into(organisation_id: OrganisationId, relation: str, to_kind: str) -> tuple[Link, ...]:
    """Return all links of one relation to a kind of record, from whatever kind, in one query."""
    return _links(organisation_id, relation=relation, to_kind=to_kind)


def leading_to(
    organisation_id: OrganisationId, from_kind: str, to_kind: str, record_ids: Iterable[str]
) -> QuerySet[TraceLink, str]:
    """Return the ids of one kind's records that lead to any of these, unread, to be named within another query."""
    rows = TraceLink.objects.filter(organisation_id=organisation_id, from_kind=from_kind, to_kind=to_kind)
    return rows.filter(to_id__in=list(record_ids)).values_list("from_id", flat=True)


def links_of(organisation_id: OrganisationId, kind: str, record_id: str) -> tuple[Link, ...]:
    """Return what a record leads to and what leads to it, in one query."""
    either = Q(from_kind=kind, from_id=record_id) | Q(to_kind=kind, to_id=record_id)
    rows = TraceLink.objects.filter(either, organisation_id=organisation_id)
    return tuple(sorted(Link(r.from_kind, r.from_id, r.relation, r.to_kind, r.to_id) for r in rows))


@dataclass(frozen=True, slots=True)
class Fan:
    """Links of one relation and direction to one kind of record: the first of them, and how many there are."""

    relation: str
    outward: bool
    kind: str
    ids: tuple[str, ...]
    total: int


def around(organisation_id: OrganisationId, kind: str, record_id: str, *, most: int) -> tuple[Fan, ...]:
    """Return what a record is linked to, at most so many of each relation, direction and kind, in two queries."""
    rows = TraceLink.objects.filter(organisation_id=organisation_id)
    out = _fans(rows.filter(from_kind=kind, from_id=record_id), "to", most, outward=True)
    back = _fans(rows.filter(to_kind=kind, to_id=record_id), "from", most, outward=False)
    return (*out, *back)


def fan(
    organisation_id: OrganisationId, kind: str, record_id: str, of: Fan, *, start: int, most: int
) -> tuple[str, ...]:
    """Return some ids of one fan of links, in order, in one query."""
    here, there = ("from", "to") if of.outward else ("to", "from")
    rows = TraceLink.objects.filter(
        organisation_id=organisation_id,
        relation=of.relation,
        **{f"{here}_kind": kind, f"{here}_id": record_id, f"{there}_kind": of.kind},
    )
    return tuple(rows.order_by(f"{there}_id").values_list(f"{there}_id", flat=True)[start : start + most])


def leads_to(organisation_id: OrganisationId, relation: str, start: tuple[str, str], end: tuple[str, str]) -> bool:
    """Return whether links of one relation lead from one record to another, over however many, in one query."""
    rows = TraceLink.objects.filter(organisation_id=organisation_id, relation=relation)
    onward: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for from_kind, from_id, to_kind, to_id in rows.values_list("from_kind", "from_id", "to_kind", "to_id"):
        onward.setdefault((from_kind, from_id), []).append((to_kind, to_id))
    met, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        if here == end:
            return True
        fresh = [place for place in onward.get(here, ()) if place not in met]
        met.update(fresh)
        waiting += fresh
    return False


def _fans(rows: QuerySet[TraceLink], end: str, most: int, *, outward: bool) -> Iterator[Fan]:
    group = [F("relation"), F(f"{end}_kind")]
    marked = rows.annotate(
        place=Window(RowNumber(), partition_by=group, order_by=F(f"{end}_id").asc()),
        all=Window(Count("id"), partition_by=group),
    )
    found: dict[tuple[str, str], tuple[list[str], int]] = {}
    chosen = marked.filter(place__lte=most).order_by("relation", f"{end}_kind", "place")
    for relation, kind, record_id, total in chosen.values_list("relation", f"{end}_kind", f"{end}_id", "all"):
        found.setdefault((relation, kind), ([], total))[0].append(record_id)
    for (relation, kind), (ids, total) in found.items():
        yield Fan(relation, outward, kind, tuple(ids), total)


def _links(organisation_id: OrganisationId, **ends: str) -> tuple[Link, ...]:
    rows = TraceLink.objects.filter(organisation_id=organisation_id, **ends)
    return tuple(sorted(Link(r.from_kind, r.from_id, r.relation, r.to_kind, r.to_id) for r in rows))
