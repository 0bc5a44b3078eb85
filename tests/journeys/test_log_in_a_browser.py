"""The state of the log: never read again, read again and fine, and read again with findings; dark, phone and German."""

from typing import Any

import pytest

from clerestory.desk.actor import Actor
from clerestory.jobs.watch.recheck import EVERY, recheck_logs
from clerestory.registers.context import commands
from clerestory.registers.context.models import Issue
from clerestory.store import clock
from tests.organisation import found
from tests.registers.context.surroundings import issue
from tests.registers.test_pages import signed_in
from tests.simulators.browser import check, shot, window

PAGE = "/evidence/log/"


@pytest.fixture
def owner(transactional_db: None) -> Actor:
    """Found an organisation with one issue."""
    actor = found()
    commands.note_issue(actor=actor, said=issue("One"))
    return actor


def test_the_last_look_at_the_log_is_shown_with_what_it_found(owner: Actor, chromium: Any, live_server: Any) -> None:
    with window(chromium, live_server.url, "light", signed_in("owner@example.org")) as page:
        page.goto(PAGE)
        page.get_by_text("It was not read again yet.").wait_for()
        page.get_by_text("No witness is asked").wait_for()
        check(page, "never read again")
        assert recheck_logs() == 1
        page.goto(PAGE)
        page.get_by_text("everything fits").wait_for()
        check(page, "fits")
        entry_id = Issue.objects.get().entry_id
        Issue.objects.all().delete()
        assert recheck_logs(clock.now() + EVERY) == 1
        page.goto(PAGE)
        page.get_by_text("1 thing does not fit").wait_for()
        page.get_by_text(f"E_ROWLESS {entry_id}").wait_for()
        check(page, "findings")
        shot(page, "log-findings-light")
    for look in ("dark", "phone"):
        with window(chromium, live_server.url, look, signed_in("owner@example.org")) as page:
            page.context.add_cookies(
                [{"name": "django_language", "value": "de", "url": live_server.url.replace("127.0.0.1", "localhost")}]
            )
            page.goto(PAGE)
            page.get_by_text("1 Sache passt nicht").wait_for()
            check(page, f"findings {look}")
            shot(page, f"log-findings-{look}")
