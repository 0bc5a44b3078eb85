"""A change of model, data, prompt, tools, purpose or supplier marks what must be looked at again, until it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.catalogue.load import load
from clerestory.desk.approval import approve, propose
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.queries import ai_system, duties
from clerestory.registers.inventory.queries.reassess import rests_on, to_reassess
from clerestory.registers.inventory.rules import Stage
from clerestory.registers.inventory.rules.resource import Sort
from clerestory.store import evidence, sequencer
from clerestory.terms.evidence import Content, Evidence, Subject
from clerestory.terms.moment import Period
from tests.organisation import NOW
from tests.registers.inventory.surroundings import MAIL, OTHERS, agent, deployment, prompt
from tests.registers.inventory.test_resources import DEPLOYED, description
from tests.registers.records import dataset, digest, model, register

MINUTE = timedelta(minutes=1)
AT = NOW + timedelta(hours=2)
LATE = NOW + timedelta(hours=3)


@pytest.fixture
def assessed(actor, second):
    """Give a system with parts, whose risks were assessed as its register writes it, approved by a second person."""
    register(actor, in_scope=True, stage=Stage.OPERATION, affects_people=True)
    commands.register_model_version(actor=actor, model=model(), now=NOW)
    commands.register_dataset_version(actor=actor, dataset=dataset(sources=("core",)), now=NOW)
    for said in (agent(), deployment(), *OTHERS):
        commands.register_part(actor=actor, said=said, now=NOW)
    made = Evidence(
        kind="record.risk_assessment", subject=Subject("ai_system", "credit-scoring"), produced_by=actor.person(),
        observed=Period.at(NOW + MINUTE), entity="risk_assessment/credit-scoring", entity_version=1,
        values={"risks_assessed": 3, "method_version": "1", "version": "1"},
        covers=("C.3.2",), content=Content(b"{}", "application/json"),
    )  # fmt: skip
    fields = load().kinds["record.risk_assessment"].example
    made = replace(made, values=dict(fields), covers=load().coverages["risk_sources"].items)
    entry = evidence.append(made, organisation_id=actor.organisation_id, now=NOW + MINUTE)
    propose(entry, actor=actor, title="Risks", url="/")
    approve(actor=second, entry_id=entry.entry_id, now=NOW + 2 * MINUTE)
    return entry.entry_id


def found(actor, at=LATE):
    """Return what must be looked at again by kind of evidence and change."""
    sequencer.sequence(actor.organisation_id)
    return {(item.kind, item.change_name): item for item in to_reassess(actor, "credit-scoring", at=at)}


RISK = "record.risk_assessment"


def new_model(actor):
    commands.register_model_version(actor=actor, model=model("heavier"), now=AT)


def new_source(actor):
    described = dataset(sources=("core", "bureau"))
    commands.describe_dataset_version(actor=actor, dataset=described, expected_version=1, now=AT)


def new_prompt(actor):
    commands.change_part(actor=actor, said=prompt("Promise every loan."), expected_version=1, now=AT)


def new_tool(actor):
    pay = replace(MAIL, name="payments")
    commands.set_tool(actor=actor, agent_id="credit-scoring/helper", tool=pay, expected_version=1, now=AT)


def new_purpose(actor):
    said = replace(ai_system(actor, "credit-scoring").system, purpose="Decide about loans alone")
    commands.update_ai_system(actor=actor, system=said, expected_version=1, now=AT)


def new_supplier(actor):
    said = replace(OTHERS[2], supplier="Another Software")
    commands.change_part(actor=actor, said=said, expected_version=1, now=AT)


def more_autonomy(actor):
    commands.change_part(actor=actor, said=agent(autonomy_level=4), expected_version=1, now=AT)


@pytest.mark.parametrize(
    "change, name, after",
    [
        (new_model, "model_version", digest("heavier")),
        (new_source, "data_source", "bureau"),
        (new_prompt, "prompt", prompt("Promise every loan.").digest),
        (new_tool, "tools", "payments: reads, sends; customers; 10 a day; a person agrees"),
        (new_purpose, "purpose", "Decide about loans alone"),
        (new_supplier, "supplier", "Another Software"),
        (more_autonomy, "autonomy_level", "4"),
    ],
)
def test_a_change_marks_the_assessment_of_risks_with_the_change_that_made_it_old(actor, assessed, change, name, after):
    assert found(actor, NOW + 10 * MINUTE) == {}
    change(actor)
    item = found(actor)[RISK, name]
    assert item.entry_id == assessed
    assert "8.2" in item.requirements
    assert item.change.after == (after,)
    (duty,) = [one for one in duties(actor, AT.date()) if one.topic == "reassess"]
    assert duty.title == "Credit scoring"
    assert name.replace("_", " ") in str(duty.why)


def test_a_change_that_nothing_rests_on_marks_nothing(actor, assessed):
    said = replace(ai_system(actor, "credit-scoring").system, name="Scoring of loans")
    commands.update_ai_system(actor=actor, system=said, expected_version=1, now=AT)
    assert found(actor) == {}
    assert [one for one in duties(actor, AT.date()) if one.topic == "reassess"] == []


def test_what_was_described_of_a_deployment_is_marked_by_another_environment_until_described_again(
    actor, second, assessed
):
    made = commands.describe_resources(actor=actor, said=description(Sort.COMPUTING, DEPLOYED), now=NOW + MINUTE)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    commands.change_part(actor=actor, said=deployment(environment="sha256:99cc"), expected_version=1, now=AT)
    item = found(actor)["record.computing_description", "environment"]
    assert (item.change.before, item.change.after) == (("sha256:77aa",), ("sha256:99cc",))
    made = commands.describe_resources(actor=actor, said=description(Sort.COMPUTING, DEPLOYED), now=AT + MINUTE)
    approve(actor=second, entry_id=made.entry_id, now=AT + 2 * MINUTE)
    assert found(actor) == {}


def test_what_rests_on_a_change_is_what_the_rules_say(actor):
    assert ("8.2", RISK) in rests_on(actor, "prompt")
    assert ("8.2", RISK) in rests_on(actor, "tools")
    assert all(kind != RISK for _requirement, kind in rests_on(actor, "organisation_unit"))
