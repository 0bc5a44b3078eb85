"""An engineer asks for a change in a browser, another approves it before it is made; what changed unasked is seen."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.rules import Stage
from clerestory.store import sequencer
from tests.organisation import found, join
from tests.registers.records import register, system
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with a system at work whose purpose was changed without asking, and a second person."""
    actor = found()
    register(actor, stage=Stage.OPERATION, in_scope=True)
    changed = system(actor, stage=Stage.OPERATION, in_scope=True, purpose="Rank loan applications and renewals")
    commands.update_ai_system(actor=actor, system=changed, expected_version=1)
    sequencer.sequence(actor.organisation_id)
    join(actor.organisation_id, "editor", (), "second@example.org")
    return actor


def test_a_change_is_approved_before_it_is_made(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto("/lifecycle/")
        page.get_by_text("Changed without approval").wait_for()
        page.get_by_text("unapproved").wait_for()
        page.get_by_role("link", name="Ask for a change").click()
        page.get_by_label("What changes").fill("New model with fresh data")
        page.get_by_label("Model", exact=True).check()
        page.get_by_label("Why", exact=True).fill("Scores drifted since summer.")
        check(page, "request")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("What it does to people").fill("Fewer wrong refusals; the groups stay the same.")
        page.get_by_label("How it is taken back").fill("Put the old version back within an hour.")
        check(page, "assessment")
        shot(page, "changes-assess-light")
        page.get_by_role("button", name="Propose").click()
        page.get_by_text("It counts once a second person approved it").wait_for()
        assert page.get_by_role("button", name="It was made today").count() == 0
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto("/lifecycle/change/change-1/")
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
        page.get_by_role("button", name="It was made today").click()
        page.get_by_text("Noted as made.").wait_for()
        check(page, "change")
        shot(page, "changes-one-light")
        page.goto("/lifecycle/releases/")
        check(page, "releases")
    for look in ("light", "dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
            page.goto("/lifecycle/")
            check(page, f"changes {look}")
            shot(page, f"changes-{look}")
