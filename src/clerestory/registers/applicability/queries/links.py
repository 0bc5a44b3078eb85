"""Reads of the records that decisions rest on: by name, and those that call for a control. Knows no other register."""

from collections.abc import Iterable, Mapping

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.store import directory, trace
from clerestory.store.directory import Record, normalised

CALLS_FOR = "calls_for"
KINDS = ("risk", "impact_assessment", "obligation")
"""Kinds of record that a decision can rest on (6.1.3)."""
MOST = 40
"""So many records a form offers for one control; others are named by hand."""
Named = tuple[str, str]


def behind(actor: Actor, control: str = "") -> Mapping[str, tuple[Record, ...]]:
    """Return the records that call for each control, or for one, in two queries; at most `MOST` for each control."""
    permit(actor, "read", "applicability")
    organisation = actor.organisation_id
    if control:
        links = [each for each in trace.links_to(organisation, "control", control) if each.relation == CALLS_FOR]
    else:
        links = list(trace.links_into(organisation, CALLS_FOR, "control"))
    wanted: dict[str, list[Named]] = {}
    for link in links:
        if link.from_kind in KINDS and len(of := wanted.setdefault(link.to_id, [])) < MOST:
            of.append((link.from_kind, link.from_id))
    known = named(actor, (pair for pairs in wanted.values() for pair in pairs))
    return {
        control_id: tuple(sorted((known[pair] for pair in pairs if pair in known), key=_order))
        for control_id, pairs in wanted.items()
    }


def named(actor: Actor, wanted: Iterable[Named]) -> Mapping[Named, Record]:
    """Return records by kind and id, in one query; those that are not there any more are left out."""
    permit(actor, "read", "applicability")
    return {(record.kind, record.id): record for record in directory.some(actor.organisation_id, set(wanted))}


def obligations(actor: Actor) -> tuple[Record, ...]:
    """Return the obligations that bind the organisation, by name."""
    permit(actor, "read", "applicability")
    return directory.find(actor.organisation_id, "obligation")


def sought(actor: Actor, text: str) -> Record | None:
    """Return the one record that a decision can rest on with exactly this name or id; None where none or several."""
    permit(actor, "read", "applicability")
    exact, by_name = text.strip(), normalised(text)
    records = [r for r in directory.search(actor.organisation_id, text) if r.kind in KINDS]
    by_id = [record for record in records if record.id == exact]
    if not by_id:
        by_id = list(directory.some(actor.organisation_id, [(kind, exact) for kind in KINDS]))
    found = by_id or [record for record in records if normalised(record.label) == by_name]
    return found[0] if len(found) == 1 else None


def _order(record: Record) -> tuple[int, str]:
    return KINDS.index(record.kind), record.label.lower()
