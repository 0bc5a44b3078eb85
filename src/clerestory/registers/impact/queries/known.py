"""What is known of systems without asking anybody: the inventory's newest record, and the newest measured results."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node, Row
from clerestory.registers.impact.queries.reading import AREA
from clerestory.registers.impact.rules.change import Event, Result, Snapshot
from clerestory.registers.impact.rules.question import topic_of
from clerestory.store import directory
from clerestory.store.facts import judging
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact

DEPLOYMENT = "deployment"


@dataclass(frozen=True, slots=True)
class Known:
    """What the log says of a system: its snapshot, and the changes of law and serious incidents that bear on it."""

    snapshot: Snapshot
    events: tuple[Event, ...]


def known_of(actor: Actor, system_ids: Iterable[str]) -> dict[str, Known]:
    """Return what is known of systems now, by id; nothing of one whose record waits for its place in the log.

    Asks the database once at most.
    """
    permit(actor, "read", AREA)
    with judging(actor.organisation_id) as index:
        running = _running(index)
        laws = [row for node in index.organisations() for row in node.about("register.obligation") if not row.dead]
        return {
            system_id: Known(
                _snapshot(index, system_id, running.get(system_id, ())), tuple(_events(index, system_id, laws))
            )
            for system_id in system_ids
        }


def system_of(actor: Actor, system_id: str) -> directory.Record | None:
    """Return the system as the directory knows it."""
    permit(actor, "read", AREA)
    return directory.known(actor.organisation_id, "ai_system", system_id)


def risks_of(actor: Actor, system_id: str) -> Mapping[str, str]:
    """Return what the risks of a system are called, by id, in one query."""
    permit(actor, "read", AREA)
    found = directory.leading_to(actor.organisation_id, "risk", "concerns", ("ai_system", system_id))
    return {record.id: record.label for record in found}


def known_risks(actor: Actor, ids: Iterable[str]) -> frozenset[str]:
    """Return those ids that a risk has which did not end."""
    permit(actor, "read", AREA)
    return frozenset(record.id for record in directory.find(actor.organisation_id, "risk", ids))


def _snapshot(index: FactIndex, system_id: str, running: Iterable[Node]) -> Snapshot:
    node = index.nodes.get(Subject("ai_system", system_id))
    if node is None or node.state is None:
        return Snapshot()
    state = node.state
    parts = sorted((n for n in node.linked if n.state is not None), key=lambda n: n.subject.id)
    models = [n for n in parts if n.kind == "model_version" and _text(n.state, "status") != "withdrawn"]
    datasets = [n for n in parts if n.kind == "dataset_version"]
    sources = {source for n in datasets for source in _texts(n.state, "sources")}
    autonomy, affects = state.value("autonomy_level"), state.value("affects_people")
    interacts = state.value("interacts")
    return Snapshot(
        entry_id=state.fact.entry_id,
        name=_text(state, "name"),
        owner=_text(state, "owner"),
        purpose=_text(state, "purpose"),
        stage=_text(state, "stage"),
        tier=_text(state, "tier") or None,
        affects_people=affects if isinstance(affects, bool) else None,
        interacts=interacts if isinstance(interacts, bool) else None,
        use_areas=_texts(state, "use_areas"),
        affected_groups=_texts(state, "affected_groups"),
        deployment_context=_text(state, "deployment_context"),
        autonomy_level=autonomy if isinstance(autonomy, int) and not isinstance(autonomy, bool) else None,
        models=tuple(n.subject.id for n in models),
        sources=tuple(sorted(sources)),
        datasets=tuple(n.subject.id for n in datasets),
        results=tuple(_results((node, *models, *datasets, *running))),
    )


def _results(nodes: Iterable[Node]) -> Iterator[Result]:
    """Yield the newest result of each check, criterion and slice on each subject that speaks to a topic."""
    kinds = sorted({check.emits for check in load().checks.values()})
    newest: dict[str, Row] = {}
    for node in nodes:
        for row in (row for kind in kinds for row in node.about(kind)):
            if row.revoked is None and row.verdict and topic_of(row.check, row.family):
                key = "|".join((str(node.subject), row.check, *row.key))
                if key not in newest or newest[key].order < row.order:
                    newest[key] = row
    for key, row in sorted(newest.items()):
        yield _result(key, row.fact, row)


def _result(key: str, fact: Fact, row: Row) -> Result:
    value = fact.values.get("value")
    return Result(
        key=key,
        entry_id=fact.entry_id,
        check=row.check,
        subject=fact.subject.id,
        criterion=row.key[0],
        value=value if isinstance(value, str) else "",
        verdict=row.verdict,
        observed_at=row.end,
        topic=topic_of(row.check, row.family) or "",
        slice=row.key[2],
    )


def _running(index: FactIndex) -> dict[str, list[Node]]:
    """Return the deployments by their system: each is named within it, and may be measured before it is registered."""
    found: dict[str, list[Node]] = {}
    for node in index.by_subject_kind.get(DEPLOYMENT, ()):
        found.setdefault(node.subject.id.partition("/")[0], []).append(node)
    return found


def _events(index: FactIndex, system_id: str, laws: Iterable[Row]) -> Iterator[Event]:
    subject = Subject("ai_system", system_id)
    for row in laws:
        bound = [link for link in row.fact.links if link.kind == "ai_system"]
        if not bound or subject in bound:
            yield Event("law", _text(row, "citation"), row.fact.received_at)
    node = index.nodes.get(subject)
    near = () if node is None else (node, *node.linked)
    for row in (row for place in near for row in place.about("register.incident")):
        if not row.dead and row.value("serious") is not False:
            yield Event("serious incident", _text(row, "harm") or row.fact.entity, row.fact.received_at)


def _text(row: Row | None, name: str) -> str:
    value = None if row is None else row.value(name)
    return value if isinstance(value, str) else ""


def _texts(row: Row | None, name: str) -> tuple[str, ...]:
    value = None if row is None else row.value(name)
    return tuple(str(item) for item in value) if isinstance(value, tuple | list) else ()
