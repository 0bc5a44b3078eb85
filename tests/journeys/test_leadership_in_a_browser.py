"""The lead lets people approve in order, sees who confirmed, who answers for what, and what the committee decided."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.registers.roles.commands import change_member, constitute, define_role, end_membership, recognise
from clerestory.registers.roles.rules import Role
from tests.organisation import found, join
from tests.registers.roles.council import said
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

PAGES = (
    "policy/coverage",
    "organisation/picture",
    "organisation/integration",
    "roles/matrix",
    "roles/left",
    "roles/committees",
    "roles/committees/ai-council",
    "roles/committees/ai-council/1",
    "roles/recognition",
)


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with counsel, management, top management and somebody who will leave."""
    actor = found()
    made = [
        join(actor.organisation_id, "editor", (role,), f"{name}@example.org")
        for name, role in (("counsel", "legal_counsel"), ("lead", "designated_management"), ("boss", "top_management"))
    ]
    for who, unit in zip(made, ("Legal", "Retail credit", "Board"), strict=True):
        change_member(actor=actor, person_id=who.person_id, unit=unit)
    role = Role(role_id="overseer", name="Overseer", has_ai_duties=True, duties=("oversight", "stopping a system"))
    define_role(actor=actor, role=role)
    constitute(actor=actor, said=said(actor, *made[:2]))
    recognise(actor=actor, person=made[0].person_id, what="Scores for young applicants drift.")
    gone = join(actor.organisation_id, "editor", (), "gone@example.org")
    end_membership(actor=actor, person_id=gone.person_id)
    return actor


def test_leadership_is_approved_in_order_counted_and_minuted(owner: Actor, chromium: Any, live_server: Any) -> None:
    def at(email: str, look: str = "light") -> Any:
        return window(chromium, live_server.url, look, signed_in(f"{email}@example.org"))

    with at("owner") as page:
        page.goto("/policy/add/?template=ai-policy")
        page.get_by_role("button", name="Propose").click()
        page.get_by_text("It counts once all who are asked approved it").wait_for()
    for email, next_asked in (("counsel", "Designated management"), ("lead", "Top management"), ("boss", "")):
        with at(email) as page:
            page.goto("/policy/ai-policy/")
            if email == "lead":
                check(page, "policy in order")
                shot(page, "policy-in-order-light")
            page.get_by_role("button", name="Approve").click()
            said_now = f"asked next: {next_asked.lower()}" if next_asked else "It counts from now on"
            page.get_by_text(said_now).wait_for()
    with at("counsel") as page:
        page.goto("/policy/ai-policy/")
        page.get_by_role("button", name="I read it and keep it").click()
        page.get_by_text("Confirmed. Thank you.").wait_for()
        page.goto("/roles/committees/ai-council/")
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
    with at("owner") as page:
        counted_and_drawn(page)
        minuted(page)
    for look in ("dark", "phone"):
        with at("owner", look) as page:
            for name in PAGES:
                page.goto(f"/{name}/")
                check(page, f"{name} {look}")
                shot(page, f"{name.replace('/', '-')}-{look}")


def counted_and_drawn(page: Any) -> None:
    """Count who confirmed, draw the processes, share a part and decide a line of the matrix."""
    page.goto("/policy/coverage/")
    page.get_by_role("button", name="Remind 3 people").click()
    page.get_by_text("3 people were reminded.").wait_for()
    check(page, "coverage")
    shot(page, "policy-coverage-light")
    page.goto("/organisation/processes/usual/")
    check(page, "usual processes")
    page.get_by_role("button", name="Register").click()
    page.get_by_text("12 processes are registered.").wait_for()
    check(page, "picture")
    shot(page, "organisation-picture-light")
    page.goto("/organisation/integration/")
    page.get_by_role("link", name="Share a part").first.click()
    page.get_by_label("Clause of the other system").fill("9.2")
    page.get_by_label("Document or record that is used for both").fill("Audit programme 2026")
    page.get_by_role("button", name="Record").click()
    page.get_by_text("Recorded.").wait_for()
    check(page, "integration")
    shot(page, "organisation-integration-light")
    page.goto("/roles/matrix/")
    page.get_by_role("link", name="Audit internally").click()
    page.get_by_role("group", name="Responsible").get_by_label("Lead").check()
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("Decided.").wait_for()
    check(page, "matrix")
    shot(page, "roles-matrix-light")


def minuted(page: Any) -> None:
    """Call the committee with what waits, and write its minutes."""
    page.goto("/policy/add/?template=acceptable-use")
    page.get_by_role("button", name="Propose").click()
    page.goto("/roles/committees/ai-council/")
    page.get_by_role("button", name="Call it with what waits").click()
    page.get_by_text("Called. Its members were told.").wait_for()
    page.get_by_label("Minutes", exact=True).fill("We went through the agenda.")
    page.get_by_label("Decided on 1. Acceptable use of AI, version 1").fill("It goes to top management as it is.")
    page.get_by_role("button", name="Record").click()
    page.get_by_text("It counts once a second person approved it").wait_for()
    page.get_by_text("Decided: It goes to top management as it is.").wait_for()
    check(page, "meeting")
    shot(page, "committee-meeting-light")
