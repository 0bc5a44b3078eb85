"""Evidence about data: each numbered version of a document is one fact and covers the topics that it speaks of."""

from datetime import datetime

from clerestory.registers.data.rules import Datasheet, Procedure, QualityCriteria
from clerestory.terms.evidence import Content, Evidence, Person, Subject
from clerestory.terms.ids import OrganisationId
from clerestory.terms.moment import Period

TEXT = "text/plain; charset=utf-8"


def criteria_evidence(criteria: QualityCriteria, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence of written limits for one version of data; they count once a second person approved."""
    return Evidence(
        kind="record.data_quality_criteria",
        subject=Subject("dataset_version", criteria.dataset_version_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"data_quality_criteria/{criteria.dataset_version_id}",
        entity_version=version,
        covers=criteria.topics,
        lists={"approved_criteria": criteria.measured},
        values={
            "version": str(version),
            "criteria": tuple(f"{limit.topic}: {limit.text}" for limit in criteria.limits),
        },
    )


def datasheet_evidence(sheet: Datasheet, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence of the description of one version of data; the text is its content."""
    written = tuple((topic, text.strip()) for topic, text in sheet.sections if text.strip())
    body = "\n\n".join(f"{topic}\n{text}" for topic, text in written)
    return Evidence(
        kind="record.datasheet",
        subject=Subject("dataset_version", sheet.dataset_version_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"datasheet/{sheet.dataset_version_id}",
        entity_version=version,
        covers=tuple(sorted(topic for topic, _ in written)),
        values={"version": str(version), "known_bias": sheet.known_bias, "keep_for": sheet.keep_for},
        content=Content(body.encode(), TEXT),
    )


def procedure_evidence(
    procedure: Procedure, organisation_id: OrganisationId, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of the data management procedure; its steps are the list that runs are counted by."""
    return Evidence(
        kind="record.data_management_procedure",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity="data_management_procedure/main",
        entity_version=version,
        covers=tuple(sorted(procedure.parts)),
        values={"version": str(version), "steps": procedure.steps},
        lists={"data_management_steps": procedure.steps},
        content=Content(procedure.text.encode(), TEXT),
    )
