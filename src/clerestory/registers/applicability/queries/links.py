"""Reads of the records that decisions rest on: by name, and those that call for a control. Knows no other register."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.store import directory, trace
from clerestory.store.directory import Record, normalised

CALLS_FOR = "calls_for"
KINDS = ("risk", "impact_assessment", "obligation")
"""Kinds of record that a decision can rest on (6.1.3)."""
MOST = 40
"""So many records a form offers for one control; others are named by hand."""
OFFERED = 60
"""So many obligations a form offers beside; others are named by hand."""
Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Around:
    """What a page of one control names: records that call for it, records named before, and obligations to choose."""

    called: tuple[Record, ...]
    known: Mapping[Named, Record]
    obligations: tuple[Record, ...]

    @property
    def offered(self) -> tuple[Record, ...]:
        """What a form offers: what calls for the control, then the other obligations."""
        return tuple(dict.fromkeys((*self.called, *self.obligations)))


def around(actor: Actor, control: str, before: Iterable[Named]) -> Around:
    """Return what the page of one control names, in two queries; ``before`` are records that its versions name."""
    permit(actor, "read", "applicability")
    links = trace.links_to(actor.organisation_id, "control", control)
    calling = _calling(link for link in links if link.relation == CALLS_FOR).get(control, [])
    found, first = directory.some_and_first(actor.organisation_id, {*calling, *before}, "obligation", most=OFFERED)
    known = {(record.kind, record.id): record for record in found}
    return Around(_known(known, calling), known, first)


def behind(actor: Actor) -> Mapping[str, tuple[Record, ...]]:
    """Return the records that call for each control, in two queries; at most `MOST` for each control."""
    permit(actor, "read", "applicability")
    wanted = _calling(trace.links_into(actor.organisation_id, CALLS_FOR, "control"))
    known = named(actor, (pair for pairs in wanted.values() for pair in pairs))
    return {control_id: _known(known, pairs) for control_id, pairs in wanted.items()}


def _calling(links: Iterable[trace.Link]) -> dict[str, list[Named]]:
    """Return what calls for each control, at most so many for each."""
    wanted: dict[str, list[Named]] = {}
    for link in links:
        if link.from_kind in KINDS and len(of := wanted.setdefault(link.to_id, [])) < MOST:
            of.append((link.from_kind, link.from_id))
    return wanted


def _known(known: Mapping[Named, Record], pairs: Iterable[Named]) -> tuple[Record, ...]:
    return tuple(sorted((known[pair] for pair in pairs if pair in known), key=_order))


def named(actor: Actor, wanted: Iterable[Named]) -> Mapping[Named, Record]:
    """Return records by kind and id, in one query; those that are not there any more are left out."""
    permit(actor, "read", "applicability")
    return {(record.kind, record.id): record for record in directory.some(actor.organisation_id, set(wanted))}


def obligations(actor: Actor) -> tuple[Record, ...]:
    """Return the first obligations that bind the organisation, by name, as a form offers them."""
    permit(actor, "read", "applicability")
    return directory.some_and_first(actor.organisation_id, (), "obligation", most=OFFERED)[1]


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
