"""The lead brings the AI policy into force from a text to begin with; all confirm it; a version shows its change."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from tests.organisation import found, join
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with a second person who signs for top management."""
    actor = found()
    join(actor.organisation_id, "editor", ("designated_management", "top_management"), "second@example.org")
    return actor


def test_a_policy_comes_into_force_is_confirmed_and_changed(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto("/policy/")
        page.get_by_role("link", name="Begin the AI policy").click()
        page.get_by_text("Texts to begin with").wait_for()
        check(page, "begin")
        page.get_by_label("Other policies that touch AI").fill("Information security policy")
        page.get_by_role("button", name="Propose").click()
        page.get_by_text("It counts once all who are asked approved it").wait_for()
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto("/policy/ai-policy/")
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
        page.get_by_role("button", name="I read it and keep it").click()
        page.get_by_text("Confirmed. Thank you.").wait_for()
        page.goto("/policy/ai-policy/")
        page.get_by_text("Not yet: Ada Owner").wait_for()
        page.get_by_role("link", name="Made available").click()
        page.get_by_label("How").fill("On the intranet and on our web site; staff were told by mail.")
        page.get_by_role("button", name="Record").click()
        page.get_by_text("Recorded.").wait_for()
        check(page, "policy")
        shot(page, "policy-light")
        page.get_by_role("link", name="Propose a version").click()
        text = page.get_by_label("The policy").input_value()
        page.get_by_label("The policy").fill(text.replace("and other means.", "and water, and say so each year."))
        page.get_by_role("button", name="Propose").click()
        page.get_by_text("It counts once all who are asked approved it").wait_for()
        page.get_by_role("link", name="Version 2", exact=True).click()
        assert page.locator("ins").inner_text().endswith("and water, and say so each year.")
        assert page.locator("del").inner_text().endswith("and other means.")
        check(page, "difference")
        shot(page, "policy-difference-light")
        page.goto("/policy/alignment/")
        page.get_by_label("Information security policy").check()
        page.get_by_role("button", name="Record").click()
        page.get_by_text("It counts once a second person approved it").wait_for()
        check(page, "alignment")
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
            for name in ("policy/", "policy/ai-policy/", "policy/ai-policy/difference/2/", "policy/review/"):
                page.goto(f"/{name}")
                check(page, f"{name} {look}")
                shot(page, f"{name.strip('/').replace('/', '-')}-{look}")
