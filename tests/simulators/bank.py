"""The demo organisation on a real server: filled once for all, its people at windows of their own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.simulators.browser import check, shot, window
from tests.simulators.office import PASSWORD, Office

THEME = "look => { document.documentElement.dataset.theme = look }"
LEAD = "lead@northlight.example"


class Bank:
    """Northlight Bank with its four people, an auditor and a member of the board who only reads."""

    def __init__(self, office: Office, chromium: Any) -> None:
        self.office, self.chromium = office, chromium
        kept = json.loads((office.home / "demo" / "sign-in.json").read_text(encoding="utf-8"))
        self.logins = {email.partition("@")[0]: (email, password) for _who, email, password in kept}
        self.cookies: dict[str, SimpleCookie] = {}
        for name, person in (("auditor", "Ruth Adler"), ("viewer", "Henrik Sand")):
            self._admit(name, person)

    def _admit(self, name: str, person: str) -> None:
        email = f"{name}@northlight.example"
        link = self.office.read("user", "admit", email, person, "--access", name, "--as", LEAD,
                                "--url", self.office.address, folder=self.office.home)["link"]  # fmt: skip
        with window(self.chromium, self.office.address) as page:
            page.goto(link)
            for field in page.locator("main input[type=password]").all():
                field.fill(PASSWORD)
            page.locator("main button[type=submit]").first.click()
            page.wait_for_url(f"{self.office.address}/")
            self._keep(name, page)

    def _keep(self, name: str, page: Any) -> None:
        self.cookies[name] = SimpleCookie({kept["name"]: kept["value"] for kept in page.context.cookies()})

    @contextmanager
    def seat(self, name: str, look: str = "light", allowed: tuple[str, ...] = ()) -> Iterator[Any]:
        """Open a window in which that person is signed in; what the browser complains of fails the test."""
        if name not in self.cookies:
            with window(self.chromium, self.office.address) as page:
                page.goto("/account/login/")
                page.locator("[name=login]").fill(self.logins[name][0])
                page.locator("[name=password]").fill(self.logins[name][1])
                page.locator("main button[type=submit]").first.click()
                page.wait_for_url(f"{self.office.address}/")
                self._keep(name, page)
        client: Any = SimpleNamespace(cookies=self.cookies[name])
        with window(self.chromium, self.office.address, look, client, allowed) as page:
            yield page


@contextmanager
def bank(folder: Path, chromium: Any, filled: Path) -> Iterator[Bank]:
    """Run a copy of the filled demo on a server of its own."""
    with Office(folder, demo=filled) as office:
        yield Bank(office, chromium)


def look_over(page: Any, name: str, *, phone: bool = False, keep: bool = True) -> None:
    """Hold the page against axe in light and dark, and at a phone's width where asked; keep pictures."""
    size = page.viewport_size
    for look in ("light", "dark"):
        page.evaluate(THEME, look)
        check(page, f"{name} {look}")
        if keep and (phone or look == "light"):
            shot(page, f"{name}-{look}")
    if phone:
        page.set_viewport_size({"width": 390, "height": 844})
        check(page, f"{name} phone-dark")
        if keep:
            shot(page, f"{name}-phone")
        page.set_viewport_size(size)
    page.evaluate(THEME, "light")
