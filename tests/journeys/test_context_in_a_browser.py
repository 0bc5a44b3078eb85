"""The lead brings 4.1 to CONFORMS in a browser: issues from suggestions, an article of law, roles, scope, review."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from tests.organisation import found, join
from tests.registers.records import register
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with one AI system, and a second person who signs for top management."""
    actor = found()
    register(actor, in_scope=True)
    held = ("designated_management", "top_management")
    join(actor.organisation_id, "editor", held, "second@example.org")
    return actor


def test_the_context_is_noted_weighed_and_approved(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org"), ("422",)) as page:
        issues(page)
        parties(page)
        obligation(page)
        page.goto("/context/systems/credit-scoring/")
        page.get_by_label("Why", exact=True).fill("It ranks people who ask for a loan.")
        page.get_by_label("Provider").check()
        page.get_by_label("Why these roles").fill("We build it and put it to work.")
        page.get_by_role("button", name="Decide").click()
        page.get_by_text("It counts once a second person approved it").wait_for()
        scope(page)
        page.goto("/context/review/")
        page.get_by_label("no", exact=True).check()
        page.get_by_label("Why", exact=True).fill("Our models are small and trained once a year.")
        page.get_by_label("What follows for the management system").fill("We watch the dates of the law each month.")
        page.get_by_role("button", name="Propose").click()
        page.get_by_text("It counts once top management approved it").wait_for()
        check(page, "review")
        shot(page, "context-review-light")
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        for address in ("/context/systems/credit-scoring/", "/context/systems/credit-scoring/", "/context/review/"):
            page.goto(address)
            page.get_by_role("button", name="Approve").first.click()
            page.get_by_text("Approved. It counts from now on.").wait_for()
        page.goto("/requirements/iso42001-2023/4.1/")
        page.get_by_text("Conforms").first.wait_for()
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("second@example.org")) as page:
            for name, address in (("context", "/context/"), ("context-parties", "/context/parties/"),
                                  ("context-scope", "/context/scope/")):  # fmt: skip
                page.goto(address)
                check(page, f"{name} {look}")
                shot(page, f"{name}-{look}")


def issues(page: Any) -> None:
    """Two issues come from suggestions; the list says what a review would leave out."""
    page.goto("/context/")
    page.get_by_role("link", name="Note the first").click()
    check(page, "suggestions")
    shot(page, "context-issue-add-light")
    page.get_by_role("link", name="Law on AI changes").click()
    page.get_by_role("button", name="Note it").click()
    page.get_by_text("inside, AI roles, law").wait_for()
    page.get_by_role("link", name="Note an issue").click()
    page.get_by_role("link", name="Few people know").click()
    page.get_by_role("button", name="Note it").click()
    page.get_by_role("link", name="Few people know").wait_for()
    check(page, "issues")
    shot(page, "context-light")


def parties(page: Any) -> None:
    """A party comes from a suggestion; each need is decided one after the other."""
    page.goto("/context/parties/")
    page.get_by_role("link", name="Note the first").click()
    page.get_by_role("link", name="Suppliers of AI").click()
    page.get_by_role("button", name="Note it").click()
    page.get_by_text("Decide now about each of its needs").wait_for()
    page.get_by_role("link", name="Decide: Clear requirements").click()
    page.get_by_label("Answered by").select_option("A.10.3")
    check(page, "need")
    page.get_by_role("button", name="Decide").click()
    page.get_by_role("heading", name="Word of problems found").wait_for()
    page.get_by_label("we do not take it on").check()
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("Give the reason").wait_for()
    page.get_by_label("Why").fill("They learn of it by contract.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("They learn of it by contract.").wait_for()
    check(page, "party")
    shot(page, "context-party-light")
    page.goto("/context/parties/")
    page.get_by_role("button", name="Propose what was decided").click()
    page.get_by_text("Waits for approval").wait_for()
    page.get_by_role("button", name="Record the trace").click()
    page.get_by_text("1 of 1 needs").wait_for()
    shot(page, "context-parties-light")


def obligation(page: Any) -> None:
    """An article of the law that is held here is taken over with its date."""
    page.goto("/context/obligations/add/")
    check(page, "articles")
    shot(page, "context-obligation-add-light")
    page.get_by_role("link", name="Art.4 ").first.click()
    assert page.get_by_label("In force from").input_value() == "2025-02-02"
    page.get_by_role("button", name="Note it").click()
    page.get_by_text("Noted.").wait_for()


def scope(page: Any) -> None:
    """The first scope begins with what is known; an exclusion without its reason is refused."""
    page.goto("/context/scope/propose/")
    assert page.get_by_label("Systems").input_value() == "Credit scoring"
    assert page.get_by_label("Units").input_value() == "Retail credit"
    page.get_by_label("Scope statement").fill("AI that decides about loans to consumers.")
    page.get_by_label("Interfaces").fill("Data from the credit bureau")
    page.get_by_role("textbox", name="Left out").fill("Chat tools of staff")
    page.get_by_role("button", name="Propose").click()
    page.get_by_text("Write it as: what is left out: the reason.").wait_for()
    page.get_by_role("textbox", name="Left out").fill("Chat tools of staff: information security governs them")
    page.get_by_role("button", name="Propose").click()
    page.get_by_text("It counts once top management approved it").wait_for()
    check(page, "scope")
    shot(page, "context-scope-light")
