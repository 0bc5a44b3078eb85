"""What the repository as a whole promises: no host or workplace in it, hashed locks, one licence, a whole wheel."""

import os
import re
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Written in parts, so that this file does not name them itself.
FORBIDDEN = [
    "pypi" + ".org",
    "files." + "pythonhosted",
    "npm" + "js",
    "/wo" + "rk/",
    "." + "library/",
    ".." + "/shared",
]
BINARY = {".png", ".woff2", ".parquet", ".ico", ".onnx", ".mo", ".zip", ".gz", ".jpg", ".pdf", ".xlsx"}
SCRIPTS = ["setup", "server", "test", "check", "bench", "docs", "assets", "lock", "messages"]
LOCKS = ["tools", "server", "dev", "node"]


def tracked() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def forbidden_in(text: str) -> list[str]:
    return [word for word in FORBIDDEN if word in text]


def unhashed(lock: str) -> list[str]:
    entries = re.split(r"\n(?=[a-z0-9])", lock.strip())
    return [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry or "==" not in entry]


def test_no_file_names_a_host_of_packages_or_a_workplace() -> None:
    found = {
        str(path.relative_to(ROOT)): words
        for path in tracked() if path.suffix not in BINARY
        if (words := forbidden_in(path.read_text(encoding="utf-8", errors="replace")))
    }  # fmt: skip
    assert found == {}


def test_forbidden_word_is_found() -> None:
    assert forbidden_in("https://pypi" + ".org/simple") == ["pypi" + ".org"]


@pytest.mark.parametrize("name", ["server", "dev"])
def test_what_is_locked_brings_time_zones_along_on_every_system(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    (line,) = [line for line in lock.splitlines() if line.startswith("tzdata==")]
    assert ";" not in line, "a server without a zone database can found nothing"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert unhashed(lock) == []
    assert "http" not in lock


def test_unhashed_package_is_found() -> None:
    assert unhashed("a==1 \\\n    --hash=sha256:00\nb==2\nc>=1 \\\n    --hash=sha256:00") == [
        "b",
        "c>=1 \\\n    --hash=sha256:00",
    ]


def test_locks_agree_on_versions() -> None:
    pins = [
        dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", (ROOT / "requirements" / f"{n}.txt").read_text(), re.M))
        for n in LOCKS
    ]
    dev = pins[LOCKS.index("dev")]
    assert [(name, version) for pin in pins for name, version in pin.items() if dev.get(name, version) != version] == []


def test_lock_holds_every_package_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
    ]
    locked = (ROOT / "requirements" / "dev.txt").read_text()
    names = [re.split(r"[\[<>=]", item)[0].lower() for item in wanted]
    assert [name for name in names if not re.search(rf"^{re.escape(name)}==", locked, re.M)] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_executable_and_says_what_it_does(name: str) -> None:
    path = ROOT / "script" / name
    assert path.stat().st_mode & stat.S_IXUSR
    assert len(path.read_text().splitlines()[1]) > 20


def test_continuous_integration_runs_checks_and_tests_and_skips_nothing() -> None:
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & stat.S_IXUSR
    text = run.read_text()
    assert "script/check" in text
    assert "script/test" in text
    assert "CLERESTORY_REQUIRE_ALL=1" in text


def test_licence_is_apache_2() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text()
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"


def test_browser_packages_are_pinned_and_hashed() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 20
    assert '"tailwindcss": "4.3.3"' in (ROOT / "package.json").read_text()


def test_wheel_brings_templates_data_assets_and_translations(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    for ending in (
        "static/built/app.css",
        "static/built/app.js",
        "static/built/verify.html",
        ".woff2",
        ".mo",
        "web/templates/web/base.html",
        ".toml",
        "LICENSE",
    ):
        assert any(name.endswith(ending) for name in names), f"no {ending} in the wheel"
    assert [name for name in names if "/assets/" in name or "node_modules" in name or name.startswith("tests")] == []
