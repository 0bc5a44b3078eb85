"""Judges needs for measurements: the current result of every key, its age, its reproduction and what is covered.

The current result of a key is the latest observed. A failure is cured by a later result of the same key or by
revocation, never by age. A result whose criterion is no longer declared no longer counts as a pass; as a failure
it does.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from clerestory.catalogue.rule import Need
from clerestory.judgement.need.context import Bound, Context
from clerestory.judgement.need.coverage import cover, listed, once_covered, required
from clerestory.judgement.need.outcome import END, FAIL, HOLDS, INCONCLUSIVE, LAPSED, MISSING, Outcome, Reason
from clerestory.judgement.need.record import RecordJudge, uncovered_reason
from clerestory.judgement.row import Node, Row


class Results:
    """Current results of one need for one subject, sorted by what they mean."""

    __slots__ = ("aged", "blocked", "failed", "gone", "good", "unclear")

    def __init__(self) -> None:
        self.good: list[Row] = []
        self.aged: list[Row] = []
        self.blocked: list[Row] = []
        self.failed: list[Row] = []
        self.unclear: list[Row] = []
        self.gone: list[list[Row]] = []


class MeasuredJudge(RecordJudge):
    """Judges one need that asks for the verdict of one check or of a family."""

    def __init__(self, context: Context, need: Need, bounds: dict[str, Bound]) -> None:
        super().__init__(context, need, bounds)
        self.how = context.catalogue.coverages[need.coverage.of].how if need.coverage else ""
        self.only_declared = self.how == "declared_criteria"
        self._declared: dict[tuple[Node, str, str, bool], frozenset[str]] = {}

    def judge(self, node: Node, tier: str) -> Outcome:
        """Return how the need stands for results about this subject."""
        keys = self.keys(node)
        if not keys:
            return self.nothing
        bound = self.bounds[tier]
        threshold = self.threshold(node, bound)
        if len(keys) == 1 and not self.only_declared:
            only = keys[0][-1]
            plain = only.verdict == "PASS" and self.counts(only, bound, threshold)
            covered = self._covered(node, [only], bound) if plain else None
            if covered is not None:
                return covered
        found = self.sort(node, keys, bound, threshold)
        if found.failed:
            return Outcome(FAIL, tuple(found.failed), reasons=tuple(map(_failed, found.failed)))
        if found.unclear:
            return Outcome(INCONCLUSIVE, tuple(found.unclear), reasons=tuple(map(_unclear, found.unclear)))
        if found.good and not found.aged and not found.blocked:
            covered = self._covered(node, found.good, bound)
            if covered is not None:
                return covered
        return self._why_not(node, keys, found, bound)

    def keys(self, node: Node) -> list[list[Row]]:
        """Return the results of each key that the need names, oldest first."""
        kind = self.need.kind
        if self.need.check is not None:
            return node.results.get((kind, self.need.check), _NONE)
        return [
            rows
            for family in self.need.families
            for check in node.families.get((kind, family), ())
            for rows in node.results[(kind, check)]
        ]

    def sort(self, node: Node, keys: list[list[Row]], bound: Bound, threshold: datetime) -> Results:
        """Find the current result of each key and what it means now."""
        found = Results()
        for rows in keys:
            self._sort_key(rows, bound, threshold, found)
        if self.only_declared or len(found.good) + len(found.aged) + len(found.blocked) > 1:
            self._drop_undeclared(node, found)
        return found

    def _sort_key(self, rows: list[Row], bound: Bound, threshold: datetime, found: Results) -> None:
        where, test = bound.static.where, bound.static.test
        current: Row | None = None
        seen = False
        for row in reversed(rows):
            if where is not None and not where(row):
                continue
            seen = True
            if row.dead:
                continue
            if row.verdict != "PASS":
                if current is None:
                    (found.failed if row.verdict == "FAIL" else found.unclear).append(row)
                    return
                break
            if test is None or test(row):
                (found.good if row.end >= threshold else found.aged).append(row)
                return
            current = current or row
        if current is not None:
            found.blocked.append(current)
        elif seen:
            found.gone.append(rows)

    def _drop_undeclared(self, node: Node, found: Results) -> None:
        """Look away from passes of criteria that are no longer declared.

        A need for declared criteria looks at those alone. Any other need looks away from an undeclared one only where
        the same check passes by a declared one too.
        """
        passing: dict[tuple[str, str], list[Row]] = {}
        for row in (*found.good, *found.aged, *found.blocked):
            passing.setdefault((row.check, _role(row)), []).append(row)
        dropped: set[Row] = set()
        for (_, role), rows in passing.items():
            if self.only_declared or len(rows) > 1:
                declared = self.declared(node, rows[0].family, role)
                kept = [row for row in rows if key_text(row) in declared]
                if kept or self.only_declared:
                    dropped.update(row for row in rows if row not in kept)
        if dropped:
            for name in ("good", "aged", "blocked"):
                setattr(found, name, [row for row in getattr(found, name) if row not in dropped])

    def declared(self, node: Node, family: str, role: str, *, once: bool = False) -> frozenset[str]:
        """Return the criteria declared by the newest result of a family on one role of data."""
        key = (node, family, role, once)
        known = self._declared.get(key)
        if known is not None:
            return known
        latest: Row | None = None
        for check in node.families.get((self.need.kind, family), ()):
            for rows in node.results[(self.need.kind, check)]:
                if rows[0].key[1] == role:
                    for row in reversed(rows):
                        if once or not row.dead:
                            latest = row if latest is None or latest.order < row.order else latest
                            break
        value = latest.value("declared") if latest is not None else None
        texts = value if isinstance(value, tuple) else ()
        found = self._declared[key] = frozenset(self._canonical(text) for text in texts)
        return found

    def _canonical(self, text: str) -> str:
        check, bar, criterion = text.partition("|")
        present = self.context.index.canonical_check(check)
        return text if present == check else f"{present}{bar}{criterion}"

    def _covered(self, node: Node, good: list[Row], bound: Bound) -> Outcome | None:
        """Return the outcome that holds, or None where too little is covered."""
        if len(good) > 1:
            good = sorted(good, key=lambda row: row.order, reverse=True)
        until = END if bound.age is None else good[-1].end + bound.age
        rows = tuple(good)
        coverage = self.need.coverage
        if coverage is None:
            return Outcome(HOLDS, rows, until, until)
        if self.how == "declared_criteria":
            asked = self.asked(node, good, once=False)
            have = len(asked & self._passed(good))
            if not asked or have < required(coverage.minimum, len(asked)):
                return None
            return Outcome(HOLDS, rows, until, until, (), have, len(asked))
        if self.how == "declared_slices":
            if any(share_covered(row, coverage.minimum) is not True for row in good):
                return None
            return Outcome(HOLDS, rows, until, until)
        enough = cover(listed(self.context, coverage.of, node), coverage.minimum, rows, bound.age, self.context.today)
        if not enough.holds:
            return None
        # All current results must stay fresh, whether or not they cover something.
        return Outcome(
            HOLDS, rows, min(until, enough.holds_until), min(until, enough.until), (), enough.have, enough.need
        )

    def asked(self, node: Node, rows: Iterable[Row], *, once: bool) -> set[tuple[str, str]]:
        """Return the declared criteria, by role of data, that the need asks for."""
        static = self.bounds[self.context.catalogue.tiers[0]].static
        roles = {_role(row) for keys in self.keys(node) for row in keys if static.where is None or static.where(row)}
        families = self.need.families or (next(iter(rows)).family,)
        asked = {
            (role, text)
            for family in families
            for role in roles
            for text in self.declared(node, family, role, once=once)
        }
        if self.need.check is not None:
            asked = {(role, text) for role, text in asked if text.partition("|")[0] == self.need.check}
        return asked

    def _passed(self, good: Iterable[Row]) -> set[tuple[str, str]]:
        return {(_role(row), key_text(row)) for row in good}

    def _why_not(self, node: Node, keys: list[list[Row]], found: Results, bound: Bound) -> Outcome:
        passed = [(rows, row) for rows in keys if (row := self._once(rows, bound)) is not None]
        once = [row for _, row in passed]
        stuck = [row for row in found.blocked if not any(row in rows for rows, _ in passed)]
        held = bool(once) and not stuck and self._once_covered(node, once)
        reasons = [reason for row in found.aged if (reason := self.past(node, row, bound))]
        reasons += [reason for row in found.blocked for reason in bound.static.reasons(row)]
        if not found.good and not reasons:
            reasons += [
                reason
                for rows in found.gone
                if (last := next((r for r in reversed(rows) if r.verdict == "PASS"), None))
                and (reason := self.past(node, last, bound))
            ]
        have, need = -1, -1
        if self.need.coverage is not None:
            have, need, uncovered = self._uncovered(node, found, bound)
            reasons += uncovered if not held or not reasons else []
        until = min((row.end + bound.age for row in found.good), default=END) if bound.age is not None else END
        if not reasons:
            reasons = [Reason("nothing", node)]
        return Outcome(LAPSED if held else MISSING, tuple(found.good), END, until, tuple(reasons), max(have, 0), need)

    def _once(self, rows: list[Row], bound: Bound) -> Row | None:
        """Return the newest result of a key that passed and counted at some time."""
        where, test = bound.static.where, bound.static.test
        for row in reversed(rows):
            if row.verdict == "PASS" and (where is None or where(row)) and (test is None or test(row)):
                return row
        return None

    def _once_covered(self, node: Node, once: list[Row]) -> bool:
        coverage = self.need.coverage
        if coverage is None:
            return True
        if self.how == "declared_criteria":
            asked = self.asked(node, once, once=False) or self.asked(node, once, once=True)
            return bool(asked) and len(asked & self._passed(once)) >= required(coverage.minimum, len(asked))
        if self.how == "declared_slices":
            return all(share_covered(row, coverage.minimum) is True for row in once)
        return once_covered(listed(self.context, coverage.of, node), coverage.minimum, once)

    def _uncovered(self, node: Node, found: Results, bound: Bound) -> tuple[int, int, list[Reason]]:
        coverage = self.need.coverage
        if coverage is None:
            return 0, -1, []
        if self.how == "declared_slices":
            return (
                0,
                -1,
                [
                    _share_reason(row, coverage.minimum)
                    for row in found.good
                    if share_covered(row, coverage.minimum) is not True
                ],
            )
        if self.how == "declared_criteria":
            rows = [row for key in self.keys(node) for row in key]
            asked = self.asked(node, rows, once=False)
            passed = self._passed(found.good) - self._passed(found.blocked) - self._passed(found.aged)
            open_texts = sorted({text for _, text in asked - passed})
            if not asked:
                family = self.need.check or " or ".join(self.need.families)
                return 0, 0, [Reason("no_criteria", node, None, (("family", family),))]
            items = ", ".join(text.replace("|", " ").rstrip() for text in open_texts)
            reasons = [Reason("undecided", node, None, (("items", items),))] if open_texts else []
            return len(asked & passed), len(asked), reasons
        items_list = listed(self.context, coverage.of, node)
        good = sorted(found.good, key=lambda row: row.order, reverse=True)
        enough = cover(items_list, coverage.minimum, good, bound.age, self.context.today)
        if enough.holds:
            return enough.have, enough.need, []
        reason = uncovered_reason(node, coverage.of, enough.have, enough.need, enough.uncovered)
        return enough.have, enough.need, [reason]


class ListedChecksJudge(MeasuredJudge):
    """Judges a need whose coverage list names the checks: ``check`` or ``check|kind:id`` for the subject it runs on."""

    def keys(self, node: Node) -> list[list[Row]]:
        """Return the results of every check that the list names for this member."""
        return [rows for item in sorted(self.items(node)) for rows in self.results_of(node, item)]

    def items(self, node: Node) -> list[str]:
        """Return the items of the list that concern this member: not those of another member of its population."""
        name = self.need.coverage.of if self.need.coverage else ""
        listing = listed(self.context, name, node)
        today = self.context.today
        items = [*listing.fixed, *(item for day, item in listing.dated if day <= today)]
        return [
            i
            for i in items
            if (runs_on := i.partition("|")[2]) in ("", str(node.subject)) or not runs_on.startswith(f"{node.kind}:")
        ]

    def results_of(self, node: Node, item: str) -> Iterator[list[Row]]:
        """Yield the keys of one item's check at the subject it runs on, else at the member and what is linked to it."""
        check, _, runs_on = item.partition("@")[0].partition("|")
        name = self.context.index.canonical_check(check)
        places = {node, *node.linked}
        if runs_on and runs_on != str(node.subject):
            places = {n for s, n in self.context.index.nodes.items() if str(s) == runs_on}
        for place in sorted(places, key=lambda n: str(n.subject)):
            yield from place.results.get((self.need.kind, name), ())

    def _covered(self, node: Node, good: list[Row], bound: Bound) -> Outcome | None:
        have, need, open_items = self._open(node, good)
        if open_items or not need:
            return None
        until = END if bound.age is None else min(row.end for row in good) + bound.age
        return Outcome(HOLDS, tuple(good), until, until, (), have, need)

    def _once_covered(self, node: Node, once: list[Row]) -> bool:
        _, need, open_items = self._open(node, once)
        return bool(need) and not open_items

    def _open(self, node: Node, rows: Iterable[Row]) -> tuple[int, int, list[str]]:
        items = self.items(node)
        passed = set(rows)
        minimum = self.need.coverage.minimum if self.need.coverage else 1.0
        lacking = [i for i in sorted(items) if not any(r in passed for key in self.results_of(node, i) for r in key)]
        have = len(items) - len(lacking)
        return have, len(items), [] if items and have >= required(minimum, len(items)) else lacking

    def _uncovered(self, node: Node, found: Results, bound: Bound) -> tuple[int, int, list[Reason]]:  # noqa: ARG002
        have, need, lacking = self._open(node, found.good)
        name = self.need.coverage.of if self.need.coverage else ""
        reason = uncovered_reason(node, name, have, need, tuple(lacking))
        return have, need, [reason] if lacking or not need else []


