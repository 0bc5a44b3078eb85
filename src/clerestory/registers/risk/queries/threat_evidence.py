"""What the log knows beside the threat model: the inventory of a system, what checks say of it now, controls that hold.

Only what stands in the log is read, so that no register needs another one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerestory.catalogue.threats.data import ThreatCatalogue
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.applicability import decisions
from clerestory.judgement.evaluate import lacking
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node, Row, newest
from clerestory.registers.risk.rules.threat_cover import CheckState
from clerestory.registers.risk.rules.threat_known import Inventory
from clerestory.store.facts import judging
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, FrameworkId, RequirementId

FRAMEWORK = FrameworkId("iso42001-2023")
FRESH = timedelta(days=180)
"""A result that is older shows nothing any more (the age that rules allow for checks of robustness)."""
MEASURED = ("model_version", "dataset_version", "deployment", "agent")
_VERDICTS = {"FAIL": CheckState.FAIL, "INCONCLUSIVE": CheckState.UNCLEAR, "PASS": CheckState.PASS}
_WORST = (CheckState.FAIL, CheckState.UNCLEAR, CheckState.OLD, CheckState.PASS)


@dataclass(frozen=True, slots=True)
class Shown:
    """What evidence says of one system: checks by name with the result that decides, and controls that hold or lack."""

    checks: Mapping[str, CheckState]
    entries: Mapping[str, EntryId]
    controls: Mapping[str, bool]


def inventory_of(actor: Actor, system_id: str) -> Inventory:
    """Return what was registered about a system, its versions and its agents."""
    permit(actor, "read", "risk")
    with judging(actor.organisation_id) as index:
        node = index.nodes.get(Subject("ai_system", system_id))
        return Inventory() if node is None else _inventory(node)


def seen_of(
    actor: Actor, system_id: str, data: ThreatCatalogue, controls: Iterable[str], at: datetime
) -> tuple[Inventory, Shown]:
    """Return what was registered about a system, what checks say of it now, and which of the controls hold."""
    permit(actor, "read", "risk")
    with judging(actor.organisation_id) as index:
        node = index.nodes.get(Subject("ai_system", system_id))
        if node is None:
            return Inventory(), Shown({}, {}, {})
        nodes = tuple(_measured(index, node))
        checks = {name for rule in data.rules for brought in rule.threats for name in brought.checks}
        told = {name: _state(index, nodes, name, at) for name in sorted(checks)}
        known = {name: found for name, found in told.items() if found is not None}
        shown = Shown(
            checks={name: state for name, (state, _row) in known.items()},
            entries={name: row.fact.entry_id for name, (_state, row) in known.items()},
            controls=_controls(index, nodes, tuple(controls), at),
        )
        return _inventory(node), shown


def states_of(
    actor: Actor, system_ids: Iterable[str], data: ThreatCatalogue, entries: Iterable[str], at: datetime
) -> tuple[dict[str, dict[str, CheckState]], dict[str, str]]:
    """Return what checks say now of systems, and of entries whether they are approved, waiting or taken back."""
    permit(actor, "read", "risk")
    names = sorted({name for rule in data.rules for brought in rule.threats for name in brought.checks})
    found: dict[str, dict[str, CheckState]] = {}
    with judging(actor.organisation_id) as index:
        for system_id in system_ids:
            node = index.nodes.get(Subject("ai_system", system_id))
            nodes = () if node is None else tuple(_measured(index, node))
            told = ((name, _state(index, nodes, name, at)) for name in names)
            found[system_id] = {name: state[0] for name, state in told if state is not None}
        return found, {entry: _signed(index, index.rows.get(EntryId(entry))) for entry in entries}


def _signed(index: FactIndex, row: Row | None) -> str:
    if row is None:
        return "waiting"
    return "taken back" if row.dead else "approved" if index.marks(row).second else "waiting"


def _inventory(node: Node) -> Inventory:
    values = node.state.fact.values if node.state else {}
    facts, declared = values.get("architecture_facts"), values.get("autonomy_level")
    parts = [part for part in node.parts if part.state is not None]
    models = [p for p in parts if p.kind == "model_version" and _said(p, "status") != "withdrawn"]
    data = [p for p in parts if p.kind == "dataset_version"]
    agents = [p for p in parts if p.kind == "agent" and _said(p, "status") != "retired"]
    levels = [declared, *(_said(agent, "autonomy_level") for agent in agents)]
    known = [level for level in levels if isinstance(level, int) and not isinstance(level, bool)]
    training = [p for p in data if _said(p, "role") == "training"]
    return Inventory(
        architecture=dict(facts) if isinstance(facts, Mapping) else {},
        autonomy=max(known, default=None),
        model_origins=frozenset(_text(_said(p, "origin")) for p in models),
        generative=frozenset(said for p in models if isinstance(said := _said(p, "generative"), bool)),
        training_origins=frozenset(_text(_said(p, "origin")) for p in training),
        has_retrieval=any(_said(p, "role") == "retrieval" for p in data),
        about_people=any(_said(p, "about_people") is True for p in data),
        agent_tools=tuple(sorted({tool for agent in agents for tool in _texts(_said(agent, "tools"))})),
    )


def _measured(index: FactIndex, node: Node) -> Iterator[Node]:
    """Yield a system, its versions that were not withdrawn, and what of it runs."""
    yield node
    within = f"{node.subject.id}/"
    running = (n for n in index.by_subject_kind.get("deployment", ()) if n.subject.id.startswith(within))
    for part in (*node.parts, *running):
        if part.kind in MEASURED and _said(part, "status") != "withdrawn":
            yield part


def _state(index: FactIndex, nodes: Iterable[Node], check: str, at: datetime) -> tuple[CheckState, Row] | None:
    """Return what the newest results of a check say, the worst of several, with the one that decides."""
    entry = index.catalogue.checks[check]
    found: dict[CheckState, Row] = {}
    for node in nodes:
        for results in node.results.get((entry.emits, check), ()):
            row = newest(results)
            if row is not None and row.end <= at:
                state = _VERDICTS.get(row.verdict, CheckState.UNCLEAR)
                old = state is CheckState.PASS and at - row.end > FRESH
                found.setdefault(CheckState.OLD if old else state, row)
    return next(((state, found[state]) for state in _WORST if state in found), None)


def _controls(index: FactIndex, nodes: tuple[Node, ...], wanted: tuple[str, ...], at: datetime) -> dict[str, bool]:
    if not wanted:
        return {}
    decided = decisions(index, FRAMEWORK)
    lacks = lacking(index.catalogue, FRAMEWORK, index.as_of(at), nodes, at=at)
    found: dict[str, bool] = {}
    for control in wanted:
        decision = decided.get(RequirementId(control))
        if decision is not None and decision.counts:
            found[control] = decision.included and RequirementId(control) not in lacks
    return found


def _said(node: Node, name: str) -> object:
    return node.state.fact.values.get(name) if node.state else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
