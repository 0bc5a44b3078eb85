"""What registers may know of each other's records: label, address, owner; published by the command that writes them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Length, RowNumber

from clerestory.store.models import DirectoryRecord, TraceLink
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
        defaults={
            "label": label[:300],
            "url": url,
            "owner": owner,
            "sought": normalised(f"{label[:300]} {record_id}"),
            "ended": False,
        },
    )


def publish_all(organisation_id: OrganisationId, records: Iterable[Record]) -> None:
    """Make many records known at once, or change what is known of them."""
    DirectoryRecord.objects.bulk_create(
        (
            DirectoryRecord(
                organisation_id=organisation_id, kind=one.kind, record_id=one.id, label=one.label[:300], url=one.url,
                owner=one.owner, sought=normalised(f"{one.label[:300]} {one.id}"),
            )
            for one in records
        ),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["organisation_id", "kind", "record_id"],
        update_fields=["label", "url", "owner", "sought", "ended"],
    )  # fmt: skip


def end(organisation_id: OrganisationId, kind: str, record_id: str) -> None:
    """Note that a record ended: it keeps its name where it is linked, and is found and offered no more."""
    DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, record_id=record_id).update(ended=True)


def withdraw(organisation_id: OrganisationId, kind: str, record_id: str) -> None:
    """Make a record unknown again."""
    DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, record_id=record_id).delete()


def find(organisation_id: OrganisationId, kind: str, ids: Iterable[str] | None = None) -> tuple[Record, ...]:
    """Return the known records of a kind that did not end, by label; all of them or those with the given ids."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, ended=False)
    rows = rows.order_by("label", "record_id")
    if ids is not None:
        rows = rows.filter(record_id__in=list(ids))
    return _read(rows)


def labels(organisation_id: OrganisationId, kind: str) -> dict[str, str]:
    """Return the labels by id of the known records of a kind that did not end, by label, in one light query."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, ended=False)
    return dict(rows.order_by("label", "record_id").values_list("record_id", "label"))


def beyond(organisation_id: OrganisationId, kind: str, ids: QuerySet[Any, Any]) -> tuple[bool, bool]:
    """Return whether a kind has records that did not end, and whether one of them is not among some ids; one query."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, ended=False).order_by()
    outside = Exists(rows.exclude(record_id__in=ids))
    found = rows.annotate(outside=outside).values_list("outside", flat=True).first()
    return found is not None, bool(found)


def first(organisation_id: OrganisationId, kind: str, *, most: int) -> tuple[Record, ...]:
    """Return the first known records of a kind that did not end, by label, however many there are."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, ended=False)
    found = list(rows.order_by()[:most])  # ends when enough are found
    return tuple(
        Record(row.kind, row.record_id, row.label, row.url, row.owner)
        for row in sorted(found, key=lambda row: (row.label, row.record_id))
    )


def called(organisation_id: OrganisationId, kind: str, said: Iterable[str]) -> tuple[Record, ...]:
    """Return the known records of a kind that did not end and whose label or id was said, by id."""
    texts = list(said)
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, ended=False)
    return _read(rows.filter(Q(label__in=texts) | Q(record_id__in=texts)).order_by("record_id"))


def find_all(organisation_id: OrganisationId, kinds: Iterable[str]) -> dict[str, tuple[Record, ...]]:
    """Return the known records of some kinds that did not end, by kind and label, in one query."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind__in=set(kinds), ended=False)
    found: dict[str, list[Record]] = {kind: [] for kind in kinds}
    for record in _read(rows.order_by("label", "record_id")):
        found[record.kind].append(record)
    return {kind: tuple(records) for kind, records in found.items()}


