"""The lead assesses a system's impact in a browser: use, parts, effects, people heard, decision, risk and law."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.registers.risk.commands import propose_method
from clerestory.registers.risk.rules.scale import shipped_method
from tests.organisation import found, join
from tests.registers.impact.surroundings import ANSWERS
from tests.registers.records import register
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

PAGE = "/impact/systems/credit-scoring/"


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with a system that somebody else owns, and a second person who signs."""
    actor = found()
    held = ("designated_management", "top_management")
    second = join(actor.organisation_id, "editor", held, "second@example.org")
    register(second, in_scope=True, use_areas=("credit",), affects_people=True, affected_groups=("applicants",))
    propose_method(actor=actor, method=shipped_method())
    return actor


def test_impact_is_assessed_decided_carried_on_and_shown_as_law_asks(
    owner: Actor, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org"), ("422",)) as page:
        begin(page)
        parts(page)
        effects(page)
        page.goto(f"{PAGE}heard/")
        page.get_by_label("What they said").fill("They want the reasons in plain words.")
        page.get_by_label("What was done about it").fill("The letter names the three strongest reasons.")
        page.get_by_role("button", name="Record").click()
        page.get_by_role("button", name="Propose for approval").click()
        page.get_by_text("No method is approved").wait_for()
        page.goto("/impact/method/propose/")
        check(page, "method form")
        page.get_by_role("button", name="Propose").click()
        page.get_by_text("It counts once a second person approved it").wait_for()
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto("/impact/method/")
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()
        check(page, "method")
        shot(page, "impact-method-light")
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto(PAGE)
        page.get_by_role("button", name="Propose for approval").click()
        page.get_by_text("It counts once a second person approved it").wait_for()
        carry_on(page)
        decide(page)
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        for _ in range(3):
            page.goto(PAGE)
            page.get_by_role("button", name="Approve").first.click()
            page.get_by_text("Approved. It counts from now on.").wait_for()
        assert page.get_by_text("Must be assessed again").count() == 0
        page.goto("/requirements/iso42001-2023/6.1.4/")
        page.get_by_text("Conforms").first.wait_for()
        page.goto(f"{PAGE}law/fria/")
        page.get_by_text("Every point is answered.").wait_for()
        with page.expect_download() as file:
            page.goto(PAGE)
            page.get_by_role("link", name="PDF").first.click()
        assert file.value.suggested_filename == "impact-credit-scoring.pdf"
    for look in ("light", "dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
            for name, address in (
                ("impact", "/impact/"), ("impact-system", PAGE), ("impact-law", f"{PAGE}law/fria/"),
                ("impact-effects", f"{PAGE}effects/"),
            ):  # fmt: skip
                page.goto(address)
                check(page, f"{name} {look}")
                shot(page, f"{name}-{look}")


def begin(page: Any) -> None:
    """The list says that nothing was assessed; the use comes with what the inventory knows."""
    page.goto("/impact/")
    page.get_by_text("1 system was never assessed.").wait_for()
    page.get_by_role("link", name="Credit scoring").click()
    page.get_by_role("link", name="Begin the assessment").click()
    assert page.get_by_label("Credit and insurance").is_checked()
    check(page, "use")
    shot(page, "impact-use-light")
    page.get_by_label("Why", exact=True).fill("It ranks who gets a loan.")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_text("By the thresholds this use is sensitive.").wait_for()


def parts(page: Any) -> None:
    """Each part begins with what is known, and saving one opens the next."""
    assert page.get_by_label("What it is for").input_value() == ANSWERS["purpose"]
    check(page, "part")
    for _ in range(7):
        for field in page.locator("form.form textarea").all():
            name = field.get_attribute("name")
            if name in ANSWERS and not field.input_value():
                field.fill(ANSWERS[name])
        page.get_by_role("button", name="Save and go on").click()
        page.get_by_text("Saved.").wait_for()


def effects(page: Any) -> None:
    """One harm and one benefit are judged; the rest is ruled out, each topic with its reason."""
    page.get_by_role("link", name="Judge: Fairness").click()
    page.get_by_label("What happens").fill("Younger applicants are refused more often")
    judged(page, severity=4, likelihood=3, reversibility=2)
    page.get_by_label("Why this judgement").fill("Seen in the figures of last year.")
    page.get_by_label("What is done about it").fill("A second officer looks at each refusal.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The severity is not judged").wait_for()
    check(page, "effect refused")
    shot(page, "impact-effect-light")
    judged(page, remaining_severity=3, remaining_likelihood=2)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Judge a benefit").click()
    page.get_by_label("What happens").fill("An answer within a day")
    judged(page, severity=3, likelihood=4)
    page.get_by_label("Why this judgement").fill("It took a week before.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Judged.").wait_for()
    page.get_by_label("One reason that holds for all others").fill("Nothing of this hangs on a loan of this size.")
    page.get_by_role("button", name="Rule these out").click()
    page.get_by_text("Say that it holds for each of them").wait_for()
    page.get_by_label("I looked at each topic that is left empty here").check()
    page.get_by_role("button", name="Rule these out").click()
    page.get_by_role("heading", name="Should we?").wait_for()


def judged(page: Any, **steps: int) -> None:
    """Choose a step on each scale."""
    for name, step in steps.items():
        page.locator(f"[name={name}][value='{step}']").check()


def carry_on(page: Any) -> None:
    """A finding becomes a risk by one link; the risk's form holds what was judged, and the trace names it."""
    page.goto(f"{PAGE}risks/")
    check(page, "trace")
    page.get_by_role("link", name="Younger applicants are refused more often").click()
    assert page.get_by_label("What could happen").input_value() == "Younger applicants are refused more often"
    assert page.get_by_role("group", name="Likelihood").get_by_label("possible").is_checked()
    for scale in ("organisation", "societies"):
        page.get_by_role("group", name=scale).locator("label").nth(1).click()
    page.get_by_role("button", name="Register").click()
    page.get_by_text("Registered as R-1").wait_for()
    page.goto(f"{PAGE}risks/")
    assert page.locator("select").first.input_value() == "R-1"  # known by its name
    page.get_by_role("button", name="Record").click()
    page.get_by_role("heading", name="Should we build it").wait_for()  # the step that is open
    page.goto(f"{PAGE}told/")
    page.get_by_label("Why", exact=True).fill("They are whom it is about.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("It counts once a second person approved it").wait_for()


def decide(page: Any) -> None:
    """The decision has a condition with owner and day."""
    page.goto(f"{PAGE}decide/")
    check(page, "decide")
    shot(page, "impact-decide-light")
    page.get_by_label("Proceed with conditions").check()
    page.get_by_label("Why", exact=True).fill("It helps more than it harms.")
    page.get_by_label("Condition 1").fill("Four eyes on each refusal")
    page.get_by_label("Who sees to it").first.select_option(label="Ada Owner")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("It counts once a second person approved it").wait_for()
