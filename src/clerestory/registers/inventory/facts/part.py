"""Evidence of the parts of a system: each version of one becomes a fact that links it to its system."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from clerestory.registers.inventory.rules.agent import Agent
from clerestory.registers.inventory.rules.part import Deployment, EmbeddedAI, Part, Prompt, Use, part_id
from clerestory.terms.evidence import Content, Evidence, FactValue, Machine, Person, Subject
from clerestory.terms.moment import Period, moment_text

FACTS = {
    "agent": "register.agent",
    "deployment": "register.deployment",
    "prompt": "register.prompt",
    "use": "register.use",
    "embedded_ai": "register.embedded_ai",
}


@dataclass(frozen=True, slots=True)
class _Said:
    subject: Subject
    values: dict[str, FactValue]
    text: str = ""
    links: tuple[Subject, ...] = ()


def part_evidence(
    part: Part, *, by: Person | Machine, at: datetime, version: int, start_of: Callable[[date], datetime]
) -> Evidence:
    """Return the evidence that one version of a part is; ``start_of`` says when a day of the organisation begins."""
    said = _said(part, start_of)
    return Evidence(
        kind=FACTS[part.kind],
        subject=said.subject,
        produced_by=by,
        observed=Period.at(at),
        values=said.values,
        entity=f"{part.kind}/{part_id(part)}",
        entity_version=version,
        links=said.links,
        content=Content(said.text.encode(), "text/plain; charset=utf-8") if said.text else None,
    )


def _said(part: Part, start_of: Callable[[date], datetime]) -> _Said:
    system = Subject("ai_system", part.system_id)
    if isinstance(part, Agent):
        values: dict[str, FactValue] = {
            "name": part.name,
            "tools": tuple(str(tool) for tool in part.tools),
            "autonomy_level": part.autonomy_level,
            "status": str(part.status),
        }
        return _Said(Subject("agent", part_id(part)), values, part.purpose, (system,))
    if isinstance(part, Deployment):
        return _deployment(part, system, start_of(part.started_on))
    if isinstance(part, Prompt):
        values = {"name": part.name, "digest": part.digest, "status": str(part.status)}
        return _Said(system, values, part.text)
    if isinstance(part, Use):
        values = {"name": part.name, "unit": part.unit, "what_for": part.what_for, "status": str(part.status)}
        return _Said(system, values, f"{part.users}, {part.unit}\n{part.what_for}")
    return _embedded(part, system)


def _deployment(part: Deployment, system: Subject, started: datetime) -> _Said:
    values: dict[str, FactValue] = {
        "name": part.name,
        "place": part.place,
        "model_version": part.model_version,
        "environment": part.environment,
        "status": str(part.status),
        "started_at": moment_text(started),
    }
    for name in ("affects_people", "generates_content", "reviewed_by_people"):
        said = getattr(part, name)
        if said is not None:
            values[name] = said
    links = (system, Subject("model_version", part.model_version))
    return _Said(Subject("deployment", part_id(part)), values, links=links)


def _embedded(part: EmbeddedAI, system: Subject) -> _Said:
    values: dict[str, FactValue] = {
        "name": part.name, "supplier": part.supplier, "does": part.does, "status": str(part.status),
    }  # fmt: skip
    return _Said(system, values, f"{part.supplier}, {part.name}\n{part.does}")
