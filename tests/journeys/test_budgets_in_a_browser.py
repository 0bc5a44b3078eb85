"""The privacy budget of a data set in a real browser: no fault on any page, and a way to what spent it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from clerestory.intake.receive import receive
from clerestory.registers.inventory import queries
from clerestory.store import clock, sequencer
from tests.intake.loans import ran
from tests.intake.loans import write as write_loans
from tests.registers.inventory.test_budgets import CHECK, FIRST, HEAD, SECOND, THIRD
from tests.simulators.browser import check, shot, window
from tests.web.conftest import Place


@pytest.fixture
def spent(place: Place, tmp_path: Path) -> dict[str, str]:
    """Give a budget that was measured three times, the last time beyond its ceiling; the addresses of its pages."""
    actor = place.actor()
    for at, ledger in enumerate((FIRST, FIRST + SECOND, FIRST + SECOND + THIRD)):
        folder = write_loans(tmp_path / str(at), manifest=HEAD + CHECK.format(dataset="loans"))
        (folder / "privacy_budget.toml").write_text(ledger, encoding="utf-8")
        moment = clock.now() - timedelta(days=30 - 10 * at)
        document = ran(folder, at=moment)
        document["system"]["owner"] = place.people["admin"]  # type: ignore[index]
        receive(document, actor=actor, now=moment + timedelta(minutes=1))
    sequencer.sequence(actor.organisation_id)
    (budget,) = queries.privacy_budgets(actor)
    return {
        "budgets": "/inventory/budgets/",
        "budget": f"/inventory/budgets/{budget.key}/",
        "data with a budget": f"/inventory/datasets/{budget.newest.version_id}/",
    }


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_page_of_a_budget_has_a_fault(
    place: Place, spent: dict[str, str], chromium: Any, live_server: Any, look: str
) -> None:
    with window(chromium, live_server.url, look, place.client("viewer")) as page:
        for name, address in spent.items():
            answer = page.goto(address)
            assert answer.status == 200, address
            if name == "budget":
                page.locator("[data-drawn]").wait_for()
            check(page, f"{name} {look}")
            if name == "budget" and look == "light":
                shot(page, "privacy-budget-light")


def test_from_the_list_to_the_release_that_spent_it(
    place: Place, spent: dict[str, str], chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "light", place.client("auditor")) as page:
        page.goto("/inventory/")
        page.get_by_role("link", name="Privacy budgets").click()
        row = page.get_by_role("row", name="loans")
        expect(row).to_contain_text("Beyond the ceiling")
        expect(row).to_contain_text("1.25")
        row.get_by_role("link", name="loans").click()
        expect(page.locator("#releases")).to_be_visible()
        expect(page.get_by_role("row", name="counts by sex")).to_contain_text("epsilon 0.25")
        page.locator("table a").first.click()
        expect(page.locator("h1")).to_contain_text("privacy.budget-accounting")
