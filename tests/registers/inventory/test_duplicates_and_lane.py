"""Likely duplicates are joined or explained; a system of low risk takes the fast lane and drops out with its facts."""

from dataclasses import replace

import pytest

from clerestory.desk.approval import approve, open_proposals, revoke
from clerestory.desk.lists import ListQuery
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.commands import Lane
from clerestory.registers.inventory.rules import NO_AREA, InventoryRefused, Stage, Tier
from clerestory.registers.inventory.rules.imported import Index, Known, compare, likely
from clerestory.registers.inventory.rules.tier import INSIDE, FourFields
from clerestory.registers.policy.commands import begin_policy
from clerestory.registers.policy.rules import Policy
from clerestory.store import log, trace
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW
from tests.registers.policy.surroundings import DRAFT
from tests.registers.records import LATER, register, system

PURPOSE = "Rank loan applications for an officer's decision"


@pytest.mark.parametrize(
    "one, other, reason",
    [
        (("Credit scoring", "a"), ("credit  SCORING", "b"), "same name"),
        (("Kreditprüfung", "a"), ("Kreditprufung", "b"), "same name"),
        (("Credit scoring", "a"), ("Credit-Scorings", "b"), "like name"),
        (("Alpha", PURPOSE), ("Beta", PURPOSE), "like purpose"),
    ],
)  # fmt: skip
def test_systems_that_look_alike_are_named_with_what_is_alike(one, other, reason):
    assert reason in compare(Known("one", *one), Known("other", *other)).reasons


@pytest.mark.parametrize("other", [("Fraud alarm", "Find odd payments"), ("Route planner", "Plan tours of lorries")])
def test_systems_that_are_different_are_not_called_alike(other):
    assert compare(Known("one", "Credit scoring", PURPOSE), Known("other", *other)) is None


def test_the_same_model_behind_two_names_is_told_whatever_they_are_called():
    one = Known("one", "Alpha", "Read letters", (), ("sha256:aa",))
    (found,) = likely(one, [Known("other", "Omega", "Drive cranes", (), ("sha256:aa",))])
    assert (found.reasons, found.score) == (("same model",), 100)


def test_a_series_that_differs_by_a_number_is_not_one_thing_twice():
    index = Index()
    for number in range(50):
        index.add(Known(f"s-{number}", f"Pump control {number}", f"Control pump {number} of hall {number}"))
    assert index.likely(index.systems["s-7"]) == ()


def four(actor, name="Credit scoring", purpose=PURPOSE):
    return FourFields(name, purpose, actor.person_id, "credit")


def twice(actor):
    commands.register_once(actor=actor, said=four(actor), now=NOW)
    with pytest.raises(commands.LikelyDuplicate, match="Credit scoring"):
        commands.register_once(actor=actor, said=four(actor, "Credit scorings"), now=NOW)
    commands.register_in_four_fields(actor=actor, said=four(actor, "Credit scorings"), now=NOW)
    assert commands.find_duplicates(actor=actor) == 1
    (pair,) = queries.pairs(actor, ListQuery()).rows
    return pair


def test_a_likely_duplicate_is_registered_only_with_a_reason_which_is_kept(actor):
    commands.register_once(actor=actor, said=four(actor), now=NOW)
    made = commands.register_once(
        actor=actor, said=four(actor, "Credit scorings"), why_another="That one is for firms", now=NOW
    )
    (pair,) = queries.pairs_of(actor, made.record_id)
    assert (pair.state, pair.reason) == ("explained", "That one is for firms")
    assert log.entry(actor.organisation_id, pair.entry_id).fact.values["outcome"] == "explained"
    assert queries.open_pairs(actor) == 0


def test_joining_retires_one_system_once_two_agree_and_leads_to_the_other(actor, second):
    pair = twice(actor)
    commands.join_duplicate(
        actor=actor, pair_id=pair.pair_id, keep="credit-scoring", reason="Registered twice", expected_version=1,
        now=LATER,
    )  # fmt: skip
    assert queries.ai_system(actor, "credit-scorings").system.stage is Stage.OPERATION
    (waits,) = open_proposals(second)
    approve(actor=second, entry_id=waits.entry_id, now=LATER)
    assert queries.ai_system(actor, "credit-scorings").system.stage is Stage.RETIREMENT
    (link,) = trace.links_from(actor.organisation_id, "ai_system", "credit-scorings")
    assert (link.relation, link.to_id) == ("joined into", "credit-scoring")
    (joined,) = queries.pairs_of(actor, "credit-scorings")
    assert (joined.state, joined.kept) == ("joined", "credit-scoring")
    with pytest.raises(InventoryRefused, match="already"):
        commands.explain_duplicate(actor=actor, pair_id=pair.pair_id, reason="no", now=LATER)


