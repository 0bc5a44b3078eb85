"""Seven questions, my page, two days compared and the palette in a real browser: axe, narrow, dark, by keyboard."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from clerestory.store import clock
from tests.simulators.browser import check, shot, window
from tests.web.conftest import Place

PAGES = {
    "my-page": "/", "questions": "/questions/", "question": "/questions/reliable/",
    "difference": f"/requirements/difference/?from={(clock.now() - timedelta(days=200)).date()}",
    "search": "/search/?q=credit", "search-nothing": "/search/?q=zzzz",
    "board-past": f"/requirements/?at={(clock.now() - timedelta(days=20)).date()}",
    "board-forecast": f"/requirements/?at={(clock.now() + timedelta(days=200)).date()}",
}  # fmt: skip


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_overview_page_has_a_fault(furnished: Place, chromium: Any, live_server: Any, look: str) -> None:
    with window(chromium, live_server.url, look, furnished.client("admin")) as page:
        for name, address in PAGES.items():
            assert page.goto(address).status == 200, address
            for fold in page.locator("main details.fold").all()[:2]:
                fold.locator("summary").click()
            check(page, f"{name} {look}")
            if look in ("light", "phone"):
                page.goto(address)
                shot(page, f"{name}-{look}")


@pytest.mark.parametrize("access", ["viewer", "auditor", "editor"])
def test_my_page_fits_every_access(furnished: Place, chromium: Any, live_server: Any, access: str) -> None:
    with window(chromium, live_server.url, "phone", furnished.client(access)) as page:
        page.goto("/")
        check(page, f"my page {access}")


def test_the_palette_opens_finds_chooses_and_goes_by_keyboard_alone(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "light", furnished.client("admin")) as page:
        page.goto("/questions/")
        page.keyboard.press("Control+k")
        field = page.get_by_role("combobox")
        expect(field).to_be_focused()
        expect(page.get_by_role("option", name="Register an AI system")).to_be_visible()
        check(page, "palette")
        page.keyboard.type("credit sc")
        option = page.get_by_role("option", name="Credit scoring", exact=False).first
        expect(option).to_have_attribute("aria-selected", "true")
        expect(page.locator("#palette [role=status]")).to_contain_text("result")
        shot(page, "palette-light")
        check(page, "palette with results")
        first = field.get_attribute("aria-activedescendant")
        page.keyboard.press("ArrowDown")
        expect(field).not_to_have_attribute("aria-activedescendant", first)
        page.keyboard.press("ArrowUp")
        expect(field).to_have_attribute("aria-activedescendant", first)
        page.keyboard.press("Enter")
        page.wait_for_url("**/credit-scoring/")
        page.keyboard.press("Control+k")
        expect(page.get_by_role("group", name="Recent").get_by_role("option").first).to_contain_text("Credit scoring")
        page.keyboard.press("Escape")
        expect(page.locator("#palette")).not_to_be_visible()


def test_the_palette_says_that_nothing_is_found_and_enter_leads_to_the_search_page(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "phone-dark", furnished.client("viewer")) as page:
        page.goto("/")
        page.get_by_role("searchbox", name="Search everything").click()
        page.keyboard.type("zzzz")
        expect(page.locator(".palette-none")).to_be_visible()
        check(page, "palette without results")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search/?q=zzzz")
        expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_everything_is_found_without_scripts(furnished: Place, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", furnished.client("viewer"), scripts=False) as page:
        page.goto("/")
        page.get_by_role("searchbox", name="Search everything").fill("credit")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Credit scoring").first).to_be_visible()


def test_the_days_compared_are_chosen_on_the_page(furnished: Place, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", furnished.client("viewer")) as page:
        page.goto("/requirements/")
        page.get_by_role("link", name="Compare two days").click()
        page.get_by_role("link", name="365 days").click()
        expect(page.get_by_text("Another status")).to_be_visible()
        page.get_by_role("link", name="A.7.4", exact=True).first.click()
        page.wait_for_url("**/A.7.4/")
