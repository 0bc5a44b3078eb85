"""A person works through a long list: by keyboard, with columns and views of their own, and many rows at once."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from clerestory.registers.inventory import models
from clerestory.store import clock
from clerestory.store.directory import normalised
from tests.simulators.browser import check, window
from tests.web.conftest import Place

ODD = (
    "<script>document.title = 'taken'</script>",
    '=HYPERLINK("http://evil.example","x")',
    "نظام تقييم الجدارة الائتمانية",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
)


def many_systems(place: Place, count: int = 60) -> None:
    """Put systems into the inventory, some with names that could do harm or do not fit."""
    owner = place.actor("admin").person_id
    names = [*ODD, *(f"Assistant {number:03}" for number in range(count - len(ODD)))]
    models.AISystem.objects.bulk_create(
        models.AISystem(
            organisation_id=place.organisation_id,
            system_id="s-" + "".join("abcdefghij"[int(digit)] for digit in f"{number:02}"),
            name=name,
            purpose=f"Purpose of {name}"[:400],
            sought=normalised(f"{name} {number}"),
            owner=owner,
            stage="deployment" if number % 2 else "operation and monitoring",
            tier=("high", "limited", "minimal", "")[number % 4],
            ai_role=["provider"],
            entry_id=f"e-{number}",
            changed_at=clock.now(),
        )
        for number, name in enumerate(names)
    )


def picture(page: Any, name: str) -> None:
    """Keep a picture to look at: CLERESTORY_PICTURES=<folder>."""
    if folder := os.environ.get("CLERESTORY_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def full(furnished: Place) -> Place:
    """Give an organisation with sixty systems more."""
    many_systems(furnished)
    return furnished


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_a_long_list_has_no_fault_in_any_window(full: Place, chromium: Any, live_server: Any, look: str) -> None:
    with window(chromium, live_server.url, look, full.client("admin")) as page:
        for number, address in enumerate(("/systems/", "/systems/?tier=high&q=assistant", "/systems/?q=nowhere")):
            page.goto(address)
            check(page, f"{address} {look}")
            picture(page, f"systems-{number}-{look}")
        page.goto("/systems/?columns=name,system_id,owner,stage,tier,ai_role,purpose,in_scope,changed_at")
        check(page, f"all columns {look}")
        picture(page, f"systems-columns-{look}")
        assert page.title().startswith("AI systems")
        page.locator("summary", has_text="Views").click()
        check(page, f"views {look}")
        picture(page, f"systems-views-{look}")
        page.keyboard.press("Escape")
        page.get_by_role("checkbox", name="Choose Assistant 003").check()
        check(page, f"chosen {look}")
        page.get_by_role("button", name="Change owner").first.click()
        page.get_by_role("heading", name="Change owner").wait_for()
        check(page, f"asked {look}")
        picture(page, f"systems-asked-{look}")


LISTS = {
    "systems": "/systems/", "models": "/inventory/", "data": "/data/", "roles": "/roles/systems/",
    "statement": "/applicability/", "exceptions": "/applicability/exceptions/", "members": "/members/",
    "processes": "/organisation/processes/", "records": "/organisation/records/", "evidence": "/evidence/",
    "board": "/requirements/?status=NOT_EVIDENCED", "risks": "/risk/", "nonconformities": "/nonconformity/",
    "question": "/questions/reliable/",
}  # fmt: skip


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_every_list_looks_and_works_alike(furnished: Place, chromium: Any, live_server: Any, look: str) -> None:
    with window(chromium, live_server.url, look, furnished.client("admin")) as page:
        for name, address in LISTS.items():
            page.goto(address)
            expect(page.locator("#list summary", has_text="Views")).to_be_visible()
            expect(page.locator("#list summary", has_text="Export")).to_be_visible()
            check(page, f"{name} {look}")
            picture(page, f"list-{name}-{look}")


def test_a_list_is_worked_through_by_keyboard(full: Place, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", full.client("admin")) as page:
        page.goto("/systems/")
        page.keyboard.press("/")
        page.keyboard.type("assistant 00")
        expect(page.locator("[data-row]")).to_have_count(10)
        expect(page).to_have_url(re.compile(r"q=assistant\+00"))
        page.locator("h1").click()
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="Assistant 000")).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.get_by_text("1 chosen", exact=True)).to_be_visible()
        page.keyboard.press("k")
        page.keyboard.press("x")
        expect(page.get_by_text("2 chosen", exact=True)).to_be_visible()
        page.keyboard.press("?")
        expect(page.get_by_role("heading", name="Keys of this list")).to_be_visible()
        page.get_by_label("Listen to these keys").uncheck()
        page.keyboard.press("Escape")
        page.locator("h1").click()
        page.keyboard.press("/")
        expect(page.locator("#by-text")).not_to_be_focused()
        page.keyboard.press("?")
        page.get_by_label("Listen to these keys").check()
        page.keyboard.press("Escape")
        page.locator("h1").click()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Assistant 000")


def test_columns_and_filters_are_kept_as_a_view_that_opens_first(full: Place, chromium: Any, live_server: Any) -> None:
    client = full.client("editor")
    with window(chromium, live_server.url, "light", client) as page:
        page.goto("/systems/")
        page.locator("summary", has_text="Columns").click()
        page.get_by_role("checkbox", name="Purpose").check()
        page.get_by_role("checkbox", name="Owner").uncheck()
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_role("columnheader", name="Purpose")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)
        page.get_by_role("combobox", name="Tier").select_option("high")
        expect(page.get_by_role("link", name="Tier: High")).to_be_visible()
        page.locator("summary", has_text="Views").click()
        page.get_by_label("Save what is shown as").fill("High ones")
        page.locator("form", has=page.get_by_label("Save what is shown as")).get_by_label("Open it first").check()
        page.get_by_role("button", name="Save view").click()
        expect(page.get_by_text("Saved as High ones.")).to_be_visible()
        picture(page, "view-saved")
        page.goto("/systems/")
        expect(page.locator("summary", has_text="High ones")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Purpose")).to_be_visible()
        page.get_by_role("link", name="Clear all").click()
        expect(page.locator("summary", has_text="Views")).to_be_visible()
        page.goto("/systems/")
        page.locator("summary", has_text="High ones").click()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_text("The view High ones is deleted.")).to_be_visible()
        page.goto("/systems/")
        expect(page.locator("summary", has_text="Views")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_one_button_holds_the_filters_and_elsewhere_they_stand_open(
    full: Place, chromium: Any, live_server: Any, scripts: bool
) -> None:
    client = full.client("viewer")
    with window(chromium, live_server.url, "phone", client, scripts=scripts) as page:
        page.goto("/requirements/")
        expect(page.locator("#by-status")).not_to_be_visible()
        page.locator(".tool-filters > summary").click()
        expect(page.locator("#by-status")).to_be_visible()
        check(page, "filters on a phone") if scripts else None
        picture(page, f"filters-phone-{scripts}")
        page.locator("#by-status").select_option("NONCONFORMING")
        if not scripts:
            page.get_by_role("button", name="Apply").click()
        expect(page.locator(".chip").first).to_be_visible()
    with window(chromium, live_server.url, "light", client, scripts=scripts) as page:
        page.goto("/requirements/?provable=yes")
        expect(page.locator("#by-status")).to_be_visible()
        expect(page.locator(".tool-filters > summary")).not_to_be_visible()
        expect(page.get_by_role("link", name="Provable in this version: yes")).to_be_visible()


def test_many_rows_are_handed_over_at_once_after_a_question(full: Place, chromium: Any, live_server: Any) -> None:
    from clerestory.registers.inventory.commands import register_ai_system
    from clerestory.registers.inventory.rules import AIRole, AISystem, Stage

    actor = full.actor("admin")
    models.AISystem.objects.exclude(system_id="credit-scoring").delete()
    for name in ("One", "Two"):
        system = AISystem(
            system_id=name.lower(), name=name, purpose="x", owner=actor.person_id, stage=Stage.INCEPTION,
            ai_role=(AIRole.PROVIDER,),
        )  # fmt: skip
        register_ai_system(actor=actor, system=system)
    with window(chromium, live_server.url, "light", full.client("admin")) as page:
        page.goto("/systems/")
        page.get_by_role("checkbox", name="Choose all rows of this page").check()
        page.get_by_role("button", name="Choose none").click()
        page.get_by_role("checkbox", name="Choose One").check()
        page.get_by_role("checkbox", name="Choose Two").click(modifiers=["Shift"])
        picture(page, "chosen")
        page.get_by_role("button", name="Change owner").first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("2 chosen.")).to_be_visible()
        dialog.get_by_label("New owner").select_option(label="Edith Editor")
        dialog.get_by_role("button", name="Change owner").click()
        expect(page.get_by_text("Change owner: done for 2.")).to_be_visible()
        expect(page.get_by_role("cell", name="Edith Editor")).to_have_count(2)


def test_without_scripts_a_list_is_filtered_its_columns_chosen_and_rows_handed_over(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "light", furnished.client("admin"), scripts=False) as page:
        page.goto("/systems/")
        page.get_by_role("combobox", name="Stage").select_option("verification and validation")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("link", name="Stage: Verification and validation")).to_be_visible()
        page.locator("summary", has_text="Columns").click()
        page.get_by_role("checkbox", name="Purpose").check()
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_role("columnheader", name="Purpose")).to_be_visible()
        page.get_by_role("checkbox", name="Choose Credit scoring").check()
        page.get_by_role("button", name="Change owner").first.click()
        expect(page.get_by_text("1 row is chosen.")).to_be_visible()
        page.get_by_label("New owner").select_option(label="Edith Editor")
        page.get_by_role("button", name="Change owner").click()
        expect(page.get_by_text("Change owner: done for 1.")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Purpose")).to_be_visible()
