"""What asks for less of a system counts once a second person approved it: retirement, stages, facts, the tier."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from clerestory.catalogue.load import load
from clerestory.desk.approval import approve, open_proposals, revoke
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.queries.part import part
from clerestory.registers.inventory.rules import NO_AREA, AIRole, Stage, Tier
from clerestory.registers.inventory.rules.part import part_in_force
from clerestory.registers.inventory.rules.record import ModelStatus, Origin, dataset_in_force, in_force
from clerestory.store import log
from tests.organisation import NOW
from tests.registers.conformity import judged
from tests.registers.inventory.surroundings import MODEL, agent, deployment, prompt
from tests.registers.inventory.test_duplicates_and_lane import twice
from tests.registers.records import dataset, model, register, system
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


def test_what_nobody_said_is_said_once_by_one_person_and_no_yes_becomes_unknown_on_the_way(actor, second):
    register(actor)
    assert record(actor).tier is None, "judged as high"
    plain = {"use_areas": (NO_AREA,), "interacts": False, "has_customers": False, "autonomy_level": 1}
    change(actor, **plain)
    assert record(actor).tier is Tier.LIMITED and not open_proposals(second), "what is open still counts as yes"
    change(actor, at=NOW + HOUR, affects_people=True)
    change(actor, at=NOW + 2 * HOUR, affects_people=None)
    change(actor, at=NOW + 3 * HOUR, affects_people=False)
    held = record(actor)
    assert (held.tier, held.system.affects_people, held.waiting) == (Tier.LIMITED, True, {"affects_people": False})
    (waits,) = open_proposals(second)
    approve(actor=second, entry_id=waits.entry_id, now=NOW + 4 * HOUR)
    assert record(actor).tier is Tier.MINIMAL


@pytest.fixture
def running(actor):
    """Register a system with a released model, data about people, a deployment and an agent."""
    register(actor, stage=Stage.OPERATION, in_scope=True)
    commands.register_model_version(actor=actor, model=model(), now=NOW)
    commands.change_model_status(
        actor=actor, version_id=MODEL, status=ModelStatus.RELEASED, expected_version=1, now=NOW
    )
    about = dataset(about_people=True, labelled_by_people=True, origin=Origin.SUPPLIER)
    commands.register_dataset_version(actor=actor, dataset=about, now=NOW)
    for one in (deployment(generates_content=True), agent(), prompt()):
        commands.register_part(actor=actor, said=one, now=NOW)


def population(actor, requirement, rule, at):
    """Return of how many a rule asks something."""
    (found,) = [one for one in judged(actor, requirement, at).rules if one.rule.endswith(rule)]
    return found.needs[0].total if found.needs else 0


def withdraw_model(actor, at):
    commands.change_model_status(
        actor=actor, version_id=MODEL, status=ModelStatus.WITHDRAWN, expected_version=2, now=at
    )


def clear_data(actor, at):
    said = dataset(about_people=False, labelled_by_people=None, origin=Origin.SUPPLIER)
    commands.describe_dataset_version(actor=actor, dataset=said, expected_version=1, now=at)


def retire_agent(actor, at):
    commands.change_part(actor=actor, said=agent(status="retired"), expected_version=1, now=at)


def switch_off(actor, at):
    off = deployment(status="suspended", generates_content=True)
    commands.change_part(actor=actor, said=off, expected_version=1, now=at)


def page_of(kind):
    """Return the page of what is said less of."""
    return {
        "model_version": reverse("inventory-model", args=[MODEL]),
        "dataset_version": reverse("inventory-dataset", args=[dataset().version_id]),
    }.get(kind) or reverse("inventory-part", args=[kind, f"credit-scoring/{PARTS[kind]}"])


PARTS = {"agent": "helper", "deployment": "branch-offices"}


@pytest.mark.parametrize(
    "kind, less, said, requirement, rule",
    [
        ("model_version", withdraw_model, ("status: withdrawn",), "A.4.4", "tools-scanned"),
        (
            "dataset_version",
            clear_data,
            ("about_people: no", "labelled_by_people: unknown"),
            "A.7.4",
            "groups-balanced",
        ),
        ("agent", retire_agent, ("status: retired",), "A.6.2.4", "agent-bounded"),
        ("deployment", switch_off, ("status: suspended",), "A.4.5", "computing-measured"),
    ],
)
def test_rules_go_on_asking_of_models_data_agents_and_deployments_until_two_agree(
    actor, second, running, kind, less, said, requirement, rule
):
    assert population(actor, requirement, rule, NOW) == 1
    less(actor, NOW + HOUR)
    assert population(actor, requirement, rule, NOW + HOUR) == 1
    client = signed_in("owner@example.org")
    assert "Said, and not counted yet" in client.get(page_of(kind)).content.decode()
    (waits,) = open_proposals(second)
    fact = log.entry(actor.organisation_id, waits.entry_id).fact
    assert (fact.subject.kind, fact.values["said"]) == (kind, said)
    given = approve(actor=second, entry_id=waits.entry_id, now=NOW + 2 * HOUR).approvals[0]
    assert population(actor, requirement, rule, NOW + 2 * HOUR) == 0
    assert "Less is asked of it" in client.get(page_of(kind)).content.decode()
    revoke(actor=second, entry_id=given.entry_id, reason="It still runs", now=NOW + 3 * HOUR)
    assert population(actor, requirement, rule, NOW + 3 * HOUR) == 1, "as much is asked again"
    assert not open_proposals(second)


def test_what_waits_of_a_part_stays_while_something_else_of_it_is_changed(actor, second, running):
    retire_agent(actor, NOW + HOUR)
    commands.remove_tool(
        actor=actor, agent_id="credit-scoring/helper", name="mail", expected_version=2, now=NOW + 2 * HOUR
    )
    held = part(actor, "agent", "credit-scoring/helper")
    assert (held.part.status, held.said.status, len(held.part.tools)) == ("active", "retired", 1)
    assert len(open_proposals(second)) == 1
    commands.change_part(actor=actor, said=replace(held.said, status="active"), expected_version=3, now=NOW + 3 * HOUR)
    assert not open_proposals(second) and not part(actor, "agent", "credit-scoring/helper").waiting


@pytest.mark.parametrize(
    "before, said, counts, waits",
    [
        (agent(status="candidate"), agent(), {"status": "active"}, {}),
        (agent(), agent(status="suspended"), {"status": "active"}, {"status": "suspended"}),
        (deployment(status="suspended"), deployment(status="retired"), {"status": "suspended"}, {"status": "retired"}),
        (deployment(), deployment(affects_people=None), {"affects_people": True}, {"affects_people": None}),
        (deployment(affects_people=None), deployment(affects_people=False), {"affects_people": False}, {}),
        (prompt(), replace(prompt(), status="retired"), {"status": "retired"}, {}),
    ],
)
def test_what_asks_for_less_of_a_part_waits(before, said, counts, waits):
    held, waiting = part_in_force(before, said)
    assert {name: getattr(held, name) for name in counts} == counts
    assert waiting == waits


def test_another_origin_of_data_waits_and_the_first_counts():
    bought, own = dataset(origin=Origin.SUPPLIER), dataset(origin=Origin.OWN)
    assert dataset_in_force(dataset(origin=None), own) == (own, {})
    assert dataset_in_force(bought, own) == (bought, {"origin": "own"})
