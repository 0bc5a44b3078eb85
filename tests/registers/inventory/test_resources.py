"""Resources: A.4.2, A.4.4, A.4.5 and A.4.6 go as far as records can, and fall when one is taken back or overtaken."""

from datetime import timedelta

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.desk.lists import ListQuery
from clerestory.desk.people import NotAMember, change_membership
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.forms.resource import known_computing, topics_of
from clerestory.registers.inventory.queries import InventoryUnknown, model_versions
from clerestory.registers.inventory.queries.resource import seen, staffing_of
from clerestory.registers.inventory.rules import InventoryRefused, Stage
from clerestory.registers.inventory.rules.resource import Description, Post, Sort, Staffing, StaffingCheck
from clerestory.store import evidence, log, sequencer
from clerestory.store.log import Search
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Machine, Subject
from clerestory.terms.moment import Period
from clerestory.terms.status import Conformity
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.inventory.surroundings import MODEL, deployment
from tests.registers.records import model, register, system

MINUTE = timedelta(minutes=1)
AT = NOW + timedelta(hours=2)
DEPLOYED = "credit-scoring/branch-offices"
OVERSEER = Post(name="Overseer", skills="Reads scores, may stop", stages=("deployment",), number=2, oversight=True)
BUILDER = Post(name="Builder", skills="Trains models", stages=("design and development",))
POSTS = Staffing(system_id="credit-scoring", posts=(OVERSEER, BUILDER))


@pytest.fixture
def running(actor):
    """Register a system in verification with a model version that is deployed."""
    register(actor, in_scope=True, stage=Stage.OPERATION)
    commands.register_model_version(actor=actor, model=model(), now=NOW)
    commands.register_part(actor=actor, said=deployment(), now=NOW)


def description(sort: Sort = Sort.RESOURCES, about: str = "credit-scoring", **left_out: str) -> Description:
    """Return a description of every topic, but for those that are given as empty."""
    topics = {topic: left_out.get(topic, f"what is needed of {topic}") for topic in topics_of(sort)}
    tools = ("scikit-learn 1.9",) if sort is Sort.TOOLING else ()
    return Description(sort=sort, about=about, system_id="credit-scoring", topics=topics, tools=tools)


def check(actor, name: str, subject: Subject, value: str = "0.4", at=NOW, slice_: str = "") -> None:
    """Log a passing result, as an intake of results does."""
    values = {
        "check": name, "family": name.partition(".")[0], "criterion": "< 1", "threshold_source": "own",
        "value": value, "low": value, "high": value, "n": 60, "verdict": "PASS", "reason": "", "slice": slice_,
        "run_mode": "server", "reproduced_by": (), "tool_version": "clerestory 1",
        "config_digest": "sha256:" + "a" * 64, "input_digests": (), "declared": (f"{name}|< 1|{slice_}",),
    }  # fmt: skip
    made = Evidence(
        kind="check", subject=subject, produced_by=Machine("clerestory", "1"), observed=Period.at(at), values=values,
        entity=f"check/{name}/{subject.id}",
    )  # fmt: skip
    with atomic():
        evidence.append(made, organisation_id=actor.organisation_id, now=at)


def signed(second, made, at=NOW + MINUTE):
    """Approve what a command proposed."""
    return approve(actor=second, entry_id=made.entry_id, now=at)


