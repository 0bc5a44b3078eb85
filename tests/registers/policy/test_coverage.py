"""Who confirmed is counted unit by unit; who did not is named and can be reminded, once a day."""

from datetime import timedelta

import pytest

from clerestory.desk.approval import approve
from clerestory.desk.models import Notice
from clerestory.desk.permit import NotPermitted
from clerestory.registers.policy import commands, queries
from clerestory.registers.policy.rules import MAIN, PolicyRefused
from clerestory.registers.roles.commands import change_member
from clerestory.store import log
from tests.organisation import NOW
from tests.registers.policy.surroundings import DRAFT, policy

MINUTE = timedelta(minutes=1)


@pytest.fixture
def second(member):
    """Give a second person who signs for top management."""
    return member("editor", ("top_management",), "second@example.org")


@pytest.fixture
def units(actor, second, member):
    """Put the second person and two others into units; the owner has none. The AI policy is in force."""
    others = [member("viewer", (), f"{name}@example.org") for name in ("carl", "dora")]
    for who, unit in ((second, "Retail credit"), (others[0], "Retail credit"), (others[1], "Operations")):
        change_member(actor=actor, person_id=who.person_id, unit=unit, now=NOW)
    made = commands.begin_policy(actor=actor, said=policy(actor), draft=DRAFT, now=NOW)
    approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    return others


def told(actor, second, units):
    return {row.unit: (row.have, row.asked, tuple(p.name for p in row.missing)) for row in queries.by_unit(actor)}


def test_units_count_their_people_and_name_who_is_missing(actor, second, units):
    commands.confirm_policies(actor=second, seen={MAIN: 1}, roles=(), now=NOW + 2 * MINUTE)
    commands.confirm_policies(actor=units[1], seen={MAIN: 1}, roles=(), now=NOW + 2 * MINUTE)
    assert told(actor, second, units) == {
        "": (0, 1, ("Ada Owner",)),
        "Retail credit": (1, 2, ("Carl",)),
        "Operations": (1, 1, ()),
    }
    assert [row.unit for row in queries.by_unit(actor)] == ["", "Retail credit", "Operations"]
    assert queries.by_unit(actor)[1].percent == 50


def test_a_unit_is_an_entry_of_the_log_and_stays_when_something_else_changes(actor, second, units):
    change_member(actor=actor, person_id=second.person_id, access="viewer", now=NOW + MINUTE)
    found = log.search(actor.organisation_id, log.Search(kind="record.membership", text=second.person_id)).rows
    values = [log.entry(actor.organisation_id, row.entry_id).fact.values for row in found]
    assert [value["unit"] for value in values] == ["Retail credit", "Retail credit"]


def test_who_did_not_confirm_is_reminded_once_a_day_and_nobody_else(actor, second, units):
    commands.confirm_policies(actor=second, seen={MAIN: 1}, roles=(), now=NOW + 2 * MINUTE)
    assert commands.remind_to_confirm(actor=actor, unit="Retail credit", now=NOW + 3 * MINUTE) == 1
    assert commands.remind_to_confirm(actor=actor, now=NOW + 4 * MINUTE) == 2
    assert commands.remind_to_confirm(actor=actor, now=NOW + 5 * MINUTE) == 0
    assert commands.remind_to_confirm(actor=actor, now=NOW + timedelta(days=1)) == 3
    heard = Notice.objects.filter(organisation_id=actor.organisation_id, key__startswith="policy-reminder/")
    assert second.person_id not in set(heard.values_list("person_id", flat=True))
    assert set(heard.values_list("title", flat=True)) == {"Please confirm: Ai policy"}


def test_reminding_asks_for_somebody_who_may_write_and_for_somebody_to_remind(actor, second, units):
    with pytest.raises(NotPermitted):
        commands.remind_to_confirm(actor=units[0], now=NOW)
    with pytest.raises(PolicyRefused, match="no policy"):
        commands.remind_to_confirm(actor=actor, policy_id="unknown", now=NOW)
    with pytest.raises(PolicyRefused, match="Nobody lacks"):
        commands.remind_to_confirm(actor=actor, unit="Nowhere", now=NOW)
