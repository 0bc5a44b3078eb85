"""What every record shares, in a real browser: tabs, talk, files, links, history; drafts and two people at one form."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from clerestory.desk.models import Draft
from clerestory.desk.record import attachment, comment, link
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory import queries
from clerestory.registers.inventory.rules import Stage
from clerestory.store import sequencer
from tests.organisation import found, join
from tests.registers.records import system
from tests.registers.test_pages import fill, signed_in
from tests.simulators.browser import check, shot, window

SYSTEM = ("ai_system", "credit-scoring")
PAGE = "/inventory/systems/credit-scoring/"
TABS = ("details", "links", "comments", "files", "history")


@pytest.fixture
def owner(transactional_db: None) -> Any:
    """Give the owner of a system that was talked about, changed, linked, and has files."""
    actor = found()
    fill(actor)
    second = join(actor.organisation_id, "editor", (), "sam.second@example.org")
    kind, record_id = SYSTEM
    comment.write_comment(actor=actor, kind=kind, record_id=record_id, text="@Sam.Second, is the purpose still right?")
    comment.write_comment(actor=second, kind=kind, record_id=record_id, text="Yes.\nהמערכת עובדת <b>כראוי</b>")
    changed = replace(system(actor), purpose="Rank loan applications of people and firms", stage=Stage.DEPLOYMENT)
    inventory.update_ai_system(
        actor=actor, system=replace(changed, affected_groups=("applicants",)), expected_version=1
    )
    kept = attachment.attach(actor=actor, kind=kind, record_id=record_id, name="minutes.txt", body=b"All agreed.")
    attachment.attach(actor=second, kind=kind, record_id=record_id, name="cv.pdf", body=b"%PDF-1.7 x", personal=True)
    attachment.detach(actor=actor, entry_id=kept, reason="Minutes of another meeting.")
    link.link_records(
        actor=actor, kind=kind, record_id=record_id, relation="supports", to_kind="control", to_id="A.6.2.4"
    )
    sequencer.sequence(actor.organisation_id)
    return actor


def browser(email: str = "owner@example.org") -> Client:
    return signed_in(email)


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_part_of_a_record_has_a_fault_that_axe_or_the_browser_finds(
    owner: Any, chromium: Any, live_server: Any, look: str
) -> None:
    with window(chromium, live_server.url, look, browser()) as page:
        for tab in TABS:
            assert page.goto(f"{PAGE}?tab={tab}").status == 200
            expect(page.locator(".tab-link[aria-current=page]")).to_contain_text(tab.title())
            check(page, f"{tab} {look}")
            shot(page, f"record-{tab}-{look}")
        page.goto(f"{PAGE}?tab=links&q=data")
        check(page, f"found {look}")
        shot(page, f"record-find-{look}")
        page.goto(f"{PAGE}edit/")
        check(page, f"edit {look}")
        for address in ("/applicability/A.7.4/", "/organisation/", "/roles/role/overseer/", "/systems/credit-scoring/"):
            page.goto(address)
            check(page, f"{address} {look}")


def test_a_draft_is_kept_while_typing_and_restored_on_return(owner: Any, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", browser()) as page:
        page.goto(f"{PAGE}edit/")
        page.get_by_label("Purpose").fill("Rank loans, carefully")
        page.get_by_label("Groups affected").fill("applicants\nguarantors")
        expect(page.get_by_text("Draft saved")).to_be_visible()
        page.goto(PAGE)
        page.goto(f"{PAGE}edit/")
        expect(page.get_by_text("You left a draft of")).to_be_visible()
        expect(page.get_by_label("Purpose")).not_to_have_value("Rank loans, carefully")
        check(page, "draft offered")
        shot(page, "form-draft-light")
        page.get_by_role("link", name="Restore").click()
        expect(page.get_by_label("Purpose")).to_have_value("Rank loans, carefully")
        expect(page.get_by_label("Groups affected")).to_have_value("applicants\nguarantors")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("The change is an entry of the log").wait_for()
        assert queries.ai_system(owner, "credit-scoring").system.purpose == "Rank loans, carefully"
        assert not Draft.objects.filter(organisation_id=owner.organisation_id).exists()
        page.goto(f"{PAGE}edit/")
        expect(page.get_by_text("You left a draft of")).to_have_count(0)


def test_a_draft_survives_the_way_back_and_can_be_discarded(owner: Any, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", browser()) as page:
        page.goto(f"{PAGE}edit/")
        page.get_by_label("Purpose").fill("Half a sent")
        page.get_by_role("link", name="AI systems").first.click()
        page.wait_for_url("**/systems/")
        page.go_back()
        page.wait_for_url("**/edit/")
        page.reload()
        expect(page.get_by_text("You left a draft of")).to_be_visible()
        page.get_by_role("button", name="Discard").click()
        page.wait_for_url("**/edit/")
        expect(page.get_by_text("You left a draft of")).to_have_count(0)
        expect(page.get_by_label("Purpose")).not_to_have_value("Half a sent")


def test_a_field_says_what_is_wrong_when_one_leaves_it(owner: Any, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", browser()) as page:
        page.goto(f"{PAGE}edit/")
        name = page.get_by_label("Name")
        name.fill("")
        name.blur()
        expect(page.locator("#id_name_error")).to_contain_text("required")
        assert "id_name_error" in name.get_attribute("aria-describedby")
        check(page, "inline error")
        name.fill("Scoring")
        name.blur()
        expect(page.locator("#id_name_error")).to_have_count(0)
        expect(page.get_by_text("Draft saved")).to_be_visible()
        assert queries.ai_system(owner, "credit-scoring").version == 2


def test_two_people_change_one_record_and_nothing_is_lost(owner: Any, chromium: Any, live_server: Any) -> None:
    with (
        window(chromium, live_server.url, "light", browser()) as mine,
        window(chromium, live_server.url, "light", browser("sam.second@example.org"), ("422",)) as theirs,
    ):
        for page in (mine, theirs):
            page.goto(f"{PAGE}edit/")
        mine.get_by_label("Purpose").fill("Mine")
        mine.get_by_label("Suppliers").fill("Acme")
        mine.get_by_role("button", name="Save").click()
        mine.get_by_text("The change is an entry of the log").wait_for()
        theirs.get_by_label("Purpose").fill("Theirs")
        theirs.get_by_label("Name").fill("Scoring")
        theirs.get_by_role("button", name="Save").click()
        expect(theirs.get_by_role("heading", name="Somebody else changed this meanwhile")).to_be_visible()
        expect(theirs.get_by_role("row", name="Purpose")).to_contain_text("both wrote, yours stands")
        expect(theirs.get_by_role("row", name="Suppliers")).to_contain_text("Acme")
        expect(theirs.get_by_label("Suppliers")).to_have_value("Acme")
        expect(theirs.get_by_label("Purpose")).to_have_value("Theirs")
        check(theirs, "overlap")
        shot(theirs, "form-overlap-light")
        theirs.get_by_role("button", name="Save").click()
        theirs.get_by_text("The change is an entry of the log").wait_for()
    now = queries.ai_system(owner, "credit-scoring")
    assert (now.system.purpose, now.system.name, now.system.suppliers, now.version) == (
        "Theirs",
        "Scoring",
        ("Acme",),
        4,
    )


def test_talk_with_a_mention_by_keyboard_a_file_and_a_link(owner: Any, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", browser(), ("422",)) as page:
        page.goto(f"{PAGE}?tab=comments")
        box = page.get_by_label("Write a comment")
        box.press_sequentially("Please look, @sa")
        expect(page.get_by_role("option", name="Sam.Second")).to_be_visible()
        check(page, "mention offered")
        box.press("Enter")
        expect(box).to_have_value("Please look, @Sam.Second ")
        page.get_by_role("button", name="Comment", exact=True).click()
        page.get_by_text("1 person is told.").wait_for()
        page.get_by_role("button", name="Delete").last.click()
        page.get_by_text("Deleted.").wait_for()
        page.get_by_role("button", name="Bring back").click()
        page.get_by_text("Brought back.").wait_for()

        page.goto(f"{PAGE}?tab=files")
        page.get_by_label("Attach a file").set_input_files(
            {"name": "page.html", "mimeType": "text/html", "buffer": b"<html>"}
        )
        page.get_by_role("button", name="Attach", exact=True).click()
        expect(page.get_by_text("Files of the type .html are not kept.")).to_be_visible()
        check(page, "file refused")
        page.get_by_label("Attach a file").set_input_files(
            {"name": "plan.md", "mimeType": "text/markdown", "buffer": b"# Plan"}
        )
        page.get_by_role("button", name="Attach", exact=True).click()
        page.get_by_text("Attached. The file is an entry of the log.").wait_for()
        with page.expect_download() as fetched:
            page.get_by_role("link", name="plan.md").click()
        assert fetched.value.suggested_filename == "plan.md"

        page.goto(f"{PAGE}?tab=links")
        page.get_by_label("Name or id").fill("overseer")
        page.get_by_label("Overseer").check()
        page.get_by_role("button", name="Link", exact=True).click()
        page.get_by_text("Linked. It shows on both records.").wait_for()
        page.goto("/roles/role/overseer/?tab=links")
        expect(page.get_by_role("link", name="Credit scoring")).to_be_visible()


def test_the_parts_of_a_record_work_without_scripts(owner: Any, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", browser(), scripts=False) as page:
        page.goto(f"{PAGE}?tab=comments")
        page.get_by_label("Write a comment").fill("@Sam.Second and @Nobody, look.")
        page.get_by_role("button", name="Comment", exact=True).click()
        expect(page.get_by_text("Nobody called @Nobody is a member")).to_be_visible()
        page.goto(f"{PAGE}?tab=links")
        page.get_by_label("Name or id").fill("overseer")
        page.get_by_role("button", name="Find").click()
        page.get_by_label("Overseer").check()
        page.get_by_role("button", name="Link", exact=True).click()
        expect(page.get_by_text("Linked. It shows on both records.")).to_be_visible()
