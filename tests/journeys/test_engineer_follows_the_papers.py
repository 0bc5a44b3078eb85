"""An ML engineer follows the papers word for word: the five-minute path, and both pipeline recipes, against a server.

The commands are read from README, docs and recipes; none stands here a second time.
"""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from playwright.sync_api import expect

from tests.simulators.office import PASSWORD, Desk, Office

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "five-minutes.md"
RECIPES = ROOT / "docs" / "recipes"
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
ENDS = re.compile(r"#\s*exit code (\d)")
OWNER = "you@example.org"
PATIENCE = 240


def lines_of(text: str) -> list[str]:
    """Return the commands of all shell blocks, one a line."""
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip()]


class Shell:
    """A terminal: one bash with the product's command in its path, that stays open from command to command."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.said: list[str] = []
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=folder, env=dict(environment), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1,
        )  # fmt: skip

    def run(self, command: str) -> int:
        """Run one command and return its exit code."""
        assert self._bash.stdin is not None and self._bash.stdout is not None
        watch = threading.Timer(PATIENCE, self._bash.kill)
        watch.start()
        self._bash.stdin.write(f'{command}\nprintf "\\n==%s==\\n" "$?"\n')
        self._bash.stdin.flush()
        self.said = []
        for line in self._bash.stdout:
            if ended := re.fullmatch(r"==(\d+)==\n", line):
                watch.cancel()
                return int(ended[1])
            self.said.append(line)
        raise AssertionError(f"{command}: the shell ended.\n{''.join(self.said)}")

    def close(self) -> None:
        """End the terminal."""
        self._bash.terminate()
        self._bash.wait(PATIENCE)
        for stream in (self._bash.stdin, self._bash.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the product as it is handed out."""
    folder = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> dict[str, str]:
    """Give the environment of a fresh virtual environment that sees the locked packages but not the product."""
    folder = tmp_path_factory.mktemp("machine") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (locked,) = {path for path in map(Path, sys.path) if path.name == "site-packages"}
    for item in locked.iterdir():
        own = item.name.lower().startswith(("clerestory", "_clerestory", "__editable__", "_virtualenv"))
        if not own and not (packages / item.name).exists():
            (packages / item.name).symlink_to(item)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CLERESTORY", "PYTHON", "PIP"))}
    kept.pop("DATABASE_URL", None)
    return {
        **kept, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(folder), "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels), "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }  # fmt: skip


@pytest.fixture
def terminal(tmp_path: Path, machine: dict[str, str]) -> Iterator[Any]:
    """Give a way to open terminals in the empty folder; they end with the test."""
    opened: list[Shell] = []

    def open_one(**more: str) -> Shell:
        opened.append(Shell(tmp_path, {**machine, **more}))
        return opened[-1]

    yield open_one
    for shell in opened:
        shell.close()


def test_the_readme_shows_the_same_path() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Five minutes")[2].partition("\n## ")[0]
    path = [line.split("  #")[0].strip() for line in lines_of(PAGE.read_text(encoding="utf-8"))]
    shown = [line.split("  #")[0].strip() for line in lines_of(readme.partition("What follows")[0])]
    assert len(shown) > 5
    assert path[: len(shown)] == shown


