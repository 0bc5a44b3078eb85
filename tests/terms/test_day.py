"""A day that nobody can have meant is refused, and the message says which day that is and from when on one may be."""

from datetime import date

import pytest

from clerestory.terms.day import DayUnusable, not_after, not_before, years_ahead, years_back


def test_a_day_before_the_earliest_is_refused_by_name_and_the_earliest_itself_is_not():
    earliest = date(2016, 1, 1)
    assert not_before(earliest, "day", earliest) == earliest
    with pytest.raises(DayUnusable, match="The day of the talk is 2015-12-31"):
        not_before(date(2015, 12, 31), "day of the talk", earliest)


def test_a_day_after_the_latest_is_refused_by_name_and_the_latest_itself_is_not():
    latest = date(2031, 12, 31)
    assert not_after(latest, "day", latest) == latest
    with pytest.raises(DayUnusable, match="The day of the next review is 2032-01-01"):
        not_after(date(2032, 1, 1), "day of the next review", latest)


def test_plans_reach_to_the_last_day_of_a_year():
    assert years_ahead(date(2028, 2, 29)) == date(2033, 12, 31)
    assert years_ahead(date(9998, 1, 1)) == date(9999, 12, 31)


def test_acts_of_people_reach_back_to_the_first_day_of_a_year():
    assert years_back(date(2026, 2, 28)) == date(2016, 1, 1)
    assert years_back(date(3, 1, 1)) == date(1, 1, 1)
