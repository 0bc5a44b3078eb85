"""A person's day begins and ends where the organisation is, also where clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from clerestory.desk.actor import product
from clerestory.desk.day import day_here, day_of, end_of, hour_here, moment_asked, noon_of, start_of, today_of, zone_of
from clerestory.terms.ids import OrganisationId
from clerestory.terms.moment import MomentUnreadable

HOUR = timedelta(hours=1)


def at(zone: str):
    return product(OrganisationId("o"), "1", zone)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone, moment, day",
    [
        ("UTC", utc(2026, 11, 21, 20), date(2026, 11, 21)),
        ("Pacific/Auckland", utc(2026, 11, 21, 20), date(2026, 11, 22)),  # 09:00 of the next day, summer time, +13
        ("America/Los_Angeles", utc(2026, 11, 22, 7, 59), date(2026, 11, 21)),  # 23:59 of the day before, -8
        ("Pacific/Kiritimati", utc(2026, 11, 21, 10), date(2026, 11, 22)),  # +14, the first to begin a day
        ("Etc/GMT+12", utc(2026, 11, 22, 11, 59), date(2026, 11, 21)),  # -12, the last to end it
        ("Asia/Kathmandu", utc(2026, 11, 21, 18, 15), date(2026, 11, 22)),  # +5:45
        ("America/Los_Angeles", utc(2028, 3, 1, 7, 59), date(2028, 2, 29)),  # the leap day is not over yet
        ("Pacific/Auckland", utc(2028, 2, 28, 11), date(2028, 2, 29)),  # and has begun already
    ],
)
def test_today_is_the_day_where_the_organisation_is(zone, moment, day):
    assert today_of(at(zone), moment) == day_of(at(zone), moment) == day


@pytest.mark.parametrize(
    "zone, day, begins, hours",
    [
        ("Europe/Berlin", date(2026, 3, 29), utc(2026, 3, 28, 23), 23),
        ("Europe/Berlin", date(2026, 10, 25), utc(2026, 10, 24, 22), 25),
        ("America/Los_Angeles", date(2026, 3, 8), utc(2026, 3, 8, 8), 23),
        ("America/Los_Angeles", date(2026, 11, 1), utc(2026, 11, 1, 7), 25),
        ("Pacific/Auckland", date(2026, 9, 27), utc(2026, 9, 26, 12), 23),
        ("Africa/Cairo", date(2026, 4, 24), utc(2026, 4, 23, 22), 23),  # its clocks go forward at midnight
        ("Pacific/Kiritimati", date(2028, 2, 29), utc(2028, 2, 28, 10), 24),
        ("Etc/GMT+12", date(2028, 2, 29), utc(2028, 2, 29, 12), 24),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_also_where_clocks_change(zone, day, begins, hours):
    actor = at(zone)
    assert start_of(actor, day) == begins
    assert end_of(actor, day) == begins + hours * HOUR - timedelta(microseconds=1)
    assert (
        day_of(actor, start_of(actor, day)) == day_of(actor, noon_of(actor, day)) == day_of(actor, end_of(actor, day))
    )
    assert today_of(actor, begins - timedelta(microseconds=1)) == day - timedelta(days=1)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_first_and_the_last_day_of_all_have_bounds_too(zone):
    for day in (date.min, date.max):
        assert start_of(at(zone), day) <= noon_of(at(zone), day) <= end_of(at(zone), day)


def test_a_question_about_a_day_is_about_its_end_there_and_one_about_a_moment_is_exact():
    auckland = at("Pacific/Auckland")
    assert moment_asked(auckland, "2026-11-21") == utc(2026, 11, 21, 11) - timedelta(microseconds=1)
    assert moment_asked(auckland, "2026-11-21T20:00:00Z") == utc(2026, 11, 21, 20)
    assert moment_asked(at("UTC"), "2026-11-21") == utc(2026, 11, 22) - timedelta(microseconds=1)
    for text in ("yesterday", "1066-10-14", "9999-12-31"):
        with pytest.raises(MomentUnreadable):
            moment_asked(auckland, text)


@pytest.mark.parametrize(
    "zone, said",
    [
        ("UTC", "20:00 UTC"),
        ("Pacific/Auckland", "09:00 NZDT"),
        ("America/Los_Angeles", "12:00 PST"),
        ("Asia/Kathmandu", "01:45 UTC+0545"),
        ("America/Sao_Paulo", "17:00 UTC-03"),
    ],
)
def test_moments_are_written_by_the_clock_of_the_organisation_with_its_zone(zone, said):
    with timezone.override(zone_of(replace(at("UTC"), time_zone=zone))):
        assert hour_here(utc(2026, 11, 21, 20)) == said
        assert hour_here(datetime(2026, 11, 21, 20)) == said  # noqa: DTZ001 - one without a zone is UTC
        assert day_here(utc(2026, 11, 21, 20)) == today_of(at(zone), utc(2026, 11, 21, 20))
