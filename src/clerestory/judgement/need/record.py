"""Judges needs for records: something that people or registers wrote, fresh, signed and covering enough."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from clerestory.catalogue.rule import Need
from clerestory.judgement.index import BEGINNING
from clerestory.judgement.need.change import ChangeTable, change_table, latest_change
from clerestory.judgement.need.context import Bound, Context
from clerestory.judgement.need.coverage import NOTHING, Listed, cover, listed, once_covered
from clerestory.judgement.need.outcome import END, HOLDS, LAPSED, MISSING, Outcome, Reason
from clerestory.judgement.need.precedence import too_early
from clerestory.judgement.row import Node, Row
from clerestory.terms.moment import read_day


class RecordJudge:
    """Judges one need whose kind is a record, decision, approval or register entry."""

    def __init__(self, context: Context, need: Need, bounds: dict[str, Bound]) -> None:
        self.context = context
        self.need = need
        self.bounds = bounds
        self.whole = context.catalogue.kinds[need.kind].whole
        table = change_table(context.index, need.on_change) if need.on_change else ChangeTable()
        self.changed = table.at
        self.everywhere = table.everywhere
        self.nothing = Outcome(MISSING, reasons=(Reason("nothing"),))

    def judge(self, node: Node, tier: str) -> Outcome:
        """Return how the need stands for evidence about this subject."""
        rows = node.rows.get(self.need.kind)
        if rows is None:
            return self.nothing
        bound = self.bounds[tier]
        threshold = self.threshold(node, bound)
        coverage = self.need.coverage
        if coverage is None:
            first = rows[-1]
            row = first if self.counts(first, bound, threshold) else next(self.counting(rows, bound, threshold), None)
            if row is not None and not self._too_early(node, bound):
                until = min(END if bound.age is None else row.end + bound.age, self.last_of(row))
                return Outcome(HOLDS, (row,), until, until)
            return self._why(node, rows, bound, threshold, NOTHING)
        items = listed(self.context, coverage.of, node)
        enough = cover(items, coverage.minimum, self.counting(rows, bound, threshold), bound.age, self.context.today)
        if enough.holds and not self._too_early(node, bound):
            return Outcome(HOLDS, enough.used, enough.holds_until, enough.until, (), enough.have, enough.need)
        return self._why(node, rows, bound, threshold, items)

    def counts(self, row: Row, bound: Bound, threshold: datetime) -> bool:
        """Tell whether the newest row of its kind counts now; the newest is contradicted by none."""
        if row.dead or row.end < threshold or self.last_of(row) < self.context.at:
            return False
        static = bound.static
        if static.where is not None and not static.where(row):
            return False
        return static.test is None or static.test(row)

    def threshold(self, node: Node, bound: Bound) -> datetime:
        """Return the moment before which evidence about a subject no longer counts, by age or by change."""
        threshold = bound.floor if bound.floor > self.everywhere else self.everywhere
        changed = self.changed.get(node)
        return threshold if changed is None or changed < threshold else changed

    def last_of(self, row: Row) -> datetime:
        """Return the last moment at which a row holds by its own word; one that names no readable day never held."""
        if not self.need.ends:
            return END
        try:
            return datetime.combine(read_day(str(row.value(self.need.ends))), time.max, tzinfo=UTC)
        except ValueError:
            return BEGINNING

    def speaking(self, rows: list[Row], bound: Bound) -> Iterator[Row]:
        """Yield rows, newest first; of a kind that says everything anew none before the newest that ever counted.

        What was said before does not come to life when that one is taken back, ends, or covers less.
        """
        if not self.whole:
            yield from reversed(rows)
            return
        where, test = bound.static.where, bound.static.test
        heard: set[str] = set()
        for row in reversed(rows):
            if row.fact.entity in heard:
                continue
            if (where is None or where(row)) and (test is None or test(row)):
                heard.add(row.fact.entity)
            yield row

    def counting(self, rows: list[Row], bound: Bound, threshold: datetime) -> Iterator[Row]:
        """Yield the rows that count now, newest first."""
        where, test = bound.static.where, bound.static.test
        contradicted: set[str] = set()
        for row in self.speaking(rows, bound):
            if row.end < threshold:
                return
            if row.dead or self.last_of(row) < self.context.at:
                continue
            if where is not None:
                if not where(row):
                    contradicted.add(row.fact.entity)
                    continue
                if row.fact.entity in contradicted:
                    continue
            if test is None or test(row):
                yield row

    def history(self, rows: list[Row], bound: Bound) -> Iterator[Row]:
        """Yield the rows that count now or did once, newest first: age, change, revocation and supersession aside."""
        where, test = bound.static.where, bound.static.test
        contradicted: set[str] = set()
        for row in reversed(rows):
            if where is not None:
                if not where(row):
                    if not row.dead:
                        contradicted.add(row.fact.entity)
                    continue
                if row.fact.entity in contradicted:
                    continue
            if test is None or test(row):
                yield row

    def past(self, node: Node, row: Row, bound: Bound) -> Reason | None:
        """Return why a row that once counted no longer does; None where it still does."""
        if row.revoked is not None:
            return Reason("revoked", row.node, row, (("by", row.revoked.fact.entry_id),))
        if row.superseded is not None:
            return Reason("superseded", row.node, row, (("by", row.superseded.fact.entry_id),))
        if row.end < self.everywhere or row.end < self.changed.get(node, BEGINNING):
            name, moment = latest_change(self.context.index, self.need.on_change, node)
            return Reason("changed", row.node, row, (("changed", moment.date().isoformat()), ("changes", name)))
        last, aged = self.last_of(row), END if bound.age is None else row.end + bound.age
        if last < self.context.at and last <= aged:  # what came first, so that the reason stays the same
            return Reason("ended", row.node, row, (("ended", str(row.value(self.need.ends))),))
        return Reason("aged", row.node, row) if row.end < bound.floor else None

    def _too_early(self, node: Node, bound: Bound, *, once: bool = False) -> Reason | None:
        return too_early(self.need, node, bound.static, once=once) if self.need.precedes else None

    def _why(self, node: Node, rows: list[Row], bound: Bound, threshold: datetime, items: Listed) -> Outcome:
        """Tell what lapsed or is missing; slow, and asked only where the need does not hold."""
        once = list(self.history(rows, bound))
        held = bool(once) and not self._too_early(node, bound, once=True)
        if self.need.coverage is not None:
            held = held and once_covered(items, self.need.coverage.minimum, once)
        now = list(self.counting(rows, bound, threshold))
        until = min((row.end + bound.age for row in now), default=END) if bound.age is not None else END
        reasons = [past for row in once if (past := self.past(node, row, bound))][:1] if not now or held else []
        have, need = 0, -1
        if self.need.coverage is not None:
            enough = cover(items, self.need.coverage.minimum, now, bound.age, self.context.today)
            have, need, until = enough.have, enough.need, min(until, enough.until)
            if not enough.holds and (not held or not reasons):
                reasons.append(uncovered_reason(node, self.need.coverage.of, have, need, enough.uncovered))
        if not once:
            latest = next((row for row in reversed(rows) if not row.dead), rows[-1])
            reasons = bound.static.reasons(latest) or [Reason("contradicted", node, latest)]
            if latest.dead:
                reasons = [past for past in (self.past(node, latest, bound),) if past]
        early = self._too_early(node, bound)
        if early is not None and not held:
            reasons.append(early)
        return Outcome(LAPSED if held else MISSING, tuple(now), END, until, tuple(reasons), have, need)


def uncovered_reason(node: Node, name: str, have: int, need: int, items: tuple[str, ...]) -> Reason:
    """Return what of a list is not covered, or that the list is empty."""
    shown = name.replace("_", " ")
    if not need:
        return Reason("empty_list", node, None, (("list", shown),))
    more = (("have", str(have)), ("items", ", ".join(items)), ("list", shown), ("need", str(need)))
    return Reason("uncovered", node, None, more)