class ApprovedCriteriaJudge(ListedChecksJudge):
    """Judges a need for the criteria, ``check|criterion``, in the newest limits that a second person approved."""

    def judge(self, node: Node, tier: str) -> Outcome:
        """Return whether each approved criterion is passed by the subject itself, on every slice that was measured."""
        if self.keys(node):
            return super().judge(node, tier)
        have, need, reasons = self._uncovered(node, Results(), self.bounds[tier])
        return Outcome(MISSING, reasons=tuple(reasons), have=have, need=need)

    def items(self, node: Node) -> list[str]:
        """Return the criteria approved last; limits that were revoked since still tell what was asked."""
        name = self.need.coverage.of if self.need.coverage else ""
        kind = self.context.catalogue.coverages[name].counted_from
        signed = [row for row in node.about(kind) if self.context.index.marks(row).second]
        row = next((row for row in reversed(signed) if not row.dead), signed[-1] if signed else None)
        return list(row.fact.lists.get(name, ())) if row else []

    def results_of(self, node: Node, item: str) -> Iterator[list[Row]]:
        """Yield the keys of one approved criterion at the subject."""
        check, _, criterion = item.partition("|")
        results = node.results.get((self.need.kind, self.context.index.canonical_check(check)), _NONE)
        yield from (rows for rows in results if rows[0].key[0] == criterion)


