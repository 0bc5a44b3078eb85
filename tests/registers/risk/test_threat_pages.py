"""Pages of threats: questions that begin with what is known, one click to a risk, figures, files, and who may what."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from clerestory.catalogue.threats.fact import UNKNOWN
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.risk import commands
from clerestory.registers.risk.queries.threats import threat_model
from clerestory.store import clock, sequencer
from tests.organisation import NOW
from tests.registers.records import model, register
from tests.registers.risk.architectures import AGENT, SCORING
from tests.registers.risk.test_threats import SYSTEM, checked, decide, seen
from tests.registers.test_pages import signed_in

OPEN = {**SCORING, "tools": (UNKNOWN,), "tool_side_effects": (UNKNOWN,)}
READS = {
    "risk-threats": (),
    "risk-threats-system": (SYSTEM,),
    "risk-threat": (SYSTEM, "AML.T0015"),
    "risk-threat-mitigations": (SYSTEM,),
    "risk-threat-review": (SYSTEM,),
}
FORMS = {
    "risk-threat-facts": (SYSTEM,),
    "risk-threat-decide": (SYSTEM, "AML.M0003"),
    "risk-threat-aside": (SYSTEM, "AML.T0015"),
}


@pytest.fixture
def begun(actor):
    """Register the system and describe its architecture."""
    register(actor, in_scope=True)
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    commands.describe_architecture(actor=actor, system_id=SYSTEM, facts=OPEN, expected_version=0, now=NOW)
    sequencer.sequence(actor.organisation_id)


@pytest.fixture
def owner(actor, begun):
    """Give the browser of the owner."""
    return signed_in("owner@example.org")


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.parametrize("name", sorted(READS))
def test_who_reads_sees_the_page_and_no_button_that_changes(member, owner, name):
    member("viewer", (), "viewer@example.org")
    address = reverse(name, args=READS[name])
    assert owner.get(address).status_code == 200
    page = signed_in("viewer@example.org").get(address)
    assert page.status_code == 200
    assert "Make it a risk" not in text(page)
    assert (
        signed_in("viewer@example.org").post(reverse("risk-threat-raise", args=[SYSTEM, "AML.T0015"])).status_code
        == 403
    )


@pytest.mark.parametrize("name", sorted(FORMS))
def test_forms_are_for_those_who_write(member, owner, name):
    member("viewer", (), "viewer@example.org")
    address = reverse(name, args=FORMS[name])
    assert owner.get(address).status_code == 200
    assert signed_in("viewer@example.org").get(address).status_code == 403


def test_a_system_without_a_model_says_what_to_do(actor, db):
    register(actor)
    browser = signed_in("owner@example.org")
    assert "Answer the questions" in text(browser.get(reverse("risk-threats-system", args=[SYSTEM])))
    assert "none yet" in text(browser.get(reverse("risk-threats"))).lower()
    assert browser.get(reverse("risk-threats-system", args=["moon"])).status_code == 404


def test_the_questions_are_answered_and_lead_to_the_threats(actor, owner):
    told = {name: list(values) for name, values in AGENT.items()}
    address = reverse("risk-threat-facts", args=[SYSTEM])
    made = owner.post(address, {**told, "version": 1})
    assert (made.status_code, made.url) == (302, reverse("risk-threats-system", args=[SYSTEM]))
    assert threat_model(actor, SYSTEM).facts == AGENT
    page = text(owner.get(made.url))
    assert "LLM Prompt Injection" in page
    assert "Calls of tools" in page


def test_what_excludes_itself_is_said_in_the_form_and_nothing_is_lost(actor, owner):
    told = {name: list(values) for name, values in AGENT.items()} | {"tools": ["none", "mcp"]}
    page = owner.post(reverse("risk-threat-facts", args=[SYSTEM]), {**told, "version": 1})
    assert page.status_code == 422
    assert "tools cannot be none and something else" in text(page)
    assert threat_model(actor, SYSTEM).facts == OPEN
    assert re.search(r'name="model_type" value="llm"[^>]*checked', text(page))


def test_one_click_makes_a_risk_and_the_second_click_says_that_it_is_one(actor, owner):
    address = reverse("risk-threat-raise", args=[SYSTEM, "AML.T0015"])
    made = owner.post(address)
    assert (made.status_code, made.url) == (302, reverse("risk-record", args=["R-1"]))
    assert "Inputs are shaped so that the model decides wrongly" in text(owner.get(made.url))
    again = owner.post(address)
    assert again.status_code >= 400
    assert "is the risk R-1 already" in text(again)
    assert "R-1" in text(owner.get(reverse("risk-threats-system", args=[SYSTEM])))


def test_figures_fall_with_a_failing_check(actor, owner):
    decide(actor)
    now = clock.now()
    checked(actor, "robustness.evasion", "PASS", now - timedelta(minutes=2))
    sequencer.sequence(actor.organisation_id)
    address = reverse("risk-threat", args=[SYSTEM, "AML.T0015"])
    assert "In place, shown" in text(owner.get(address))
    checked(actor, "robustness.evasion", "FAIL", now - timedelta(minutes=1))
    sequencer.sequence(actor.organisation_id)
    assert "evidence fails" in text(owner.get(address))
    assert "2 threats are no longer met" in text(owner.get(reverse("risk-threats-system", args=[SYSTEM])))


def test_a_mitigation_is_decided_and_a_threat_set_aside(actor, owner):
    decided = {"measure": "not", "reason": "", "version": seen(actor)}
    address = reverse("risk-threat-decide", args=[SYSTEM, "AML.M0003"])
    assert "why the mitigation is not taken" in text(owner.post(address, decided))
    assert owner.post(address, decided | {"reason": "It costs more than it helps"}).status_code == 302
    assert "Not taken" in text(owner.get(reverse("risk-threat-mitigations", args=[SYSTEM])))
    aside = reverse("risk-threat-aside", args=[SYSTEM, "AML.T0100"])
    assert owner.post(aside, {"reason": "Nobody browses with it", "version": seen(actor)}).status_code == 302
    assert "Nobody browses with it" in text(owner.get(reverse("risk-threat", args=[SYSTEM, "AML.T0100"])))


def test_a_review_waits_for_a_second_person(actor, second, owner):
    decide(actor)
    commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id="AML.T0015", now=NOW)
    address = reverse("risk-threat-review", args=[SYSTEM])
    assert owner.post(address, {"conclusion": "Gone through with the team", "version": seen(actor)}).status_code == 302
    page = text(owner.get(address))
    assert "Waits for approval" in page
    assert "Gone through with the team" in page
    assert "Approve</button>" not in page
    assert "Approve</button>" in text(signed_in("second@example.org").get(address))


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "docx"])
@pytest.mark.parametrize("name", ["risk-threats", "risk-threats-system"])
def test_lists_leave_as_files(owner, name, form):
    answer = owner.get(reverse(name, args=READS[name]) + f"?export={form}")
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert len(body) > 100
    if form == "csv":
        assert ("AML.T0015" if name == "risk-threats-system" else "Credit scoring") in body.decode("utf-8-sig")


def test_the_list_narrows_by_state_and_flow(owner):
    address = reverse("risk-threats-system", args=[SYSTEM])
    page = text(owner.get(address + "?flow=tools"))
    assert "AI Agent Tool Invocation" in page
    assert "Evade AI Model</a>" not in page
    assert "Evade AI Model</a>" in text(owner.get(address + "?state=applies"))


@pytest.mark.parametrize("name", sorted(READS))
def test_a_page_asks_the_database_a_fixed_number_of_times(actor, second, owner, django_assert_max_num_queries, name):
    address = reverse(name, args=READS[name])
    owner.get(address)
    with django_assert_max_num_queries(10) as first:
        owner.get(address)
    for number in range(5):
        register(actor, system_id=f"helper-{number}", name=f"Helper {number}")
        commands.describe_architecture(
            actor=actor, system_id=f"helper-{number}", facts=AGENT, expected_version=0, now=NOW
        )
        commands.raise_threat(actor=actor, system_id=f"helper-{number}", threat_id="AML.T0051", now=NOW)
    for threat in ("AML.T0015", "AML.T0024"):
        commands.raise_threat(actor=actor, system_id=SYSTEM, threat_id=threat, now=NOW)
        commands.review_threats(
            actor=actor, system_id=SYSTEM, conclusion="Gone through", expected_version=seen(actor), now=NOW
        )
    owner.get(address)
    with django_assert_max_num_queries(10) as later:
        owner.get(address)
    assert len(later) <= len(first) + 5  # what a risk and a review add, once
