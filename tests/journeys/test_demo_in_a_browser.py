"""The demo organisation in a real browser: true data, long names and all, without a fault on any page."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from clerestory.store import clock
from tests.simulators.browser import check, shot, window

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = {
    "board": "/requirements/", "why": "/requirements/iso42001-2023/A.7.4/", "systems": "/systems/",
    "system": "/systems/credit-scoring/", "evidence": "/evidence/", "log": "/evidence/log/", "members": "/members/",
    "inventory": "/inventory/", "data": "/data/", "roles": "/roles/", "applicability": "/applicability/",
    "organisation": "/organisation/",
}  # fmt: skip
SHOWN = {
    "light": {"board", "why", "system", "evidence", "members", "applicability"},
    "dark": {"board", "system"},
    "phone": {"board", "system"},
}


def test_the_demo_is_true_and_shown_without_a_fault(northlight: Path, chromium: Any, live_server: Any) -> None:
    from clerestory.demo.northlight import fill

    login = fill(northlight, clock=clock.now)[0]
    client = Client()
    client.post("/account/login/", {"login": login.email, "password": login.password})
    for look, shown in SHOWN.items():
        with window(chromium, live_server.url, look, client) as page:
            for name, address in PAGES.items():
                assert page.goto(address).status == 200, address
                if name == "system":
                    page.locator("[data-drawn]").wait_for()
                check(page, f"{name} {look}")
                if name in shown:
                    shot(page, f"{name}-{look}")
    with window(chromium, live_server.url, "light", client) as page:
        page.goto("/requirements/?status=CONFORMS")
        expect(page.locator(".board .ref").filter(has_text="A.3.2")).to_be_visible()
        page.locator(".board .ref a").filter(has_text="A.3.2").click()
        expect(page.get_by_role("dialog").locator(".list-plain a[href^='/evidence/']").first).to_be_visible()
        check(page, "why of the demo")
        shot(page, "why-sheet-light")
