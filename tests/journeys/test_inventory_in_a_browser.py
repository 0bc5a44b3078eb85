"""An owner registers in four fields, sees why the tier is what it is, lets low risk through; a viewer asks for AI."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, open_proposals
from clerestory.registers.policy.commands import begin_policy
from clerestory.registers.policy.rules import Policy
from tests.organisation import NOW, found, join
from tests.registers.policy.surroundings import DRAFT
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

TABLE = "Title,What it is for,Responsible,Affects people\nHiring,Rank applicants,owner@example.org,yes\n"


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with a policy on acceptable use in force, a manager and a viewer."""
    actor = found()
    held = ("designated_management", "top_management")
    second = join(actor.organisation_id, "editor", held, "second@example.org")
    join(actor.organisation_id, "viewer", (), "viewer@example.org")
    said = Policy(policy_id="acceptable-use", title="Acceptable use of AI", owner=actor.person_id)
    draft = replace(DRAFT, policy_id="acceptable-use", related=())
    begin_policy(actor=actor, said=said, draft=draft, now=NOW)
    (waiting,) = open_proposals(actor)
    signer = replace(second, authentication_id="auth-2")
    approve(actor=signer, entry_id=waiting.entry_id, role="top_management", now=NOW)
    return actor


def test_systems_are_registered_explained_joined_and_asked_for(
    owner: Actor, chromium: Any, live_server: Any, tmp_path: Path
) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org"), ("422",)) as page:
        registered(page)
        through(page)
        alike(page)
        imported(page, tmp_path)
    with window(chromium, live_server.url, "light", signed_in("viewer@example.org")) as page:
        page.goto("/inventory/uses/ask/")
        page.get_by_label("I want to use AI for").fill("Summarise complaints of customers")
        page.get_by_label("With").select_option(label="Minutes")
        page.get_by_label("Names or other data about people go in").check()
        check(page, "ask")
        shot(page, "use-ask-light")
        page.get_by_role("button", name="Ask", exact=True).click()
        page.get_by_role("heading", name="A person looks at this").wait_for()
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto("/inventory/uses/use-1/")
        page.get_by_role("button", name="Approve").click()
        page.get_by_role("heading", name="Yes, approved").wait_for()
        check(page, "answer")
        shot(page, "use-answer-light")
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
            for name, address in (
                ("tier", "/inventory/systems/minutes/tier/"), ("use-answer", "/inventory/uses/use-1/"),
                ("lane", "/inventory/systems/minutes/lane/"), ("uses", "/inventory/uses/"),
                ("duplicates", "/inventory/duplicates/"), ("register", "/inventory/systems/add/"),
            ):  # fmt: skip
                page.goto(address)
                check(page, f"{name} {look}")
                shot(page, f"{name}-{look}")


def four(page: Any, name: str, purpose: str, touches: str) -> None:
    """Fill in the four fields."""
    page.goto("/inventory/systems/add/")
    page.get_by_label("What is it called?").fill(name)
    page.get_by_label("What is it for?").fill(purpose)
    page.get_by_label("Whom does it touch?").select_option(touches)
    page.get_by_role("button", name="Register").click()


def registered(page: Any) -> None:
    """Four fields lead to a tier with its reason and source."""
    page.goto("/inventory/systems/add/")
    check(page, "four fields")
    shot(page, "register-light")
    four(page, "Credit scoring", "Rank loan applications for an officer's decision", "credit")
    page.get_by_text("It bears on whether a person gets credit.").wait_for()
    page.get_by_text("Annex III, point 5(b)").wait_for()
    check(page, "tier")
    shot(page, "tier-light")


def through(page: Any) -> None:
    """Low risk is through on one page."""
    four(page, "Minutes", "Summarise our own meetings", "inside")
    page.get_by_role("heading", name="What could make it stricter").wait_for()
    page.get_by_role("link", name="Fast lane").click()
    page.get_by_label("Level of autonomy").select_option("1")
    page.get_by_label("The policy on acceptable use binds everybody who uses it").check()
    check(page, "lane")
    shot(page, "lane-light")
    page.get_by_role("button", name="Let it through").click()
    page.get_by_role("heading", name="In the fast lane").wait_for()


def alike(page: Any) -> None:
    """What is likely registered already asks why it is another."""
    four(page, "Credit Scorings", "Rank loan applications for an officer's decision", "credit")
    page.get_by_role("heading", name="Likely registered already").wait_for()
    check(page, "alike")
    shot(page, "register-alike-light")
    page.get_by_label("Why is it another one?").fill("It is for firms.")
    page.get_by_role("button", name="Register").click()
    page.get_by_text("Registered. Its tier follows").wait_for()


def imported(page: Any, tmp_path: Path) -> None:
    """A file is looked at by row and field before it is imported."""
    file = tmp_path / "systems.csv"
    file.write_text(TABLE + "Stars,,nobody@example.org,perhaps\n", encoding="utf-8")
    page.goto("/inventory/systems/import/")
    check(page, "import")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("heading", name="Nothing would be imported yet").wait_for()
    check(page, "import problems")
    shot(page, "import-light")
    file.write_text(TABLE, encoding="utf-8")
    page.goto("/inventory/systems/import/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Import all rows").click()
    page.get_by_text("1 system registered.").wait_for()
