"""``clerestory status``: derived from the log as of any moment, for people and machines; what is unknown is refused."""

import pytest

from clerestory.catalogue.load import load
from clerestory.cli.audit.status import ChoiceUnclear, FrameworkUnknown, RequirementUnknown
from clerestory.registers.organisation.commands import change_organisation
from clerestory.registers.organisation.rules import Profile
from clerestory.terms.moment import MomentUnreadable
from tests.cli.server.test_commands import call, document
from tests.organisation import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_requirement_is_shown_with_what_is_missing(actor):
    found = document("status")
    assert found["framework"] == "iso42001-2023"
    assert [row["id"] for row in found["requirements"]] == [
        r.id for r in load().frameworks["iso42001-2023"].requirements
    ]
    assert {row["conformity"] for row in found["requirements"]} == {"NOT_EVIDENCED"}
    assert all(set(row) == KEYS and row["missing"] for row in found["requirements"])
    text = call("status").stdout
    assert "70 NOT_EVIDENCED" in text
    assert "A.7.4" in text


def test_why_names_rules_needs_and_what_is_missing(actor):
    found = document("status", "--why", "A.7.4")
    assert [rule["rule"] for rule in found["rules"]] == [
        rule.name for rule in load().rules["iso42001-2023"] if rule.requirement == "A.7.4"
    ]
    text = call("status", "--why", "A.7.4").stdout
    assert "A.7.4/quality-measured" in text
    assert "dataset version" in text


def test_a_past_day_knows_nothing_of_later_entries(actor):
    before = document("status", "--at", "2026-11-21T09:30:00Z")
    profile = Profile(name="Northlight", units=("Cards",), sites=(), jurisdictions=("EU",))
    change_organisation(actor=actor, profile=profile, expected_version=1, now=NOW.replace(hour=10))
    assert document("status", "--at", "2026-11-21T09:30:00Z") == before


def test_a_day_to_come_is_called_a_forecast(actor):
    assert document("status", "--at", "2999-01-01")["at"].startswith("2999-01-01")
    assert "forecast for 2999-01-01" in call("status", "--at", "2999-01-01").stdout
    assert "forecast for 2999-01-01" in call("status", "--at", "2999-01-01", "--why", "A.7.4").stdout
    assert "forecast" not in call("status").stdout


@pytest.mark.parametrize(
    "words, refusal, remedy",
    [
        (("--why", "A.7.44"), RequirementUnknown, "A.7.4"),
        (("--framework", "iso9001-2015"), FrameworkUnknown, "iso42001-2023"),
        (("--at", "yesterday"), MomentUnreadable, "2026"),
    ],
)
def test_an_unknown_requirement_framework_or_day_is_refused_with_a_remedy(actor, words, refusal, remedy):
    with pytest.raises(refusal) as refused:
        call("status", *words)
    assert remedy in refused.value.remedy


KEYS = {"id", "title", "conformity", "coverage", "because", "missing", "stale_on"}


def test_what_changed_since_a_day_is_told_with_its_causes(actor):
    found = document("status", "--since", "2026-01-01")
    assert set(found) == {"framework", "since", "until", "forecast", "entries", "unchanged", "changes"}
    assert (found["since"][:10], found["forecast"]) == ("2026-01-01", False)
    assert len(found["changes"]) + found["unchanged"] == 70
    changed = next(change for change in found["changes"] if change["caused_by"])
    assert changed["caused_by"][0].startswith("entry-")
    assert "as before" in call("status", "--since", "2026-01-01").stdout
    ahead = call("status", "--since", "2026-11-22", "--at", "2999-01-01").stdout
    assert "forecast, if nothing" in ahead


@pytest.mark.parametrize("words", [("--since", "2999-01-01"), ("--since", "2026-01-01", "--why", "A.7.4")])
def test_a_comparison_that_makes_no_sense_is_refused(actor, words):
    with pytest.raises(ChoiceUnclear):
        call("status", *words)
