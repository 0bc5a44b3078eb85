"""Reads of documents about data: frozen values of one organisation, never rows."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.lists import Column, standing_column
from clerestory.desk.permit import may, permit
from clerestory.registers.data import models
from clerestory.registers.data.rules import Datasheet, Limit, Procedure, QualityCriteria
from clerestory.store import directory
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

_MOST_DUTIES = 20


class DataUnknown(ClerestoryError):
    """The organisation has no such version of data."""


@dataclass(frozen=True, slots=True)
class Made:
    """Which version of a document it is, who proposed it and when, and its entry."""

    version: int
    proposed_by: PersonId
    proposed_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class CriteriaRecord:
    """One version of quality criteria, with the topics that no limit is about."""

    criteria: QualityCriteria
    made: Made
    topics_without_limit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatasheetRecord:
    """One version of a datasheet."""

    sheet: Datasheet
    made: Made


@dataclass(frozen=True, slots=True)
class ProcedureRecord:
    """One version of the data management procedure."""

    procedure: Procedure
    made: Made


@dataclass(frozen=True, slots=True)
class DataRow:
    """A version of data with the newest documents about it, for a list."""

    dataset_version_id: str
    url: str
    owner: str
    criteria: CriteriaRecord | None
    datasheet: DatasheetRecord | None


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A version of data with where its newest limits and description stand, for a list."""

    row: DataRow
    limits: Standing | None
    datasheet: Standing | None


DATA_COLUMNS = (
    Column(
        name="version",
        label=_("Version"),
        searched=True,
        kind="link",
        value=lambda row: row.row.dataset_version_id,
        url=lambda row: reverse("data-version", args=[row.row.dataset_version_id]),
    ),
    standing_column("limits", _("Limits"), lambda row: row.limits),
    Column(
        name="topics",
        label=_("Topics without limit"),
        kind="number",
        value=lambda row: "" if row.row.criteria is None else len(row.row.criteria.topics_without_limit),
    ),
    standing_column("datasheet", _("Datasheet"), lambda row: row.datasheet, missing_tone="open"),
)


def standing_rows(actor: Actor) -> tuple[StandingRow, ...]:
    """Return every version of data with where its newest documents stand, in five queries."""
    permit(actor, "read", "data")
    rows = data_rows(actor)
    newest = [made.entry_id for row in rows for made in _newest(row)]
    stand = standings(actor, newest)
    return tuple(
        StandingRow(
            row,
            None if row.criteria is None else stand.get(row.criteria.made.entry_id),
            None if row.datasheet is None else stand.get(row.datasheet.made.entry_id),
        )
        for row in rows
    )


def _newest(row: DataRow) -> tuple[Made, ...]:
    return tuple(record.made for record in (row.criteria, row.datasheet) if record is not None)


def criteria_versions(actor: Actor, dataset_version_id: str) -> tuple[CriteriaRecord, ...]:
    """Return all versions of the criteria of one version of data, newest first."""
    permit(actor, "read", "data")
    rows = _criteria(actor).filter(dataset_version_id=dataset_version_id).order_by("-version")
    return tuple(_criteria_record(row) for row in rows)


def datasheet_versions(actor: Actor, dataset_version_id: str) -> tuple[DatasheetRecord, ...]:
    """Return all versions of the datasheet of one version of data, newest first."""
    permit(actor, "read", "data")
    rows = _sheets(actor).filter(dataset_version_id=dataset_version_id).order_by("-version")
    return tuple(_sheet_record(row) for row in rows)


def procedure_versions(actor: Actor) -> tuple[ProcedureRecord, ...]:
    """Return all versions of the data management procedure, newest first."""
    permit(actor, "read", "data")
    rows = models.Procedure.objects.filter(organisation_id=actor.organisation_id).order_by("-version")
    return tuple(
        ProcedureRecord(Procedure(parts=tuple(row.parts), steps=tuple(row.steps), text=row.text), _made(row))
        for row in rows
    )


def data_rows(actor: Actor) -> tuple[DataRow, ...]:
    """Return every version of data of the inventory with its newest documents, in three queries."""
    permit(actor, "read", "data")
    criteria = {row.dataset_version_id: _criteria_record(row) for row in _criteria(actor).order_by("version")}
    sheets = {row.dataset_version_id: _sheet_record(row) for row in _sheets(actor).order_by("version")}
    return tuple(
        DataRow(record.id, record.url, record.owner, criteria.get(record.id), sheets.get(record.id))
        for record in directory.find(actor.organisation_id, "dataset_version")
    )


def data_row(actor: Actor, dataset_version_id: str) -> DataRow:
    """Return one version of data with its newest documents."""
    permit(actor, "read", "data")
    record = directory.known(actor.organisation_id, "dataset_version", dataset_version_id)
    if record is None:
        raise DataUnknown(
            sentence.gettext(
                "There is no version of data {dataset_version_id!r}.", dataset_version_id=dataset_version_id
            ),
            sentence.gettext("Register it in the inventory, or with clerestory push --register."),
        )
    criteria = _criteria(actor).filter(dataset_version_id=dataset_version_id).order_by("-version").first()
    sheet = _sheets(actor).filter(dataset_version_id=dataset_version_id).order_by("-version").first()
    return DataRow(
        record.id,
        record.url,
        record.owner,
        None if criteria is None else _criteria_record(criteria),
        None if sheet is None else _sheet_record(sheet),
    )


@until_the_log_grows
def duties(actor: Actor, _on: date) -> tuple[Duty, ...]:
    """Return the versions of data of which the member is the owner and nobody described limits, in two queries."""
    permit(actor, "read", "data")
    own = directory.owned_by(actor.organisation_id, actor.person_id, "dataset_version", most=_MOST_DUTIES)
    if not own or not may(actor, "write", "data"):
        return ()
    ids = [record.id for record in own]
    limited = set(_criteria(actor).filter(dataset_version_id__in=ids).values_list("dataset_version_id", flat=True))
    return tuple(
        Duty(
            topic="data",
            title=record.label,
            url=f"/data/limits/{record.id}/",
            why=_("Nobody said which limits its quality must keep, so no check of it can be judged against them."),
        )
        for record in own
        if record.id not in limited
    )


def _criteria(actor: Actor) -> QuerySet[models.QualityCriteria]:
    return models.QualityCriteria.objects.filter(organisation_id=actor.organisation_id)


def _sheets(actor: Actor) -> QuerySet[models.Datasheet]:
    return models.Datasheet.objects.filter(organisation_id=actor.organisation_id)


def _made(row: models.Version) -> Made:
    return Made(row.version, PersonId(row.proposed_by), row.proposed_at, EntryId(row.entry_id))


def _criteria_record(row: models.QualityCriteria) -> CriteriaRecord:
    criteria = QualityCriteria(
        dataset_version_id=row.dataset_version_id, limits=tuple(Limit(topic, text) for topic, text in row.limits)
    )
    topics = load().coverages["data_quality_topics"].items
    return CriteriaRecord(criteria, _made(row), tuple(topic for topic in topics if topic not in criteria.topics))


def _sheet_record(row: models.Datasheet) -> DatasheetRecord:
    sheet = Datasheet(
        dataset_version_id=row.dataset_version_id,
        known_bias=tuple(row.known_bias),
        sections=tuple((topic, text) for topic, text in row.sections),
        keep_for=row.keep_for,
    )
    return DatasheetRecord(sheet, _made(row))
