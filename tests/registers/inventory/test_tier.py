"""The tier follows from facts, says why and what is unknown; another counts only by a decision of two for a time."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from clerestory.desk.approval import ApprovalRefused, approve, revoke
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands, models, queries
from clerestory.registers.inventory.rules import InventoryRefused, Override, Stage, Tier, derive, tier_rules
from clerestory.registers.inventory.rules.tier import FACTS, INSIDE, PEOPLE, TALKS, UNKNOWN, FourFields, free_id
from clerestory.store import log
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW
from tests.registers.records import LATER, register, system

CASES = tomllib.loads(
    (Path(__file__).parents[2] / "vectors" / "inventory" / "tier_cases.toml").read_text(encoding="utf-8")
)["case"]
DAY = date(2027, 3, 1)


def plain(owner, **facts):
    return system(owner, **{name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_the_tier_is_the_one_that_public_sources_give_the_case(case, actor):
    assert derive(plain(actor, **case["facts"]), tier_rules()).tier == case["tier"]


def test_each_area_and_rule_has_a_source_and_a_day_and_a_case():
    rules = tier_rules()
    assert rules.valid_from <= date(2026, 11, 22)
    assert all(rule.source and rule.because for rule in rules.rules)
    assert {area.name for area in rules.areas} <= {word for case in CASES for word in case["facts"]["use_areas"]}


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_becomes_unknown_never_lowers_the_tier(fact, actor):
    strict = {Tier.HIGH: 0, None: 0, Tier.LIMITED: 1, Tier.MINIMAL: 2}
    for case in CASES:
        known = plain(actor, **case["facts"])
        without = replace(known, **{fact: () if fact == "use_areas" else None})
        before, after = derive(known, tier_rules()), derive(without, tier_rules())
        assert strict[after.tier] <= strict[before.tier]


def test_of_a_system_of_which_nothing_is_known_the_open_questions_are_named(actor):
    tiering = derive(system(actor), tier_rules())
    assert (tiering.tier, tiering.reasons) == (None, ())
    assert tiering.unless[0].facts == ("use_areas",)
    assert {name for unless in tiering.unless for name in unless.facts} == set(FACTS)


@pytest.mark.parametrize(
    "touches, tier, is_settled",
    [
        (UNKNOWN, None, False), (INSIDE, Tier.LIMITED, False), (TALKS, None, False), (PEOPLE, None, False),
        ("credit", Tier.HIGH, True), ("employment", Tier.HIGH, True),
    ],
)  # fmt: skip
def test_four_fields_make_a_record_and_what_they_do_not_say_stays_unknown(actor, touches, tier, is_settled):
    said = FourFields("Kreditprüfung Straße 7", "Weigh applications", actor.person_id, touches)
    made = commands.register_in_four_fields(actor=actor, said=said, now=NOW)
    record = queries.ai_system(actor, made.record_id)
    assert made.record_id == "kreditprufung-strasse-7"
    assert (record.tier, record.tiering.is_settled) == (tier, is_settled)
    assert (record.system.stage, record.system.assumed) == (Stage.OPERATION, ("stage",))
    assert (record.system.ai_role, record.system.in_scope, record.system.autonomy_level) == ((), None, None)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert fact.values["assumed"] == ("stage",)
    assert fact.values["tier_rules"] == "1"


def test_the_same_name_twice_gives_two_ids(actor):
    said = FourFields("Chat", "Answer questions", actor.person_id, TALKS)
    ids = [commands.register_in_four_fields(actor=actor, said=said, now=NOW).record_id for _ in range(3)]
    assert ids == ["chat", "chat-2", "chat-3"]
    assert free_id("مساعد", ()) == "system"


@pytest.mark.parametrize("name", ["", "   ", "n" * 10_000, "nul\x00", "right\u202eleft"])
def test_a_name_that_no_screen_shows_is_refused_and_nothing_is_written(actor, name):
    with pytest.raises(TextUnusable):
        commands.register_in_four_fields(actor=actor, said=FourFields(name, "Answer", actor.person_id, TALKS), now=NOW)
    assert not models.AISystem.objects.exists()


def override(**changes):
    said = Override(system_id="credit-scoring", tier=Tier.LIMITED, reason="An officer decides anew", ends_on=DAY)
    return replace(said, **changes)


def propose(actor, expected=1, **changes):
    return commands.propose_override(actor=actor, override=override(**changes), expected_version=expected, now=NOW)


def manager(member):
    return replace(member("editor", ("designated_management",), "manager@example.org"), authentication_id="auth-2")


def test_an_override_counts_once_another_person_approved_it_and_falls_when_a_fact_changes(actor, member):
    register(actor, use_areas=("credit",))
    made = propose(actor)
    assert queries.ai_system(actor, "credit-scoring").tier is Tier.HIGH
    approve(actor=manager(member), entry_id=made.entry_id, role="designated_management", now=LATER)
    record = queries.ai_system(actor, "credit-scoring")
    assert (record.tier, record.tiering.derived, record.version) == (Tier.LIMITED, Tier.HIGH, 2)
    fact = log.entry(actor.organisation_id, record.entry_id).fact
    assert (fact.values["tier"], fact.values["tier_override"]) == ("limited", made.entry_id)
    commands.update_ai_system(actor=actor, system=replace(record.system, name="Scores"), expected_version=2, now=LATER)
    assert queries.ai_system(actor, "credit-scoring").tier is Tier.LIMITED
    commands.update_ai_system(
        actor=actor, system=replace(record.system, affects_people=True), expected_version=3, now=LATER
    )
    assert queries.ai_system(actor, "credit-scoring").tier is Tier.HIGH
    (ended,) = queries.overrides_of(actor, "credit-scoring")
    assert (ended.stands, ended.ended_by) == (False, "facts")


def test_an_override_ends_on_its_day_without_anybody_doing_anything(actor, member):
    register(actor, use_areas=("credit",))
    approve(actor=manager(member), entry_id=propose(actor).entry_id, role="designated_management", now=LATER)
    assert commands.settle_tiers(actor=actor, now=LATER + timedelta(days=30)) == 0
    assert commands.settle_tiers(actor=actor, now=LATER + timedelta(days=366)) == 1
    assert queries.ai_system(actor, "credit-scoring").tier is Tier.HIGH
    assert queries.overrides_of(actor, "credit-scoring")[0].ended_by == "day"


def test_an_override_that_is_taken_back_counts_no_longer(actor, member):
    register(actor, use_areas=("credit",))
    made, other = propose(actor), manager(member)
    approve(actor=other, entry_id=made.entry_id, role="designated_management", now=LATER)
    revoke(actor=other, entry_id=made.entry_id, reason="wrong system", now=LATER)
    record = queries.ai_system(actor, "credit-scoring")
    assert (record.tier, queries.overrides_of(actor, "credit-scoring")[0].ended_by) == (Tier.HIGH, "taken back")


def test_a_tier_that_was_picked_before_there_were_rules_is_derived_when_the_server_runs(actor):
    register(actor, use_areas=("credit",))
    models.AISystem.objects.update(tier="minimal", tier_rules="", tier_said={})
    assert queries.ai_system(actor, "credit-scoring").tiering.reasons == ()
    assert commands.settle_tiers(actor=actor, now=LATER) == 1
    record = queries.ai_system(actor, "credit-scoring")
    assert (record.tier, [reason.rule_id for reason in record.tiering.reasons]) == (Tier.HIGH, ["credit"])


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"reason": " "}, "reason"), ({"tier": Tier.HIGH}, "already"), ({"ends_on": NOW.date()}, "ends on"),
        ({"ends_on": NOW.date() + timedelta(days=400)}, "ends on"), ({"system_id": "nowhere"}, "nowhere"),
    ],
)  # fmt: skip
def test_an_override_without_reason_or_end_or_sense_is_refused(actor, changes, word):
    register(actor, use_areas=("credit",))
    with pytest.raises((InventoryRefused, TextUnusable, queries.InventoryUnknown), match=word):
        propose(actor, **changes)
    assert queries.overrides_of(actor, "credit-scoring") == ()


def test_nobody_overrides_alone_without_a_right_or_from_an_old_version(actor, second, member):
    register(actor, use_areas=("credit",))
    made = propose(actor)
    with pytest.raises(ApprovalRefused):
        approve(actor=replace(actor, authentication_id="auth-1"), entry_id=made.entry_id, now=LATER)
    with pytest.raises(ChangedMeanwhile):
        propose(actor, expected=7)
    with pytest.raises(NotPermitted):
        propose(member("viewer", (), "reader@example.org"))
