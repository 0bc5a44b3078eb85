"""The lead sets up a way to speak up and tries it; a stranger uses it; a receiver answers; the stranger reads it."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from tests.organisation import found, join
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

SAID = "In one branch the officer confirms every refusal without opening the file."


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with a second person."""
    actor = found()
    join(actor.organisation_id, "editor", ("designated_management",), "second@example.org")
    return actor


def test_a_stranger_speaks_up_and_reads_the_answer(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto("/incidents/")
        check(page, "nothing yet")
        page.get_by_role("link", name="Set it up").click()
        for person in page.get_by_role("group", name="Who receives it").get_by_role("checkbox").all():
            person.check()
        check(page, "form")
        page.get_by_role("button", name="Propose").click()
        page.get_by_text("It counts once a second person approved it").wait_for()
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto("/incidents/")
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
        page.get_by_role("button", name="Try the channel").click()
        words = page.locator("#words").inner_text()
        address = page.locator("#address").inner_text()
    with window(chromium, live_server.url, "light", None) as page:
        spoken(page, address, f"A trial: {words}")
        code = spoken(page, address, SAID)
        shot(page, "concern-received-light")
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto("/incidents/concerns/")
        check(page, "concerns")
        shot(page, "concerns-light")
        page.get_by_role("link", name="1 other").click()
        page.get_by_role("button", name="It arrived").click()
        page.get_by_text("Recorded.").wait_for()
        page.goto("/incidents/concerns/2/")
        check(page, "concern")
        page.get_by_label("What came of it").fill("Officers were shown how to overrule a score")
        page.get_by_label("Answer to the sender").fill("It was as you said. Ten files a week are read again.")
        page.get_by_label("I am not involved").check()
        page.get_by_role("button", name="Answer and close").click()
        page.get_by_text("Answered.").wait_for()
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, None) as page:
            page.goto(address)
            check(page, f"speak up {look}")
            shot(page, f"speak-up-{look}")
            page.get_by_role("link", name="I have a code").click()
            page.get_by_label("Your code").fill(code)
            page.get_by_role("button", name="Open").click()
            page.get_by_text("Ten files a week are read again.").wait_for()
            check(page, f"answer {look}")
        with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
            for name in ("incidents/", "incidents/concerns/2/"):
                page.goto(f"/{name}")
                check(page, f"{name} {look}")
                shot(page, f"{name.strip('/').replace('/', '-')}-{look}")


def spoken(page: Any, address: str, text: str) -> str:
    """Speak up as nobody; return the code."""
    page.goto(address)
    check(page, "speak up")
    page.get_by_label("What is it about?").select_option(
        label="Something else" if "trial" in text else "Nobody watches, or nobody can stop it"
    )
    page.get_by_label("What happened?").fill(text)
    page.get_by_role("button", name="Send").click()
    code: str = page.locator("#code").inner_text()
    check(page, "received")
    return code
