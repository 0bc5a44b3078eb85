"""A nonconformity that a failed check opened is followed to its effective closure by people at browsers."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from clerestory.intake.receive import receive
from clerestory.registers.nonconformity.queries import nonconformity
from clerestory.registers.nonconformity.rules import Step
from clerestory.store import clock
from clerestory.store.facts import forget
from clerestory.store.queue import pulse
from tests.intake.loans import ran, write
from tests.organisation import found, join
from tests.registers.nonconformity.test_pages import begun
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window


@pytest.fixture
def failed(transactional_db: None, tmp_path: Any) -> Any:
    """Push a run whose data contract fails; nobody hands the entry on but the server itself."""
    forget()
    cache.delete(pulse.KEY)  # where a worker lives, entries wait for it
    now = clock.now()
    actor = found(now=now - timedelta(days=2))
    join(actor.organisation_id, "editor", ("designated_management",), "second@example.org")
    join(actor.organisation_id, "editor", (), "third@example.org")

    def push(broken: int, ago: int) -> None:
        folder = write(tmp_path / str(ago), broken=broken)
        at = clock.now() - timedelta(minutes=ago)
        receive(ran(folder, at=at), actor=actor, now=at)

    push(40, 30)
    return actor, push


def test_a_failed_check_is_followed_to_its_effective_closure(failed: Any, chromium: Any, live_server: Any) -> None:
    actor, push = failed
    page_of = reverse("nonconformity-record", args=["NC-1"])
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto(reverse("nonconformity"))
        page.get_by_role("link", name="NC-1").click()
        page.get_by_label("What was done at once").fill("The 40 rows were taken out and the applicants told.")
        page.get_by_role("button", name="Record this step").click()
        page.get_by_text("Recorded. Next, its cause.").wait_for()
        page.get_by_label("Cause", exact=True).fill("The import did not refuse negative incomes.")
        for place in ("Other AI systems", "Other versions of the model and the data", "Other processes"):
            page.get_by_label(place).fill("Looked at the last three, nothing like it.")
        page.get_by_role("button", name="Record this step").click()
        page.get_by_text("Proposed.").wait_for()
        shot(page, "nonconformity-cause-light")
    approve(chromium, live_server, page_of)
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto(page_of)
        page.get_by_label("What was done so that it does not happen again").fill("The import refuses them.")
        page.get_by_label("Who looks whether it worked").select_option(label="Third")
        page.get_by_role("button", name="Record this step").click()
        page.get_by_text("Proposed.").wait_for()
    approve(chromium, live_server, page_of)
    push(0, 1)
    with window(chromium, live_server.url, "light", signed_in("third@example.org")) as page:
        page.goto(page_of)
        assert page.locator("[name=recheck]").is_checked()
        page.get_by_label("Yes, it cannot happen again").check()
        page.get_by_label("What you looked at").fill("Three imports with negative incomes: all refused.")
        page.get_by_label("The risks concerned").check()
        page.get_by_role("button", name="Record this step").click()
        page.get_by_text("closed, effect confirmed").wait_for()
        page.wait_for_selector("[data-drawn=yes]")
        shot(page, "nonconformity-closed-light")
    assert nonconformity(actor, "NC-1").row.step is Step.CLOSED


def approve(chromium: Any, live_server: Any, address: str) -> None:
    """Approve what waits, as the second person."""
    with window(chromium, live_server.url, "light", signed_in("second@example.org")) as page:
        page.goto(address)
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved. It counts from now on.").wait_for()


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_page_of_nonconformities_has_a_fault(failed: Any, chromium: Any, live_server: Any, look: str) -> None:
    actor, _push = failed
    begun(actor, title="<b>Lang und länger</b> مرحبا بالعالم " * 4)
    with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
        for name, number in (
            ("nonconformity", ""),
            ("nonconformity-record", "NC-1"),
            ("nonconformity-record", "NC-2"),
            ("nonconformity-change", "NC-1"),
            ("nonconformity-add", ""),
        ):
            address = reverse(name, args=[number] if number else [])
            assert page.goto(address).status == 200, address
            check(page, f"{name} {number} {look}")
            if number != "NC-2":
                shot(page, f"{name}-{look}")
        page.goto(reverse("nonconformity-record", args=["NC-1"]) + "?tab=history")
        check(page, f"history {look}")


def test_every_page_works_without_scripts(failed: Any, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org"), scripts=False) as page:
        page.goto(reverse("nonconformity-record", args=["NC-1"]))
        page.get_by_label("What was done at once").fill("The rows were taken out.")
        page.get_by_role("button", name="Record this step").click()
        page.get_by_text("Recorded. Next, its cause.").wait_for()
