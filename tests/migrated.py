"""A database as the product's own preparation leaves it, made once and copied wherever a test needs a fresh one.

All migrations take half a minute; a copy takes none. The SQLite file lies beside pytest's cache and is made anew when a
migration, the settings or a library that brings tables changes; a PostgreSQL server keeps its template as a database.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache" / "migrated"
BRING_TABLES = ("django", "django-allauth", "django-q2")
PREPARE = "import django; django.setup(); from clerestory.store.upkeep import prepare; prepare()"
FILE = "clerestory.sqlite3"


@contextmanager
def for_tests(connection: Any) -> Iterator[None]:
    """Let Django's connection lead to a database of the tests that is set up and empty."""
    from django.conf import settings

    before, postgres = connection.settings_dict["NAME"], connection.vendor == "postgresql"
    if postgres:
        connection.settings_dict["TEST"]["TEMPLATE"] = postgres_template(os.environ["DATABASE_URL"])
    name = connection.creation._create_test_db(verbosity=0, autoclobber=True)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    if not postgres:
        with sqlite_file() as made, closing(sqlite3.connect(made)) as template:
            template.backup(connection.connection)
    with connection.cursor() as cursor:
        for table in ("auth_permission", "django_content_type"):
            cursor.execute(f"DELETE FROM {table}")
    yield
    connection.creation.destroy_test_db(before, verbosity=0)


def into(home: Path) -> None:
    """Lay a database that is set up into a data folder, where the product looks for it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sqlite_file() as made:
        shutil.copyfile(made, home / FILE)
    (home / FILE).chmod(0o600)


@contextmanager
def sqlite_file() -> Iterator[Path]:
    """Give the SQLite file to copy from, and make it before where it is missing."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = KEPT / f"{_digest()}.sqlite3"
        if not made.exists():
            for old in KEPT.glob("*.sqlite3"):
                old.unlink()
            with tempfile.TemporaryDirectory(prefix="clerestory-migrated-") as home:
                _prepare(Path(home))
                with closing(sqlite3.connect(Path(home) / FILE)) as base:
                    base.execute("PRAGMA journal_mode=DELETE")
                shutil.copyfile(Path(home) / FILE, KEPT / "half")
                (KEPT / "half").rename(made)
        yield made


def postgres_template(url: str) -> str:
    """Return the name of the template on the server of a URL, made before where it is missing."""
    import psycopg

    name = f"clerestory_template_{_digest()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(4200142)")
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}_half"')
            connection.execute(f'CREATE DATABASE "{name}_half"')
            with tempfile.TemporaryDirectory(prefix="clerestory-migrated-") as home:
                _prepare(Path(home), DATABASE_URL=urlsplit(url)._replace(path=f"/{name}_half").geturl())
            connection.execute(f'ALTER DATABASE "{name}_half" RENAME TO "{name}"')
    return name


def _prepare(home: Path, **more: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "CLERESTORY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "clerestory.settings",
        **more,
    }
    done = subprocess.run([sys.executable, "-c", PREPARE], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@cache
def _digest() -> str:
    source = ROOT / "src" / "clerestory"
    read = hashlib.sha256()
    for path in [source / "settings.py", *sorted(source.glob("**/migrations/*.py"))]:
        read.update(str(path.relative_to(source)).encode() + b"\0" + path.read_bytes() + b"\0")
    read.update(" ".join(version(name) for name in BRING_TABLES).encode())
    return read.hexdigest()[:16]
