"""Random histories for property tests: worlds of real rules, spoilt, repeated, revoked, approved and contradicted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from clerestory.catalogue.catalogue import Catalogue, NotYetProduced
from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Rule
from clerestory.terms.evidence import FactValue, Machine, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, FrameworkId
from clerestory.terms.moment import Period
from tests.judgement.facts import AUTHOR, NOON, SECOND, Book, days, person
from tests.judgement.minimal import NONE, Breach, World

ISO = FrameworkId("iso42001-2023")
AT = NOON


@cache
def whole() -> Catalogue:
    """The real catalogue, as if everything in it could be brought in."""
    return replace(load(), not_yet_produced=NotYetProduced(frozenset(), frozenset()))


def only(rules: tuple[Rule, ...]) -> Catalogue:
    """The catalogue with these rules alone, and the requirements they prove."""
    framework = whole().frameworks[ISO]
    return replace(whole(), rules={ISO: rules}, frameworks={**whole().frameworks, ISO: framework})


RULES = tuple(whole().rules[ISO])
BREACHES = ("need", "coverage", "second_person", "on_change", "verdict", "answers", "precedes", "erased", "max_age", "")
MEASURED = tuple(rule for rule in RULES if any(need.measured for need in rule.needs))


class Story:
    """A catalogue of a few rules and facts that bear on them."""

    def __init__(self, catalogue: Catalogue, facts: tuple[Fact, ...]) -> None:
        self.catalogue = catalogue
        self.facts = facts

    @property
    def end(self) -> datetime:
        """When the last of it was received."""
        return max(moment for fact in self.facts for moment in (fact.received_at, fact.observed.end))

    def __repr__(self) -> str:
        rules = [rule.name for rule in self.catalogue.rules[ISO]]
        told = [
            f"{f.entry_id} {f.kind} {f.subject} {f.values.get('verdict', '')} {f.received_at:%d %H:%M}"
            for f in self.facts
        ]
        return "\n".join([", ".join(rules), *told])


@st.composite
def stories(draw: st.DrawFn, *, members_only: bool = False, loosened: bool = False) -> Story:
    """Return a catalogue of a few rules and facts that bear on them in many ways."""
    chosen = draw(st.lists(st.sampled_from(RULES) | st.sampled_from(MEASURED), min_size=1, max_size=3, unique_by=id))
    facts: list[Fact] = []
    for number, rule in enumerate(chosen):
        facts += draw(_worlds(rule, f"w{number}"))
    members = {kind.member for kind in whole().subjects.values()}
    if members_only:
        return Story(only(tuple(chosen)), tuple(fact for fact in facts if fact.kind in members))
    facts += draw(_acts(tuple(facts), tuple(chosen), loosened))
    return Story(only(tuple(chosen)), tuple(facts))


@st.composite
def _worlds(draw: st.DrawFn, rule: Rule, prefix: str) -> list[Fact]:
    tier = draw(st.sampled_from(whole().tiers))
    conjunct = draw(st.sampled_from(BREACHES))
    number = draw(st.integers(0, len(rule.needs) - 1))
    breach = _breach(rule, number, conjunct)
    raised = draw(st.booleans()) and any(need.if_none for need in rule.needs)
    world = World(whole(), rule, NONE if raised else breach, tier=tier, nothing_raised=raised, prefix=prefix)
    return [_shifted(fact, draw) for fact in world.facts()]


def _breach(rule: Rule, number: int, conjunct: str) -> Breach:
    need = rule.needs[number]
    if conjunct == "on_change" and need.on_change:
        kind, field = whole().changes[need.on_change[0]].seen_in[0]
        return Breach(number, conjunct, f"{kind}.{field}")
    if conjunct == "verdict" and need.measured:
        return Breach(number, conjunct, "FAIL")
    if conjunct == "max_age" and need.max_age:
        return Breach(number, conjunct, age=need.max_age)
    asks: dict[str, object] = {
        "need": True,
        "coverage": need.coverage,
        "second_person": need.second_person,
        "answers": need.answers,
        "precedes": need.precedes,
        "erased": need.content_present,
    }
    return Breach(number, conjunct) if asks.get(conjunct) else NONE


def _shifted(fact: Fact, draw: st.DrawFn) -> Fact:
    """Let a fact be received later than it was observed, sometimes much later."""
    late = timedelta(minutes=draw(st.sampled_from((0, 0, 0, 7, 40, 60 * 24 * 20))))
    return replace(fact, received_at=fact.received_at + late)


@st.composite
def _acts(draw: st.DrawFn, facts: tuple[Fact, ...], rules: tuple[Rule, ...], loosened: bool) -> list[Fact]:
    """Return what somebody did to earlier facts, one after the other."""
    book = Book(whole(), prefix="act")
    for _ in range(draw(st.integers(0, 6))):
        act = draw(st.sampled_from(ACTS))
        act(book, draw(st.sampled_from(facts)), timedelta(hours=draw(st.integers(-30, 30))))
    for _ in range(draw(st.integers(0, 1))):
        rule = draw(st.sampled_from(rules))
        draw(st.sampled_from((_oppose_requirement, _exclude, _loosen if loosened else _exclude)))(book, rule)
    return book.facts


def _revoke(book: Book, fact: Fact, when: timedelta) -> None:
    book.write("record.revocation", fact.subject, {"revokes": (fact.entry_id,)}, at=AT + when)


def _approve(book: Book, fact: Fact, when: timedelta) -> None:
    values = {"approved_leaf": fact.leaf_hash, "approver_id": SECOND}
    book.write("approval.document", fact.subject, values, at=AT + when, by=person(SECOND, "top_management"))


def _erase(book: Book, fact: Fact, when: timedelta) -> None:
    book.write("record.erasure", fact.subject, {"erased": (fact.entry_id,)}, at=AT + when)


def _copy(book: Book, fact: Fact, when: timedelta, **changes: object) -> None:
    book.written += 1
    entry_id = EntryId(f"act-{book.written}")
    moment = max(AT + when, fact.observed.end)
    copy = replace(
        fact,
        entry_id=entry_id,
        leaf_hash=f"{entry_id}-leaf",
        observed=Period.at(moment),  # type: ignore[arg-type]
        received_at=moment,
        **changes,
    )  # type: ignore[arg-type]
    book.facts.append(copy)


def _again(book: Book, fact: Fact, when: timedelta) -> None:
    _copy(book, fact, when)


def _replace(book: Book, fact: Fact, when: timedelta) -> None:
    _copy(book, fact, when, supersedes=(fact.entry_id,))


def _fail(book: Book, fact: Fact, when: timedelta) -> None:
    if "verdict" in fact.values:
        _copy(book, fact, when, values={**fact.values, "verdict": "FAIL"})


def _unclear(book: Book, fact: Fact, when: timedelta) -> None:
    if "verdict" in fact.values:
        _copy(book, fact, when, values={**fact.values, "verdict": "INCONCLUSIVE", "slice": "sex=x"})


def _oppose(book: Book, fact: Fact, when: timedelta) -> None:
    """Write the same with every yes as a no: another state of a member, another outcome of a record."""
    values = {name: (not value) if isinstance(value, bool) else value for name, value in fact.values.items()}
    _copy(book, fact, when, values=values)


def _rename(book: Book, fact: Fact, when: timedelta) -> None:
    """Call a system otherwise."""
    if "name" in fact.values:
        _copy(book, fact, when, values={**fact.values, "name": "Called otherwise"})


def _same_person(book: Book, fact: Fact, when: timedelta) -> None:
    """Say that the author and the second person are one."""
    author = person(AUTHOR, same_person_as=(SECOND,))
    book.write("record.design_record", fact.subject, at=AT + when, by=author)


def _oppose_requirement(book: Book, rule: Rule) -> None:
    values = {"requirement": rule.requirement, "grade": "major_nonconformity"}
    book.write("register.nonconformity", ORGANISATION, values, at=AT)


def _exclude(book: Book, rule: Rule) -> None:
    values: dict[str, FactValue] = {"control": rule.requirement, "included": False}
    book.write("decision.applicability", ORGANISATION, values, at=AT, approved_by=SECOND)


def _loosen(book: Book, rule: Rule) -> None:
    values = {"rule": rule.name, "valid_until": "2026-11-25"}
    book.write("approval.exception", ORGANISATION, values, at=AT, approved_by=SECOND)


ORGANISATION = Subject("organisation", "organisation-1")
ACTS: tuple[Callable[[Book, Fact, timedelta], None], ...] = (
    _revoke,
    _approve,
    _erase,
    _again,
    _replace,
    _fail,
    _unclear,
    _oppose,
    _rename,
    _same_person,
)


def bystander(number: int = 1) -> tuple[Fact, ...]:
    """Facts that no rule looks at, about a subject that nothing else is about, and about one that is."""
    book = Book(whole(), prefix=f"bystander{number}")
    text = {"anything": "at all"}
    for subject in (
        Subject("use_request", "u-1"),
        Subject("ai_system", "ai_system-1"),
        Subject("organisation", "organisation-1"),
    ):
        fact = Fact(
            entry_id=EntryId(f"bystander-{number}-{subject.kind}"),
            leaf_hash=f"bystander-{number}-{subject.kind}",  # type: ignore[arg-type]
            position=None,
            kind="register.use_request",
            subject=subject,
            entity="use_request/1",
            entity_version=1,
            observed=Period.at(AT - days(3)),
            received_at=AT - days(3),
            produced_by=Machine("other", "1"),
            policy_version="1",
            values=text,
            lists={"role_holders": ("nobody",)},
            covers=("item 1",),
        )
        book.facts.append(fact)
    return tuple(book.facts)
