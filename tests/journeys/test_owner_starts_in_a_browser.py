"""The first owner: from the link in the terminal to a board that says honestly that nothing is evidenced yet."""

from typing import Any

import pytest
from playwright.sync_api import expect

from clerestory.desk.entrance.links import first_owner_link
from clerestory.store import clock
from tests.simulators.browser import check, shot, window
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_owner_founds_the_organisation_and_sees_that_nothing_is_evidenced(
    chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, allowed=("422",)) as page:
        page.goto("/")
        expect(page.get_by_role("heading", name="Nobody is here yet")).to_be_visible()
        check(page, "welcome")
        page.goto(f"/start/{first_owner_link(now=clock.now())}/")
        check(page, "first start")
        shot(page, "first-start-light")
        page.get_by_label("Organisation").fill("Northlight Bank")
        page.get_by_label("Your name").fill("Ada Admin")
        page.get_by_label("Your e-mail address").fill("ada@northlight.example")
        page.get_by_label("Password").fill("short")
        page.get_by_role("button", name="Found the organisation").click()
        expect(page.locator(".field-error")).to_be_visible()
        check(page, "first start with an error")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Found the organisation").click()
        expect(page.get_by_role("link", name="Clerestory Northlight Bank")).to_be_visible()
        page.get_by_role("link", name="All 70 of ISO/IEC 42001").click()
        expect(page.locator(".board tbody tr:not(.group)")).to_have_count(70)
        expect(page.locator(".tally-number").nth(3)).to_have_text("70")


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Sao_Paulo", "UTC"])
def test_the_zone_of_the_browser_is_proposed_and_another_one_can_be_chosen(
    chromium: Any, live_server: Any, zone: str
) -> None:
    with window(chromium, live_server.url, time_zone=zone) as page:
        page.goto(f"/start/{first_owner_link(now=clock.now())}/")
        asked = page.get_by_label("Time zone")
        expect(asked).to_have_value(zone)
        if zone == "UTC":
            asked.select_option("Europe/Berlin")
        for label, text in (
            ("Organisation", "Northlight Bank"), ("Your name", "Ada Admin"),
            ("Your e-mail address", "ada@northlight.example"), ("Password", PASSWORD),
        ):  # fmt: skip
            page.get_by_label(label).fill(text)
        page.get_by_role("button", name="Found the organisation").click()
        expect(page.get_by_role("link", name="Clerestory Northlight Bank")).to_be_visible()
        page.goto("/organisation/")
        expect(page.get_by_text("Europe/Berlin" if zone == "UTC" else zone).first).to_be_visible()


def test_without_scripts_the_zone_is_chosen_by_hand(chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, time_zone="Pacific/Auckland", scripts=False) as page:
        page.goto(f"/start/{first_owner_link(now=clock.now())}/")
        expect(page.get_by_label("Time zone")).to_have_value("UTC")


def test_a_passkey_signs_in_without_a_password(chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True}})  # fmt: skip
        page.goto(f"/start/{first_owner_link(now=clock.now())}/")
        for label, text in (
            ("Organisation", "Northlight Bank"), ("Your name", "Ada Admin"),
            ("Your e-mail address", "ada@northlight.example"), ("Password", PASSWORD),
        ):  # fmt: skip
            page.get_by_label(label).fill(text)
        page.get_by_role("button", name="Found the organisation").click()
        page.goto("/account/2fa/webauthn/add/")
        check(page, "add a passkey")
        if page.get_by_label("Password").is_visible():
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Confirm").click()
        page.get_by_label("Name").fill("Laptop")
        page.get_by_label("Passwordless").check()
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", name="Recovery Codes").or_(page.get_by_text("Laptop")).first).to_be_visible()
        page.goto("/account/logout/")
        page.get_by_role("button", name="Sign out").first.click()
        page.goto("/account/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("link", name="Clerestory Northlight Bank")).to_be_visible()
