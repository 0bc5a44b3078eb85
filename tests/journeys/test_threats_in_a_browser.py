"""The risk owner models the threats of a system in a browser: questions, picture, a risk by one click, a review."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import Origin
from clerestory.registers.risk import commands
from clerestory.store import sequencer
from tests.organisation import NOW, found, join
from tests.registers.records import model, register
from tests.registers.risk.architectures import AGENT
from tests.registers.risk.test_threats import checked
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

SYSTEM = "/risk/threats/credit-scoring/"
ASKED = {
    "Kind of model": "tables of features", "Form of the model file": "pickle",
    "Is the number of requests limited": "yes, enforced", "What goes in": "fields of a form or table",
    "Are there secrets in its context": "no", "Does a person check outputs": "yes", "What it tells": "scores or",
    "Where the output goes": "a person reads it",
}  # fmt: skip


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with a system whose model is supplied, an agent, and a second person."""
    actor = found()
    register(actor, in_scope=True, autonomy_level=2, architecture_facts={"exposure": "internal"})
    inventory.register_model_version(actor=actor, model=model(origin=Origin.SUPPLIER), now=NOW)
    register(actor, system_id="helper", name="Service desk helper")
    commands.describe_architecture(actor=actor, system_id="helper", facts=AGENT, expected_version=0, now=NOW)
    join(actor.organisation_id, "editor", ("designated_management",), "second@example.org")
    sequencer.sequence(actor.organisation_id)
    return actor


def test_the_threats_of_a_system_are_modelled_met_and_reviewed(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org"), ("422",)) as page:
        questions(page)
        page.get_by_role("heading", name="Picture").wait_for()
        check(page, "threat model")
        shot(page, "threats-system-light")
        page.get_by_role("link", name="Requests:").focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Evade AI Model").click()
        page.get_by_role("heading", name="Why it applies").wait_for()
        check(page, "threat")
        shot(page, "threats-threat-light")
        page.get_by_role("button", name="Make it a risk").click()
        page.get_by_text("The threat is the risk R-1 now").wait_for()
        page.goto(SYSTEM + "mitigations/")
        check(page, "mitigations")
        shot(page, "threats-mitigations-light")
        page.get_by_role("link", name="Model Hardening").click()
        page.get_by_label("not taken").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("It is not said why").wait_for()
        page.get_by_label("in place", exact=True).check()
        page.get_by_label("How, or why not").fill("Trained against the attacks of last year")
        check(page, "decision")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Decided, for every threat").wait_for()
        evidence(page, owner)
        page.goto(SYSTEM + "review/")
        page.get_by_label("What follows").fill("Gone through with the team; two measures are planned for spring.")
        page.get_by_role("button", name="Record the review").click()
        page.get_by_text("Recorded. It counts once").wait_for()
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto(SYSTEM + "review/")
        check(page, "review")
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
        page.goto("/risk/threats/")
        page.get_by_role("link", name="Service desk helper").wait_for()
        check(page, "systems")
        shot(page, "threats-light")
    looks(chromium, live_server)


def questions(page: Any) -> None:
    """Most is filled in; what is left is chosen, and one thing stays unknown."""
    page.goto("/risk/threats/")
    page.get_by_role("link", name="Credit scoring").click()
    check(page, "before")
    page.get_by_role("link", name="Answer the questions").click()
    assert page.get_by_role("group", name="Who can reach it").get_by_label("inside the organisation").is_checked()
    assert page.get_by_role("group", name="Where the model comes from").get_by_label("from a supplier").is_checked()
    check(page, "questions")
    shot(page, "threats-questions-light")
    for question, answer in ASKED.items():
        group = page.get_by_role("group", name=question)
        if group.get_by_label("we do not know").get_attribute("type") == "checkbox":
            group.get_by_label("we do not know").uncheck()
        group.get_by_label(answer, exact=answer in ("yes", "no")).check()
    for question in ("Which tools it can call", "What its tools can change"):
        group = page.get_by_role("group", name=question)
        group.get_by_label("we do not know").uncheck()
        group.get_by_label("none").check()
    page.get_by_role("group", name="What its tools can change").get_by_label("pays").check()
    page.get_by_role("button", name="Show the threats").click()
    page.get_by_text("tool_side_effects cannot be none and something else").wait_for()
    page.get_by_role("group", name="What its tools can change").get_by_label("pays").uncheck()
    page.get_by_role("button", name="Show the threats").click()
    page.get_by_text("Answered. The threats below follow from it.").wait_for()


def evidence(page: Any, owner: Actor) -> None:
    """A passing check shows the mitigation; a failing one lets it fall, and the page says so."""
    from datetime import timedelta

    from clerestory.store import clock

    now = clock.now()
    for verdict, ago, said in (("PASS", 2, "In place, shown"), ("FAIL", 1, "In place no longer shown")):
        checked(owner, "robustness.evasion", verdict, now - timedelta(minutes=ago))
        sequencer.sequence(owner.organisation_id)
        page.goto(SYSTEM + "AML.T0015/")
        page.get_by_text(said).first.wait_for()
    page.goto(SYSTEM)
    page.get_by_text("no longer met").wait_for()
    shot(page, "threats-fallen-light")


def looks(chromium: Any, live_server: Any) -> None:
    """The same in the dark and on a phone."""
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("second@example.org")) as page:
            for name, address in (("threats-system", SYSTEM), ("threats-agent", "/risk/threats/helper/"),
                                  ("threats", "/risk/threats/")):  # fmt: skip
                page.goto(address)
                check(page, f"{name} {look}")
                shot(page, f"{name}-{look}")
