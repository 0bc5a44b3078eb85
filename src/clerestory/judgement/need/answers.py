"""Judges needs for answers: whatever was raised is answered, or not yet due; where nothing was raised, that is said.

A due day that passes works like an age: what was open in time and is now overdue has lapsed, not gone missing. Where
nothing was ever answered, what is open in time proves nothing yet.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from clerestory.catalogue.rule import Answers, Need
from clerestory.judgement.need.context import Bound, Context
from clerestory.judgement.need.coverage import cover, listed, once_covered
from clerestory.judgement.need.outcome import END, FAIL, HOLDS, LAPSED, MISSING, Outcome, Reason
from clerestory.judgement.need.record import RecordJudge, uncovered_reason
from clerestory.judgement.need.static import Static
from clerestory.judgement.population import surroundings
from clerestory.judgement.row import Node, Row
from clerestory.judgement.status import State
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import read_day, read_moment

_TICK = timedelta(microseconds=1)


class AnswersJudge(RecordJudge):
    """Judges one need with ``answers``."""

    def __init__(self, context: Context, need: Need, answers: Answers, bounds: dict[str, Bound]) -> None:
        super().__init__(context, need, bounds)
        self.answers = answers
        self.nil: RecordJudge | None = None
        if need.if_none is not None:
            none = need.if_none
            nil_need = Need(kind=none.kind, where=none.where, second_person=none.second_person, max_age=none.max_age)
            static = Static(context.index, nil_need, independent=False, reproduced=False)
            floor = max(context.at - none.max_age, _FIRST)
            self.nil = RecordJudge(
                context, nil_need, dict.fromkeys(context.catalogue.tiers, Bound(none.max_age, floor, static))
            )

    def judge(self, node: Node, tier: str) -> Outcome:
        """Return whether everything that was raised about a subject is answered."""
        raised = self._raised(node)
        if not raised and self.nil is None:
            return self.nothing
        bound = self.bounds[tier]
        answered = self._answered(node, bound, once=False)
        once = self._answered(node, bound, once=True)
        window = self.answers.within
        relevant = [
            versions
            for versions in raised
            if versions[-1].end + window >= self.context.at or _answer(versions, answered) is None
        ]
        if not relevant:
            return self._none_raised(node, tier, raised)
        outcomes = [self._one(node, versions, answered, once, bound) for versions in relevant]
        found = self._with_coverage(node, outcomes, answered, once, bound)
        if found.state is HOLDS and all(_answer(versions, answered) is not None for versions in relevant):
            lately = max(versions[-1].end + window for versions in relevant)
            found.holds_until = min(found.holds_until, self._beyond(node, tier, lately))
        return found if once or found.state is FAIL else self._never_answered(node, relevant, found)

    def _beyond(self, node: Node, tier: str, lately: datetime) -> datetime:
        """Return until when it holds by time alone where all was answered: then nothing was raised lately any more."""
        nil = self.nil.judge(node, tier) if self.nil else self.nothing
        return max(lately, nil.holds_until) if nil.state is HOLDS else lately

    def _never_answered(self, node: Node, relevant: list[list[Row]], found: Outcome) -> Outcome:
        """Return that what is open proves nothing while nothing was ever answered: a day to come is no evidence."""
        reasons = found.reasons or tuple(
            Reason("pending", node, versions[-1], (("due", due.date().isoformat()), ("raised", self.answers.kind)))
            for versions in relevant[:1]
            if (due := _due(versions[-1].value(self.answers.due))) is not None
        )
        return Outcome(MISSING, found.rows, END, found.until, reasons, found.have, found.need)

    def _raised(self, node: Node) -> list[list[Row]]:
        """Return the versions, oldest first, of each thing raised; what was revoked asks for no answer."""
        by_entity: dict[tuple[Node, str], list[Row]] = {}
        nodes = self.context.index.by_kind.get(self.answers.kind, set())
        near = nodes if node.kind == "organisation" else surroundings(self.context.index, node) & nodes
        for place in near:
            for row in place.about(self.answers.kind):
                if row.revoked is None:
                    by_entity.setdefault((place, row.fact.entity), []).append(row)
        return sorted(by_entity.values(), key=lambda versions: versions[0].order)

    def _answered(self, node: Node, bound: Bound, *, once: bool) -> dict[str, Row]:
        found: dict[str, Row] = {}
        nodes = self.context.index.by_kind.get(self.need.kind, set())
        near = nodes if node.kind == "organisation" else surroundings(self.context.index, node) & nodes
        for place in sorted(near, key=lambda n: str(n.subject)):
            rows = place.about(self.need.kind)
            threshold = self.threshold(place, bound)
            for row in self.history(rows, bound) if once else self.counting(rows, bound, threshold):
                for entry_id in row.fact.answers:
                    if entry_id not in found or found[entry_id].order < row.order:
                        found[entry_id] = row
        return found

    def _one(
        self, node: Node, versions: list[Row], answered: dict[str, Row], once: dict[str, Row], bound: Bound
    ) -> Outcome:
        latest = versions[-1]
        age_out = latest.end + self.answers.within
        by = _answer(versions, answered)
        if by is not None:
            until = END if bound.age is None else by.end + bound.age
            is_asked = until <= age_out  # what was raised too long ago asks for no answer that still counts
            following = min([until, *([age_out] if age_out >= self.context.at else [])])
            return Outcome(HOLDS, (by,), until if is_asked else END, following)
        due = _due(latest.value(self.answers.due))
        before = _answer(versions, once)
        if due is not None and due >= self.context.at:
            return Outcome(HOLDS, (latest,), due, due)
        if before is not None:
            past = self.past(before.node, before, bound)
            return Outcome(LAPSED, (latest,), reasons=(past,) if past else ())
        raised = (("raised", self.answers.kind),)
        if due is None:
            return Outcome(MISSING, (latest,), reasons=(Reason("unanswered", node, latest, raised),))
        reason = Reason("overdue", node, latest, (("due", due.date().isoformat()), *raised))
        return Outcome(LAPSED if due >= latest.end else MISSING, (latest,), reasons=(reason,))

    def _with_coverage(
        self, node: Node, outcomes: list[Outcome], answered: dict[str, Row], once: dict[str, Row], bound: Bound
    ) -> Outcome:
        state: State = max(o.state for o in outcomes)
        rows = tuple(dict.fromkeys(row for o in outcomes for row in o.rows))
        reasons = [reason for o in outcomes for reason in o.reasons]
        holds_until, until = min(o.holds_until for o in outcomes), min(o.until for o in outcomes)
        have, need = 0, -1
        coverage = self.need.coverage
        if coverage is not None and any(row.fact.kind == self.need.kind for row in rows):
            items = listed(self.context, coverage.of, node)
            answers = sorted(set(answered.values()), key=lambda row: row.order, reverse=True)
            enough = cover(items, coverage.minimum, answers, bound.age, self.context.today)
            have, need, until = enough.have, enough.need, min(until, enough.until)
            holds_until = min(holds_until, enough.holds_until)
            if not enough.holds:
                held = once_covered(items, coverage.minimum, once.values())
                state = max(state, LAPSED if held else MISSING)
                reasons.append(uncovered_reason(node, coverage.of, have, need, enough.uncovered))
        if self.need.precedes is not None and state is not MISSING:
            early = self._too_early(node, bound)
            if early is not None:
                state = MISSING if self._too_early(node, bound, once=True) else max(state, LAPSED)
                reasons.append(early)
        return Outcome(state, rows, holds_until if state is HOLDS else END, until, tuple(reasons), have, need)

    def _none_raised(self, node: Node, tier: str, raised: Iterable[list[Row]]) -> Outcome:
        """Ask for the nil return; where something was raised and answered long ago, its lack is a lapse."""
        nil = self.nil.judge(node, tier) if self.nil else self.nothing
        if nil.state is HOLDS:
            return nil
        held = nil.state is LAPSED or any(True for _ in raised)
        reasons = tuple(r for r in nil.reasons if r.code != "nothing")
        within = f"{self.answers.within.days} days"
        nil_kind = self.need.if_none.kind if self.need.if_none else self.need.kind
        code = "none_raised_lately" if any(True for _ in raised) else "none_raised"
        more = (("kind", nil_kind), ("raised", self.answers.kind), ("within", within))
        reasons = reasons or (Reason(code, node, None, more),)
        return Outcome(LAPSED if held else MISSING, nil.rows, END, nil.until, reasons)


def _answer(versions: Iterable[Row], answered: dict[str, Row]) -> Row | None:
    found = [answered[row.fact.entry_id] for row in versions if row.fact.entry_id in answered]
    return max(found, key=lambda row: row.order, default=None)


def _due(value: object) -> datetime | None:
    """Return the last moment at which an answer is in time; None where the due field is unknown."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.combine(read_day(value), time.max, tzinfo=UTC)
    except ValueError:
        pass
    try:
        return read_moment(value)
    except ClerestoryError:
        return None


_FIRST = datetime.min.replace(tzinfo=UTC)
