"""Risks in a real browser: axe finds nothing, the heat map leads to its risks, and a risk is decided in few clicks."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import Stage
from clerestory.registers.risk import commands
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.risk.rules.risk import Done, NewTask
from clerestory.registers.risk.rules.scale import Level
from clerestory.store import clock
from tests.organisation import found, join
from tests.registers.records import register, system
from tests.registers.risk.risks import (
    HIGH,
    LOW,
    MEDIUM,
    VERY_HIGH,
    acceptance,
    approve_all,
    decided,
    identified,
    method,
    version,
)
from tests.registers.risk.test_money import APPETITE, SAID
from tests.registers.risk.test_pages import FORMS, READS
from tests.registers.risk.test_planning import CASES, action
from tests.registers.risk.test_residual import TREATED, bearings
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

SHOWN = (
    "risk", "risk-map", "risk-record", "risk-add", "risk-decide", "risk-plan", "risk-criteria", "risk-task",
    "risk-money", "risk-movement", "risk-prompts", "risk-opportunities", "risk-trial", "risk-consistency",
)  # fmt: skip


@pytest.fixture
def owner(transactional_db: None) -> Any:
    """Fill an organisation with risks in every state, from today on."""
    actor, now = found(), clock.now()
    register(actor, in_scope=True)
    inventory.register_ai_system(
        actor=actor, system=system(actor, "chat", name="Customer chat", stage=Stage.OPERATION), now=now
    )
    boss = join(actor.organisation_id, "editor", ("top_management", "designated_management"), "boss@example.org")
    worker = join(actor.organisation_id, "editor", (), "worker@example.org")
    made = commands.propose_method(actor=actor, method=method(money=APPETITE), now=now)
    commands.approve_method(actor=boss, version=made.version, now=now)
    identified(actor, HIGH, at=now)
    decided(actor, at=now, task=worker, **TREATED)
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=now)
    why = "Claims of three years"
    commands.estimate_loss(actor=actor, risk_id="R-1", said=SAID, reason=why, expected_version=version(actor), now=now)
    commands.note_bearings(actor=actor, bearings=bearings("STALE"), now=now)
    by = now.date() + timedelta(days=30)
    commands.plan_action(actor=actor, said=action(worker, inputs=(), evaluate_by=by), now=now)
    commands.begin_trial(actor=actor, cases=CASES, first=actor.person_id, second=worker.person_id, now=now)
    task = NewTask(action="Test the weights each month", owner=worker.person_id, due_on=now.date() + timedelta(days=60))
    commands.add_task(actor=actor, risk_id="R-1", task=task, now=now)
    done = Done(done_on=now.date(), note="In use since this morning")
    commands.implement_task(actor=worker, task_id="R-1-T1", done=done, expected_version=1, now=now)
    identified(actor, VERY_HIGH, at=now, event="The chat gives wrong advice on debt", system_id="chat", source="C.3.2")
    identified(actor, HIGH, at=now, event="The vendor changes the model without a word", system_id="", source="C.3.6")
    decided(actor, at=now, risk_id="R-3")
    signed = acceptance(now.date() + timedelta(days=20), Level.HIGH)
    commands.accept_risk(actor=actor, risk_id="R-3", acceptance=signed, expected_version=version(actor, "R-3"), now=now)
    identified(actor, MEDIUM, at=now, event="Officers trust the score too much", source="C.3.3")
    identified(actor, LOW, at=now, event="نموذج لا يفهم أسماء العملاء", source="C.3.1")
    identified(actor, None, at=now, event="<b>Not rated yet</b>", source="C.3.7")
    approve_all(boss, now)
    commands.propose_plan(actor=actor, now=now)
    return actor


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_page_about_risks_has_a_fault_that_axe_or_the_browser_finds(
    owner: Any, chromium: Any, live_server: Any, look: str
) -> None:
    with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
        for name in (*READS, *FORMS):
            address = reverse(name, args=READS.get(name, FORMS.get(name, ())))
            assert page.goto(address).status == 200, address
            check(page, f"{name} {look}")
            if name in SHOWN:
                shot(page, f"{name}-{look}")


def test_a_cell_of_the_heat_map_leads_to_its_risks_by_mouse_and_by_keyboard(
    owner: Any, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto(reverse("risk-map"))
        page.get_by_role("link", name="1 risk, likelihood 5, consequence 5, level very high").first.click()
        page.get_by_role("link", name="The chat gives wrong advice on debt").wait_for()
        page.goto(reverse("risk-map"))
        page.get_by_role("link", name="likelihood 4, consequence 4").first.focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="The vendor changes the model without a word").wait_for()


def test_a_risk_is_registered_rated_and_decided_in_fewer_than_twenty_clicks(
    owner: Any, chromium: Any, live_server: Any
) -> None:
    clicks = 0

    def click(target: Any) -> Any:
        nonlocal clicks
        clicks += 1
        target.click()
        return target

    def write(label: str, text: str) -> None:
        click(page.get_by_label(label, exact=True)).fill(text)

    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto(reverse("risk-add") + "?system=chat")
        write("What could happen", "The chat tells one customer about another")
        click(page.get_by_label("Where it comes from")).select_option("C.3.4")
        write("What would follow", "Personal data reach a stranger")
        for scale, step in (("Likelihood", 3), ("organisation", 4), ("individuals", 3), ("societies", 1)):
            group = page.get_by_role("group", name=scale)
            click(group.locator("label").nth(step - 1))
        page.get_by_text("By the matrix this is high: over the criteria").wait_for()
        write("Why these steps (optional)", "It happened in a test of last week")
        click(page.get_by_role("button", name="Register"))
        click(page.get_by_role("link", name="Decide on the treatment"))
        click(page.locator("label.risk-step", has_text="retain"))
        write("Why", "The service ends next month")
        click(page.get_by_role("button", name="Decide"))
        page.get_by_text("Decided. It counts once a second person approved it.").wait_for()
    assert str(risk_record(owner, "R-7").treatment) == "retain"
    assert clicks < 20, clicks


def test_an_owner_signs_and_what_the_form_lacks_is_said_beside_the_field(
    owner: Any, chromium: Any, live_server: Any
) -> None:
    decided(owner, at=clock.now(), risk_id="R-2")
    with window(chromium, live_server.url, "light", signed_in("owner@example.org"), ("422",)) as page:
        page.goto(reverse("risk-record", args=("R-2",)))
        page.get_by_role("link", name="Accept what remains").first.click()
        page.get_by_role("button", name="Sign the acceptance").click()
        page.get_by_text("This field is required.").wait_for()
        page.get_by_label("Why it can be kept").fill("A person reads every answer before it is sent")
        page.get_by_role("button", name="Sign the acceptance").click()
        page.get_by_text("Accepted. It counts once designated management approved it.").wait_for()
