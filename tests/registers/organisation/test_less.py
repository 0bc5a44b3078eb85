"""Less is asked of a process or a role once a second person agreed, and as much again once that is taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from clerestory.desk.approval import approve, open_proposals, revoke
from clerestory.registers.organisation import commands, queries
from clerestory.registers.organisation.rules import Process
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles import queries as role_queries
from clerestory.registers.roles.rules import Role
from clerestory.store import log
from tests.organisation import NOW
from tests.registers.test_pages import signed_in

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LESS = {"clause_family": "7", "interval": "P1Y", "externally_provided": False}


@pytest.fixture
def process(actor):
    made = Process(
        process_id="operation", name="Operation", clause_family="8", owner=actor.person_id, interval="P1M",
        first_run_on=NOW.date() - timedelta(days=60), externally_provided=True,
    )  # fmt: skip
    commands.register_process(actor=actor, process=made, now=NOW)
    return made


def changed(actor, process, at, **said):
    version = queries.process_of(actor, "operation").version
    commands.change_process(actor=actor, process=replace(process, **said), expected_version=version, now=at)


def asked(actor):
    """Return what the log says of the process: clause, interval, who runs it, and how many runs are planned."""
    fact = log.entry(actor.organisation_id, queries.process_of(actor, "operation").entry_id).fact
    values = fact.values
    return values["clause_family"], values["interval"], values["externally_provided"], len(fact.lists["planned_runs"])


@pytest.mark.parametrize("name", LESS)
def test_less_is_asked_of_a_process_once_a_second_person_approved_it(actor, second, process, name):
    before = asked(actor)
    changed(actor, process, NOW + HOUR, **{name: LESS[name]}, inputs=("Requests",))
    assert asked(actor) == before
    assert queries.process_of(actor, "operation").process.inputs == ("Requests",), "the rest counts at once"
    address = reverse("organisation-process", args=["operation"])
    assert "Said, and not counted yet" in signed_in("owner@example.org").get(address).content.decode()
    (waits,) = open_proposals(second)

    given = approve(actor=second, entry_id=waits.entry_id, now=NOW + 2 * HOUR).approvals[0]
    assert asked(actor) != before
    assert getattr(queries.process_of(actor, "operation").process, name) == LESS[name]
    assert "Said, and not counted yet" not in signed_in("owner@example.org").get(address).content.decode()
    revoke(actor=second, entry_id=given.entry_id, reason="It was the wrong one", now=NOW + 3 * HOUR)
    assert asked(actor) == before
    assert open_proposals(second) == (), "nothing waits once it was taken back"


def test_more_is_asked_of_a_process_at_once_and_saying_what_counts_withdraws_what_waits(actor, second, process):
    changed(actor, process, NOW + HOUR, interval="P7D")
    assert asked(actor)[1] == "P7D"
    changed(actor, process, NOW + 2 * HOUR, interval="P1Y")
    changed(actor, process, NOW + 3 * HOUR, interval="P1Y", outputs=("Reports",))
    (waits,) = open_proposals(second)
    assert waits.proposed_at == NOW + 2 * HOUR, "saying the same again renews nothing"
    changed(actor, process, NOW + 4 * HOUR, interval="P7D")
    assert open_proposals(second) == ()
    assert queries.process_of(actor, "operation").waits == {}


def test_a_role_bears_on_ai_until_a_second_person_agrees_that_it_does_not(actor, second):
    role = Role(role_id="model-owner", name="Model owner", has_ai_duties=True, duties=("answer for the model",))
    roles.define_role(actor=actor, role=role, now=NOW)

    def bears():
        record = role_queries.role(actor, "model-owner")
        assert (
            log.entry(actor.organisation_id, record.entry_id).fact.values["has_ai_duties"] is record.role.has_ai_duties
        )
        return record.role.has_ai_duties

    roles.change_duties(actor=actor, role=replace(role, has_ai_duties=False), expected_version=1, now=NOW + HOUR)
    assert bears() is True
    page = signed_in("owner@example.org").get(reverse("roles-role", args=["model-owner"])).content.decode()
    assert "Said, and not counted yet" in page
    (waits,) = open_proposals(second)
    given = approve(actor=second, entry_id=waits.entry_id, now=NOW + 2 * HOUR).approvals[0]
    assert bears() is False
    revoke(actor=second, entry_id=given.entry_id, reason="It does", now=NOW + 3 * HOUR)
    assert bears() is True


def test_a_role_that_comes_to_bear_on_ai_counts_at_once(actor, second):
    role = Role(role_id="clerk", name="Clerk", has_ai_duties=False, duties=("file",))
    roles.define_role(actor=actor, role=role, now=NOW)
    roles.change_duties(actor=actor, role=replace(role, has_ai_duties=True), expected_version=1, now=NOW + HOUR)
    assert role_queries.role(actor, "clerk").role.has_ai_duties is True
    assert open_proposals(second) == ()
