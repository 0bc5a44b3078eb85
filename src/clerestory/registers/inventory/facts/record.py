"""Evidence of the inventory: each version of a record becomes one fact. Unknown values are left out, never guessed."""

from datetime import datetime

from clerestory.registers.inventory.rules.record import AISystem, DatasetVersion, ModelVersion
from clerestory.registers.inventory.rules.tier import Tiering
from clerestory.terms.evidence import Evidence, FactValue, Machine, Person, Subject
from clerestory.terms.moment import Period


def system_subject(system_id: str) -> Subject:
    """Return the subject of an AI system."""
    return Subject("ai_system", system_id)


def system_evidence(
    system: AISystem, tiering: Tiering, *, by: Person | Machine, at: datetime, version: int
) -> Evidence:
    """Return the evidence that one version of an AI system's record is, with the tier that follows and why."""
    values: dict[str, FactValue] = {
        "name": system.name,
        "purpose": system.purpose,
        "owner": system.owner,
        "stage": str(system.stage),
        "ai_role": tuple(str(role) for role in system.ai_role),
        "affected_groups": system.affected_groups,
        "suppliers": system.suppliers,
        "deployment_context": system.deployment_context,
        "architecture_facts": dict(system.architecture_facts),
        "use_areas": system.use_areas,
        "assumed": system.assumed,
        "tier_reasons": tuple(f"{reason.rule_id} ({reason.source})" for reason in tiering.reasons),
        "tier_open": tuple(dict.fromkeys(fact for unless in tiering.unless for fact in unless.facts)),
        "tier_rules": tiering.rules_version,
    }
    values |= _known(
        tier=None if tiering.tier is None else str(tiering.tier),
        tier_override=tiering.override or None,
        interacts=system.interacts,
        in_scope=system.in_scope,
        affects_people=system.affects_people,
        has_customers=system.has_customers,
        involves_third_parties=system.involves_third_parties,
        autonomy_level=system.autonomy_level,
    )
    return Evidence(
        kind="register.ai_system",
        subject=system_subject(system.system_id),
        produced_by=by,
        observed=Period.at(at),
        values=values,
        entity=f"ai_system/{system.system_id}",
        entity_version=version,
        lists={"system_kinds_in_use": system.kinds},
    )


def model_evidence(model: ModelVersion, *, by: Person | Machine, at: datetime, version: int) -> Evidence:
    """Return the evidence that one state of a model version is; it links to its system."""
    values: dict[str, FactValue] = {"artefact_digest": model.artefact_digest, "status": str(model.status)}
    values |= _known(origin=None if model.origin is None else str(model.origin), generative=model.generative)
    return Evidence(
        kind="register.model_version",
        subject=Subject("model_version", model.version_id),
        produced_by=by,
        observed=Period.at(at),
        values=values,
        entity=f"model_version/{model.version_id}",
        entity_version=version,
        links=(system_subject(model.system_id),),
    )


def dataset_evidence(dataset: DatasetVersion, *, by: Person | Machine, at: datetime, version: int) -> Evidence:
    """Return the evidence that one state of a data-set version is; it links to its system."""
    values: dict[str, FactValue] = {
        "content_digest": dataset.content_digest,
        "role": str(dataset.role),
        "sources": dataset.sources,
    }
    values |= _known(
        origin=None if dataset.origin is None else str(dataset.origin),
        labelled_by_people=dataset.labelled_by_people,
        about_people=dataset.about_people,
    )
    return Evidence(
        kind="register.dataset_version",
        subject=Subject("dataset_version", dataset.version_id),
        produced_by=by,
        observed=Period.at(at),
        values=values,
        entity=f"dataset_version/{dataset.version_id}",
        entity_version=version,
        links=(system_subject(dataset.system_id),),
    )


def _known(**values: FactValue | None) -> dict[str, FactValue]:
    return {key: value for key, value in values.items() if value is not None}
