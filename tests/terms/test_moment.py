"""Moments, days and durations."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from clerestory.terms.moment import MomentUnreadable, Period, moment_text, read_at, read_duration, read_moment

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_a_moment_is_written_in_utc_and_reads_back_the_same():
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert moment_text(local) == "2026-11-21T12:00:00.000000Z"
    assert read_moment(moment_text(local)) == NOON


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-21T12:00:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_moment_with_zone_is_refused(text):
    with pytest.raises(MomentUnreadable):
        read_moment(text)


def test_a_day_given_for_at_means_its_end():
    assert moment_text(read_at("2026-11-21")) == "2026-11-21T23:59:59.999999Z"


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31", "9001-01-01", "0002-01-01T00:00:00Z"])
def test_a_status_is_asked_for_only_in_years_that_ages_can_be_subtracted_from(text):
    with pytest.raises(MomentUnreadable, match="outside the years") as refused:
        read_at(text)
    assert "1970 to 9000" in refused.value.remedy
    assert read_at("1970-01-01") < read_at("9000-12-31")


@pytest.mark.parametrize(
    "text, days", [("P1Y", 365), ("P2M", 60), ("P90D", 90), ("P1W", 7), ("PT12H", 0.5), ("P1DT12H", 1.5)]
)
def test_a_year_counts_365_days_and_a_month_30(text, days):
    assert read_duration(text) == timedelta(days=days)


@pytest.mark.parametrize(
    "text", ["P", "PT", "90", "P1", "P-1D", "1Y", "P1.5D", "p90d", "P99999999Y", f"P{'9' * 5000}D"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(MomentUnreadable):
        read_duration(text)


def test_a_period_that_ends_before_it_starts_is_refused():
    with pytest.raises(MomentUnreadable):
        Period(NOON, NOON - timedelta(seconds=1))


def test_a_period_without_zone_is_refused():
    with pytest.raises(MomentUnreadable):
        Period.at(datetime(2026, 11, 21))  # noqa: DTZ001 the point of the test
