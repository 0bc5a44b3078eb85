"""A person's browser: one window in one theme, in which every complaint of the browser fails the test."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.test import Client

SHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
WINDOWS: Mapping[str, Mapping[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 820}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 820}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}


@contextmanager
def window(
    chromium: Any,
    server: str,
    look: str = "light",
    client: Client | None = None,
    allowed: tuple[str, ...] = (),
    *,
    scripts: bool = True,
    time_zone: str | None = None,
) -> Iterator[Any]:
    """Open a window on the server, signed in as the client is; raise what the browser complained about at the end.

    ``time_zone``: where the person sits, by default where this machine stands.
    ``allowed``: parts of complaints that the test asks for, such as the status of an error page.
    """
    address = server.replace("127.0.0.1", "localhost")
    context = chromium.new_context(
        base_url=address,
        locale="en-GB",
        reduced_motion="reduce",
        java_script_enabled=scripts,
        timezone_id=time_zone,
        **WINDOWS[look],
    )
    context.set_default_timeout(15_000)
    if client is not None:
        kept = {name: morsel.value for name, morsel in client.cookies.items() if name in ("sessionid", "csrftoken")}
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in kept.items()])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
        told = [text for text in complaints if not any(part in text for part in allowed)]
        assert not told, "\n".join(told)
    finally:
        context.close()


def check(page: Any, where: str = "") -> None:
    """Hold the page against axe and against scrolling sideways."""
    found = Axe().run(page).response["violations"]
    first = [(item, item["nodes"][0]) for item in found]
    told = [f"{where} {item['id']}: {node['html'][:200]}: {node['failureSummary']}" for item, node in first]
    assert not told, "\n".join(told)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{where} scrolls sideways by {wider} px"


def shot(page: Any, name: str) -> None:
    """Keep a picture for the documentation when asked to: CLERESTORY_SCREENSHOTS=1."""
    if os.environ.get("CLERESTORY_SCREENSHOTS"):
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")
