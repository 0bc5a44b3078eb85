"""Propose criteria, method and treatment process; put approved criteria in force and read all levels by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, approved_as_a_whole, standings
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.writing import URL, Written, append_and_propose, level_changes, write
from clerestory.registers.risk.facts.risk import criteria_evidence, method_evidence, process_evidence
from clerestory.registers.risk.queries.criteria import SHIPPED, method_version
from clerestory.registers.risk.rules.risk import APPROVES_CRITERIA, Status
from clerestory.registers.risk.rules.scale import (
    Criteria,
    CriteriaRefused,
    Method,
    check_method,
    read_criteria,
    shipped_method,
    stored_criteria,
)
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

approved_as_a_whole("record.risk_criteria", "record.risk_method")


@dataclass(frozen=True, slots=True)
class InForceNow:
    """What putting criteria in force did: the version, and how many risks have another level now."""

    version: int
    levels_changed: int


def propose_method(*, actor: Actor, method: Method, now: datetime | None = None) -> Written:
    """Propose criteria and method as one new version; they count once top management, a second person, approved.

    Raises:
        CriteriaRefused: scales, matrix or parts contradict themselves.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    check_method(method, load().coverages["risk_method_parts"].items)
    with first_wins(), atomic():
        version = _next(models.Scales, actor)
        person, url = actor.person(), f"{URL}criteria/{version}/"
        criteria = criteria_evidence(method.criteria, actor.organisation_id, by=person, at=moment, version=version)
        first = append_and_propose(
            actor, criteria, moment, title=f"Risk criteria {version}", url=url, approver_role=APPROVES_CRITERIA
        )
        told = method_evidence(method, actor.organisation_id, by=person, at=moment, version=version)
        second = append_and_propose(
            actor, told, moment, title=f"Method of risk assessment {version}", url=url, approver_role=APPROVES_CRITERIA
        )
        models.Scales.objects.create(
            organisation_id=actor.organisation_id,
            version=version,
            criteria=stored_criteria(method.criteria),
            parts=[list(part) for part in method.parts],
            by_person=actor.person_id,
            at=moment,
            entry_id=first.entry_id,
            method_entry_id=second.entry_id,
        )
    return Written("risk_criteria", version, first.entry_id)


def approve_method(*, actor: Actor, version: int, now: datetime | None = None) -> InForceNow:
    """Approve criteria and method of a version, as far as that is open, and read every level by them.

    Raises:
        CriteriaUnknown: there is no such version.
        CriteriaRefused: a newer version is in force.
        ApprovalRefused: it is the actor's own proposal, or the role is missing.
    """
    permit(actor, "approve", "risk")
    moment = now or clock.now()
    with atomic():
        record = method_version(actor, version)
        rows = models.Scales.objects.select_for_update().filter(organisation_id=actor.organisation_id)
        if rows.filter(version__gt=version).exclude(in_force_at=None).exists():
            raise CriteriaRefused(_("A newer version is in force."), _("Open that one."))
        for entry_id in (record.criteria_entry, record.method_entry):
            if not standings(actor, (entry_id,))[entry_id].is_approved:
                approve(actor=actor, entry_id=entry_id, role=APPROVES_CRITERIA, now=moment, whole=True)
        if record.in_force_at is None:
            rows.filter(version=version).update(in_force_at=moment)
        return InForceNow(version, _read_levels_anew(actor, record.method.criteria, moment))


def _made_by(actor: Actor) -> dict[int, Criteria]:
    """Return the scales of every version; those shipped are version 0."""
    rows = models.Scales.objects.filter(organisation_id=actor.organisation_id)
    return {SHIPPED: shipped_method().criteria} | {row.version: read_criteria(row.criteria) for row in rows}


def propose_process(*, actor: Actor, steps: Sequence[str], text: str = "", now: datetime | None = None) -> Written:
    """Propose how treatments and controls are chosen; it counts once a second person approved it."""
    permit(actor, "write", "risk")
    moment = now or clock.now()
    said = tuple(plain(step, _("step"), longest=500) for step in steps if step.strip())
    if not said:
        raise CriteriaRefused(_("The process has no steps."), _("Write the steps that each treatment goes through."))
    body = plain(text, _("process"), longest=100_000, lines=True) if text.strip() else ""
    with first_wins(), atomic():
        version = _next(models.Process, actor)
        made = process_evidence(said, body, actor.organisation_id, by=actor.person(), at=moment, version=version)
        title = f"Process of risk treatment {version}"
        entry = append_and_propose(actor, made, moment, title=title, url=f"{URL}criteria/")
        models.Process.objects.create(
            organisation_id=actor.organisation_id,
            version=version,
            steps=list(said),
            text=body,
            by_person=actor.person_id,
            at=moment,
            entry_id=entry.entry_id,
        )
    return Written("treatment_process", version, entry.entry_id)


def _read_levels_anew(actor: Actor, criteria: Criteria, now: datetime) -> int:
    """Read the level of every rated risk by other criteria; ratings stay, and what changed becomes a new version.

    A rating made on other scales keeps its level: its steps mean something else there.
    """
    made_by = _made_by(actor)
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, level__gt=0).exclude(status=Status.CLOSED)
    changed = 0
    for row in rows.select_related("system").iterator(chunk_size=500):
        values = _level_by(criteria, row)
        if not criteria.same_scales(made_by.get(row.criteria_version, criteria)):
            continue
        if any(getattr(row, name) != value for name, value in values.items()):
            write(
                actor,
                row,
                now,
                note="Levels read by criteria that came into force",
                moved_by="criteria",
                **values,
                **level_changes(row, values["level"], now),
            )
            changed += 1
    return changed


def _level_by(criteria: Criteria, row: models.Risk) -> dict[str, Any]:
    """Return the levels of a risk by other criteria; a rating that their scales do not reach keeps its level."""
    inherent = criteria.cell(row.likelihood, row.consequence)
    present = criteria.cell(row.now_likelihood, row.now_consequence)
    values: dict[str, Any] = {
        "inherent": inherent.rank if inherent else row.inherent,
        "level": present.rank if present else row.level,
    }
    return values | {"over": values["level"] > criteria.acceptable.rank}


def _next(kind: type[models.Scales] | type[models.Process] | type[models.Plan], actor: Actor) -> int:
    newest = kind.objects.filter(organisation_id=actor.organisation_id).aggregate(newest=Max("version"))["newest"]
    return int(newest or 0) + 1


__all__ = ["EntryId", "InForceNow", "approve_method", "propose_method", "propose_process", "read_criteria"]
