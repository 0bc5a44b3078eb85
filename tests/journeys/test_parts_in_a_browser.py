"""The owner of a system adds what it is made of, sees what changed and what rests on it, and reviews access."""

from datetime import timedelta
from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.rules import Stage
from clerestory.store import clock, sequencer
from clerestory.terms.evidence import Subject
from tests.organisation import found, join
from tests.registers.inventory.surroundings import MODEL, OTHERS
from tests.registers.inventory.test_parts import autonomy
from tests.registers.inventory.test_resources import check as result
from tests.registers.inventory.test_resources import description
from tests.registers.records import dataset, model, system
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with a system that runs, whose resources were described before anything changes."""
    now = clock.now()
    hour = timedelta(hours=1)
    actor = found(now=now - 9 * hour)
    second = join(actor.organisation_id, "editor", ("designated_management",), "second@example.org", now=now - 8 * hour)
    said = system(actor, in_scope=True, stage=Stage.OPERATION, affects_people=True, suppliers=("Cloud One",))
    commands.register_ai_system(actor=actor, system=said, now=now - 7 * hour)
    commands.register_model_version(actor=actor, model=model(), now=now - 7 * hour)
    commands.register_dataset_version(actor=actor, dataset=dataset(sources=("core banking",)), now=now - 7 * hour)
    for part in OTHERS:
        commands.register_part(actor=actor, said=part, now=now - 7 * hour)
    made = commands.describe_resources(actor=actor, said=description(), now=now - 6 * hour)
    approve(actor=second, entry_id=made.entry_id, now=now - 5 * hour)
    energy = Subject("model_version", MODEL)
    result(actor, "resources.energy-use", energy, "12.5", now - 4 * hour)
    result(actor, "resources.energy-use", energy, "4.1", now - 4 * hour, "quantity=emissions")
    commands.register_model_version(actor=actor, model=model("heavier weights"), now=now - 3 * hour)
    sequencer.sequence(actor.organisation_id)
    return actor


def test_a_system_is_described_by_its_parts_and_walked(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org"), ("422",)) as page:
        agent(page)
        deployment(page)
        prompt(page)
        autonomy(owner, 2, clock.now() - timedelta(minutes=1), record="")
        page.goto("/inventory/systems/credit-scoring/parts/")
        page.get_by_text("acts further on its own than is declared").wait_for()
        check(page, "parts")
        shot(page, "inventory-parts-light")
        page.goto("/inventory/part/agent/credit-scoring/loan-helper/")
        page.get_by_text("above what is declared").wait_for()
        check(page, "agent")
        shot(page, "inventory-agent-light")
        resources(page)
        page.goto("/inventory/systems/credit-scoring/reassess/")
        page.get_by_role("link", name="Resource description").first.wait_for()
        check(page, "reassess")
        shot(page, "inventory-reassess-light")
        walk(page)
        access(page)
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
            for name, address in (
                ("parts", "/inventory/systems/credit-scoring/parts/"),
                ("agent", "/inventory/part/agent/credit-scoring/loan-helper/"),
                ("resources", "/inventory/systems/credit-scoring/resources/"),
                ("graph", "/inventory/graph/ai_system/credit-scoring/"),
                ("access", "/inventory/access/1/"),
            ):
                page.goto(address)
                check(page, f"{name} {look}")
                shot(page, f"inventory-{name}-{look}")


def agent(page: Any) -> None:
    """An agent is registered; a tool that pays without a person contradicts its level and is refused."""
    page.goto("/inventory/systems/credit-scoring/parts/")
    page.get_by_role("link", name="Add: agent").click()
    page.get_by_label("Name").fill("Loan helper")
    page.get_by_label("What it does").fill("Answers questions of applicants.")
    page.get_by_label("2: it proposes").check()
    page.get_by_label("State").select_option("active")
    check(page, "agent form")
    page.get_by_role("button", name="Register").click()
    page.get_by_role("link", name="Add a tool").click()
    page.get_by_label("Tool").fill("payments")
    page.get_by_label("pays").check()
    page.get_by_label("Limit").fill("100 EUR a day")
    page.get_by_label("no", exact=True).check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("without one").wait_for()
    page.get_by_label("yes", exact=True).check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The tool list changed").wait_for()
    page.get_by_role("cell", name="100 EUR a day").wait_for()


def deployment(page: Any) -> None:
    """A deployment begins with what the system's record says."""
    page.goto("/inventory/systems/credit-scoring/parts/add/deployment/")
    assert page.get_by_label("Affects people").input_value() == "true"
    page.get_by_label("Name").fill("Branch offices")
    page.get_by_label("Place").fill("Frankfurt")
    page.get_by_label("Environment").fill("sha256:77aa")
    page.get_by_role("button", name="Register").click()
    page.get_by_text("Registered.").wait_for()


def prompt(page: Any) -> None:
    """A prompt is changed, and what changed is read line by line."""
    page.goto("/inventory/part/prompt/credit-scoring/answer/")
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Text").fill("Be brief.\nPromise every loan.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="What version 2 changed").click()
    page.locator("del", has_text="Never promise a loan.").wait_for()
    page.locator("ins", has_text="Promise every loan.").wait_for()
    check(page, "difference")


def resources(page: Any) -> None:
    """Computing begins with what is known; a post is named and filled."""
    page.goto("/inventory/systems/credit-scoring/resources/")
    page.get_by_text("12.5").first.wait_for()
    page.get_by_role("link", name="Describe the computing of Branch offices").click()
    assert page.get_by_label("Supplier").input_value() == "Cloud One"
    assert page.get_by_label("Place").input_value() == "Frankfurt"
    page.get_by_label("Capacity").fill("4 cores, 16 GB")
    page.get_by_role("button", name="Propose").click()
    page.get_by_text("It counts once a second person approved it").wait_for()
    page.get_by_role("link", name="Add a post").click()
    page.get_by_label("Post").fill("Overseer")
    page.get_by_label("Skills").fill("Reads scores, may stop the system")
    page.get_by_label("Oversees the system").check()
    check(page, "post")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Say who fills them").click()
    page.get_by_label("Overseer").select_option(label="Second")
    page.get_by_label("How it is known").fill("Course of May, certificate in the personnel file")
    page.get_by_role("button", name="Propose").click()
    page.get_by_text("It counts once a second person approved it").wait_for()
    check(page, "resources")
    shot(page, "inventory-resources-light")


def walk(page: Any) -> None:
    """The picture is walked by keyboard: from the system to its agent, to a tool, and back."""
    page.goto("/inventory/graph/ai_system/credit-scoring/")
    check(page, "graph")
    shot(page, "inventory-graph-light")
    page.locator("svg.graph a", has_text="Loan helper").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Loan helper").wait_for()
    page.locator("svg.graph a", has_text="payments").click()
    page.get_by_role("heading", level=1, name="payments").wait_for()
    page.get_by_role("link", name="Move Loan helper to the centre").click()
    page.get_by_role("heading", level=1, name="Loan helper").wait_for()


def access(page: Any) -> None:
    """A review begins with what records name; one's own access is for somebody else to decide."""
    page.goto("/inventory/access/")
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("with every right that the records name").wait_for()
    page.get_by_role("link", name="Second").first.click()
    page.get_by_label("Why").fill("Signs for designated management.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("Decided.").first.wait_for()
    page.goto("/inventory/access/1/")
    page.get_by_role("link", name="Ada Owner").first.click()
    page.get_by_label("Why").fill("I need it.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("Nobody decides about their own access").wait_for()
    check(page, "own access")
    page.goto("/inventory/access/1/")
    check(page, "access")
    shot(page, "inventory-access-light")