def label_beside(organisation_id: OrganisationId, kind: str, record_id: str) -> Subquery:
    """Return, for a query of rows that hold the id of a record of a kind, what that record is called."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, record_id=OuterRef(record_id))
    return Subquery(rows.values("label")[:1])


def led_to(
    organisation_id: OrganisationId, kind: str, record_id: str, to_kind: str, relations: Iterable[str]
) -> tuple[tuple[str, Record], ...]:
    """Return the known records of a kind that a record leads to by some relations, each with the first."""
    links = TraceLink.objects.filter(
        organisation_id=organisation_id, from_kind=kind, from_id=record_id, to_kind=to_kind
    ).filter(relation__in=list(relations))
    named = links.filter(to_id=OuterRef("record_id")).order_by("relation").values("relation")
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=to_kind)
    rows = rows.filter(record_id__in=links.values("to_id")).annotate(relation=Subquery(named[:1]))
    rows = rows.order_by("label", "record_id")
    return tuple((row.relation, Record(row.kind, row.record_id, row.label, row.url, row.owner)) for row in rows)


def leading_to(organisation_id: OrganisationId, kind: str, relation: str, to: tuple[str, str]) -> tuple[Record, ...]:
    """Return the known records of a kind that did not end and lead to a record by a relation, by label."""
    links = TraceLink.objects.filter(
        organisation_id=organisation_id, relation=relation, from_kind=kind, to_kind=to[0], to_id=to[1]
    )
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, ended=False)
    return _read(rows.filter(record_id__in=links.values("from_id")).order_by("label", "record_id"))


def owned_and_named(
    organisation_id: OrganisationId, owner: str, kind: str, from_kind: str, relation: str
) -> tuple[tuple[str, Record], ...]:
    """Return the records of a kind that a person answers for and that others name by a relation, each with the first.

    The first is the one with the shortest id, as numbers are counted; one query.
    """
    links = TraceLink.objects.filter(organisation_id=organisation_id, from_kind=from_kind, relation=relation)
    links = links.filter(to_kind=kind, to_id=OuterRef("record_id"))
    first = links.order_by(Length("from_id"), "from_id").values("from_id")
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, owner=owner, ended=False)
    named = rows.annotate(first=Subquery(first[:1])).exclude(first=None).order_by("label", "record_id")
    return tuple((row.first, Record(row.kind, row.record_id, row.label, row.url, row.owner)) for row in named)


def known(organisation_id: OrganisationId, kind: str, record_id: str) -> Record | None:
    """Return one record, ended or not, or None."""
    return next(iter(some(organisation_id, [(kind, record_id)])), None)


def some(organisation_id: OrganisationId, wanted: Iterable[tuple[str, str]]) -> tuple[Record, ...]:
    """Return the known records among pairs of kind and id, ended ones included, in one query."""
    among = _among(wanted)
    return _read(DirectoryRecord.objects.filter(among, organisation_id=organisation_id)) if among else ()


def some_and_first(
    organisation_id: OrganisationId, wanted: Iterable[tuple[str, str]], kind: str, *, most: int
) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Return the known records among pairs of kind and id, and the first of a kind by label that did not end.

    One query.
    """
    pairs = set(wanted)
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id)
    first = rows.filter(kind=kind, ended=False).order_by("label", "record_id").values("pk")[:most]
    is_first = Q(pk__in=first)
    found = rows.filter(_among(pairs) | is_first).annotate(first=Case(When(is_first, then=Value(1)), default=Value(0)))
    told = [
        (Record(*row), is_one) for *row, is_one in found.order_by("label", "record_id").values_list(*_COLUMNS, "first")
    ]
    return (
        tuple(record for record, _is_one in told if (record.kind, record.id) in pairs),
        tuple(record for record, is_one in told if is_one),
    )


def _among(pairs: Iterable[tuple[str, str]]) -> Q:
    by_kind: dict[str, list[str]] = {}
    for kind, record_id in pairs:
        by_kind.setdefault(kind, []).append(record_id)
    return reduce(or_, (Q(kind=kind, record_id__in=ids) for kind, ids in by_kind.items()), Q())