def test_five_minutes_from_an_empty_folder_to_a_status_by_the_page(
    tmp_path: Path, machine: dict[str, str], terminal: Any, chromium: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not any(tmp_path.iterdir())
    commands = lines_of(PAGE.read_text(encoding="utf-8"))
    install, serve, *rest = commands
    started = time.monotonic()
    assert terminal().run(install) == 0
    office = Office(tmp_path, empty=True)
    office.home = tmp_path / "var"
    office.environment = {**machine, "PORT": str(office.port)}
    office.serve(serve, folder=tmp_path)
    try:
        desk = Desk(chromium, office)
        desk.page.goto(office.first_link)
        for label, text in (("Organisation", "Example"), ("Your name", "You"), ("Your e-mail address", OWNER),
                            ("Password", PASSWORD)):  # fmt: skip
            desk.page.get_by_label(label).fill(text)
        desk.press("Found the organisation")
        shell = terminal(CLERESTORY_SERVER=office.address)
        for command in rest:
            wanted = ENDS.search(command)
            assert shell.run(command) == int(wanted[1] if wanted else 0), f"{command}\n{''.join(shell.said)}"
            if command.startswith("clerestory status"):
                why = "".join(shell.said)
        took = time.monotonic() - started
        assert "HOLDS      Credit scoring test data" in why
        desk.page.goto("/systems/credit-scoring/")
        expect(desk.page.locator("main")).to_contain_text("fairness.selection-rate-ratio")
        assert not desk.complaints
    finally:
        office.stop()
    with capsys.disabled():
        sys.stdout.write(f"\nfive-minute path: {took:.0f} s of machine time for {len(commands)} commands\n")


@pytest.fixture
def project(tmp_path: Path, terminal: Any) -> Shell:
    """Give a terminal in a model's repository on a build machine."""
    shell: Shell = terminal()
    assert shell.run(install_of(PAGE)) == 0
    assert shell.run(f"clerestory init --sample --owner {OWNER}") == 0
    return shell


def install_of(page: Path) -> str:
    return lines_of(page.read_text(encoding="utf-8"))[0]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[tuple[Office, dict[str, str]]]:
    """Give a running server with an organisation, and the variables that its token is kept in."""
    folder = tmp_path_factory.mktemp("server")
    with Office(folder) as office:
        desk = Desk(chromium, office)
        desk.page.goto(office.first_link)
        for label, text in (("Organisation", "Example"), ("Your name", "You"), ("Your e-mail address", OWNER),
                            ("Password", PASSWORD)):  # fmt: skip
            desk.page.get_by_label(label).fill(text)
        desk.press("Found the organisation")
        token = office.run("token", "create", "ci", "--scope", "push", "--as", OWNER, folder=folder).strip()
        yield office, {"CLERESTORY_SERVER": office.address, "CLERESTORY_TOKEN": token}


def recipe(name: str) -> dict[Any, Any]:
    read = yaml.safe_load((RECIPES / name).read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


def pushed(office: Office, folder: Path) -> bool:
    """Say whether the server holds evidence of the measured data, by its own command line."""
    return "HOLDS      Credit scoring test data" in office.run("status", "--why", "A.7.4", folder=folder)


def test_the_github_recipe_checks_keeps_the_results_and_hands_them_in(
    tmp_path: Path, terminal: Any, project: Shell, server: tuple[Office, dict[str, str]]
) -> None:
    office, variables = server
    flow = recipe("github-actions.yml")
    (job,) = flow["jobs"].values()
    steps = {step["name"]: step for step in job["steps"] if "run" in step}
    assert set(flow) >= {"name", "permissions", "jobs"}
    assert list(steps) == ["Install", "Check", "Hand the evidence in"]
    assert steps["Hand the evidence in"]["env"] == {
        "CLERESTORY_SERVER": "${{ vars.CLERESTORY_SERVER }}",
        "CLERESTORY_TOKEN": "${{ secrets.CLERESTORY_TOKEN }}",
    }
    assert "run" not in job["steps"][0] and all(
        re.search(r"@v\d+$", step["uses"]) for step in job["steps"] if "uses" in step
    )
    shell = terminal(**variables)
    for name in steps:
        assert shell.run(script(steps[name]["run"], tmp_path / "step.sh")) == 0, f"{name}\n{''.join(shell.said)}"
    (upload,) = (step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    assert all((tmp_path / name).is_file() for name in upload["with"]["path"].split())
    assert ET.parse(tmp_path / "checks.xml").getroot().get("failures") == "0"
    assert pushed(office, tmp_path)

    strict = (tmp_path / "clerestory.toml").read_text(encoding="utf-8").replace('">= 0.65"', '">= 0.99"')
    (tmp_path / "clerestory.toml").write_text(strict, encoding="utf-8")
    assert shell.run(script(steps["Check"]["run"], tmp_path / "step.sh")) == 1
    assert shell.run(script(steps["Hand the evidence in"]["run"], tmp_path / "step.sh")) == 0
    (tmp_path / "clerestory.toml").write_text("broken", encoding="utf-8")
    (tmp_path / "run.json").unlink()
    assert shell.run(script(steps["Check"]["run"], tmp_path / "step.sh")) == 2
    assert shell.run(script(steps["Hand the evidence in"]["run"], tmp_path / "step.sh")) == 0


def script(text: str, file: Path) -> str:
    """Write the steps of a recipe as the runner does, and return how it runs them: bash that stops at a failure."""
    file.write_text(text, encoding="utf-8")
    return f"bash -e {file}"


def test_the_gitlab_recipe_checks_reports_and_hands_in(
    tmp_path: Path, terminal: Any, project: Shell, server: tuple[Office, dict[str, str]]
) -> None:
    office, variables = server
    flow = recipe("gitlab-ci.yml")
    check, hand_in = flow["check"], flow["hand-in"]
    assert [check["stage"], hand_in["stage"]] == flow["stages"]
    assert hand_in["rules"][0]["when"] == "always"
    shell = terminal(**variables)
    code = shell.run(script("\n".join(check["script"]), tmp_path / "step.sh"))
    assert code in check["allow_failure"]["exit_codes"], "".join(shell.said)
    assert ET.parse(tmp_path / check["artifacts"]["reports"]["junit"]).getroot().get("failures") == "0"
    assert all((tmp_path / name).is_file() for name in check["artifacts"]["paths"])
    assert shell.run(script("\n".join(hand_in["script"]), tmp_path / "step.sh")) == 0, "".join(shell.said)
    assert pushed(office, tmp_path)


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_a_recipe_explains_every_exit_code_and_names_no_registry(name: str) -> None:
    text = (RECIPES / name).read_text(encoding="utf-8")
    for code in ("0 all passed", "1 a criterion failed", "2 bad input", "3 none failed"):
        assert code in text
    assert "index-url" not in text
    assert "://" not in text
