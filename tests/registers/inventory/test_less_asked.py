"""What asks for less of a system counts once a second person approved it: retirement, stages, facts, the tier."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from clerestory.catalogue.load import load
from clerestory.desk.approval import approve, open_proposals, revoke
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.rules import NO_AREA, AIRole, Stage, Tier
from clerestory.registers.inventory.rules.record import in_force
from clerestory.store import log
from tests.organisation import NOW
from tests.registers.inventory.test_duplicates_and_lane import twice
from tests.registers.records import register, system
from tests.registers.test_pages import signed_in

HOUR = timedelta(hours=1)


def record(actor, system_id="credit-scoring"):
    return queries.ai_system(actor, system_id)


def change(actor, at=NOW, **said):
    held = record(actor)
    commands.update_ai_system(actor=actor, system=replace(held.said, **said), expected_version=held.version, now=at)


def test_one_person_alone_does_not_retire_a_system(actor, second):
    register(actor, stage=Stage.OPERATION)
    commands.change_stage(
        actor=actor, system_id="credit-scoring", stage=Stage.RETIREMENT, expected_version=1, now=NOW + HOUR
    )
    held = record(actor)
    assert (held.system.stage, dict(held.waiting)) == (Stage.OPERATION, {"stage": "retirement"})
    (waits,) = open_proposals(second)
    fact = log.entry(actor.organisation_id, waits.entry_id).fact
    assert (fact.kind, fact.values["said"]) == ("decision.less_asked", ("stage: retirement",))

    given = approve(actor=second, entry_id=waits.entry_id, now=NOW + 2 * HOUR).approvals[0]
    held = record(actor)
    assert (held.system.stage, dict(held.waiting)) == (Stage.RETIREMENT, {})
    revoke(actor=second, entry_id=given.entry_id, reason="It still runs", now=NOW + 3 * HOUR)
    assert record(actor).system.stage is Stage.OPERATION, "as much is asked again"
    assert not open_proposals(second)


def test_a_duplicate_stays_in_the_population_until_two_agree_that_it_is_one(actor, second):
    pair = twice(actor)
    commands.join_duplicate(
        actor=actor, pair_id=pair.pair_id, keep="credit-scoring", reason="Registered twice", expected_version=1,
        now=NOW + HOUR,
    )  # fmt: skip
    assert record(actor, "credit-scorings").system.stage is Stage.OPERATION
    client = signed_in("owner@example.org")
    page = client.get(reverse("inventory-system", args=["credit-scorings"]))
    assert page.status_code == 200 and "Said, and not counted yet" in page.content.decode()
    for path in (reverse("inventory-pair", args=[pair.pair_id]), reverse("inventory-pairs")):
        assert "etirement waits for approval" in client.get(path).content.decode()
    (waits,) = open_proposals(second)
    approve(actor=second, entry_id=waits.entry_id, now=NOW + 2 * HOUR)
    assert "etirement waits" not in client.get(reverse("inventory-pairs")).content.decode()
    assert record(actor, "credit-scorings").system.stage is Stage.RETIREMENT
    assert client.get(reverse("inventory-system", args=["credit-scorings"])).status_code == 302


def test_a_tier_falls_once_a_second_person_approved_the_facts_and_rises_at_once(actor, second):
    register(actor, use_areas=(NO_AREA,), affects_people=False, interacts=False, has_customers=False, autonomy_level=1)
    assert record(actor).tier is Tier.MINIMAL
    change(actor, use_areas=("credit",), affects_people=True)
    assert record(actor).tier is Tier.HIGH, "more counts at once"
    change(actor, at=NOW + HOUR, use_areas=(NO_AREA,), affects_people=False)
    held = record(actor)
    assert (held.tier, held.system.use_areas, held.said.use_areas) == (Tier.HIGH, ("credit",), (NO_AREA,))
    for path in (
        reverse("inventory-system-tier", args=["credit-scoring"]),
        reverse("inventory-system", args=["credit-scoring"]),
    ):
        page = signed_in("owner@example.org").get(path).content.decode()
        assert "Said, and not counted yet" in page and "Tier in force:" in page
    change(actor, at=NOW + 2 * HOUR, name="Scores")
    (waits,) = open_proposals(second)
    assert record(actor).tier is Tier.HIGH, "another change goes on waiting for the same approval"
    approve(actor=second, entry_id=waits.entry_id, now=NOW + 3 * HOUR)
    held = record(actor)
    assert (held.tier, held.system.name, held.system.affects_people) == (Tier.MINIMAL, "Scores", False)
    revoke(actor=second, entry_id=waits.entry_id, reason="It ranks applicants after all", now=NOW + 4 * HOUR)
    assert record(actor).tier is Tier.HIGH


def test_what_waits_is_withdrawn_by_saying_what_counts_again(actor, second):
    register(actor, stage=Stage.OPERATION)
    change(actor, stage=Stage.RETIREMENT)
    change(actor, at=NOW + HOUR, stage=Stage.OPERATION)
    assert not record(actor).waiting and not open_proposals(second)
    change(actor, at=NOW + HOUR, stage=Stage.RETIREMENT)
    change(actor, at=NOW + 2 * HOUR, stage=Stage.INCEPTION)
    (waits,) = open_proposals(second)
    revoke(actor=actor, entry_id=waits.entry_id, reason="A slip", now=NOW + 3 * HOUR)
    held = record(actor)
    assert (held.system.stage, dict(held.waiting)) == (Stage.OPERATION, {})


@pytest.mark.parametrize(
    "before, said, counts, waits",
    [
        ({"stage": Stage.DESIGN}, {"stage": Stage.OPERATION}, {"stage": Stage.OPERATION}, {}),
        ({"stage": Stage.OPERATION}, {"stage": Stage.DESIGN}, {"stage": Stage.OPERATION}, {"stage": Stage.DESIGN}),
        ({"stage": Stage.OPERATION, "assumed": ("stage",)}, {"stage": Stage.DESIGN}, {"stage": Stage.DESIGN}, {}),
        ({"affects_people": None}, {"affects_people": False}, {"affects_people": False}, {}),
        ({"affects_people": True}, {"affects_people": None}, {"affects_people": True}, {"affects_people": None}),
        ({"has_customers": True}, {"has_customers": False}, {"has_customers": True}, {"has_customers": False}),
        ({"use_areas": ("credit",)}, {"use_areas": ("insurance",)}, {"use_areas": ("credit", "insurance")},
         {"use_areas": ["insurance"]}),
        ({"use_areas": ("credit",)}, {"use_areas": ()}, {"use_areas": ("credit",)}, {"use_areas": []}),
        ({"autonomy_level": 4}, {"autonomy_level": 1}, {"autonomy_level": 4}, {"autonomy_level": 1}),
        ({"ai_role": (AIRole.PROVIDER,)}, {"ai_role": (AIRole.CUSTOMER,)},
         {"ai_role": (AIRole.PROVIDER, AIRole.CUSTOMER)}, {"ai_role": [AIRole.CUSTOMER]}),
        ({"stage": Stage.OPERATION}, {"stage": Stage.DESIGN, "assumed": ("stage",)}, {"stage": Stage.OPERATION},
         {"stage": Stage.DESIGN}),
    ],
)  # fmt: skip
def test_what_asks_for_more_counts_at_once_and_what_asks_for_less_waits(actor, before, said, counts, waits):
    first = system(actor, **before)
    held, waiting = in_force(first, replace(first, **said))
    assert {name: getattr(held, name) for name in counts} == counts
    assert waiting == waits


def test_every_rule_that_looks_at_stages_looks_from_one_stage_on():
    order = [Stage.INCEPTION, Stage.DESIGN, Stage.VERIFICATION]
    running = {Stage.DEPLOYMENT, Stage.OPERATION, Stage.VALIDATION, Stage.RE_EVALUATION}
    allowed = [running | set(order[place:]) for place in range(len(order) + 1)]
    for rules in load().rules.values():
        for rule in rules:
            for name in ("stage", "used_by_stage"):
                asked = rule.where.get(name)
                assert asked is None or set(asked) in allowed, rule.id
