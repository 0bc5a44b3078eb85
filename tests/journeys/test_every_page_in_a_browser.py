"""Every page in a real browser: axe finds nothing, the strict CSP is kept, nothing is wider than the window."""

from typing import Any

import pytest

from tests.simulators.browser import check, shot, window
from tests.web.conftest import Place
from tests.web.test_permissions import pages, things_of

MORE = {
    "board-empty": "/requirements/?q=nothing+like+this", "board-reused": "/requirements/?framework=iso27001-2022",
    "board-past": "/requirements/?at=2026-01-31", "why-reused": "/requirements/eu-ai-act/Art.9/",
    "search": "/search/?q=credit", "password": "/account/password/change/", "two-factor": "/account/2fa/",
    "authenticator": "/account/2fa/totp/activate/", "confirm": "/account/reauthenticate/",
    "sign-out": "/account/logout/", "api": "/api/v1/docs/",
}  # fmt: skip
"""Pages that no pattern of ours names, and others as a question makes them."""
STRANGERS = {"sign-in": "/account/login/", "password-reset": "/account/password/reset/", "sign-up": "/account/signup/",
             "link-spent": "/start/none/"}  # fmt: skip


def screens(place: Place) -> dict[str, str]:
    """Return every address that shows a page, with records that are there in its gaps."""
    client = place.client("admin")
    found = {**dict(pages(things_of(place))), **MORE}
    return {
        name: address
        for name, address in found.items()
        if (answer := client.get(address)).status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    }


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_page_has_a_fault_that_axe_or_the_browser_finds(
    furnished: Place, chromium: Any, live_server: Any, look: str
) -> None:
    shown = screens(furnished)
    assert len(shown) > 55, sorted(shown)
    faults = []
    with window(chromium, live_server.url, look, furnished.client("admin")) as page:
        for name, address in shown.items():
            page.goto(address)
            if page.locator("[data-chart]").count():
                page.locator("[data-drawn]").first.wait_for()
            try:
                check(page, f"{name} {address} {look}")
            except AssertionError as error:
                faults.append(str(error))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_page_for_strangers_has_a_fault(place: Place, chromium: Any, live_server: Any, look: str) -> None:
    with window(chromium, live_server.url, look, allowed=("410",)) as page:
        for name, address in STRANGERS.items():
            page.goto(address)
            check(page, f"{name} {look}")
            if name == "sign-in" and look == "light":
                shot(page, f"{name}-{look}")


def test_menus_and_dialogs_have_no_fault_either(furnished: Place, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", furnished.client("admin")) as page:
        page.goto("/members/")
        page.get_by_role("button", name="Account and display").click()
        page.get_by_role("button", name="Dark").wait_for()
        check(page, "menu")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="End Edith Editor").click()
        page.get_by_role("heading", name="End this membership?").wait_for()
        check(page, "dialog")
    with window(chromium, live_server.url, "phone", furnished.client("admin")) as page:
        page.goto("/")
        page.get_by_role("button", name="Open the menu").click()
        page.get_by_role("link", name="Requirements", exact=True).wait_for()
        check(page, "drawer")
        shot(page, "menu-phone")
