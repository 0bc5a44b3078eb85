"""One search over everything a member may see: records, requirements, evidence and people.

Refuses to look outside the member's organisation, and into what their access does not open. Knows no HTML.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.people import find_members
from clerestory.desk.permit import may, permit
from clerestory.judgement.population import label_of
from clerestory.report.board import HOME, choices
from clerestory.report.which import Which, which_of
from clerestory.store import directory, log
from clerestory.store.directory import normalised
from clerestory.store.facts import judging

MOST = 6
SHORTEST_IN_LOG = 3
LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that was found. ``what`` is a code: record, requirement, evidence or person; ``kind`` is its sort."""

    what: str
    kind: str
    id: str
    label: str
    detail: str
    url: str
    which: Which | None = None


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Hits of one sort; ``more`` where there are further ones."""

    what: str
    kind: str
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Results:
    """What a text finds, in groups; the exact id and the beginnings of names come first in each."""

    text: str
    groups: tuple[HitGroup, ...]

    @property
    def total(self) -> int:
        """How many hits are shown."""
        return sum(len(group.hits) for group in self.groups)


def search(actor: Actor, text: str, *, most: int = MOST) -> Results:
    """Return what a text finds by beginnings of words, at most so many of each sort, in at most six queries."""
    permit(actor, "read", "search")
    text = text.strip()[:LONGEST]
    if not normalised(text).strip():
        return Results(text, ())
    groups = [*_records(actor, text, most), *_requirements(text, most), *_people(actor, text, most)]
    if len(text) >= SHORTEST_IN_LOG:
        groups += _evidence(actor, text, most)
    return Results(text, tuple(group for group in groups if group.hits))


def _records(actor: Actor, text: str, most: int) -> Iterator[HitGroup]:
    found: dict[str, list[directory.Record]] = {}
    for record in directory.search(actor.organisation_id, text, most=most + 1):
        found.setdefault(record.kind, []).append(record)
    for kind, records in found.items():
        hits = tuple(
            Hit(what="record", kind=kind, id=r.id, label=r.label, detail=r.id, url=r.url) for r in records[:most]
        )
        yield HitGroup("record", kind, hits, len(records) > most)


def _requirements(text: str, most: int) -> Iterator[HitGroup]:
    words = normalised(text).split()
    judged = [choice for choice in choices(load()) if choice.id == HOME or not choice.judged]
    found = []
    for choice in sorted(judged, key=lambda choice: choice.id != HOME):
        for item in load().frameworks[choice.id].requirements:
            said = normalised(f"{item.id} {item.title} {gettext(item.title)} {choice.short}")
            if item.assessable and all(f" {word}" in said for word in words):
                url = f"/requirements/{choice.id}/{item.id}/"
                hit = Hit(
                    what="requirement",
                    kind=choice.id,
                    id=item.id,
                    label=gettext(item.title),
                    detail=choice.short,
                    url=url,
                )
                found.append((normalised(item.id).strip() != " ".join(words), hit))
    found.sort(key=lambda pair: pair[0])
    yield HitGroup("requirement", "", tuple(hit for _rank, hit in found[:most]), len(found) > most)


def _people(actor: Actor, text: str, most: int) -> Iterator[HitGroup]:
    if not may(actor, "read", "members"):
        return
    people = find_members(actor, text, most=most + 1)
    hits = tuple(
        Hit(what="person", kind=m.access, id=m.person_id, label=m.name, detail=m.email, url="/members/")
        for m in people[:most]
    )
    yield HitGroup("person", "", hits, len(people) > most)


def _evidence(actor: Actor, text: str, most: int) -> Iterable[HitGroup]:
    found = log.search(actor.organisation_id, log.Search(text=text, size=most + 1))
    hits = []
    with judging(actor.organisation_id) as index:
        for entry in found.rows[:most]:
            row, node = index.rows.get(entry.entry_id), index.nodes.get(entry.subject)
            check = str(row.fact.values.get("check", "")) if row else ""
            about = label_of(node) if node else str(entry.subject)
            hits.append(
                Hit(
                    what="evidence",
                    kind=entry.kind,
                    id=entry.entry_id,
                    label=check,
                    detail=about,
                    url=f"/evidence/{entry.entry_id}/",
                    which=which_of(index, row) if row else None,
                )
            )
    return [HitGroup("evidence", "", tuple(hits), found.total > most)]
