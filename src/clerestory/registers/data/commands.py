"""The only writes of documents about data: each writes a row, its evidence and the proposal in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Max, QuerySet

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.data import models
from clerestory.registers.data.facts import criteria_evidence, datasheet_evidence, procedure_evidence
from clerestory.registers.data.queries import DataUnknown
from clerestory.registers.data.rules import (
    Datasheet,
    Procedure,
    QualityCriteria,
    check_criteria,
    check_datasheet,
    check_procedure,
)
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _

URL = "/data/"
V = TypeVar("V", bound=models.Version)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a command wrote: which version of the document, and its entry, which waits for approval."""

    record_id: str
    version: int
    entry_id: EntryId
    was_there: bool = False


def propose_criteria(
    *, actor: Actor, criteria: QualityCriteria, expected_version: int | None = None, now: datetime | None = None
) -> Proposed:
    """Propose limits that a version of data must keep; the same limits again change nothing.

    They count from the approval by a second person on, which must come before the data are measured.

    Raises:
        DataRefused: there is no limit, or a topic is unknown.
        DataUnknown: the inventory has no such version.
        ChangedMeanwhile: somebody else proposed one since the version that was expected.
    """
    permit(actor, "write", "data")
    moment = now or clock.now()
    check_criteria(criteria, load().coverages["data_quality_topics"].items)
    _require_version(actor, criteria.dataset_version_id)
    limits = [[limit.topic, limit.text.strip()] for limit in criteria.limits]
    with first_wins(), atomic():
        rows = models.QualityCriteria.objects.filter(
            organisation_id=actor.organisation_id, dataset_version_id=criteria.dataset_version_id
        )
        newest = rows.order_by("-version").first()
        if newest is not None and newest.limits == limits:
            return Proposed(criteria.dataset_version_id, newest.version, EntryId(newest.entry_id), was_there=True)
        version = _next(rows, expected_version)
        entry = _append(actor, criteria_evidence(criteria, by=actor.person(), at=moment, version=version), moment)
        models.QualityCriteria.objects.create(
            organisation_id=actor.organisation_id,
            dataset_version_id=criteria.dataset_version_id,
            limits=limits,
            version=version,
            proposed_by=actor.person_id,
            proposed_at=moment,
            entry_id=entry.entry_id,
        )
        propose(
            entry,
            actor=actor,
            title=f"Quality criteria {version} for {criteria.dataset_version_id}",
            url=f"{URL}version/{criteria.dataset_version_id}/",
        )
    return Proposed(criteria.dataset_version_id, version, entry.entry_id)


def propose_datasheet(
    *, actor: Actor, sheet: Datasheet, expected_version: int | None = None, now: datetime | None = None
) -> Proposed:
    """Propose a description of a version of data.

    Raises:
        DataRefused: it is empty or a topic is unknown.
        DataUnknown: the inventory has no such version.
        ChangedMeanwhile: somebody else proposed one since the version that was expected.
    """
    permit(actor, "write", "data")
    moment = now or clock.now()
    check_datasheet(sheet, load().coverages["datasheet_topics"].items)
    _require_version(actor, sheet.dataset_version_id)
    with first_wins(), atomic():
        version = _next(
            models.Datasheet.objects.filter(
                organisation_id=actor.organisation_id, dataset_version_id=sheet.dataset_version_id
            ),
            expected_version,
        )
        entry = _append(actor, datasheet_evidence(sheet, by=actor.person(), at=moment, version=version), moment)
        models.Datasheet.objects.create(
            organisation_id=actor.organisation_id,
            dataset_version_id=sheet.dataset_version_id,
            version=version,
            sections=[list(section) for section in sheet.sections],
            known_bias=list(sheet.known_bias),
            keep_for=sheet.keep_for,
            proposed_by=actor.person_id,
            proposed_at=moment,
            entry_id=entry.entry_id,
        )
        propose(
            entry,
            actor=actor,
            title=f"Datasheet {version} of {sheet.dataset_version_id}",
            url=f"{URL}version/{sheet.dataset_version_id}/",
        )
    return Proposed(sheet.dataset_version_id, version, entry.entry_id)


def propose_procedure(
    *, actor: Actor, procedure: Procedure, expected_version: int | None = None, now: datetime | None = None
) -> Proposed:
    """Propose how data are managed, from collection to disposal.

    Raises:
        DataRefused: a part is unknown, or steps or text are missing.
        ChangedMeanwhile: somebody else proposed one since the version that was expected.
    """
    permit(actor, "write", "data")
    moment = now or clock.now()
    check_procedure(procedure, load().coverages["data_management_parts"].items)
    with first_wins(), atomic():
        version = _next(models.Procedure.objects.filter(organisation_id=actor.organisation_id), expected_version)
        made = procedure_evidence(procedure, actor.organisation_id, by=actor.person(), at=moment, version=version)
        entry = _append(actor, made, moment)
        models.Procedure.objects.create(
            organisation_id=actor.organisation_id,
            version=version,
            parts=list(procedure.parts),
            steps=list(procedure.steps),
            text=procedure.text,
            proposed_by=actor.person_id,
            proposed_at=moment,
            entry_id=entry.entry_id,
        )
        propose(entry, actor=actor, title=f"Data management procedure {version}", url=f"{URL}procedure/")
    return Proposed("data_management_procedure", version, entry.entry_id)


def _append(actor: Actor, made: Evidence, now: datetime) -> evidence.Entry:
    return evidence.append(made, organisation_id=actor.organisation_id, now=now)


def _next(rows: QuerySet[V], expected: int | None) -> int:
    newest = rows.aggregate(newest=Max("version"))["newest"] or 0
    expect(newest, expected)
    return newest + 1


def _require_version(actor: Actor, dataset_version_id: str) -> None:
    if directory.known(actor.organisation_id, "dataset_version", dataset_version_id) is None:
        raise DataUnknown(
            _("There is no version of data {dataset_version_id!r}.", dataset_version_id=dataset_version_id),
            _("Register it in the inventory, or with clerestory push --register."),
        )
