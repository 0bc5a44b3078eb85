"""Where each version says everything anew, the newest speaks alone: no older trace makes good one that shrank."""

from datetime import datetime

import pytest

from clerestory.catalogue.load import load
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from clerestory.judgement.status import NeedResult, State
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import FrameworkId, RequirementId
from tests.judgement.facts import AUTHOR, NOON, SECOND, Book, days, person

ISO = FrameworkId("iso42001-2023")
ORGANISATION = Subject("organisation", "northlight")
CREDIT = Subject("ai_system", "credit-1")
START = NOON - days(30)
ITEMS = tuple(f"item-{number:02}" for number in range(1, 21))
TRACES = {
    "record.applicability_trace": ("6.1.3", "applicability_reasons", ORGANISATION),
    "record.expectation_trace": ("4.2", "adopted_needs", ORGANISATION),
    "record.impact_to_risk_trace": ("6.1.4", "impact_findings", CREDIT),
}


def bank(kind: str) -> Book:
    """Write down an organisation with one system, and the list of twenty items that the trace is counted against."""
    _requirement, name, subject = TRACES[kind]
    book = Book(load())
    book.write("register.organisation", ORGANISATION, at=START)
    system = {"name": "Credit", "tier": "limited", "stage": "deployment", "in_scope": True}
    book.write("register.ai_system", CREDIT, system, at=START)
    carrier = load().coverages[name].counted_from
    book.write(carrier, subject, at=START, approved_by=SECOND, lists={name: ITEMS}, entity="carrier/main")
    return book


def trace(book: Book, kind: str, covered: int, at: datetime, **more: object) -> Fact:
    return book.write(kind, TRACES[kind][2], at=at, covers=ITEMS[:covered], entity="trace/main", **more)


def need(book: Book, kind: str, requirement: str, at: datetime = NOON) -> NeedResult:
    index = FactIndex(load())
    for fact in book.facts:
        index.add(fact)
    status = evaluate(load(), ISO, index, at=at)[RequirementId(requirement)]
    return next(one for rule in status.rules for one in rule.needs if one.need.kind == kind)


@pytest.mark.parametrize("kind", TRACES)
def test_a_newer_trace_of_twelve_of_twenty_is_not_made_good_by_an_older_one_of_all(kind: str) -> None:
    requirement, book = TRACES[kind][0], bank(kind)
    trace(book, kind, 20, START + days(1))
    assert need(book, kind, requirement).state is State.HOLDS
    newer = trace(book, kind, 12, START + days(2))
    found = need(book, kind, requirement)
    assert found.state is State.LAPSED, "it held once"
    (member,) = found.members
    assert member.coverage is not None and (member.coverage.have, member.coverage.need) == (12, 20)
    assert member.because == (newer.entry_id,)
    trace(book, kind, 20, START + days(3))
    assert need(book, kind, requirement).state is State.HOLDS


@pytest.mark.parametrize("kind", TRACES)
def test_taking_the_newest_trace_back_brings_no_older_one_to_life(kind: str) -> None:
    requirement, book = TRACES[kind][0], bank(kind)
    trace(book, kind, 20, START + days(1))
    newest = trace(book, kind, 12, START + days(2))
    revoked = {"revokes": (newest.entry_id,), "reason": "a slip"}
    book.write("record.revocation", ORGANISATION, revoked, at=START + days(3))
    assert need(book, kind, requirement).state is State.LAPSED


def test_a_newer_draft_changes_nothing_and_an_approved_one_that_says_less_does() -> None:
    kind, parts = "record.risk_method", load().coverages["risk_method_parts"].items
    book = Book(load())
    book.write("register.organisation", ORGANISATION, at=START)
    whole = {"by": person(AUTHOR), "entity": "risk_method/main"}
    book.write(kind, ORGANISATION, at=START + days(1), covers=parts, approved_by=SECOND, **whole)  # type: ignore[arg-type]
    book.write(kind, ORGANISATION, at=START + days(2), covers=parts[:3], **whole)  # type: ignore[arg-type]
    assert need(book, kind, "6.1.2").state is State.HOLDS
    book.write(kind, ORGANISATION, at=START + days(3), covers=parts[:3], approved_by=SECOND, **whole)  # type: ignore[arg-type]
    assert need(book, kind, "6.1.2").state is State.LAPSED


