"""Counts that may grow on the same data: a ledger is written on between runs, and nothing in it is ever taken back."""

from collections import Counter

from clerestory.assurance.privacy.budget_accounting import NAME as BUDGET
from clerestory.assurance.privacy.budget_accounting import PEOPLE, RELEASE_PARTS
from clerestory.assurance.tally import InconsistentTally, Tally, TallyUnreadable, TrialTally, read_tally
from clerestory.terms.fact import Document

GROWING = frozenset({BUDGET})
"""Checks whose counts are of a ledger beside the data."""


def only_grew(check: str, held: Document, found: Tally) -> bool:
    """Return whether a check counts a ledger, and everything that it counted before is counted now, too."""
    if check not in GROWING or not isinstance(found, TrialTally):
        return False
    try:
        before = read_tally(held)
    except (TallyUnreadable, InconsistentTally):
        return False
    if not isinstance(before, TrialTally):
        return False
    was, now = _entries(before), _entries(found)
    return all(now[kind] >= times for kind, times in was.items())


def _entries(tally: TrialTally) -> Counter[tuple[str, ...]]:
    """Count releases by what they were; day and words may be corrected."""
    counted: Counter[tuple[str, ...]] = Counter()
    for cell in tally.cells:
        if cell.kind != PEOPLE:
            counted[cell.kind[:RELEASE_PARTS]] += cell.n
    return counted
