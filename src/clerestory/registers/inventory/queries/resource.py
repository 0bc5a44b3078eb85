"""Reads of resources: what was described of a system and its parts, and what was measured of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import CharField, Value

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.rules.part import RETIRED
from clerestory.registers.inventory.rules.resource import STAFFING, STAFFING_CHECK, Post, Sort, Staffing
from clerestory.store.facts import judging
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, PersonId

AREA = "inventory"
MEASURED = (
    "resources.energy-use",
    "resources.environment-capture",
    "inventory.bill-of-materials",
    "supply_chain.vulnerabilities",
    "supply_chain.licence",
)
"""Checks that say something of resources as they really are."""
UNITS = {"energy": "kWh", "emissions": "kg CO2e", "duration": "s"}
"""Units of what the check of energy measures, by its parameter ``quantity``; it names none where that is energy."""
_KINDS = ("ai_system", "model_version", "deployment")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a description, of posts or of a check of posts."""

    kind: str
    about: str
    version: int
    said: Mapping[str, Any]
    made_by: PersonId
    made_at: datetime
    entry_id: EntryId

    @property
    def staffing(self) -> Staffing:
        """The posts of a version that describes them."""
        posts = tuple(Post(**{**post, "stages": tuple(post["stages"])}) for post in self.said["posts"])
        return Staffing(system_id=self.about, posts=posts)


@dataclass(frozen=True, slots=True)
class MeasuredFact:
    """One newest result about resources, with its unit where it has one."""

    check: str
    slice: str
    subject: Subject
    value: str
    unit: str
    verdict: str
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class Seen:
    """What the log knows of a system's resources: newest results, and the checks made of each of its versions."""

    facts: tuple[MeasuredFact, ...]
    checks: Mapping[str, tuple[str, ...]]

    @property
    def energy(self) -> tuple[MeasuredFact, ...]:
        """What energy, emissions and time were really measured."""
        return tuple(fact for fact in self.facts if fact.check == MEASURED[0])


def things_of(actor: Actor, system_id: str, most: int) -> tuple[tuple[Sort, str, str], ...]:
    """Return what of a system is described one by one: kind of description, id and name of each, in one query.

    Those are the newest versions of its models and the deployments that did not end, at most so many of each.
    """
    permit(actor, "read", AREA)
    own = actor.organisation_id
    versions = models.ModelVersion.objects.filter(organisation_id=own, system__system_id=system_id)
    running = models.Part.objects.filter(organisation_id=own, system__system_id=system_id, kind="deployment")
    found = versions.values_list(_sort(Sort.TOOLING), "registered_at", "version_id", "version_id").union(
        running.exclude(status=RETIRED).values_list(_sort(Sort.COMPUTING), "changed_at", "part_id", "name"), all=True
    )
    rows = sorted(found, key=itemgetter(1), reverse=True)
    chosen = [[row for row in rows if row[0] == sort][:most] for sort in (Sort.TOOLING, Sort.COMPUTING)]
    return tuple((Sort(sort), about, name) for group in chosen for sort, _at, about, name in group)


def _sort(sort: Sort) -> Value:
    return Value(str(sort), output_field=CharField())


def described(actor: Actor, abouts: Sequence[str]) -> Mapping[tuple[str, str], Version]:
    """Return the newest version of each description of these things, by sort and thing, in one query."""
    permit(actor, "read", AREA)
    kinds = (*(str(sort) for sort in Sort), STAFFING, STAFFING_CHECK)
    rows = models.Said.objects.filter(organisation_id=actor.organisation_id, kind__in=kinds, about__in=list(abouts))
    return {(row.kind, row.about): _version(row) for row in rows.order_by("version")}


def staffing_of(actor: Actor, system_id: str) -> Version | None:
    """Return the newest version of the posts that a system needs."""
    permit(actor, "read", AREA)
    return described(actor, [system_id]).get((STAFFING, system_id))


def seen(actor: Actor, system_id: str) -> Seen:
    """Return what was measured of a system, its model versions and its deployments; asks the log, not people."""
    permit(actor, "read", AREA)
    facts: dict[tuple[str, str, str], MeasuredFact] = {}
    checks: dict[str, set[str]] = {}
    with judging(actor.organisation_id) as index:
        system = index.nodes.get(Subject("ai_system", system_id))
        nodes = [] if system is None else [system, *(node for node in system.linked if node.kind in _KINDS)]
        for node in nodes:
            for row in node.about("check"):
                if row.dead:
                    continue
                checks.setdefault(node.subject.id, set()).add(row.check)
                if row.check in MEASURED:
                    fact = _measured(row.check, row.fact.values, node.subject, row.end, row.fact.entry_id)
                    facts[row.check, fact.slice, str(node.subject)] = fact
    found = sorted(facts.values(), key=lambda one: (MEASURED.index(one.check), str(one.subject), one.slice))
    return Seen(tuple(found), {about: tuple(sorted(names)) for about, names in checks.items()})


def _measured(check: str, values: Mapping[str, Any], subject: Subject, at: datetime, entry: EntryId) -> MeasuredFact:
    slice_ = str(values.get("slice", ""))
    unit = ""
    if check == MEASURED[0]:
        named = dict(part.split("=", 1) for part in slice_.split("; ") if "=" in part)
        unit = UNITS.get(named.get("quantity", "energy"), "")
    value = str(values.get("value") or "")
    return MeasuredFact(check, slice_, subject, value, unit, str(values.get("verdict", "")), at, entry)


def _version(row: models.Said) -> Version:
    return Version(
        row.kind, row.about, row.version, row.said, PersonId(row.made_by), row.made_at, EntryId(row.entry_id)
    )
