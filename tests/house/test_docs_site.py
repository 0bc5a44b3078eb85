"""The documentation site: builds strictly and offline, leads nowhere wrong, and cannot lag behind the code."""

import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from clerestory.assurance.data_quality import consistency
from clerestory.assurance.registry import find, registered
from clerestory.intake.manifest import read
from tests.house.test_docs import leaf_commands
from tests.simulators.checking import parameters
from tools import docs_site, reference

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
COLUMNS = {
    "case_id": [1, 2], "income": [1.5, 2.5], "age": [30, 40], "sex": ["f", "m"], "age_group": ["young", "old"],
    "purpose": ["car", "house"],
    "score": [0.5, 0.75], "approved": [True, False], "approved_before": [True, True], "repaid": [True, False],
    "instrument": ["bona fide", "mask"], "by_income": [0.1, 0.2], "by_age": [0.1, 0.2],
    "first_label": ["a", "b"], "second_label": ["a", "b"],
    "user_id": ["u1", "u2"], "supplier": ["north", "south"],
}  # fmt: skip
DATA = {
    "outcome": "approved", "label": "repaid", "score": "score", "sensitive_features": ("sex",),
    "previous_outcome": "approved_before", "features": ("income", "age", "purpose"), "threshold": 0.5,
    "asked": frozenset({"model", "previous", "language_model", "agent"}),
}  # fmt: skip
SYSTEM = """[system]
id = "example"
name = "Example"
purpose = "Show a check"
owner = "owner@example.org"
stage = "verification and validation"
ai_role = "provider"

[data]
current = "current.parquet"
"""
LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")}


class Page(HTMLParser):
    """What a page loads, where it leads, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif (tag, name) in LOADED and value:
                self.loads.append(value)
            elif name == "href" and value:
                (self.loads if tag == "link" else self.links).append(value)


def build(site: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(site)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Give every page of the site, read."""
    return {file: Page(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}


def broken(pages: dict[Path, Page]) -> list[str]:
    """Return each link inside the site that leads to no file or to no place in its page."""
    found = []
    for file, page in pages.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or file.name == "404.html":
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            anchors = pages[target].anchors if target in pages else None
            if not target.is_file() or (parts.fragment and anchors is not None and parts.fragment not in anchors):
                found.append(f"{file.name}: {link}")
    return found


def test_the_site_is_built_strictly_and_every_page_has_its_place(site: Path, pages: dict[Path, Page]) -> None:
    names = {file.relative_to(site).with_suffix("").as_posix() for file in pages}
    sources = {file.relative_to(DOCS).with_suffix("").as_posix() for file in DOCS.rglob("*.md")}
    assert {name for name in sources if not name.startswith("claims/")} <= names
    assert {"changes", "decisions"} <= names


def test_no_link_of_the_site_is_broken(pages: dict[Path, Page]) -> None:
    assert broken(pages) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text('<a href="b.html">x</a><a href="#gone">y</a><a href="#here" id="here">z</a>')
    assert broken({file: Page(file.read_text())}) == ["a.html: b.html", "a.html: #gone"]


def test_a_page_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](gone.md)")
    config = tmp_path / "mkdocs.yml"
    config.write_text("site_name: x\nvalidation: { links: { not_found: warn } }\n")
    assert build(tmp_path / "site", config).returncode != 0


def test_nothing_of_another_host_is_loaded(site: Path, pages: dict[Path, Page]) -> None:
    loaded = {link for page in pages.values() for link in page.loads}
    assert [link for link in loaded if urlsplit(link).netloc] == []
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import\s+)['\"]?(?:https?:)?//[^)'\"]+", sheet.read_text(encoding="utf-8")) == []


def test_every_picture_of_a_page_says_what_it_shows() -> None:
    for file in DOCS.rglob("*.md"):
        assert re.findall(r"!\[\s*\]\(", file.read_text(encoding="utf-8")) == [], file.name


def test_the_reference_is_what_the_code_says() -> None:
    for name, text in reference.pages().items():
        held = (DOCS / "reference" / name).read_text(encoding="utf-8")
        assert held == text, f"docs/reference/{name} lags behind the code: run script/docs reference"


def test_a_reference_that_lags_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert reference.main("check") == 1
    assert "docs/reference/checks.md lags behind the code" in capsys.readouterr().out
    assert reference.main("write") == 0
    assert reference.main("check") == 0
    assert reference.main("fly") == 2


def test_every_check_and_every_command_has_its_place_in_the_reference(site: Path) -> None:
    checks = "".join(file.read_text(encoding="utf-8") for file in (site / "reference" / "checks").glob("*.html"))
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert [name for name in registered() if f'id="{name.replace(".", "")}"' not in checks] == []
    assert [path for path, _ in leaf_commands() if f'id="{path.replace(" ", "-")}"' not in commands] == []


@pytest.mark.parametrize("name", sorted(registered()))
def test_the_example_of_every_check_can_be_run_as_it_stands(name: str, tmp_path: Path) -> None:
    file = tmp_path / "clerestory.toml"
    file.write_text(SYSTEM + "\n" + reference.example(name), encoding="utf-8")
    (table,) = read(file).checks
    check = find(table.name)
    complete = parameters(name, COLUMNS, COLUMNS, data=DATA, **table.parameters)
    for rule in complete.texts("consistent") if "consistent" in complete else ():
        assert set(consistency.read(rule).columns) <= COLUMNS.keys()
    assert check.wants(complete)
    assert check.criterion(table.criterion, complete)
    assert tomllib.loads(reference.example(name))["check"][0]["source"]


def test_changes_and_decisions_are_listed_from_their_files() -> None:
    for file in (ROOT / "changes").glob("*.*.md"):
        assert file.read_text(encoding="utf-8").strip() in docs_site.changes_page()
    for file in (DOCS / "decisions").glob("*.md"):
        assert f"](decisions/{file.name})" in docs_site.decisions_page()


def test_the_page_of_proofs_says_of_what_a_rule_goes_through_that_no_register_keeps_it() -> None:
    page = (ROOT / "docs" / "reference" / "proofs.md").read_text(encoding="utf-8")
    suppliers = page.partition("## A.10.3")[2].partition("## A.10.4")[0]
    assert "*For each supplier, which **no register keeps yet**.*" in suppliers
    assert "serious incident (**not yet** seen)" in suppliers
