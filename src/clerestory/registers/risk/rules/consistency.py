"""What does not fit together in a risk. It is shown with its reason and never put right in silence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.registers.risk.rules.risk import REVIEW_AFTER, Status, Treatment


class Oddity(StrEnum):
    """The kinds of inconsistency, as addresses name them."""

    RESIDUAL_ABOVE = "residual-above-inherent"
    NOTHING_DONE = "modified-by-nothing"
    UNACCEPTED = "over-criteria-unaccepted"
    OWNER_LEFT = "owner-left"
    OLDER_CRITERIA = "older-criteria"
    OLD_ANALYSIS = "old-analysis"
    NOT_ANALYSED = "not-analysed"
    UNDECIDED = "over-criteria-undecided"
    LATE_TASK = "late-task"
    ENDED = "acceptance-ended"
    SYSTEM_RETIRED = "system-retired"
    SAME_TEXT = "same-text"
    MEASURE_FAILS = "measure-fails"
    UNFOUNDED = "residual-without-control"
    ABOVE_APPETITE = "accepted-above-appetite"
    LOSS_OVER = "loss-over-appetite"
    NO_SYSTEM = "no-system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is looked at to find inconsistencies of one risk; levels are ranks, 0 is not analysed."""

    status: Status
    level: int
    inherent: int
    over: bool
    treatment: Treatment | None
    decided_level: int
    controls: int
    tasks: int
    analysed_on: date | None
    criteria_version: int
    accepted_criteria: int
    accepted_until: date | None
    accepted_by_two: bool
    next_due: date | None
    owner_left: bool
    system_retired: bool
    same_text: bool
    failing: int
    reduced: bool
    reductions: int
    loss_over: bool
    has_system: bool


def oddities(seen: Seen, *, on: date, criteria_in_force: int) -> Iterator[Oddity]:
    """Yield what does not fit together in a risk that is not closed, gravest first."""
    if seen.status is Status.CLOSED:
        return
    ended = seen.accepted_until is not None and seen.accepted_until < on
    accepted = seen.accepted_until is not None and seen.accepted_by_two and not ended
    checks = (
        (Oddity.NOT_ANALYSED, seen.level == 0),
        (Oddity.UNDECIDED, seen.over and (seen.treatment is None or seen.decided_level != seen.level)),
        (Oddity.UNACCEPTED, seen.over and seen.treatment is Treatment.RETAIN and not accepted),
        (Oddity.ENDED, ended),
        (Oddity.MEASURE_FAILS, seen.failing > 0),
        (Oddity.UNFOUNDED, seen.reduced and not seen.reductions),
        (Oddity.ABOVE_APPETITE, seen.over and accepted),
        (Oddity.LOSS_OVER, seen.loss_over),
        (Oddity.LATE_TASK, seen.next_due is not None and seen.next_due < on),
        (Oddity.RESIDUAL_ABOVE, seen.level > seen.inherent > 0),
        (Oddity.NOTHING_DONE, seen.treatment is Treatment.MODIFY and not (seen.tasks and seen.controls)),
        (Oddity.OWNER_LEFT, seen.owner_left),
        (Oddity.OLDER_CRITERIA, seen.level > 0 and is_older(seen, criteria_in_force)),
        (Oddity.OLD_ANALYSIS, seen.analysed_on is not None and on - seen.analysed_on > REVIEW_AFTER),
        (Oddity.SYSTEM_RETIRED, seen.system_retired),
        (Oddity.NO_SYSTEM, not seen.has_system),
        (Oddity.SAME_TEXT, seen.same_text),
    )
    yield from (oddity for oddity, there in checks if there)


def is_older(seen: Seen, criteria_in_force: int) -> bool:
    """Tell whether the analysis, or the acceptance that is in force, was made with older criteria."""
    return seen.criteria_version < criteria_in_force or (
        seen.accepted_until is not None and seen.accepted_criteria < criteria_in_force
    )
