"""What a change of the law does to a class: the same answers under two versions, and days that come. Pure."""

from dataclasses import dataclass
from datetime import date

from clerestory.catalogue.law.read import Law
from clerestory.registers.inventory.rules.classification import Answers, Classification, DutyFrom
from clerestory.registers.inventory.rules.law_walk import classify


@dataclass(frozen=True, slots=True)
class Moved:
    """A duty whose first day is another one."""

    duty: DutyFrom
    before: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between two versions of the law for one system."""

    before: Classification
    after: Classification
    added: tuple[DutyFrom, ...]
    ended: tuple[DutyFrom, ...]
    moved: tuple[Moved, ...]
    asked: tuple[str, ...]

    @property
    def is_affected(self) -> bool:
        """Whether anything differs: class, its day, a duty, or a question that nobody answered yet."""
        same_day = self.before.applies_from == self.after.applies_from
        same = self.before.klass is self.after.klass and self.before.at_least is self.after.at_least and same_day
        return not same or bool(self.added or self.ended or self.moved or self.asked)


def difference(law: Law, answers: Answers, before: str, after: str) -> Difference:
    """Compare what follows from the same answers under two versions of the law."""
    old, new = classify(law, before, answers), classify(law, after, answers)
    was = {duty.id: duty for duty in old.duties}
    now = {duty.id: duty for duty in new.duties}
    return Difference(
        before=old,
        after=new,
        added=tuple(duty for duty in new.duties if duty.id not in was),
        ended=tuple(duty for duty in old.duties if duty.id not in now),
        moved=tuple(
            Moved(duty, was[duty.id].applies_from)
            for duty in new.duties
            if duty.id in was and was[duty.id].applies_from != duty.applies_from
        ),
        asked=tuple(question for question in new.open if question not in old.open),
    )


def next_day(found: Classification, on: date) -> date | None:
    """Return the first day after ``on`` from which a duty of a system counts; None where none is to come."""
    return min((duty.applies_from for duty in found.duties if duty.applies_from > on), default=None)
