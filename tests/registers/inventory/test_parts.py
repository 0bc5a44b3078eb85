"""Parts of systems: what is accepted and refused, what each change leaves, and autonomy declared beside observed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clerestory.desk.lists import ListQuery
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.registers.inventory.queries.part import (
    observed,
    overreaching,
    part,
    part_versions,
    parts,
    parts_of,
)
from clerestory.registers.inventory.rules import InventoryRefused
from clerestory.registers.inventory.rules.agent import Act, Tool, exceeds
from clerestory.registers.inventory.rules.part import difference
from clerestory.store import directory, evidence, log, sequencer, trace
from clerestory.store.log import Search
from clerestory.store.unit import atomic
from clerestory.terms.day import DayUnusable
from clerestory.terms.evidence import Evidence, Machine, Subject
from clerestory.terms.moment import Period
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.inventory.surroundings import MAIL, MODEL, OTHERS, SEARCH, agent, deployment, prompt
from tests.registers.records import LATER, model, register


@pytest.fixture
def system(actor):
    """Register the credit scoring system with a version of its model."""
    register(actor)
    commands.register_model_version(actor=actor, model=model(), now=NOW)


def autonomy(actor, value: int, at=LATER, level: str = "L2 collaborator", record: str = "") -> None:
    """Log a result of the check of autonomy, as an intake of results does: levels above what the run declares."""
    named = [f"record={record}"] if record else []
    named += [f"level={level}"] if level != "L1 operator" else []
    verdict = "PASS" if value <= 0 else "FAIL"
    values = {
        "check": "agents.autonomy-level", "family": "agents", "criterion": "<= 0", "threshold_source": "own",
        "value": str(value), "low": str(value), "high": str(value), "n": 60, "verdict": verdict, "reason": "",
        "slice": "; ".join(named), "run_mode": "pushed", "reproduced_by": (), "tool_version": "clerestory 1",
        "config_digest": "sha256:" + "a" * 64, "input_digests": (),
        "declared": ("agents.autonomy-level|<= 0|" + "; ".join(named),),
    }  # fmt: skip
    made = Evidence(
        kind="check", subject=Subject("ai_system", "credit-scoring"), produced_by=Machine("clerestory", "1"),
        observed=Period.at(at), values=values, entity=f"check/{record}{level}",
    )  # fmt: skip
    with atomic():
        evidence.append(made, organisation_id=actor.organisation_id, now=at)
    sequencer.sequence(actor.organisation_id)


def test_each_kind_of_part_is_a_record_an_entry_and_a_link_to_its_system(actor, system):
    for said in (agent(), deployment(), *OTHERS):
        made = commands.register_part(actor=actor, said=said, now=NOW)
        fact = log.entry(actor.organisation_id, made.entry_id).fact
        assert fact.kind == f"register.{said.kind}"
        record = part(actor, said.kind, made.record_id)
        assert (record.part, record.version, record.system_name) == (said, 1, "Credit scoring")
        known = directory.known(actor.organisation_id, said.kind, made.record_id)
        assert (known.label, known.owner) == (said.name, actor.person_id)
        links = trace.links_from(actor.organisation_id, said.kind, made.record_id)
        assert ("part of", "credit-scoring") in {(link.relation, link.to_id) for link in links}
    assert parts(actor, ListQuery()).total == 5
    assert [one.part.kind for one in parts_of(actor, "credit-scoring")] == [
        "agent", "deployment", "prompt", "use", "embedded_ai",
    ]  # fmt: skip


def test_a_deployment_is_named_as_results_of_checks_name_it_and_linked_to_its_model(actor, system):
    made = commands.register_part(actor=actor, said=deployment(), now=NOW)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert fact.subject == Subject("deployment", "credit-scoring/branch-offices")
    assert fact.links == (Subject("ai_system", "credit-scoring"), Subject("model_version", MODEL))
    assert "reviewed_by_people" not in fact.values  # unknown stays unknown


def test_the_tools_of_an_agent_carry_their_permissions_into_the_log_and_follow_each_change(actor, system):
    made = commands.register_part(actor=actor, said=agent(), now=NOW)
    values = log.entry(actor.organisation_id, made.entry_id).fact.values
    assert values["tools"] == (
        "search: reads; public pages; without a person",
        "mail: reads, sends; customers; 10 a day; a person agrees",
    )
    pays = Tool(name="payments", acts=(Act.PAYS,), limit="100 EUR", asks=True)
    commands.set_tool(actor=actor, agent_id=made.record_id, tool=pays, expected_version=1, now=LATER)
    commands.remove_tool(actor=actor, agent_id=made.record_id, name="search", expected_version=2, now=LATER)
    assert [tool.name for tool in part(actor, "agent", made.record_id).part.tools] == ["mail", "payments"]
    links = trace.links_from(actor.organisation_id, "agent", made.record_id)
    assert {link.to_id for link in links if link.relation == "uses"} == {"mail", "payments"}
    assert [one.version for one in part_versions(actor, "agent", made.record_id)] == [3, 2, 1]


@pytest.mark.parametrize(
    "said, error, word",
    [
        (agent(autonomy_level=6), InventoryRefused, "autonomy"),
        (agent(purpose=" "), TextUnusable, "purpose"),
        (agent(name="a" * 10_000), TextUnusable, "10000"),
        (agent(slug="Loan Helper"), InventoryRefused, "id"),
        (agent(tools=(SEARCH, SEARCH)), InventoryRefused, "twice"),
        (agent(tools=(replace(MAIL, acts=()),)), InventoryRefused, "what"),
        (agent(tools=(replace(MAIL, asks=False),)), InventoryRefused, "person decides"),
        (agent(status="running"), InventoryRefused, "running"),
        (agent(name="Loan\x00helper"), TextUnusable, "U+0000"),
        (deployment(place=""), TextUnusable, "place"),
        (deployment(started_on=date(1, 1, 1)), DayUnusable, "put to work is 0001-01-01"),
        (deployment(model_version="credit-scoring/000000000000"), InventoryUnknown, "model version"),
        (prompt(text="  "), TextUnusable, "prompt"),
        (replace(OTHERS[1], unit=""), TextUnusable, "unit"),
        (replace(OTHERS[2], supplier=""), TextUnusable, "supplier"),
        (agent(system_id="nowhere"), InventoryUnknown, "nowhere"),
    ],
)
def test_a_part_that_lacks_something_or_contradicts_itself_is_refused_and_nothing_is_written(
    actor, system, said, error, word
):
    with pytest.raises(error) as refusal:
        commands.register_part(actor=actor, said=said, now=NOW)
    assert word in refusal.value.problem
    assert parts(actor, ListQuery()).total == 0
    assert log.search(actor.organisation_id, Search(kind=f"register.{said.kind}")).total == 0


def test_a_part_is_registered_once_changed_from_what_was_seen_and_not_brought_back(actor, system):
    commands.register_part(actor=actor, said=prompt(), now=NOW)
    with pytest.raises(InventoryRefused, match="already"):
        commands.register_part(actor=actor, said=prompt(), now=NOW)
    with pytest.raises(InventoryRefused, match="as it was"):
        commands.change_part(actor=actor, said=prompt(), expected_version=1, now=LATER)
    commands.change_part(actor=actor, said=prompt("Be kind."), expected_version=1, now=LATER)
    with pytest.raises(ChangedMeanwhile):
        commands.change_part(actor=actor, said=prompt("Be quick."), expected_version=1, now=LATER)
    assert part(actor, "prompt", "credit-scoring/answer").part.text == "Be kind."
    ended = replace(prompt("Be kind."), status="retired")
    commands.change_part(actor=actor, said=ended, expected_version=2, now=LATER)
    with pytest.raises(InventoryRefused, match="retired"):
        commands.change_part(actor=actor, said=prompt("Be kind."), expected_version=3, now=LATER)


def test_a_prompt_is_named_by_its_digest_and_its_change_can_be_read_line_by_line(actor, system):
    first = commands.register_part(actor=actor, said=prompt(), now=NOW)
    second = commands.change_part(
        actor=actor, said=prompt("Be brief.\nNever promise money."), expected_version=1, now=LATER
    )
    digests = [log.entry(actor.organisation_id, made.entry_id).fact.values["digest"] for made in (first, second)]
    # sha256sum of the text, computed by coreutils
    assert digests[0] == "sha256:30d71add475a1cae92813e94922fd56579cb46ba1fc4535b4eb04f45cf993f0f"
    assert digests[0] != digests[1]
    newer, older = part_versions(actor, "prompt", "credit-scoring/answer")
    assert list(difference(older.part.text, newer.part.text)) == [
        ("gap", ""), ("kept", "Be brief."), ("removed", "Never promise a loan."), ("added", "Never promise money."),
    ]  # fmt: skip


def test_who_may_only_read_registers_no_part_and_another_organisation_sees_none(actor, system, member):
    viewer = member("viewer")
    with pytest.raises(NotPermitted):
        commands.register_part(actor=viewer, said=agent(), now=NOW)
    made = commands.register_part(actor=actor, said=agent(), now=NOW)
    assert part(viewer, "agent", made.record_id).part.name == "Loan helper"
    other = found("Southlight Bank", email="other@example.org")
    with pytest.raises(InventoryUnknown):
        part(other, "agent", made.record_id)
    assert parts(other, ListQuery()).total == 0


def test_autonomy_is_observed_from_what_the_runs_showed_and_never_guessed(actor, system):
    commands.register_part(actor=actor, said=agent(), now=NOW)
    assert observed(actor, agent()) is None
    autonomy(actor, 0)
    seen = observed(actor, agent())
    assert (seen.level, seen.runs, seen.verdict, exceeds(agent(), seen)) == (2, 60, "PASS", False)
    autonomy(actor, 2, LATER + timedelta(hours=1))
    seen = observed(actor, agent())
    assert (seen.level, seen.verdict, exceeds(agent(), seen)) == (4, "FAIL", True)
    ((record, found_level),) = overreaching(actor, parts_of(actor, "credit-scoring"))
    assert (record.part.name, found_level.level) == ("Loan helper", 4)


def test_an_agent_with_a_record_of_its_own_is_judged_by_that_record_alone(actor, system):
    own = agent(record="helper.jsonl")
    commands.register_part(actor=actor, said=own, now=NOW)
    autonomy(actor, 3, record="other.jsonl")
    assert observed(actor, own) is None
    autonomy(actor, -1, record="helper.jsonl")
    assert observed(actor, own).level == 1
    assert observed(actor, agent()).level == 5