DATA = Subject("dataset_version", "credit-1/test/1")
MODEL = Subject("model_version", "credit-1/1")
WRITTEN = {
    "record.tooling_description": ("A.4.4", "tooling_topics", MODEL),
    "record.data_quality_criteria": ("A.7.4", "data_quality_topics", DATA),
    "record.data_management_procedure": ("A.7.2", "data_management_parts", ORGANISATION),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_document_that_says_less_than_before_is_not_made_whole_by_the_version_before(kind: str) -> None:
    requirement, name, subject = WRITTEN[kind]
    book, parts = bank("record.impact_to_risk_trace"), load().coverages[name].items
    book.write("register.model_version", MODEL, {"status": "released"}, at=START, links=(CREDIT,))
    book.write("register.dataset_version", DATA, {"role": "test"}, at=START, links=(CREDIT,))
    for covered, day in ((parts, 1), (parts[:1], 2)):
        book.write(kind, subject, at=START + days(day), covers=covered, approved_by=SECOND, entity="it/main")
        expected = State.HOLDS if covered == parts else State.LAPSED
        assert need(book, kind, requirement).state is expected


def test_a_review_of_parties_that_leaves_a_need_open_is_not_made_good_by_an_older_one() -> None:
    kind, book = "record.interested_party_review", Book(load())
    book.write("register.organisation", ORGANISATION, at=START)
    needs = {"lists": {"interested_party_needs": ITEMS[:2]}, "entity": "interested_party/one"}
    book.write("register.interested_party", Subject("interested_party", "one"), at=START, **needs)  # type: ignore[arg-type]
    for covered, day in ((2, 1), (1, 2)):
        review = {"covers": ITEMS[:covered], "approved_by": SECOND, "entity": "review/main"}
        book.write(kind, ORGANISATION, at=START + days(day), **review)  # type: ignore[arg-type]
        assert need(book, kind, "4.2").state is (State.HOLDS if covered == 2 else State.LAPSED)


REVIEWS = {
    "record.policy_alignment_review": ("A.2.3", "related_policies", "record.ai_policy"),
    "record.policy_review": ("A.2.4", "policy_review_inputs", ""),
    "record.context_review": ("4.1", "context_topics", ""),
    "record.access_review": ("7.5.3", "document_classes", "register.document"),
}


@pytest.mark.parametrize("kind", REVIEWS)
def test_a_review_that_looks_at_less_than_the_one_before_is_not_made_good_by_it(kind: str) -> None:
    requirement, name, carrier = REVIEWS[kind]
    book = Book(load())
    book.write("register.organisation", ORGANISATION, at=START)
    parts = load().coverages[name].items or ITEMS
    if carrier:
        about = Subject("document", "one") if carrier == "register.document" else ORGANISATION
        book.write(carrier, about, at=START, approved_by=SECOND, lists={name: parts}, entity="carrier/main")
    for covered, day in ((parts, 1), (parts[:1], 2)):
        said = {"approved_by": SECOND, "role": "top_management", "entity": "review/main"}
        book.write(kind, ORGANISATION, at=START + days(day), covers=covered, **said)  # type: ignore[arg-type]
        expected = State.HOLDS if covered == parts else State.LAPSED
        assert need(book, kind, requirement).state is expected


@pytest.mark.parametrize("approved", [False, True])
def test_a_list_is_made_longer_by_one_person_and_shorter_by_two(approved: bool) -> None:
    kind, book = "record.policy_alignment_review", Book(load())
    book.write("register.organisation", ORGANISATION, at=START)
    for day, named, by in ((0, ITEMS[:2], SECOND), (1, (ITEMS[0], ITEMS[5]), SECOND if approved else None)):
        said = {"lists": {"related_policies": named}, "approved_by": by, "entity": "ai_policy/main"}
        book.write("record.ai_policy", ORGANISATION, at=START + days(day), **said)  # type: ignore[arg-type]
    book.write(kind, ORGANISATION, at=START + days(2), covers=ITEMS[:1], approved_by=SECOND, entity="review/main")
    (member,) = need(book, kind, "A.2.3").members
    assert member.coverage is not None
    assert (member.coverage.have, member.coverage.need) == ((1, 2) if approved else (1, 3))


def test_what_adds_up_goes_on_adding_up() -> None:
    assert not load().kinds["record.policy_publication"].whole
    kind = "record.policy_publication"
    book = Book(load())
    book.write("register.organisation", ORGANISATION, at=START)
    book.write("record.ai_policy", ORGANISATION, at=START, approved_by=SECOND, lists={"policy_audiences": ITEMS[:2]})
    for place, item in enumerate(ITEMS[:2], start=1):
        book.write(kind, ORGANISATION, at=START + days(place), covers=(item,), entity="publication/main")
    assert need(book, kind, "5.2").state is State.HOLDS
