"""The trend: what stood at a past moment is what the log said then, read once instead of twelve times."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.catalogue.load import load
from clerestory.judgement.index import FactIndex
from clerestory.report.question.tally import tallies
from clerestory.report.question.trend import POINTS, moments, replayed
from clerestory.terms.evidence import Subject
from tests.judgement.facts import NOON, SECOND, Book, days
from tests.judgement.stories import Story, stories

SYSTEM = Subject("ai_system", "credit")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories(), back=st.lists(st.integers(0, 400), min_size=1, max_size=4, unique=True))
def test_a_figure_of_the_past_is_the_same_read_on_or_judged_as_of_then(story: Story, back: list[int]) -> None:
    whole = FactIndex.of(load(), story.facts)
    at = sorted(story.end - timedelta(days=days_ago, minutes=1) for days_ago in back)
    for then, moment in zip(replayed(whole, story.facts, at), at, strict=True):
        assert then.tallies == tallies(whole.as_of(moment), moment), moment


def test_an_approval_given_later_changes_no_figure_of_before() -> None:
    book = Book(load())
    book.write("register.ai_system", SYSTEM, at=NOON - days(90))
    book.write(
        "decision.system_duties", SYSTEM, at=NOON - days(60), approved_by=SECOND, approved_at=NOON - days(10),
        received=NOON - days(60),
    )  # fmt: skip
    index = FactIndex.of(load(), book.facts)
    before, after = replayed(index, book.facts, [NOON - days(30), NOON])
    assert (before.tallies["who"].have, after.tallies["who"].have) == (0, 1)


def test_a_young_log_is_shown_by_weeks_and_an_old_one_by_months() -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    weeks = moments(now, now - timedelta(days=20))
    assert [f"{end:%a %d %b}" for end in weeks] == ["Sun 01 Nov", "Sun 08 Nov", "Sun 15 Nov"]
    months = moments(now, datetime(2024, 1, 1, tzinfo=UTC))
    assert [f"{end:%Y-%m-%d}" for end in months[-3:]] == ["2026-08-31", "2026-09-30", "2026-10-31"]
    assert len(months) == POINTS - 1


def test_a_log_of_today_has_no_past_to_draw() -> None:
    assert moments(NOON, NOON - timedelta(hours=1)) == ()
