"""Which limits a second person approved for the data of a system: what a manifest declares is held beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Row
from clerestory.store.facts import judging
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId

KIND, LIST = "record.data_quality_criteria", "approved_criteria"


@dataclass(frozen=True, slots=True, order=True)
class Approved:
    """A limit that was approved: the criterion, for which version of data, and the entry that says so."""

    criterion: str
    subject_id: str
    entry_id: EntryId


def approved_criteria(actor: Actor, system_id: str) -> Mapping[str, tuple[Approved, ...]]:
    """Return the approved limits for the data of a system, by the name of the check that decides them."""
    permit(actor, "read", "monitoring")
    found: dict[str, set[Approved]] = {}
    with judging(actor.organisation_id) as index:
        node = index.nodes.get(Subject("ai_system", system_id))
        for part in () if node is None else node.parts:
            row = _approved(index, part.rows.get(KIND, []))
            for measured in () if row is None else row.fact.lists.get(LIST, ()):
                check, _, criterion = measured.partition("|")
                item = Approved(criterion, part.subject.id, row.fact.entry_id)  # type: ignore[union-attr]
                found.setdefault(check, set()).add(item)
    return {check: tuple(sorted(items)) for check, items in found.items()}


def _approved(index: FactIndex, rows: list[Row]) -> Row | None:
    """Return the newest version that a second person approved and nobody took back."""
    living = [row for row in rows if row.revoked is None and index.marks(row).second]
    return max(living, key=lambda row: row.order, default=None)
