"""What must be true of a fact whenever it is looked at: who signed and made it, its values, its content."""

from collections.abc import Callable

from clerestory.catalogue.rule import Filter, Need
from clerestory.judgement.index import FactIndex
from clerestory.judgement.need.outcome import Reason
from clerestory.judgement.population import says
from clerestory.judgement.row import Row, Signature
from clerestory.terms.evidence import Person

Test = Callable[[Row], bool]


class Static:
    """The conjuncts of a need that do not depend on time, as one test and as reasons."""

    def __init__(self, index: FactIndex, need: Need, *, independent: bool, reproduced: bool) -> None:
        self.index = index
        self.need = need
        self.independent = independent
        self.reproduced = reproduced
        self._reasons = self._parts()
        tests = [test for test, _ in self._reasons]
        self.test: Test | None = _all_of(tests)
        self.where: Test | None = _where_test(need.where) if need.where else None

    def signatures(self, row: Row) -> list[Signature]:
        """Return the approvals of a row that this need accepts."""
        return [
            s
            for s in self.index.signatures(row)
            if (s.second or not self.need.second_person) and (self.need.approver in (None, s.role))
        ]

    def reasons(self, row: Row) -> list[Reason]:
        """Return why a row does not count, in the order of the grammar; empty where it does."""
        found = _where_reasons(self.need.where, row)
        return found + [reason(row) for test, reason in self._reasons if not test(row)]

    def _parts(self) -> list[tuple[Test, Callable[[Row], Reason]]]:
        need = self.need
        parts: list[tuple[Test, Callable[[Row], Reason]]] = []
        if need.approved or need.second_person or need.approver:
            parts.append((self._signed_test(), self._unsigned))
        if need.by is not None:
            parts.append((self._made_by, lambda row: _reason("wrong_maker", row, role=need.by or "")))
        if self.independent:
            parts.append((lambda row: row.independent, lambda row: _reason("not_independent", row)))
        if self.reproduced:
            parts.append((lambda row: row.reproduced, lambda row: _reason("not_reproduced", row)))
        if need.content_present:
            parts.append((self._has_content, self._no_content))
        return parts

    def _signed_test(self) -> Test:
        marks, approver = self.index.marks, self.need.approver
        if self.need.second_person:
            if approver is None:
                return lambda row: bool((row.marks or marks(row)).second)
            return lambda row: approver in (row.marks or marks(row)).second
        if approver is None:
            return lambda row: bool((row.marks or marks(row)).roles)
        return lambda row: approver in (row.marks or marks(row)).roles

    def _unsigned(self, row: Row) -> Reason:
        marks = self.index.marks(row)
        if not marks.roles:
            return _reason("not_approved", row)
        if self.need.second_person and not marks.second:
            return _reason("author_approved", row)
        return _reason("wrong_approver", row, role=self.need.approver or "")

    def _made_by(self, row: Row) -> bool:
        producer = row.fact.produced_by
        if isinstance(producer, Person) and producer.role == self.need.by:
            return True
        return self.need.by in self.index.marks(row).roles

    def _has_content(self, row: Row) -> bool:
        return row.fact.has_content and row.fact.entry_id not in self.index.erased

    def _no_content(self, row: Row) -> Reason:
        erasure = self.index.erased.get(row.fact.entry_id)
        if erasure is None:
            return _reason("content_absent", row)
        return _reason("content_erased", row, by=erasure.fact.entry_id)


def _reason(code: str, row: Row, **more: str) -> Reason:
    return Reason(code, row.node, row, tuple(sorted(more.items())))


def _all_of(tests: list[Test]) -> Test | None:
    if len(tests) < 2:
        return tests[0] if tests else None
    return lambda row: all(test(row) for test in tests)


def _where_test(where: Filter) -> Test:
    pairs = tuple(where.items())
    if len(pairs) == 1:
        ((name, asked),) = pairs
        return lambda row: says(row.fact.values.get(name), asked)
    return lambda row: all(says(row.fact.values.get(name), asked) for name, asked in pairs)


def _where_reasons(where: Filter, row: Row) -> list[Reason]:
    return [
        _reason("wrong_value", row, field=name, values=_asked_text(asked))
        for name, asked in where.items()
        if not says(row.fact.values.get(name), asked)
    ]


def _asked_text(asked: bool | tuple[str, ...]) -> str:
    if isinstance(asked, bool):
        return "true" if asked else "false"
    return " or ".join(asked)
