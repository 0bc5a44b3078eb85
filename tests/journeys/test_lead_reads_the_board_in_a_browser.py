"""The governance lead: from a count to the leaf behind it, and taking back a result that was wrong."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from clerestory.store import clock
from clerestory.terms.moment import moment_text
from tests.simulators.browser import check, shot, window
from tests.web.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_board_is_narrowed_while_typing_and_the_words_stay_in_the_field(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, client=furnished.client("viewer")) as page:
        page.goto("/requirements/")
        rows = page.locator(".board tbody tr:not(.group)")
        expect(rows).to_have_count(70)
        search = page.get_by_label("Search", exact=True)
        search.press_sequentially("a.7.4")
        expect(rows).to_have_count(1)
        expect(search).to_be_focused()
        expect(search).to_have_value("a.7.4")
        assert "q=a.7.4" in page.url
        check(page, "narrowed")
        search.fill("")
        expect(rows).to_have_count(70)
        page.get_by_label("Status", exact=True).select_option("NONCONFORMING")
        expect(rows).not_to_have_count(70)
        for row in rows.all():
            expect(row).to_contain_text("Nonconforming")
        file = page.locator("a[download]", has_text="CSV")
        expect(file).to_have_attribute("href", re.compile("status=NONCONFORMING"))
        page.get_by_label("As of").fill((clock.now() - timedelta(days=400)).date().isoformat())
        expect(page.get_by_role("link", name="Back to now")).to_be_visible()
        expect(page.locator(".head")).to_contain_text("from 0 entries")


def test_why_opens_beside_the_board_and_leads_down_to_the_leaf(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, client=furnished.client("viewer")) as page:
        page.goto("/requirements/?status=NONCONFORMING")
        link = page.locator(".board .ref a").first
        number = link.inner_text()
        link.click()
        sheet = page.get_by_role("dialog")
        expect(sheet).to_be_visible()
        expect(sheet).to_contain_text(number)
        expect(sheet.get_by_text("fairness.selection-rate-ratio").first).to_be_visible()
        check(page, "sheet")
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        expect(link).to_be_focused()
        link.click()
        sheet.locator("a[href^='/evidence/']").first.click()
        expect(page.get_by_role("heading", name="Place in the log")).to_be_visible()
        page.get_by_text("Inclusion proof").click()
        expect(page.locator(".proof li").first).to_be_visible()
        check(page, "entry")
        shot(page, "entry-light")


def test_a_failing_result_that_is_taken_back_lets_the_status_follow_without_anybody_writing_one(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    earlier = clock.now()
    with window(chromium, live_server.url, client=furnished.client("admin")) as page:
        page.goto("/requirements/")
        failing = page.locator(".tally-number").nth(2)
        before = int(failing.inner_text())
        assert before > 0
        page.goto("/evidence/?verdict=FAIL")
        page.locator("tbody .row-link").first.click()
        page.get_by_role("button", name="Take back").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("The file held last year's decisions.")
        check(page, "take back")
        dialog.get_by_role("button", name="Take back").click()
        expect(page.get_by_text("waits for approval of a second person")).to_be_visible()
        expect(page.get_by_text("The file held last year's decisions.")).to_be_visible()
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
        entry = page.url
        page.goto("/requirements/")
        expect(page.locator(".tally-number").nth(2)).to_have_text(str(before))
    with window(chromium, live_server.url, client=furnished.client("editor")) as page:
        page.goto(entry)
        check(page, "approve taking back")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
        page.goto("/requirements/")
        expect(page.locator(".tally-number").nth(2)).to_have_text("1")
        left = page.locator(".board tbody tr:not(.group)").filter(has_text="Nonconforming")
        expect(left).to_contain_text("major nonconformity")  # what it opened is answered by itself
        page.goto(f"/requirements/?at={moment_text(earlier)}")
        expect(page.locator(".tally-number").nth(2)).to_have_text(str(before))


def test_the_chart_shows_the_limit_and_its_numbers_stand_in_a_table(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, client=furnished.client("viewer")) as page:
        page.goto("/systems/credit-scoring/")
        chart = page.locator("[data-drawn]")
        expect(chart.locator("svg text", has_text="≥ 0.8")).to_be_visible()
        box = chart.bounding_box()
        page.mouse.move(box["x"] + box["width"] - 40, box["y"] + box["height"] / 2)
        page.get_by_text("All results as a table").click()
        expect(page.get_by_role("row").filter(has_text="0.74 [0.7, 0.78]").first).to_be_visible()
        page.get_by_role("link", name="drift.population-stability-index").click()
        expect(page.get_by_role("heading", name="drift.population-stability-index")).to_be_visible()


def test_dark_and_light_are_kept_from_page_to_page(furnished: Place, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, client=furnished.client("viewer")) as page:
        page.goto("/")
        page.get_by_role("button", name="Account and display").click()
        page.get_by_role("button", name="Dark", exact=True).click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto("/requirements/")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_keyboard_alone_reaches_the_page_and_the_menu(furnished: Place, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "phone", client=furnished.client("viewer")) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#page")).to_be_focused()
        page.get_by_role("button", name="Open the menu").press("Enter")
        link = page.get_by_role("link", name="Requirements", exact=True)
        expect(link).to_be_visible()
        link.press("Enter")
        expect(page.get_by_role("heading", name="Requirements", exact=True)).to_be_visible()


def test_without_javascript_the_board_is_narrowed_and_opened_too(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, client=furnished.client("viewer"), scripts=False) as page:
        page.goto("/requirements/")
        page.get_by_label("Search", exact=True).fill("a.7.4")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator(".board tbody tr:not(.group)")).to_have_count(1)
        page.locator(".board .ref a").click()
        expect(page.get_by_role("heading", name="The rules, and where each stands")).to_be_visible()
