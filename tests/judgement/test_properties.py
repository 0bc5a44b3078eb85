"""What must be true of the judge whatever happened: order, irrelevance, time, no evidence, the past, increments."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.rule import Coverage
from clerestory.judgement.document import judgement_document, why_document
from clerestory.judgement.evaluate import Judgement, evaluate, explain, re_evaluate
from clerestory.judgement.index import FactIndex
from clerestory.terms.fact import Fact
from clerestory.terms.status import Conformity
from tests.judgement.facts import Book, days
from tests.judgement.one_rule import need, rule
from tests.judgement.stories import AT, ISO, ORGANISATION, Story, bystander, only, stories

# A failing story is told in a few lines; making it smaller would take minutes.
calm = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
LATER = AT + timedelta(days=2)


def judged(catalogue: Catalogue, facts: tuple[Fact, ...], at: object = LATER) -> Judgement:
    return evaluate(catalogue, ISO, FactIndex.of(catalogue, facts), at=at)  # type: ignore[arg-type]


def written(judgement: Judgement) -> str:
    """Every byte of what was judged, reasons and tree included."""
    return json.dumps([judgement_document(judgement), [why_document(s) for s in judgement.values()]], indent=1)


@calm
@given(stories(loosened=True), st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(story: Story, random: object) -> None:
    catalogue, facts = story.catalogue, story.facts
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert written(judged(catalogue, tuple(shuffled))) == written(judged(catalogue, facts))


@calm
@given(stories())
def test_an_irrelevant_fact_changes_nothing(story: Story) -> None:
    catalogue, facts = story.catalogue, story.facts
    assert written(judged(catalogue, (*facts, *bystander()))) == written(judged(catalogue, facts))


@calm
@given(stories(), st.integers(0, 800 * 24), st.integers(0, 800 * 24))
def test_time_alone_moves_conforming_to_stale_and_nothing_else(story: Story, first: int, second: int) -> None:
    catalogue, facts = story.catalogue, story.facts
    index = FactIndex.of(catalogue, facts)
    before = evaluate(catalogue, ISO, index, at=story.end + timedelta(hours=min(first, second)))
    after = evaluate(catalogue, ISO, index, at=story.end + timedelta(hours=max(first, second)))
    for requirement, status in before.items():
        moved = (status.conformity, after[requirement].conformity)
        assert moved[0] is moved[1] or moved == (Conformity.CONFORMS, Conformity.STALE)


@calm
@given(stories())
def test_it_holds_until_the_day_named_and_no_longer(story: Story) -> None:
    catalogue, facts = story.catalogue, story.facts
    index = FactIndex.of(catalogue, facts)
    for requirement, status in evaluate(catalogue, ISO, index, at=story.end).items():
        if status.conformity is Conformity.CONFORMS and status.stale_on is not None:
            around = (status.stale_on - timedelta(days=1), status.stale_on + timedelta(days=1))
            eve, morrow = (story.end.replace(year=d.year, month=d.month, day=d.day) for d in around)
            if eve > story.end:
                assert evaluate(catalogue, ISO, index, at=eve)[requirement].conformity is Conformity.CONFORMS
            assert evaluate(catalogue, ISO, index, at=morrow)[requirement].conformity is Conformity.STALE


@calm
@given(stories(members_only=True))
def test_no_evidence_never_conforms(story: Story) -> None:
    catalogue, facts = story.catalogue, story.facts
    statuses = judged(catalogue, facts).values()
    assert {status.conformity for status in statuses} == {Conformity.NOT_EVIDENCED}


@calm
@given(stories(), stories())
def test_what_is_received_later_never_changes_a_past_status(story: Story, other: Story) -> None:
    catalogue, facts = story.catalogue, story.facts
    more = tuple(
        replace(
            f, entry_id=f"late-{f.entry_id}", leaf_hash=f"late-{f.leaf_hash}", received_at=LATER + timedelta(days=1)
        )  # type: ignore[arg-type]
        for f in other.facts
    )
    assert written(judged(catalogue, (*facts, *more))) == written(judged(catalogue, facts))


@calm
@given(stories(loosened=True), st.lists(st.integers(0, 200), min_size=1, max_size=12))
def test_judging_again_after_each_entry_gives_the_same_bytes_as_judging_from_scratch(
    story: Story, hours: list[int]
) -> None:
    catalogue, facts = story.catalogue, story.facts
    facts = tuple(sorted(facts, key=lambda fact: (fact.received_at, fact.entry_id)))
    index = FactIndex.of(catalogue, facts[: len(facts) // 2])
    at = max(AT, story.end) + timedelta(hours=1)
    judgement = evaluate(catalogue, ISO, index, at=at)
    for number, fact in enumerate(facts[len(facts) // 2 :]):
        at += timedelta(hours=hours[number % len(hours)])
        index.add(fact)
        judgement = re_evaluate(judgement, catalogue, ISO, index, fact, at=at)
        assert written(judgement) == written(
            evaluate(catalogue, ISO, FactIndex.of(catalogue, index_facts(index)), at=at)
        )
    at += timedelta(days=100)
    passed = re_evaluate(judgement, catalogue, ISO, index, None, at=at)
    assert written(passed) == written(evaluate(catalogue, ISO, FactIndex.of(catalogue, index_facts(index)), at=at))


def index_facts(index: FactIndex) -> list[Fact]:
    return [row.fact for row in index.rows.values()]


@calm
@given(stories())
def test_an_explanation_tells_the_same_as_the_status_it_explains(story: Story) -> None:
    catalogue, facts = story.catalogue, story.facts
    index = FactIndex.of(catalogue, facts)
    for requirement in {one.requirement for one in catalogue.rules[ISO]}:
        short = evaluate(catalogue, ISO, index, at=LATER)[requirement]
        full = explain(catalogue, ISO, index, requirement, at=LATER)
        assert why_document(full) == why_document(short)


RUN_DAYS = st.lists(st.integers(-900, 300), min_size=1, max_size=14, unique=True)
RUNS = rule(
    need("record.process_run", max_age=days(365), coverage=Coverage("planned_runs", 0.75)), for_each="organisation"
)


@calm
@given(RUN_DAYS, st.lists(st.tuples(st.integers(-900, 0), st.integers(0, 13)), max_size=20), st.data())
def test_waiting_never_fulfils_a_plan_of_dated_runs(
    planned: list[int], made: list[tuple[int, int]], data: st.DataObject
) -> None:
    catalogue = only((RUNS,))
    items = [f"run@{(AT + days(day)).date()}" for day in planned]
    book = Book(catalogue)
    book.write("register.organisation", ORGANISATION, at=AT - days(1000))
    book.write("register.process", ORGANISATION, at=AT - days(1000), lists={"planned_runs": tuple(items)})
    for day, item in made:
        book.write("record.process_run", ORGANISATION, at=AT + days(day), covers=(items[item % len(items)],))
    index = FactIndex.of(catalogue, book.facts)
    at, judgement = AT, evaluate(catalogue, ISO, index, at=AT)
    for wait in data.draw(st.lists(st.integers(1, 200), min_size=1, max_size=6)):
        before, at = judgement, at + days(wait)
        judgement = re_evaluate(judgement, catalogue, ISO, index, None, at=at)
        assert written(judgement) == written(evaluate(catalogue, ISO, FactIndex.of(catalogue, book.facts), at=at))
        was, now = (j[RUNS.requirement].conformity for j in (before, judgement))
        assert was is now or (was, now) == (Conformity.CONFORMS, Conformity.STALE)
