"""Changes and releases without a database: what is refused, and what counts as not approved."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clerestory.registers.lifecycle.rules import (
    Aspect,
    Covered,
    LifecycleRefused,
    Release,
    Renewal,
    Seen,
    State,
    check_assessment,
    check_change,
    check_criteria,
    check_made,
    check_release,
    renewals,
    unapproved,
)
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId
from tests.organisation import NOW
from tests.registers.lifecycle.surroundings import ASSESSED, wanted

TODAY = NOW.date()
SEEN = Seen(system_id="s", aspect=Aspect.PURPOSE, what="Rank tenants", at=NOW, entry_id=EntryId("e-1"))
HOUR = timedelta(hours=1)


def covered(**changes):
    """Return a request about the purpose, approved an hour before it was seen to change."""
    plain = Covered(
        change_id="change-1", system_id="s", aspects=("purpose",), approved_at=NOW - HOUR, made_at=None, seen=()
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    "request_, is_open",
    [
        (covered(), False),
        (covered(approved_at=None), True),
        (covered(approved_at=NOW + HOUR), True),
        (covered(aspects=("model",)), True),
        (covered(system_id="other"), True),
        (covered(made_at=NOW - timedelta(days=8)), True),
        (covered(made_at=NOW - timedelta(days=6)), False),
        (covered(approved_at=None, seen=("e-1",)), False),
    ],
)
def test_only_a_request_for_that_part_approved_before_covers_a_change(request_, is_open):
    assert bool(unapproved([SEEN], [request_])) is is_open


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"why": ""},
        {"aspects": ()},
        {"decide_by": TODAY - timedelta(days=1)},
        {"decide_by": TODAY + timedelta(days=400)},
        {"title": "x" * 10_000},
        {"title": "a\x00b"},
    ],
)
def test_a_request_that_says_too_little_or_fits_no_day_is_refused(changes):
    with pytest.raises(ClerestoryError):
        check_change(wanted(**changes), TODAY)


@pytest.mark.parametrize("changes", [{"effect": ""}, {"rollback": " "}, {"renew": ()}, {"nothing_to_renew": True}])
def test_an_assessment_says_what_to_renew_the_effect_and_the_way_back(changes):
    check_assessment(ASSESSED)
    with pytest.raises(ClerestoryError):
        check_assessment(replace(ASSESSED, **changes))


def test_nothing_is_made_before_it_is_approved_but_an_emergency():
    days = {"asked_on": TODAY, "approved_on": TODAY, "today": TODAY}
    check_made(State.APPROVED, emergency=False, made_on=TODAY, **days)
    check_made(State.ASKED, emergency=True, made_on=TODAY, **days | {"approved_on": None})
    for state in (State.ASKED, State.WAITING, State.REFUSED, State.MADE):
        with pytest.raises(LifecycleRefused):
            check_made(state, emergency=False, made_on=TODAY, **days)
    with pytest.raises(LifecycleRefused, match="day to come"):
        check_made(State.APPROVED, emergency=False, made_on=date(2099, 1, 1), **days)


def test_each_part_of_a_system_says_what_it_usually_makes_old():
    assert renewals((Aspect.PURPOSE,)) == (Renewal.IMPACT, Renewal.RISK, Renewal.CLASS, Renewal.INFORMATION)
    assert all(renewals((aspect,)) for aspect in Aspect)


def test_a_release_without_a_valid_impact_assessment_says_why_or_is_refused():
    plain = Release(system_id="s", model_version="s/1", conditions=())
    check_release(plain, assessed=True)
    check_release(replace(plain, despite="The old one fails."), assessed=False)
    with pytest.raises(LifecycleRefused, match="No impact assessment"):
        check_release(plain, assessed=False)


def test_criteria_are_there_and_once():
    assert check_criteria(["completeness >= 0.98", "completeness >= 0.98", ""]) == ("completeness >= 0.98",)
    with pytest.raises(LifecycleRefused):
        check_criteria(["  "])
