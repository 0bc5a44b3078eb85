"""The least set of facts that makes one rule hold, built from the rule and the examples of the kinds alone.

`World` never asks the judge. It writes one member of the population, what that is linked to, the lists that coverage
is counted against, and one piece of evidence for each need; a `Breach` spoils exactly one conjunct of one need.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.rule import Need, Rule
from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.fact import Fact
from tests.judgement.facts import AUTHOR, NOON, SECOND, Book, days, example, person

AT = NOON
FOUNDED = AT - days(700)
RAISED = AT - days(30)
DUE = AT - days(10)
MADE = AT - timedelta(hours=2)
CHANGED = AT - timedelta(hours=1)
MADE_AGAIN = AT - timedelta(minutes=30)
ITEMS = tuple(f"item {number}" for number in range(1, 21))


@dataclass(frozen=True)
class Breach:
    """What is spoilt: one conjunct of the need with this number; ``detail`` says which part of it."""

    need: int
    conjunct: str
    detail: str = ""
    age: timedelta | None = None


NONE = Breach(-1, "")


@dataclass
class World:
    """Facts in which a rule holds but for the breach."""

    catalogue: Catalogue
    rule: Rule
    breach: Breach = NONE
    tier: str = "minimal"
    nothing_raised: bool = False
    prefix: str = "entry"
    book: Book = field(init=False)
    lists: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    raised: dict[str, list[Fact]] = field(default_factory=dict)
    declared: dict[tuple[Subject, str, str], list[str]] = field(default_factory=dict)

    def facts(self) -> tuple[Fact, ...]:
        """Write everything down."""
        self.book = Book(self.catalogue, prefix=self.prefix)
        self._plan_lists()
        self._found()
        self._raise()
        for number, need in enumerate(self.rule.needs):
            if self.breach != Breach(number, "need"):
                self._evidence(number, need)
        if self.breach.need >= 0:
            self._spoil(self.rule.needs[self.breach.need])
        self._declare()
        return tuple(self.book.facts)

    # members and what they are linked to

    def subject(self, kind: str, number: int = 1) -> Subject:
        """The one subject of a kind in this world."""
        return Subject(kind, f"{kind}-{number}")

    def target(self, need: Need) -> Subject:
        """The subject that evidence for a need is about."""
        wrong = self._breaks(need, "subject")
        return self.subject(self.rule.for_each if wrong else need.subject or self.rule.for_each)

    def kinds_around(self) -> list[str]:
        """The member, the organisation, the system and every kind of subject that a need or the breach asks for."""
        kinds = ["organisation", "ai_system", self.rule.for_each]
        kinds += [need.subject for need in self.rule.needs if need.subject]
        kinds += [self.home_of(kind) for kind in self.lists]
        if self.breach.conjunct == "on_change":
            kinds.append(self.home_of(self.breach.detail.rpartition(".")[0]))
        if self.breach.conjunct == "precedes":
            need = self.rule.needs[self.breach.need]
            kinds.append(self.home_of_later(need))
        return list(dict.fromkeys(kinds))

    def home_of(self, kind: str) -> str:
        """The kind of subject, at the member or as near to it as the kind allows, that a fact of a kind is about."""
        subjects = self.catalogue.kinds[kind].subjects
        asked = [need.subject for need in self.rule.needs if need.subject]
        for wanted in (self.rule.for_each, *asked, "ai_system", "organisation", *subjects):
            if wanted in subjects:
                return wanted
        raise AssertionError(kind)

    def home_of_later(self, need: Need) -> str:
        """Where a fact that must come later is made: at the member if it can be, else at a part of it."""
        assert need.precedes
        if need.precedes.kind == "check" and self.rule.for_each == "ai_system":
            return "model_version"
        return self.home_of(need.precedes.kind)

    def _found(self) -> None:
        for kind in self.kinds_around():
            member = self.catalogue.subjects[kind].member
            self.book.write(
                member,
                self.subject(kind),
                self.member_values(kind),
                at=FOUNDED,
                links=self.links(kind),
                lists=self.lists.get(member, {}),
                entity=f"{member}/1",
            )
        members = {s.member for s in self.catalogue.subjects.values()}
        raised = {need.answers.kind for need in self.rule.needs if need.answers}
        for kind in self.lists.keys() - members - raised:
            home, signed = self.subject(self.home_of(kind)), SECOND if "approved_criteria" in self.lists[kind] else None
            self.book.write(kind, home, at=FOUNDED, lists=self.lists[kind], approved_by=signed)

    def links(self, kind: str) -> tuple[Subject, ...]:
        """Everything belongs to the system, and to the member and the subjects of the needs."""
        if kind in ("organisation", "ai_system"):
            return ()
        asked = (self.rule.for_each, *(need.subject for need in self.rule.needs if need.subject))
        others = dict.fromkeys(k for k in asked if k not in (kind, "ai_system", "organisation"))
        before = list(others) if kind not in asked else list(others)[: asked.index(kind)]
        return (self.subject("ai_system"), *(self.subject(other) for other in before))

    def member_values(self, kind: str) -> dict[str, FactValue]:
        """State of a subject: its example, so that the rule looks at it and the tier is the one asked for."""
        values: dict[str, FactValue] = {"tier": self.tier} if kind == "ai_system" else {}
        own = self.catalogue.kinds[self.catalogue.subjects[self.rule.for_each].member].fields
        for name, asked in self.rule.where.items():
            derived = own[name].derived
            if derived is not None and derived.subject == kind:
                values[derived.field] = asked if isinstance(asked, bool) else asked[0]
            elif kind == self.rule.for_each and derived is None:
                values[name] = self.allowed(own[name].type, asked)
        return values

    @staticmethod
    def allowed(field_type: str, asked: bool | tuple[str, ...]) -> FactValue:
        """The first value that a filter lets through."""
        if isinstance(asked, bool):
            return asked
        return (asked[0],) if field_type.startswith("list") else asked[0]

    # lists that coverage is counted against

    def _plan_lists(self) -> None:
        for need in self.rule.needs:
            spoilt = self.rule.needs[self.breach.need].coverage if self.breach.conjunct == "empty list" else None
            if need.coverage is None or (spoilt is not None and need.coverage.of == spoilt.of):
                continue
            coverage = self.catalogue.coverages[need.coverage.of]
            if coverage.how in ("facts", "approved_criteria") and coverage.counted_from != need.kind:
                self.lists.setdefault(coverage.counted_from, {})[coverage.name] = self.items(need)

    def items(self, need: Need) -> tuple[str, ...]:
        """Everything that evidence for a need must cover."""
        assert need.coverage
        coverage = self.catalogue.coverages[need.coverage.of]
        if coverage.how == "approved_criteria":
            return ("poisoning.label-error|<= 0.1",)
        if coverage.names_checks:
            return (
                ("robustness.perturbation",)
                if "robustness.perturbation" in self.catalogue.checks
                else ("robustness.noise",)
            )
        if coverage.how == "catalogue":
            return coverage.items
        if coverage.how == "requirements":
            rows = self.catalogue.frameworks[self.rule.framework].requirements
            wanted = ("control",) if coverage.name != "clauses_and_applicable_controls" else ("control", "clause")
            return tuple(r.id for r in rows if r.kind in wanted)
        return ITEMS if coverage.how == "facts" else ()

    def covers(self, number: int, need: Need) -> tuple[str, ...]:
        """What the evidence for a need covers: everything, or just too little."""
        if need.coverage is None:
            return ()
        items = self.items(need)
        if self.breach.need != number or self.breach.conjunct not in ("coverage", "just enough"):
            return items
        enough = -(-round(need.coverage.minimum * 10**6) * len(items) // 10**6)
        return items[: enough if self.breach.conjunct == "just enough" else enough - 1]

    # what was raised and asks for an answer

    def _raise(self) -> None:
        if self.nothing_raised:
            self._return_nil()
            return
        for need in self.rule.needs:
            if need.answers and need.answers.kind not in self.raised:
                kind = need.answers.kind
                self.raised[kind] = [self._raise_one(kind, DUE, lists=self.lists.get(kind, {}))]

    def _raise_one(
        self, kind: str, due: datetime, *, at: datetime = RAISED, lists: Mapping[str, tuple[str, ...]] | None = None
    ) -> Fact:
        dues = {n.answers.due for n in self.rule.needs if n.answers and n.answers.kind == kind}
        fields = self.catalogue.kinds[kind].fields
        values = {name: due.isoformat() if fields[name].type == "moment" else due.date().isoformat() for name in dues}
        return self.book.write(kind, self.subject(self.home_of(kind)), values, at=at, lists=lists or {})

    def _return_nil(self) -> None:
        done: list[object] = []
        for number, need in enumerate(self.rule.needs):
            none = need.if_none
            if none is None or (none in done and self.breach.need != number):
                continue
            done.append(none)
            spoilt = self.breach.conjunct if self.breach.need == number else ""
            values = {
                name: self.allowed(self.catalogue.kinds[none.kind].fields[name].type, asked)
                for name, asked in none.where.items()
            }
            if spoilt == "if_none.where":
                values[self.breach.detail] = "something else"
            self.book.write(
                none.kind,
                self.subject(self.rule.for_each),
                values,
                at=AT - none.max_age - timedelta(hours=1) if spoilt == "if_none.max_age" else MADE,
                approved_by=AUTHOR if spoilt == "if_none.second_person" else SECOND,
            )

    # evidence

    def _breaks(self, need: Need, conjunct: str) -> bool:
        return self.breach.conjunct == conjunct and self.rule.needs[self.breach.need] is need

    def _evidence(self, number: int, need: Need) -> None:
        if self.nothing_raised and need.answers and need.if_none:
            return
        if need.measured:
            self._result(number, need)
            return
        values = self.values(number, need)
        seen = {
            kind for n in self.rule.needs for name in n.on_change for kind, _ in self.catalogue.changes[name].seen_in
        }
        before = need.precedes is not None and self.breach.conjunct == "on_change" and self.breach.need != number
        if need.kind in seen or before:
            # An earlier version with the same values: the one that counts is no change, and came first.
            self.book.write(
                need.kind,
                self.target(need),
                values,
                at=FOUNDED,
                entity=f"{need.kind}/{number}",
                approved_by=SECOND if before else None,
                role=need.approver or "reviewer",
            )
        signed = need.approved or need.second_person or need.approver or need.precedes
        made = self.made_at(number)
        answered = self.raised.get(need.answers.kind, []) if need.answers else []
        coverage = self.catalogue.coverages[need.coverage.of] if need.coverage else None
        own_list = coverage and coverage.counted_from == need.kind and coverage.how == "facts"
        self.book.write(
            need.kind,
            self.target(need),
            values,
            at=made,
            entity=f"{need.kind}/{number}",
            by=person(
                role="somebody" if self._breaks(need, "by") else need.by or "editor",
                responsible=self._breaks(need, "independent"),
            ),
            approved_by=self.approver(need) if signed else None,
            role="somebody" if self._breaks(need, "approver") else need.approver or "reviewer",
            covers=self.covers(number, need),
            lists={coverage.name: ITEMS} if coverage and own_list and not self._breaks(need, "empty list") else {},
            answers=tuple(fact.entry_id for fact in answered),
            has_content=need.content_present and not self._breaks(need, "content"),
        )

    def approver(self, need: Need) -> str | None:
        """Who approved: a second person, unless that is what is spoilt."""
        if self._breaks(need, "approved"):
            return None
        return AUTHOR if self._breaks(need, "second_person") else SECOND

    def made_at(self, number: int) -> datetime:
        """When the evidence for a need was made: just now, or longer ago than its age allows.

        After a change the evidence for all other needs was made again.
        """
        if self.breach.need == number:
            return MADE if self.breach.age is None else AT - self.breach.age - timedelta(hours=3)
        return MADE_AGAIN if self.breach.conjunct == "on_change" else MADE

    def values(self, number: int, need: Need) -> dict[str, FactValue]:
        """Values that the need asks for; the spoilt one is another."""
        fields = self.catalogue.kinds[need.kind].fields
        values = {name: self.allowed(fields[name].type, asked) for name, asked in need.where.items()}
        if self._breaks(need, "where"):
            values[self.breach.detail] = self.other(need.kind, self.breach.detail, need.where[self.breach.detail])
        return values

    def other(self, kind: str, name: str, asked: bool | tuple[str, ...]) -> FactValue:
        """A value that a filter does not let through."""
        if isinstance(asked, bool):
            return not asked
        field_ = self.catalogue.kinds[kind].fields[name]
        options = field_.options or (("retirement",) if "stage" in field_.type else ())
        value = next((o for o in options if o not in asked), "something else")
        return (value,) if field_.type.startswith("list") else value

    # results of checks

    def _result(self, number: int, need: Need) -> None:
        check, _, criterion = self.check_for(number, need).partition("|")
        values = {**self.values(number, need), **({"criterion": criterion} if criterion else {})}
        if self._breaks(need, "verdict"):
            values["verdict"] = self.breach.detail
        if self._breaks(need, "reproduced"):
            values["run_mode"] = "pushed"
        if self._breaks(need, "coverage") and need.coverage and need.coverage.of == "declared_slices":
            values["share_unassessable"] = "0.051"
        covers = (
            ()
            if need.coverage and self.catalogue.coverages[need.coverage.of].names_checks
            else self.covers(number, need)
        )
        coverage = self.catalogue.coverages[need.coverage.of] if need.coverage else None
        own_list = coverage and coverage.counted_from == "check" and coverage.how == "facts"
        fact = self.book.check(
            check,
            self.target(need),
            kind=need.kind,
            at=self.made_at(number),
            values=values,
            covers=covers,
            lists={coverage.name: ITEMS} if coverage and own_list and not self._breaks(need, "empty list") else {},
            declared=(),
            has_content=need.content_present,
        )
        hidden = self.breach.need == number and self._seen_by_family(number, need)
        if not hidden:
            self._add_declared(fact, f"{check}|{fact.values.get('criterion')}|{fact.values.get('slice', '')}")
        if (
            need.families
            and need.coverage
            and need.coverage.of == "declared_criteria"
            and self._breaks(need, "coverage")
        ):
            self._add_declared(fact, f"{check}|another criterion|")

    def check_for(self, number: int, need: Need) -> str:
        """The check that the evidence comes from; for a family one that no other need names."""
        if need.check is not None:
            return need.check
        if not need.families:
            return self.items(need)[0]
        taken = {other.check for other in self.rule.needs}
        return next(
            c.name
            for c in self.catalogue.checks.values()
            if c.family == need.families[0] and c.emits == need.kind and c.name not in taken
        )

    def _seen_by_family(self, number: int, need: Need) -> bool:
        """Whether a spoilt result must be an undeclared one, lest another need for its family is spoilt too."""
        family = self.check_for(number, need).split(".")[0]
        if need.families or (need.coverage is not None and self.breach.conjunct != "coverage"):
            return False
        return any(
            family in other.families and other.coverage and other.coverage.of == "declared_criteria"
            for i, other in enumerate(self.rule.needs)
            if i != number
        )

    def _add_declared(self, fact: Fact, text: str) -> None:
        family = str(fact.values.get("family", ""))
        self.declared.setdefault((fact.subject, family, str(fact.values.get("data_role", ""))), []).append(text)

    def _declare(self) -> None:
        """Let every result of a family declare the same criteria, as one run of a manifest does."""
        for i, fact in enumerate(self.book.facts):
            key = (fact.subject, str(fact.values.get("family", "")), str(fact.values.get("data_role", "")))
            if fact.kind == "check" and key in self.declared:
                self.book.facts[i] = replace(fact, values={**fact.values, "declared": tuple(self.declared[key])})

    # breaches that are facts of their own

    def _spoil(self, need: Need) -> None:
        conjunct = self.breach.conjunct
        if conjunct == "on_change":
            self._change(self.breach.detail)
        elif conjunct == "precedes":
            self._come_early(need)
        elif conjunct in ("answers", "not yet due"):
            self._leave_open(need, due=conjunct == "not yet due")
        elif conjunct == "erased":
            entry = next(f for f in self.book.facts if f.kind == need.kind and f.has_content)
            self.book.write("record.erasure", entry.subject, {"erased": (entry.entry_id,)}, at=CHANGED)

    def _change(self, seen_in: str) -> None:
        kind, _, name = seen_in.rpartition(".")
        home = self.home_of(kind)
        if kind != self.catalogue.subjects[home].member:
            values: dict[str, FactValue] = (
                {name: True} if self.catalogue.kinds[kind].fields[name].type == "bool" else {}
            )
            self.book.write(kind, self.subject(home), values, at=CHANGED)
            return
        before = self.member_values(home)
        old = {**example(self.catalogue, kind), **before}[name]
        number = next(i for i, f in enumerate(self.book.facts) if f.kind == kind)
        if isinstance(old, bool):
            first = self.book.facts[number]
            self.book.facts[number] = replace(first, values={**first.values, name: False})
        after = {**before, name: self.changed(kind, name, old)}
        self.book.write(
            kind,
            self.subject(home),
            after,
            at=CHANGED,
            links=self.links(home),
            lists=self.lists.get(kind, {}),
            entity=f"{kind}/1",
        )

    def changed(self, kind: str, name: str, old: FactValue) -> FactValue:
        """Another value of a field that the rule's filter still lets through."""
        if isinstance(old, bool):
            return True
        if isinstance(old, int):
            return old + 1
        if isinstance(old, Mapping):
            return {**old, "added": "yes"}
        if isinstance(old, tuple):
            return (*old, "added")
        options = self.catalogue.kinds[kind].fields[name].options
        asked = (
            self.rule.where.get(name, options)
            if kind == self.catalogue.subjects[self.rule.for_each].member
            else options
        )
        allowed = asked if isinstance(asked, tuple) else options
        return next((o for o in allowed if o != old), f"{old} changed")

    def _come_early(self, need: Need) -> None:
        assert need.precedes
        subject = self.subject(self.home_of_later(need))
        if need.precedes.kind == "check":
            family = need.precedes.families[0] if need.precedes.families else "performance"
            name = next(c.name for c in self.catalogue.checks.values() if c.family == family and c.emits == "check")
            self.book.check(name, subject, at=AT - days(1))
        else:
            self.book.write(need.precedes.kind, subject, at=AT - days(1))

    def _leave_open(self, need: Need, *, due: bool) -> None:
        """Raise one thing more, which only the other needs answer."""
        assert need.answers
        more = self._raise_one(need.answers.kind, AT if due else DUE, lists=self.lists.get(need.answers.kind, {}))
        for number, other in enumerate(self.rule.needs):
            if other is not need and other.answers and other.answers.kind == need.answers.kind:
                self.raised[need.answers.kind] = [more]
                self._evidence(number, other)


def other_members(world: World, key: str) -> Iterable[Fact]:
    """A second member that is like the first but for one field, which the rule's filter does not let through."""
    catalogue, rule = world.catalogue, world.rule
    member = catalogue.subjects[rule.for_each].member
    derived = catalogue.kinds[member].fields[key].derived
    values, links = world.member_values(rule.for_each), world.links(rule.for_each)
    if derived is None:
        values = {**values, key: world.other(member, key, rule.where[key])}
    else:
        system_kind = catalogue.subjects[derived.subject].member
        asked = rule.where[key]
        other = world.other(system_kind, derived.field, asked)
        system = {**world.member_values(derived.subject), derived.field: other}
        yield world.book.write(system_kind, world.subject(derived.subject, 2), system, at=FOUNDED)
        links = (world.subject(derived.subject, 2),)
    yield world.book.write(member, world.subject(rule.for_each, 2), values, at=FOUNDED, links=links)