def key_text(row: Row) -> str:
    """Return check, criterion and slice as the manifest declares them."""
    return f"{row.check}|{row.key[0]}|{row.key[2]}"


def share_covered(row: Row, minimum: float) -> bool | None:
    """Tell whether the assessed share of people is at least ``minimum``; None where it is not known."""
    share = share_unassessable(row)
    return None if share is None else 1 - share >= Decimal(repr(minimum))


def share_unassessable(row: Row) -> Decimal | None:
    """Return the share of people in groups too small to assess; None where it is not known."""
    value = row.value("share_unassessable")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        share = Decimal(value)
    except InvalidOperation:
        return None
    return share if share.is_finite() and 0 <= share <= 1 else None


def _role(row: Row) -> str:
    return row.key[1]


def _failed(row: Row) -> Reason:
    return Reason("failed_slice" if row.value("slice") else "failed", row.node, row)


def _unclear(row: Row) -> Reason:
    return Reason("inconclusive_slice" if row.value("slice") else "inconclusive", row.node, row)


def _share_reason(row: Row, minimum: float) -> Reason:
    share = share_unassessable(row)
    if share is None:
        return Reason("share_unknown", row.node, row)
    most = percent(1 - Decimal(repr(minimum)))
    return Reason("unassessed_share", row.node, row, (("most", most), ("share", percent(share))))


def percent(share: Decimal) -> str:
    """Write a share as a percentage without trailing zeros."""
    return f"{(share * 100).normalize():f} %"


_NONE: list[list[Row]] = []
