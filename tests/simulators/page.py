"""verify.html as the build wrote it, opened from disk in a browser without network, and asked about files."""

import importlib.machinery
import importlib.util
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clerestory.report.verifier.page import page as verifier_page
from tests.simulators.browser import window

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {"E_CATALOGUE", "E_STATUS"}
DRAWN = {"index.html", "report.pdf"}


class Page:
    """The page in a window."""

    def __init__(self, window: Any, folder: Path) -> None:
        self.window, self.folder = window, folder
        self.asked: list[str] = []
        window.on("request", lambda request: self.asked.append(request.url))
        (folder / "verify.html").write_bytes(verifier_page())
        window.goto((folder / "verify.html").as_uri())

    def answer(self, file: Path, trust: Path | None = None, earlier: Sequence[Path] = ()) -> str:
        """Choose files, have them checked, and return the document that the page shows."""
        self.window.set_input_files("#pack", str(file))
        self.window.set_input_files("#trust", [] if trust is None else str(trust))
        self.window.set_input_files("#earlier", [str(one) for one in earlier])
        self.window.click("#check")
        self.window.locator("#check:enabled").wait_for(timeout=60_000)
        said = self.window.text_content("#status")
        assert said == "The check is done.", said
        return str(self.window.text_content("#document"))


@contextmanager
def opened(chromium: Any, folder: Path, look: str = "light") -> Iterator[Page]:
    with window(chromium, "", look) as one:
        one.context.set_offline(True)
        page = Page(one, folder)
        yield page
        assert [url for url in page.asked if not url.startswith("file:")] == []


def without_statuses(document: dict[str, Any]) -> dict[str, Any]:
    """What the page must say where the product says this: all but what follows from rules, in the same words."""
    exits = {"E_PACK", "E_VERSION", "E_PROOF", "E_TRUST"}
    problems = [
        one
        for one in document["problems"]
        if one["code"] not in LEFT_OUT and not (one["code"] == "E_PAGE" and one["where"] in DRAWN)
    ]
    codes = {one["code"] for one in problems}
    drawn = any(one["code"] == "E_PAGE" for one in document["problems"]) and "E_PAGE" not in codes
    whole = drawn and not codes - {"E_UNTRUSTED", "E_QUORUM", "E_SIG", "E_EARLIER"}
    made = document | {
        "follows": not codes - {"E_UNTRUSTED", "E_QUORUM"} - exits if not codes & exits else False,
        "problems": problems,
    }
    if whole:
        made["integrity"] = document["integrity"] | {"verdict": "verified"}
        made["completeness"] = document["completeness"] | {"verdict": "complete inside the log"}
    if "follows" in json.loads(json.dumps(document["derivation"])) or "at" in document["derivation"]:
        made["derivation"] = {
            "verdict": "not derived here",
            "follows": None,
            "not_checked": ["catalogue.json", "statuses.json", "index.html", "report.pdf"],
            "beyond": "statuses are derived again by verify.py and clerestory-verify",
        }
    return made


def bundled(source: str, name: str, folder: Path) -> Path:
    """Bundle one module of the page, so that a test can call it; return the script, which gives it that name."""
    loader = importlib.machinery.SourceFileLoader("assets", str(ROOT / "script" / "assets"))
    spec = importlib.util.spec_from_loader("assets", loader)
    assert spec is not None
    assets = importlib.util.module_from_spec(spec)
    loader.exec_module(assets)
    node, _ = assets.find_node()
    made = folder / f"{name}.js"
    where = ROOT / "src" / "clerestory" / "web" / "assets" / "verifier" / source
    command = [*assets.esbuild(node), str(where), "--bundle", "--format=iife", f"--global-name={name}"]
    subprocess.run([*command, "--log-level=warning", f"--outfile={made}"], cwd=ROOT, check=True)
    return made
