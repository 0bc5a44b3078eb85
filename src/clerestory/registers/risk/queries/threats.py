"""Reads of threat models: one system with its threats, how far they are met, its reviews; the list of systems."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, Subquery

from clerestory.catalogue.threats.data import ThreatCatalogue
from clerestory.catalogue.threats.fact import Facts
from clerestory.catalogue.threats.load import load_threats
from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.queries.plan import system_name
from clerestory.registers.risk.queries.threat_evidence import Shown, inventory_of, seen_of, states_of
from clerestory.registers.risk.rules.risk import Status
from clerestory.registers.risk.rules.threat import Threat, check_facts, generate, open_facts
from clerestory.registers.risk.rules.threat_cover import (
    Covered,
    Crossing,
    Decided,
    Figures,
    Measure,
    cover,
    crossings,
    figures,
    since,
)
from clerestory.registers.risk.rules.threat_known import Contradiction, Known, contradictions, first_facts, known_facts
from clerestory.terms.ids import EntryId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatModelRecord:
    """The threat model of a system; version 0 where nobody began it, with the facts that a form begins with."""

    system_id: str
    system_name: str
    facts: Facts
    threats: tuple[Threat, ...]
    decided: Mapping[str, Decided]
    set_aside: Mapping[str, str]
    risks: Mapping[str, str]
    data_version: str
    version: int
    by: PersonId
    changed_at: datetime | None
    entry_id: EntryId

    @property
    def begun(self) -> bool:
        """Whether somebody answered the questions."""
        return self.version > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord:
    """One review as it was made; ``threats`` were in play then, by state."""

    number: int
    threats: Mapping[str, str]
    judged: tuple[str, ...]
    unknown: tuple[str, ...]
    data_version: str
    conclusion: str
    by: PersonId
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatPage:
    """Everything that the page of a threat model shows."""

    record: ThreatModelRecord
    known: Mapping[str, Known]
    contradictions: tuple[Contradiction, ...]
    unknown: tuple[str, ...]
    covered: tuple[Covered, ...]
    figures: Figures
    crossings: tuple[Crossing, ...]
    shown: Shown
    reviews: tuple[ReviewRecord, ...]
    came: tuple[str, ...]
    gone: tuple[str, ...]
    data: ThreatCatalogue

    @property
    def is_older(self) -> bool:
        """Whether the list that the log holds was made with other data than these."""
        return self.record.begun and self.record.data_version != self.data.version

    def of(self, threat_id: str) -> Covered | None:
        """Return one threat with how far it is met."""
        return next((one for one in self.covered if one.threat.threat_id == threat_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemThreats:
    """A system of the list with the figures of its threat model."""

    system_id: str
    name: str
    begun: bool
    figures: Figures | None
    review: str
    reviewed_at: datetime | None
    changed_since: bool


def threat_model(actor: Actor, system_id: str) -> ThreatModelRecord:
    """Return the threat model of a system, as it would begin where nobody did.

    Raises:
        SystemUnknown: there is no such system.
    """
    permit(actor, "read", "risk")
    data = load_threats()
    rows = models.ThreatModel.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    row = rows.select_related("system").first()
    if row is not None:
        return read_threat_model(row, system_id, row.system.name)
    name = system_name(actor, system_id)
    facts = first_facts(data, known_facts(data, inventory_of(actor, system_id)))
    return ThreatModelRecord(
        system_id=system_id,
        system_name=name,
        facts=facts,
        threats=generate(data, facts),
        decided={},
        set_aside={},
        risks={},
        data_version=data.version,
        version=0,
        by=PersonId(""),
        changed_at=None,
        entry_id=EntryId(""),
    )


def threat_page(actor: Actor, system_id: str, at: datetime) -> ThreatPage:
    """Return the threats of a system with how far they are met now.

    Raises:
        SystemUnknown: there is no such system.
    """
    permit(actor, "read", "risk")
    record, data = threat_model(actor, system_id), load_threats()
    named = {control for said in record.decided.values() for control in said.controls}
    inventory, shown = seen_of(actor, system_id, data, sorted(named), at)
    known = known_facts(data, inventory)
    risks = open_risks(actor, record.risks)
    covered = cover(record.threats, record.decided, shown.checks, shown.controls, risks, record.set_aside)
    reviews = reviews_of(actor, system_id) if record.begun else ()
    came, gone = since(reviews[0].threats, record.threats) if reviews else ((), ())
    return ThreatPage(
        record=record,
        known=known,
        contradictions=contradictions(record.facts, inventory, known) if record.begun else (),
        unknown=open_facts(data, record.facts),
        covered=covered,
        figures=figures(covered),
        crossings=crossings(record.facts, record.threats),
        shown=shown,
        reviews=reviews,
        came=came,
        gone=gone,
        data=data,
    )


def reviews_of(actor: Actor, system_id: str) -> tuple[ReviewRecord, ...]:
    """Return the reviews of a system's threat model, newest first."""
    permit(actor, "read", "risk")
    rows = models.ThreatReview.objects.filter(organisation_id=actor.organisation_id, model__system__system_id=system_id)
    return tuple(_review(row) for row in rows.order_by("-number"))