def test_tools_described_and_scanned_conform_and_a_new_model_version_asks_anew(actor, second, running):
    version = Subject("model_version", MODEL)
    for name in ("supply_chain.vulnerabilities", "supply_chain.model-file-scan", "supply_chain.licence"):
        check(actor, name, version)
    record = commands.change_model_status(actor=actor, version_id=MODEL, status="released", expected_version=1, now=NOW)
    assert record.version == 2
    assert conformity(actor, "A.4.4", AT) is Conformity.NOT_EVIDENCED
    made = commands.describe_resources(actor=actor, said=description(Sort.TOOLING, MODEL), now=NOW)
    assert conformity(actor, "A.4.4", AT) is Conformity.NOT_EVIDENCED  # nobody approved it
    standing = signed(second, made)
    status = judged(actor, "A.4.4", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert made.entry_id in status.because
    revoke(actor=second, entry_id=standing.entry_id, reason="Another framework", now=AT)
    assert conformity(actor, "A.4.4", AT + MINUTE) is Conformity.STALE


def test_computing_described_and_measured_conforms_and_another_environment_makes_it_old(actor, second, running):
    subject = Subject("deployment", DEPLOYED)
    made = commands.describe_resources(actor=actor, said=description(Sort.COMPUTING, DEPLOYED), now=NOW)
    signed(second, made)
    assert conformity(actor, "A.4.5", AT) is Conformity.NOT_EVIDENCED  # described, not measured
    for name in ("resources.environment-capture", "resources.energy-use"):
        check(actor, name, subject)
    status = judged(actor, "A.4.5", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    moved = deployment(environment="sha256:88bb")
    commands.change_part(actor=actor, said=moved, expected_version=1, now=AT)
    status = judged(actor, "A.4.5", AT + MINUTE)
    assert status.conformity is Conformity.STALE
    assert "environment" in str(status.missing)


def test_people_described_and_there_conform_and_a_post_that_nobody_fills_is_named(actor, second, running):
    staffing = commands.describe_staffing(actor=actor, said=POSTS, now=NOW)
    signed(second, staffing)
    holders = {"Overseer 1": actor.person_id, "Builder": second.person_id}
    said = StaffingCheck(system_id="credit-scoring", holders=holders, basis="Course of May")
    signed(second, commands.check_posts(actor=actor, check=said, now=NOW))
    status = judged(actor, "A.4.6", AT)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "Overseer 2" in str(status.missing)
    full = StaffingCheck(
        system_id="credit-scoring", holders={**holders, "Overseer 2": second.person_id}, basis="Course of May"
    )
    made = commands.check_posts(actor=actor, check=full, now=NOW + MINUTE)
    standing = signed(second, made, NOW + 2 * MINUTE)
    status = judged(actor, "A.4.6", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    revoke(actor=second, entry_id=standing.entry_id, reason="He cannot", now=AT)
    assert conformity(actor, "A.4.6", AT + MINUTE) is not Conformity.CONFORMS


def test_resources_described_are_one_of_two_things_that_a_4_2_asks_for_and_an_open_topic_is_named(
    actor, second, running
):
    made = commands.describe_resources(actor=actor, said=description(money=" "), now=NOW)
    signed(second, made)
    assert "money" in str(judged(actor, "A.4.2", AT).missing)
    made = commands.describe_resources(actor=actor, said=description(), expected_version=1, now=NOW + MINUTE)
    signed(second, made, NOW + 2 * MINUTE)
    check(actor, "inventory.bill-of-materials", Subject("model_version", MODEL))
    check(actor, "inventory.discovery-reconciliation", Subject("organisation", actor.organisation_id))
    status = judged(actor, "A.4.2", AT)
    assert made.entry_id in status.because
    assert "money" not in str(status.missing)
    assert "resource_description" not in str(status.missing)


@pytest.mark.parametrize(
    "posts, word",
    [
        ((), "No post"),
        ((OVERSEER, OVERSEER), "twice"),
        ((Post(name="A", skills="x", stages=()),), "when"),
        ((Post(name="A", skills="x", stages=("deployment",), number=0),), "0 people"),
    ],
)
def test_posts_that_say_too_little_are_refused_and_nothing_is_written(actor, running, posts, word):
    with pytest.raises(InventoryRefused) as refusal:
        commands.describe_staffing(actor=actor, said=Staffing(system_id="credit-scoring", posts=posts), now=NOW)
    assert word in refusal.value.problem
    assert log.search(actor.organisation_id, Search(kind="record.staffing_description")).total == 0


def test_descriptions_that_say_nothing_or_of_what_is_not_there_are_refused(actor, running):
    nothing = Description(sort=Sort.RESOURCES, about="credit-scoring", system_id="credit-scoring", topics={"data": " "})
    with pytest.raises(InventoryRefused, match="Nothing is described"):
        commands.describe_resources(actor=actor, said=nothing, now=NOW)
    said = Description(sort=Sort.RESOURCES, about="credit-scoring", system_id="credit-scoring", topics={"fame": "x"})
    with pytest.raises(InventoryRefused, match="no topic"):
        commands.describe_resources(actor=actor, said=said, now=NOW)
    with pytest.raises(InventoryUnknown):
        commands.describe_resources(actor=actor, said=description(Sort.TOOLING, "credit-scoring/0000"), now=NOW)
    commands.register_ai_system(actor=actor, system=system(actor, "other", name="Other"), now=NOW)
    wrong = Description(sort=Sort.COMPUTING, about=DEPLOYED, system_id="other", topics={"place": "x"})
    with pytest.raises(InventoryRefused, match="no part of"):
        commands.describe_resources(actor=actor, said=wrong, now=NOW)
    assert model_versions(actor, ListQuery()).total == 1


def test_nobody_who_left_fills_a_post_and_ability_is_not_guessed(actor, second, running):
    commands.describe_staffing(actor=actor, said=POSTS, now=NOW)
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, ended_at=NOW)
    gone = StaffingCheck(system_id="credit-scoring", holders={"Builder": second.person_id}, basis="Course")
    with pytest.raises(NotAMember):
        commands.check_posts(actor=actor, check=gone, now=NOW)
    bare = StaffingCheck(system_id="credit-scoring", holders={"Builder": actor.person_id}, basis="")
    with pytest.raises(TextUnusable):
        commands.check_posts(actor=actor, check=bare, now=NOW)
    assert log.search(actor.organisation_id, Search(kind="record.staffing_check")).total == 0


def test_of_two_who_add_a_post_to_the_same_list_the_second_sees_the_conflict(actor, running):
    commands.set_post(actor=actor, system_id="credit-scoring", post=OVERSEER, expected_version=0, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        commands.set_post(actor=actor, system_id="credit-scoring", post=BUILDER, expected_version=0, now=NOW)
    commands.set_post(actor=actor, system_id="credit-scoring", post=BUILDER, expected_version=1, now=NOW)
    assert [post.name for post in staffing_of(actor, "credit-scoring").staffing.posts] == ["Overseer", "Builder"]
    commands.remove_post(actor=actor, system_id="credit-scoring", name="Builder", expected_version=2, now=NOW)
    assert staffing_of(actor, "credit-scoring").staffing.posts == (OVERSEER,)


def test_measured_energy_begins_a_description_with_its_unit(actor, running):
    check(actor, "resources.energy-use", Subject("deployment", DEPLOYED), "12.5")
    check(actor, "resources.energy-use", Subject("deployment", DEPLOYED), "3", slice_="quantity=emissions")
    sequencer.sequence(actor.organisation_id)
    facts = seen(actor, "credit-scoring")
    assert sorted((fact.value, fact.unit) for fact in facts.energy) == [("12.5", "kWh"), ("3", "kg CO2e")]
    text = known_computing(deployment(), system(actor, suppliers=("Cloud One",)), facts)
    assert "measured 12.5 kWh on 2026-11-21" in text["energy"]
    assert (text["supplier"], text["place"]) == ("Cloud One", "Frankfurt")
