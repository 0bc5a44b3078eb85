"""The state of the log as a page: never read again, read again and fine, and with findings."""

from clerestory.desk.actor import Actor
from clerestory.jobs.watch.recheck import EVERY, recheck_logs
from clerestory.registers.context import commands
from clerestory.registers.context.models import Issue
from clerestory.store import clock
from tests.registers.context.surroundings import issue
from tests.registers.test_pages import signed_in

PAGE = "/evidence/log/"


def test_the_last_look_at_the_log_is_shown_with_what_it_found(actor: Actor) -> None:
    commands.note_issue(actor=actor, said=issue("One"))
    browser = signed_in("owner@example.org")
    assert b"It was not read again yet." in browser.get(PAGE).content
    assert recheck_logs() == 1
    fine = browser.get(PAGE).content
    assert b"everything fits" in fine
    assert b"It was not read again yet." not in fine
    entry_id = Issue.objects.get().entry_id
    Issue.objects.all().delete()
    assert recheck_logs(clock.now() + EVERY) == 1
    found = browser.get(PAGE).content
    assert b"1 thing does not fit" in found
    assert f"E_ROWLESS {entry_id}".encode() in found
