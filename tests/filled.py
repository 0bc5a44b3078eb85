"""The demo organisation as `up --demo` leaves it, filled once and copied for each test that asks for it.

Filling it takes most of a minute, and half a dozen files of tests look at it. The copy is a whole installation: data
folder and database; what a test does to it is gone with it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.migrated import FILE, ROOT, into
from tests.postgres import database

SHARED = "CLERESTORY_TEST_SHARED"
"""A folder that all processes of a run share; script/test names one for all its parts."""

SAID = "said"
"""Keeps what the program that filled the demo said."""


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of the demo, which the first of all processes of this run fills; only for copying."""
    pytest.importorskip("skl2onnx")
    base = tmp_path_factory.getbasetemp()
    own = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return filled_in(Path(os.environ.get(SHARED) or own))


@pytest.fixture
def northlight(transactional_db: None, tmp_path: Path, filled_once: Path, settings: Any) -> Iterator[Path]:
    """Give the demo's own folder in a copy of its installation, in which the test then takes place."""
    from django.db import connections

    from clerestory.store.facts import forget

    forget()
    settings.CLERESTORY_HOME = Path(shutil.copytree(filled_once, tmp_path / "northlight"))
    settings.SECRET_KEY = (settings.CLERESTORY_HOME / "secret_key").read_text(encoding="utf-8").strip()
    held = connections["default"]
    name = held.settings_dict["NAME"]
    with database_of(filled_once) as url:
        own = urlsplit(url).path.removeprefix("/") if url else str(settings.CLERESTORY_HOME / FILE)
        held.settings_dict["NAME"] = own
        del connections["default"]
        try:
            yield settings.CLERESTORY_HOME / "demo"
        finally:
            connections["default"].close()
            held.settings_dict["NAME"] = name
            connections["default"] = held
    forget()


def filled_in(shared: Path) -> Path:
    """Return the data folder of the demo below a shared folder, filled before where it is not."""
    home = shared / f"demo-{_short(os.environ.get('DATABASE_URL', ''))}"
    with (shared / f"{home.name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "done").exists():
            shutil.rmtree(home, ignore_errors=True)
            _fill(home)
            (home / "done").touch()
    return home


def database_of(home: Path) -> Any:
    """Make a copy of the demo's database on PostgreSQL and give its URL; on SQLite the data folder holds it."""
    url = os.environ.get("DATABASE_URL", "")
    return database(url, like=_name(home) if url else "")


def _fill(home: Path) -> None:
    into(home)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CLERESTORY", "DATABASE", "DJANGO"))}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "CLERESTORY_HOME": str(home)}
    with _of_its_own(home) as url:
        if url:
            environment["DATABASE_URL"] = url
        done = subprocess.run(
            [sys.executable, "-m", "clerestory.demo"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    (home / SAID).write_text(done.stderr, encoding="utf-8")


@contextmanager
def _of_its_own(home: Path) -> Iterator[str]:
    """Keep the database that is filled, so that others can be made like it."""
    if not (server := os.environ.get("DATABASE_URL", "")):
        yield ""
        return
    import psycopg

    with database(server, migrated=True) as url:
        yield url
        with closing(psycopg.connect(server, autocommit=True)) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{_name(home)}"')
            connection.execute(f'CREATE DATABASE "{_name(home)}" TEMPLATE "{urlsplit(url).path.removeprefix("/")}"')


def _name(home: Path) -> str:
    return f"clerestory_demo_{_short(str(home))}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
