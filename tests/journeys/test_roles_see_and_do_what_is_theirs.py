"""The demo organisation as each of its people meets it: who decides, who repairs, who accepts, who only reads.

One server and one filling for all; every page on the way is held against axe in light and dark.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.simulators.bank import Bank, bank, look_over

pytestmark = pytest.mark.both_databases
WRITES = re.compile(
    "^(Approve|Decide|Register|Record|Change|Accept|Sign|Save|Take back|Open a nonconformity|Identify|Plan|Invite"
    "|Issue|Close|Rate|Propose|Add|Upload|Link|Say it)"
)


@pytest.fixture(scope="module")
def northlight(tmp_path_factory: pytest.TempPathFactory, chromium: Any, filled_once: Path) -> Iterator[Bank]:
    """Give the demo, filled once for all tests of this file."""
    with bank(tmp_path_factory.mktemp("northlight"), chromium, filled_once) as filled:
        yield filled


def test_the_lead_goes_from_my_page_to_what_waits_and_down_from_a_question_to_its_records(northlight: Bank) -> None:
    with northlight.seat("lead") as page:
        page.goto("/")
        expect(page.locator(".to-do-item")).to_have_count(5)
        look_over(page, "my-page", phone=True)
        page.locator(".to-do-item a").first.click()
        page.wait_for_url("**/requirements/**")
        look_over(page, "why", keep=False)
        page.goto("/")
        page.get_by_role("link", name="Seven questions", exact=True).first.click()
        expect(page.locator(".answer")).to_have_count(7)
        look_over(page, "questions", phone=True)
        page.get_by_role("link", name=re.compile("Show me.*reliable outcomes")).click()
        expect(page.locator("main")).to_contain_text("fairness.selection-rate-ratio")
        look_over(page, "question")
        page.goto("/requirements/")
        look_over(page, "board", phone=True)


def test_the_lead_reads_statement_notices_and_monitors_and_finds_by_the_palette(northlight: Bank) -> None:
    with northlight.seat("lead") as page:
        page.goto("/applicability/")
        look_over(page, "statement", phone=True)
        page.get_by_role("link", name="Decide on controls").click()
        look_over(page, "statement-worksheet")
        page.goto("/monitoring/")
        look_over(page, "monitors")
        page.goto("/notices/")
        look_over(page, "notices")
        page.goto("/questions/")
        page.keyboard.press("Control+k")
        page.keyboard.type("card limit")
        expect(page.get_by_role("option", name="Card limit offers", exact=False).first).to_be_visible()
        look_over(page, "palette")
        page.keyboard.press("Enter")
        page.wait_for_url("**/card-offers/**")


def test_the_engineer_goes_from_a_failing_system_to_the_nonconformity_that_it_opened(northlight: Bank) -> None:
    with northlight.seat("engineer") as page:
        page.goto("/")
        look_over(page, "my-page-engineer", phone=True, keep=False)
        page.goto("/systems/")
        look_over(page, "systems", phone=True)
        page.get_by_role("link", name="Card limit offers").first.click()
        page.locator("[data-drawn]").wait_for()
        expect(page.locator(".check-list li").first).to_contain_text("Fail")
        look_over(page, "system-card-offers")
        page.goto("/nonconformity/?system=card-offers")
        look_over(page, "nonconformities")
        page.get_by_role("link", name="NC-2").click()
        expect(page.locator("main [aria-current=step]")).to_contain_text("Corrective action")
        page.locator("[data-drawn]").wait_for()
        look_over(page, "nonconformity")


def test_the_risk_owner_goes_from_a_cell_of_the_heat_map_to_the_acceptance_that_is_theirs(northlight: Bank) -> None:
    with northlight.seat("cards") as page:
        page.goto("/")
        look_over(page, "my-page-risk-owner", phone=True, keep=False)
        page.goto("/risk/")
        look_over(page, "risks", phone=True)
        page.goto("/risk/map/")
        look_over(page, "heat-map", phone=True)
        page.get_by_role("link", name="2 risks, likelihood 5, consequence 4, level very high").first.click()
        page.get_by_role("link", name="Women are offered a higher limit far less often than men").click()
        look_over(page, "risk-record")
        page.get_by_role("link", name="Accept what remains").first.click()
        look_over(page, "risk-accept")
        page.get_by_label("Why it can be kept").fill("Offers stay stopped until the corrected model is in use.")
        page.get_by_role("button", name="Sign the acceptance").click()
        expect(page.get_by_text("Accepted. It counts once designated management approved it.")).to_be_visible()
        expect(page.locator("main").get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    with northlight.seat("engineer") as page:
        page.goto("/risk/R-1/")
        expect(page.get_by_role("link", name="Accept what remains")).to_have_count(0)
    with northlight.seat("risk") as page:
        page.goto("/risk/R-1/")
        page.locator("main").get_by_role("button", name="Approve", exact=True).first.click()
        expect(page.get_by_text("Approved. It counts from now on.")).to_be_visible()


READ = {
    "my-page-auditor": "/", "board-past": "/requirements/?at=2026-01-31", "difference": "/requirements/difference/",
    "evidence": "/evidence/", "log": "/evidence/log/", "risks": "/risk/", "risk-R-1": "/risk/R-1/",
    "nonconformities": "/nonconformity/", "nonconformity": "/nonconformity/NC-2/", "statement": "/applicability/",
    "control": "/applicability/A.7.4/", "version": "/applicability/versions/1/", "systems": "/systems/",
    "system": "/systems/card-offers/", "inventory": "/inventory/", "record": "/inventory/systems/card-offers/",
    "members": "/members/", "organisation": "/organisation/", "roles": "/roles/", "data": "/data/",
    "monitors": "/monitoring/",
}  # fmt: skip


def test_the_auditor_reads_past_days_differences_and_entries_and_is_offered_nothing_that_writes(
    northlight: Bank,
) -> None:
    with northlight.seat("auditor") as page:
        for name, address in READ.items():
            assert page.goto(address).status == 200, address
            main = page.locator("main")
            offered = [*main.get_by_role("button", name=WRITES).all(), *main.locator("a.btn-primary").all()]
            told = [one.inner_text() for one in offered if one.is_visible()]
            assert not [text for text in told if WRITES.match(text.strip())], f"{name}: {told}"
        page.goto("/")
        expect(page.get_by_role("heading", name="For the audit")).to_be_visible()
        look_over(page, "my-page-auditor", phone=True, keep=False)
        page.goto(READ["board-past"])
        look_over(page, "board-past")
        page.goto("/requirements/")
        page.get_by_role("link", name="Compare two days").click()
        page.get_by_role("link", name="365 days").click()
        expect(page.get_by_text("Another status")).to_be_visible()
        look_over(page, "difference")
        page.goto("/evidence/?kind=record.correction")
        page.locator("main table a[href*='/evidence/entry-']").first.click()
        expect(page.locator("main")).to_contain_text("Leaf hash")
        look_over(page, "entry")


def test_who_only_reads_gets_the_seven_answers_and_the_statement_as_a_paper(northlight: Bank) -> None:
    with northlight.seat("viewer", "phone") as page:
        page.goto("/")
        look_over(page, "my-page-viewer", keep=False)
        page.goto("/questions/")
        expect(page.locator(".answer")).to_have_count(7)
        look_over(page, "questions-viewer", keep=False)
    with northlight.seat("viewer") as page:
        page.goto("/applicability/versions/")
        page.get_by_role("link", name="Version 1").first.click()
        look_over(page, "statement-version", phone=True)
        with page.expect_download() as coming:
            page.get_by_role("link", name="PDF", exact=True).first.click()
        assert coming.value.path().read_bytes().startswith(b"%PDF-")
        expect(page.locator("main").get_by_role("button", name="Approve", exact=False)).to_have_count(0)
    with northlight.seat("viewer", allowed=("403",)) as page:
        assert page.goto("/applicability/decide/").status == 403
