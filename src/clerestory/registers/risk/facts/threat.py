"""Evidence of threat models and their reviews. A fact that is unknown is written as unknown, never left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.catalogue.threats.fact import Facts
from clerestory.registers.risk.facts.risk import TEXT
from clerestory.registers.risk.rules.threat import Threat, ThreatState
from clerestory.registers.risk.rules.threat_cover import Decided
from clerestory.terms.evidence import Content, Evidence, Person, Subject
from clerestory.terms.moment import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """A threat model as one version of its record says it."""

    system_id: str
    facts: Facts
    data_version: str
    threats: tuple[Threat, ...]
    decided: Mapping[str, Decided]
    set_aside: Mapping[str, str]
    risks: Mapping[str, str]


def threat_model_entity(system_id: str) -> str:
    """Return what the versions of a threat model are versions of."""
    return f"threat_model/{system_id}"


def threat_model_evidence(state: ModelState, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence of one version of a threat model; its list names every threat that has to be judged."""
    in_play = [threat for threat in state.threats if threat.in_play]
    return Evidence(
        kind="register.threat_model",
        subject=Subject("ai_system", state.system_id),
        produced_by=by,
        observed=Period.at(at),
        entity=threat_model_entity(state.system_id),
        entity_version=version,
        values={
            "architecture_facts": {name: ", ".join(values) for name, values in state.facts.items()},
            "data_version": state.data_version,
            "threats_applying": sum(threat.state is ThreatState.APPLIES for threat in in_play),
            "threats_unassessed": sum(threat.state is ThreatState.UNASSESSED for threat in in_play),
            "mitigations_decided": len(state.decided),
        },
        lists={"threats_fired": tuple(sorted(threat.threat_id for threat in in_play))},
        content=_content(state),
    )


def threat_review_evidence(
    system_id: str,
    judged: Sequence[str],
    unknown: Sequence[str],
    *,
    data_version: str,
    conclusion: str,
    by: Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence of a review; it covers the threats that were judged, and names the facts still unknown."""
    return Evidence(
        kind="record.threat_review",
        subject=Subject("ai_system", system_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"threat_review/{system_id}",
        entity_version=version,
        values={
            "threats_judged": len(judged),
            "unassessed_facts": tuple(sorted(unknown)),
            "data_version": data_version,
        },
        covers=tuple(sorted(judged)),
        content=Content(conclusion.encode(), TEXT),
    )


def _content(state: ModelState) -> Content:
    rows = [f"{threat.threat_id} {threat.name}: {threat.state}" for threat in state.threats]
    rows += [_line(mitigation, said) for mitigation, said in sorted(state.decided.items())]
    rows += [f"{threat} set aside: {reason}" for threat, reason in sorted(state.set_aside.items())]
    rows += [f"{threat} is risk {risk_id}" for threat, risk_id in sorted(state.risks.items())]
    return Content("\n".join(rows).encode(), TEXT)


def _line(mitigation: str, said: Decided) -> str:
    due = f", by {said.due_on.isoformat()}" if said.due_on else ""
    controls = f", controls {', '.join(said.controls)}" if said.controls else ""
    return f"{mitigation}: {said.measure}{due}{controls}{f', {said.reason}' if said.reason else ''}"