def test_what_cannot_be_joined_is_refused_and_nothing_is_written(actor, member):
    pair = twice(actor)
    join = {"actor": actor, "pair_id": pair.pair_id, "keep": "credit-scoring", "reason": "twice", "now": LATER}
    for changes, problem in (
        ({"expected_version": 9}, ChangedMeanwhile), ({"keep": "nowhere"}, InventoryRefused),
        ({"reason": " "}, TextUnusable), ({"pair_id": 99_999}, queries.InventoryUnknown),
        ({"actor": member("viewer", (), "reader@example.org")}, NotPermitted),
    ):  # fmt: skip
        with pytest.raises(problem):
            commands.join_duplicate(**{"expected_version": 1, **join, **changes})
    assert queries.ai_system(actor, "credit-scorings").system.stage is Stage.OPERATION
    assert queries.open_pairs(actor) == 1


def in_force(actor, member):
    said = Policy(policy_id="acceptable-use", title="Acceptable use", owner=actor.person_id)
    begin_policy(actor=actor, said=said, draft=replace(DRAFT, policy_id="acceptable-use", related=()), now=NOW)
    top = replace(member("admin", ("top_management",), "top@example.org"), authentication_id="auth-3")
    (waiting,) = open_proposals(actor)
    approve(actor=top, entry_id=waiting.entry_id, role="top_management", now=NOW)


def low(actor, **changes):
    said = Lane(
        owner=actor.person_id, affects_people=False, interacts=False, has_customers=False, autonomy_level=1,
        use_areas=(NO_AREA,), accepts_policy=True,
    )  # fmt: skip
    return replace(said, **changes)


def through(actor, **changes):
    return commands.take_fast_lane(
        actor=actor, system_id="minutes", said=low(actor, **changes), expected_version=1, now=LATER
    )


def minutes(actor):
    said = FourFields("Minutes", "Summarise our meetings", actor.person_id, INSIDE)
    commands.register_in_four_fields(actor=actor, said=said, now=NOW)


def test_a_system_of_low_risk_is_through_on_one_page_and_drops_out_when_a_fact_changes(actor, member):
    in_force(actor, member)
    minutes(actor)
    made = through(actor)
    record = queries.ai_system(actor, "minutes")
    assert (record.tier, record.system.in_scope, record.tiering.is_settled) == (Tier.MINIMAL, True, True)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.kind, fact.values["outcome"]) == ("decision.fast_lane", "taken")
    assert fact.values["use_policy"].startswith("Acceptable use")
    commands.update_ai_system(
        actor=actor, system=replace(record.system, has_customers=True), expected_version=2, now=LATER
    )
    (lane,) = queries.lanes_of(actor, "minutes")
    assert (lane.ended_by, queries.ai_system(actor, "minutes").tier) == ("facts", Tier.LIMITED)
    newest = log.search(actor.organisation_id, log.Search(kind="decision.fast_lane")).rows[0]
    assert log.entry(actor.organisation_id, newest.entry_id).fact.values["outcome"] == "dropped out"


def test_a_change_that_decides_nothing_leaves_it_in_and_a_revocation_takes_it_out(actor, member):
    in_force(actor, member)
    minutes(actor)
    made = through(actor)
    record = queries.ai_system(actor, "minutes")
    commands.update_ai_system(actor=actor, system=replace(record.system, name="Notes"), expected_version=2, now=LATER)
    assert queries.lanes_of(actor, "minutes")[0].ended_at is None
    revoke(actor=replace(actor, authentication_id="a"), entry_id=made.entry_id, reason="too early", now=LATER)
    assert queries.lanes_of(actor, "minutes")[0].ended_by == "taken back"


@pytest.mark.parametrize(
    "changes", [{"affects_people": True}, {"interacts": None}, {"autonomy_level": None}, {"use_areas": ("credit",)},
                {"use_areas": ()}, {"accepts_policy": False}],
)  # fmt: skip
def test_what_is_not_of_low_risk_or_says_too_little_goes_the_usual_way(actor, member, changes):
    in_force(actor, member)
    minutes(actor)
    with pytest.raises(InventoryRefused):
        through(actor, **changes)
    assert queries.lanes_of(actor, "minutes") == ()
    assert queries.ai_system(actor, "minutes").version == 1


def test_without_a_policy_in_force_nothing_goes_through(actor):
    minutes(actor)
    with pytest.raises(InventoryRefused, match="policy"):
        through(actor)


def test_one_system_is_alike_to_none(actor):
    register(actor)
    commands.register_ai_system(actor=actor, system=system(actor, "fraud", name="Fraud", purpose="Find it"), now=NOW)
    assert commands.find_duplicates(actor=actor) == 0
