"""Monitors, notifications and webhooks in a real browser: no fault on any page, and a whole run by a real worker."""

import re
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from clerestory.desk.actor import product
from clerestory.desk.models import WebhookPost
from clerestory.desk.notice import notify, targets
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.commands import (
    Came,
    Wanted,
    ask_run,
    begin_run,
    finish_run,
    pause_monitor,
    plan_due_runs,
    set_up_monitor,
)
from clerestory.registers.monitoring.rules import CheckResult, Outcome, outcome_of
from clerestory.store import clock
from clerestory.store.queue import pulse
from clerestory.store.unit import atomic
from tests.intake.loans import MANIFEST
from tests.simulators.browser import check, shot, window
from tests.simulators.mail import MailServer
from tests.simulators.office import PASSWORD, Desk, Office
from tests.web.conftest import Place

PATIENCE = 90_000


@pytest.fixture
def watched(furnished: Place, settings: Any, tmp_path: Path) -> dict[str, str]:
    """Give monitors in each state, notices, and targets of webhooks; the addresses of their pages."""
    settings.PROJECTS = (tmp_path,)
    actor, made = furnished.actor("admin"), {}
    for name in ("credit", "credit-monthly", "credit-broken", "credit-new", "credit-changed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
        wanted = Wanted(
            system_id="credit-scoring", folder=name, interval="daily", hour=3, owner=actor.person_id,
        )  # fmt: skip
        made[name] = set_up_monitor(actor=actor, wanted=wanted).monitor_id
    for days_ago, value in ((12, 0.93), (9, 0.9), (6, 0.86), (3, 0.82), (0, 0.74)):
        finished(furnished, made["credit"], value, clock.now() - timedelta(days=days_ago))
    finished(furnished, made["credit-broken"], None, clock.now())
    changed(furnished, made["credit-changed"])
    pause_monitor(actor=actor, monitor_id=made["credit-monthly"], reason="The data are moved to another store.")
    models.Monitor.objects.filter(monitor_id=made["credit-new"]).update(next_due_at=clock.now() - timedelta(days=2))
    for number in range(3):
        notify(
            organisation_id=actor.organisation_id, to=[actor.person_id], topic="monitor",
            title="Monitor of credit-scoring: a check failed", text="FAIL · fairness.selection-rate-ratio · >= 0.8",
            url=f"/monitoring/{made['credit']}/", key=f"n{number}",
        )  # fmt: skip
    target_id, _secret = targets.register_target(
        actor=actor, name="Incident chat", url="https://93.184.215.14/hooks/ai", topics=("monitor", "nonconformity")
    )
    targets.send_trial(actor=actor, target_id=target_id)
    WebhookPost.objects.update(state="taken", status=204, attempts=1, tried_at=clock.now())
    targets.send_trial(actor=actor, target_id=target_id)
    return {
        "monitors": "/monitoring/", "monitor-add": "/monitoring/new/", "monitor": f"/monitoring/{made['credit']}/",
        "monitor-broken": f"/monitoring/{made['credit-broken']}/", "monitor-late": f"/monitoring/{made['credit-new']}/",
        "monitor-paused": f"/monitoring/{made['credit-monthly']}/",
        "monitor-changed": f"/monitoring/{made['credit-changed']}/", "notices": "/notices/",
        "notices-choices": "/notices/choices/", "webhooks": "/notices/webhooks/",
        "webhook": f"/notices/webhooks/{target_id}/",
    }  # fmt: skip


def finished(place: Place, monitor_id: str, value: float | None, now: datetime) -> None:
    """Let a monitor have run: with one value, or not at all."""
    server = product(place.organisation_id, "1")
    run_id = ask_run(actor=place.actor("admin"), monitor_id=monitor_id, now=now)
    with atomic():
        plan_due_runs(now=now)
    begin_run(actor=server, run_id=run_id, now=now)
    if value is None:
        reason = "data.current: there is no file loans.csv. Put it there, or correct [data] current."
        finish_run(actor=server, run_id=run_id, came=Came(outcome=Outcome.COULD_NOT_RUN, reason=reason), now=now)
        return
    verdict = "PASS" if value > 0.84 else "INCONCLUSIVE" if value > 0.76 else "FAIL"
    results = (
        CheckResult(
            name="fairness.selection-rate-ratio", slice="sex", criterion=">= 0.8", verdict=verdict, value=value,
            low=value - 0.04, high=value + 0.04, n=4210, reason="", entry_id="",
        ),
        CheckResult(
            name="drift.population-stability-index", slice="income", criterion="< 0.2", verdict="PASS", value=0.06,
            low=0.04, high=0.08, n=4210, reason="", entry_id="",
        ),
    )  # fmt: skip
    came = Came(
        outcome=outcome_of(results), results=results, inputs=f"{value}".ljust(64, "0"),
        model_digest="sha256:" + ("4b1f0c2d" if value > 0.88 else "9a03ce11") * 8,
    )  # fmt: skip
    finish_run(actor=server, run_id=run_id, came=came, now=now)


def changed(place: Place, monitor_id: str) -> None:
    """Let a monitor have found evidence of a change over some days."""
    server, today = product(place.organisation_id, "1"), clock.now()
    days = [(today - timedelta(days=ago)).date().isoformat() for ago in range(9, -1, -1)]
    rising = [-38.9, -40.4, -41.5, -42.5, -43.3, -44.0, -45.8, -11.6, 12.4, 36.2]
    change = {
        "days": days, "columns": {"income": rising, "home": [-value / 9 - 12 for value in rising]},
        "threshold": 4.38, "left_out": [],
    }  # fmt: skip
    run_id = ask_run(actor=place.actor("admin"), monitor_id=monitor_id)
    begin_run(actor=server, run_id=run_id, now=today)
    came = Came(outcome=Outcome.FAIL, alarms=("income",), counted={"change": change}, reason="Evidence of a change")
    finish_run(actor=server, run_id=run_id, came=came, now=today)
    models.Monitor.objects.filter(monitor_id=monitor_id).update(counts_from=days[0])


@pytest.fixture
def worker_lives(transactional_db: None) -> Iterator[None]:
    """Let a worker be known to live; the tests that follow know of none, and hand entries on themselves."""
    pulse.beat("here:1", clock.now())
    yield
    cache.delete(pulse.KEY)


@pytest.mark.usefixtures("worker_lives")
@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_no_page_of_monitors_or_notices_has_a_fault(
    furnished: Place, watched: dict[str, str], chromium: Any, live_server: Any, look: str
) -> None:
    client = furnished.client("admin")
    with window(chromium, live_server.url, look, client) as page:
        for name, address in watched.items():
            answer = page.goto(address)
            assert answer.status == 200, address
            if name in ("monitor", "monitor-changed"):
                page.locator("[data-drawn]").first.wait_for()
            if name == "monitor":
                expect(page.locator(".chart svg")).to_contain_text("model 9a03ce11")
                expect(page.locator(".chart svg")).to_contain_text("criterion ≥ 0.8")
            if name == "monitor-changed":
                expect(page.locator(".chart svg")).to_contain_text("alarm from 4.38")
            check(page, f"{name} {look}")
            if name in ("monitor", "notices") and look == "light":
                shot(page, f"{name}-{look}")


def test_dialogs_the_bell_and_a_notice_work_with_and_without_javascript(
    furnished: Place, watched: dict[str, str], chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "light", furnished.client("admin"), scripts=False) as page:
        page.goto("/")
        page.get_by_role("link", name=re.compile("unread notification")).click()
        expect(page).to_have_url(re.compile("/notices/$"))
        page.get_by_role("button", name=re.compile("a check failed")).first.click()
        expect(page).to_have_url(re.compile("/monitoring/mon-"))
    with window(chromium, live_server.url, "light", furnished.client("admin")) as page:
        page.goto(watched["monitor"])
        page.get_by_role("button", name="Pause").click()
        page.get_by_label("Why?").fill("The data are moved.")
        check(page, "pause dialog")
        page.locator("dialog[open]").get_by_role("button", name="Pause").click()
        expect(page.locator("main")).to_contain_text("The data are moved.")
        page.goto(watched["monitor-changed"])
        page.get_by_role("link", name="home").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Evidence of a change: home")).to_be_visible()
        page.get_by_role("button", name="Answer").click()
        page.get_by_label("What was found").fill("The form asks for income by month now.")
        check(page, "answer dialog")
        page.locator("dialog[open]").get_by_role("button", name="Answer").click()
        expect(page.locator("#alarms")).to_contain_text("by month now")
        expect(page.locator("#alarms")).not_to_contain_text("Open")
        page.goto("/notices/")
        page.get_by_role("button", name="Mark all as read").click()
        expect(page.get_by_role("link", name=re.compile("unread notification"))).to_have_count(0)


def test_an_internal_address_is_refused_beside_its_field_and_a_secret_is_shown_once(
    furnished: Place, chromium: Any, live_server: Any
) -> None:
    with window(chromium, live_server.url, "light", furnished.client("admin"), allowed=("422",)) as page:
        page.goto("/notices/webhooks/")
        page.get_by_label("Name").fill("Chat")
        page.get_by_label("Address").fill("https://169.254.169.254/latest/meta-data/")
        page.get_by_role("button", name="Register").click()
        expect(page.locator(".field-error").first).to_contain_text("not public")
        check(page, "refused target")
        page.get_by_label("Address").fill("https://93.184.215.14/hook")
        page.get_by_role("button", name="Register").click()
        expect(page.locator("#secret")).to_contain_text("whsec_")
        page.goto("/notices/webhooks/")
        expect(page.locator("#secret")).to_have_count(0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_monitor_runs_on_a_real_server_and_its_failure_reaches_the_owner_by_mail(
    chromium: Any, tmp_path: Path
) -> None:
    with MailServer() as mail:
        office = Office(tmp_path)
        office.environment["CLERESTORY_MAIL_URL"] = mail.url
        with office:
            owner = Desk(chromium, office)
            owner.page.goto(office.first_link)
            owner.fill(organisation="Northlight Bank", name="Ada Owner", email="ada@example.org", password=PASSWORD)
            owner.press("Found the organisation")
            folder = office.home / "projects" / "credit"
            office.run("init", str(folder), "--sample", folder=tmp_path)
            manifest = folder / "clerestory.toml"
            text = re.sub(r'owner = ".*"', 'owner = "ada@example.org"', manifest.read_text())
            manifest.write_text(text.replace('criterion = ">= 0.8"', 'criterion = "between 0.01 and 0.02"'))
            register(owner, re.search(r'id = "(.*)"', text)[1])  # type: ignore[index]
            owner.page.goto("/monitoring/new/")
            owner.press("Set up")
            owner.press("Run now")
            outcome = owner.page.locator("section[aria-labelledby=runs] tbody tr").first
            expect(outcome).to_contain_text("Fail", timeout=PATIENCE)
            expect(owner.page.locator("#under-way")).to_have_count(0)
            waited = threading.Event()
            for _step in range(100):
                if any("a check failed" in str(message["Subject"]) for message in mail.messages):
                    break
                waited.wait(0.2)
            assert sum("a check failed" in str(message["Subject"]) for message in mail.messages) == 1
            assert set(mail.recipients) == {"ada@example.org"}
            found = office.read("doctor", folder=tmp_path)
            assert {item["name"]: item["ok"] for item in found["checks"]}["Worker"]
            assert owner.complaints == []


def register(owner: Desk, system_id: str) -> None:
    """Register the system that the sample is about."""
    owner.page.goto("/inventory/systems/add/")
    owner.page.locator("main [name=name]").fill(system_id.replace("-", " ").capitalize())
    owner.page.locator("main [name=purpose]").fill("Rank loan applications for an officer's decision")
    owner.page.locator("main [name=touches]").select_option("credit")
    owner.press("Register")
