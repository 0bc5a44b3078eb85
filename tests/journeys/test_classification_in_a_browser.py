"""An owner answers what decides about a class in a browser, sees it follow step by step, and counsel approves it."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.registers.inventory import commands
from tests.organisation import NOW, found, join
from tests.registers.inventory.test_classification_rules import CASES, given
from tests.registers.records import register, system
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

JULY = NOW.replace(month=7, day=1)


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with three AI systems, two of them classified before, and its legal counsel."""
    actor = found()
    register(actor, in_scope=True)
    for case, name in (("chatbot", "Service chat"), ("recruitment-by-the-law-of-2024", "Applicant ranking")):
        commands.register_ai_system(actor=actor, system=system(actor, case, name=name), now=JULY)
        commands.classify_system(actor=actor, system_id=case, given=given(CASES[case]), now=JULY)
    join(actor.organisation_id, "editor", ("legal_counsel",), "counsel@example.org")
    return actor


def test_a_class_follows_from_answers_and_counsel_approves_it(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto("/inventory/classification/")
        check(page, "classes")
        page.get_by_role("link", name="Credit scoring").click()
        page.get_by_role("link", name="Answer the questions").first.click()
        page.get_by_text("Look here first").wait_for()
        answered(page)
        check(page, "questionnaire")
        shot(page, "classification-answer-light")
        page.get_by_role("button", name="Keep and go on").click()
        page.get_by_text("more answers decide").wait_for()
        group(page, "Does it profile persons").get_by_label("yes").check()
        page.get_by_role("button", name="Keep and go on").click()
        group(page, "established outside the Union").get_by_label("no", exact=True).check()
        page.get_by_role("button", name="Keep and go on").click()
        page.get_by_text("What profiles persons is always of high risk").wait_for()
        page.get_by_text("Annex III.5(b)").first.wait_for()
        page.get_by_text("Not legal advice").first.wait_for()
        check(page, "class")
        shot(page, "classification-light")
    with window(chromium, live_server.url, "light", signed_in("counsel@example.org")) as page:
        page.goto("/inventory/classification/credit-scoring/")
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
        page.goto("/inventory/law/")
        page.get_by_text("3 systems are affected").first.wait_for()
        check(page, "law")
        shot(page, "classification-law-light")
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("counsel@example.org")) as page:
            for name, address in (
                ("classification", "/inventory/classification/credit-scoring/"),
                ("classification-list", "/inventory/classification/"),
                ("classification-law", "/inventory/law/"),
            ):
                page.goto(address)
                check(page, f"{name} {look}")
                shot(page, f"{name}-{look}")


def answered(page: Any) -> None:
    """Answer the first questions: a credit score that we make and bring out."""
    group(page, "Is it placed on the market").get_by_label("yes").check()
    for text in ("hold for all that it is used for", "Does it do any of this, or is it brought out", "Is it part of a"):
        group(page, text).get_by_label("None of these").check()
    group(page, "Is it meant for one of these uses").get_by_label("Creditworthiness of persons").check()
    group(page, "Does it do any of this?").get_by_label("None of these").check()
    group(page, "What do we do with models").get_by_label("None of these").check()


def group(page: Any, text: str) -> Any:
    """Return the fields of one question."""
    return page.get_by_role("group", name=text).first