def open_risks(actor: Actor, risks: Mapping[str, str]) -> dict[str, str]:
    """Return which threats have a risk that is not closed."""
    permit(actor, "read", "risk")
    if not risks:
        return {}
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, risk_id__in=set(risks.values()))
    living = set(rows.exclude(status=Status.CLOSED).values_list("risk_id", flat=True))
    return {threat: risk_id for threat, risk_id in risks.items() if risk_id in living}


def threat_systems(actor: Actor, query: ListQuery, columns: Sequence[Column], at: datetime) -> Page[SystemThreats]:
    """Return one page of the systems with the figures of their threat models, in a fixed number of queries."""
    permit(actor, "read", "risk")
    begun = models.ThreatModel.objects.filter(organisation_id=actor.organisation_id, system=OuterRef("pk"))
    systems: Any = models.ThreatModel.system.field.related_model
    rows = systems.objects.filter(organisation_id=actor.organisation_id).annotate(
        threats_applying=Subquery(begun.values("applying")[:1]),
        threats_unassessed=Subquery(begun.values("unassessed")[:1]),
    )
    page = paginate(rows.order_by("name", "pk"), query, columns, lambda row: (row.pk, row.system_id, row.name))
    return Page(rows=_listed(actor, page.rows, at), total=page.total, page=page.page, size=page.size)


def _listed(actor: Actor, systems: Sequence[tuple[int, str, str]], at: datetime) -> tuple[SystemThreats, ...]:
    newest = models.ThreatReview.objects.filter(organisation_id=actor.organisation_id, model=OuterRef("pk"))
    newest = newest.order_by("-number")
    own = models.ThreatModel.objects.filter(organisation_id=actor.organisation_id).annotate(
        review_entry=Subquery(newest.values("entry_id")[:1]),
        review_at=Subquery(newest.values("at")[:1]),
        review_threats=Subquery(newest.values("threats")[:1]),
    )
    rows: dict[int, Any] = {row.system_id: row for row in own.filter(system__in=[pk for pk, _id, _name in systems])}
    records = {pk: read_threat_model(rows[pk], sid, name) for pk, sid, name in systems if pk in rows}
    risks = _living(actor, records.values())
    entries = [row.review_entry for row in rows.values() if row.review_entry]
    checks, signed = states_of(actor, [r.system_id for r in records.values()], load_threats(), entries, at)
    found = []
    for pk, system_id, name in systems:
        record, row = records.get(pk), rows.get(pk)
        count, changed = None, False
        if record is not None and row is not None:
            living = {threat: risk for threat, risk in record.risks.items() if risk in risks}
            told = checks.get(system_id, {})
            count = figures(cover(record.threats, record.decided, told, {}, living, record.set_aside))
            changed = row.review_entry is not None and any(since(row.review_threats or {}, record.threats))
        found.append(
            SystemThreats(
                system_id=system_id,
                name=name,
                begun=record is not None,
                figures=count,
                review=signed.get(row.review_entry, "") if row is not None else "",
                reviewed_at=row.review_at if row is not None else None,
                changed_since=changed,
            )
        )
    return tuple(found)


def _living(actor: Actor, records: Iterable[ThreatModelRecord]) -> frozenset[str]:
    wanted = {risk_id for record in records for risk_id in record.risks.values()}
    if not wanted:
        return frozenset()
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, risk_id__in=wanted)
    return frozenset(rows.exclude(status=Status.CLOSED).values_list("risk_id", flat=True))


# house: allow permit-first: translates a row that was read with permission
def read_threat_model(row: models.ThreatModel, system_id: str, name: str) -> ThreatModelRecord:
    """Read a threat model from its row, with its threats by the data of today; facts that are new are unknown."""
    data = load_threats()
    kept = {fact: values for fact, values in row.facts.items() if fact in data.facts}
    facts = check_facts(data, {f: [v for v in vs if v in (*data.facts[f].values, "unknown")] for f, vs in kept.items()})
    return ThreatModelRecord(
        system_id=system_id,
        system_name=name,
        facts=facts,
        threats=_generated(tuple(facts.items())),
        decided={mitigation: read_decided(said) for mitigation, said in row.decided.items()},
        set_aside=row.set_aside,
        risks=row.risks,
        data_version=row.data_version,
        version=row.version,
        by=PersonId(row.by_person),
        changed_at=row.changed_at,
        entry_id=EntryId(row.entry_id),
    )


# house: allow permit-first: translates a row that was read with permission
def read_decided(said: Mapping[str, Any]) -> Decided:
    """Read a decision about a mitigation as the table keeps it."""
    return Decided(
        measure=Measure(said["measure"]),
        reason=said["reason"],
        due_on=date.fromisoformat(said["due_on"]) if said["due_on"] else None,
        controls=tuple(said["controls"]),
    )


@lru_cache(maxsize=512)  # the list shows many systems, and facts seldom change
def _generated(facts: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Threat, ...]:
    return generate(load_threats(), dict(facts))


def _review(row: models.ThreatReview) -> ReviewRecord:
    return ReviewRecord(
        number=row.number,
        threats=row.threats,
        judged=tuple(row.judged),
        unknown=tuple(row.unknown),
        data_version=row.data_version,
        conclusion=row.conclusion,
        by=PersonId(row.by_person),
        at=row.at,
        entry_id=EntryId(row.entry_id),
    )