def kinds(organisation_id: OrganisationId) -> tuple[str, ...]:
    """Return the kinds of the known records."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id)
    return tuple(rows.order_by("kind").values_list("kind", flat=True).distinct())


def labelled(known: Mapping[tuple[str, str], Record], wanted: Sequence[tuple[str, str]]) -> tuple[Record, ...]:
    """Return records as pages name them; one that is gone keeps its id as its name and leads nowhere."""
    return tuple(known.get(pair) or Record(pair[0], pair[1], pair[1], "", "") for pair in wanted)


def search(organisation_id: OrganisationId, text: str, *, kind: str = "", most: int = 20) -> tuple[Record, ...]:
    """Return at most so many records of each kind in which every word of a text begins a word, in one query.

    The record of exactly that id comes first, then names that begin with the text, then the others by name.
    """
    wanted = normalised(text)
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, ended=False)
    if kind:
        rows = rows.filter(kind=kind)
    for word in wanted.split()[:_MOST_WORDS]:
        rows = rows.filter(sought__contains=f" {word}")
    rank = Case(
        When(record_id=text.strip(), then=Value(0)),
        When(sought__startswith=wanted.rstrip(), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    place = Window(RowNumber(), partition_by=F("kind"), order_by=(rank, F("label").asc(), F("record_id").asc()))
    found = rows.annotate(place=place).filter(place__lte=most).order_by("kind", "place")
    return _read(found)


def owned_by(organisation_id: OrganisationId, owner: str, kind: str, *, most: int) -> tuple[Record, ...]:
    """Return at most so many records of a kind that one person answers for, by label."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, kind=kind, owner=owner, ended=False)
    return _read(rows.order_by("label", "record_id")[:most])


def at(organisation_id: OrganisationId, urls: Iterable[str]) -> tuple[Record, ...]:
    """Return the known records whose own page is at one of these addresses, in one query."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, url__in=[url for url in urls if url])
    return _read(rows.order_by("kind", "record_id"))


def find_with_owned(
    organisation_id: OrganisationId, kind: str, owners: Iterable[str]
) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Return the known records of a kind that did not end, by label, and what some people answer for; one query."""
    wanted, people = Q(kind=kind, ended=False), frozenset(owners)
    if people:
        wanted |= Q(owner__in=sorted(people))
    rows = DirectoryRecord.objects.filter(wanted, organisation_id=organisation_id)
    found = list(rows.order_by("kind", "label", "record_id").values_list("ended", *_COLUMNS))
    records = [(ended, Record(*row)) for ended, *row in found]
    return (
        tuple(record for ended, record in records if record.kind == kind and not ended),
        tuple(record for _ended, record in records if record.owner in people),
    )


def owned(organisation_id: OrganisationId, owner: str, *, most: int) -> tuple[tuple[str, tuple[Record, ...], int], ...]:
    """Return what a person answers for by kind: at most so many of each by label, and how many there are."""
    rows = DirectoryRecord.objects.filter(organisation_id=organisation_id, owner=owner).annotate(
        place=Window(RowNumber(), partition_by=F("kind"), order_by=(F("label").asc(), F("record_id").asc())),
        all=Window(Count("id"), partition_by=F("kind")),
    )
    found: dict[str, tuple[list[Record], int]] = {}
    for row in rows.filter(place__lte=most).order_by("kind", "place"):
        record = Record(row.kind, row.record_id, row.label, row.url, row.owner)
        found.setdefault(row.kind, ([], row.all))[0].append(record)
    return tuple((kind, tuple(records), total) for kind, (records, total) in found.items())


_COLUMNS = ("kind", "record_id", "label", "url", "owner")


def _read(rows: QuerySet[DirectoryRecord]) -> tuple[Record, ...]:
    return tuple(Record(*row) for row in rows.values_list(*_COLUMNS))


@lru_cache(maxsize=4096)  # the words of every requirement are asked for at each search
def normalised(text: str) -> str:
    """Return a text as it is sought: words without case and accents, each after one space."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return "".join(f" {word}" for word in _WORD.findall(bare))


_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 8
