"""The entries about one record with what each changed: newest first, in three queries whatever the size of the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet

from clerestory.store.log.lookup import FoundEntry
from clerestory.store.log.reading import fact_of
from clerestory.store.models import LogEntry
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, LeafHash, OrganisationId


@dataclass(frozen=True, slots=True)
class Version:
    """One entry with its facts, and the facts of the version of the same entity before it."""

    entry: FoundEntry
    fact: Fact
    before: Fact | None
    has_content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Which entries belong to a record: those about its subject, else the versions of its entity; and some by id."""

    subject: Subject | None = None
    entity: str = ""
    entries: tuple[EntryId, ...] = ()


def entries_about(organisation_id: OrganisationId, about: About) -> QuerySet[LogEntry]:
    """Return the rows of the entries about a record, to be counted with others in one query."""
    rows = LogEntry.objects.filter(organisation_id=organisation_id)
    if about.subject is not None:
        return rows.filter(subject_kind=about.subject.kind, subject_id=about.subject.id)
    own = Q(entity=about.entity)
    return rows.filter(own | Q(entry_id__in=about.entries) if about.entries else own)


def versions(organisation_id: OrganisationId, about: About, *, page: int = 1, size: int = 20) -> tuple[Version, ...]:
    """Return one page of the entries about a record, newest first, in two queries.

    Raises:
        LogAltered: an entry is not the one that was logged.
        PayloadAltered: its facts are not those that its leaf commits to.
    """
    start = (max(page, 1) - 1) * size
    rows = list(entries_about(organisation_id, about).select_related("facts").order_by("-id")[start : start + size])
    chains: dict[tuple[str, str], list[LogEntry]] = {}
    older = [] if start == 0 and len(rows) < size else _before(organisation_id, rows)  # a page that is not full has all
    for row in (*rows, *older):
        chains.setdefault((row.kind, row.entity), []).append(row)
    facts = {row.pk: fact_of(row) for chain in chains.values() for row in chain}
    earlier = {row.pk: facts[chain[place + 1].pk] for chain in chains.values() for place, row in enumerate(chain[:-1])}
    return tuple(Version(_found(row), facts[row.pk], earlier.get(row.pk), row.content_id is not None) for row in rows)


def _before(organisation_id: OrganisationId, rows: Sequence[LogEntry]) -> list[LogEntry]:
    """Return, for each entity whose first version is not among the rows, the version before the oldest one there."""
    if not rows:
        return []
    entities = {row.entity for row in rows}
    older = LogEntry.objects.filter(organisation_id=organisation_id, entity__in=entities, pk__lt=rows[-1].pk)
    newest = older.order_by().values("kind", "entity").annotate(newest=Max("pk")).values("newest")
    found = LogEntry.objects.filter(organisation_id=organisation_id, pk__in=newest)
    return list(found.select_related("facts"))


def _found(row: LogEntry) -> FoundEntry:
    return FoundEntry(
        EntryId(row.entry_id),
        row.position,
        LeafHash(row.leaf_hash),
        row.kind,
        Subject(row.subject_kind, row.subject_id),
        row.entity,
        row.actor,
        row.verdict,
        row.observed_at,
        row.received_at,
    )
