"""What all tests share: a data folder of their own, marks by fixture, and the system's Chromium."""

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

pytest_plugins = ("tests.organisation", "tests.at_once", "tests.filled")
TESTS = Path(__file__).parent
REQUIRE_ALL = bool(os.environ.get("CLERESTORY_REQUIRE_ALL"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server", "admin_user", "admin_client"}
BROWSER_FIXTURES = {"chromium", "page"}
BROWSER_FOLDERS = {"journeys", "web"}
PURE_FOLDERS = {"assurance", "catalogue", "house", "judgement", "ledger", "terms", "verify"}


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks; keep what tests write out of the developer's data folder; hash passwords at little cost."""
    config.addinivalue_line("markers", "database: uses the database (set by itself)")
    config.addinivalue_line("markers", "both_databases: drives a browser against an Office, on SQLite and PostgreSQL")
    from django.conf import settings

    if settings.configured:
        home = Path(tempfile.mkdtemp(prefix="clerestory-home-"))
        home.chmod(0o700)
        settings.CLERESTORY_HOME = home
        settings.PASSWORD_HASHERS = ["tests.passwords.AtLittleCost", *settings.PASSWORD_HASHERS]
        config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they ask for, so that script/test can run each kind where it belongs."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if fixtures & BROWSER_FIXTURES:
            item.add_marker(pytest.mark.browser)
            if folder not in BROWSER_FOLDERS:
                raise pytest.UsageError(f"{item.nodeid} drives a browser; it belongs into tests/journeys or tests/web")
        if item.get_closest_marker("both_databases") and not (fixtures & BROWSER_FIXTURES and folder == "journeys"):
            raise pytest.UsageError(f"{item.nodeid} is no journey in a browser; only those run on both databases")
        if fixtures & DATABASE_FIXTURES or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
            if folder in PURE_FOLDERS:
                raise pytest.UsageError(f"{item.nodeid} uses the database; tests/{folder} is for what needs none")


def pytest_collection_finish() -> None:
    """Let the search for garbage pass over what lives until the end: modules and thousands of collected tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything must run, a skip is a failure."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CLERESTORY_REQUIRE_ALL lets nothing be skipped: {report.longrepr}"
    return report


def unavailable(what: str) -> None:
    """Skip where something is missing on a developer's machine."""
    pytest.skip(f"{what} is missing")


@pytest.fixture(autouse=True)
def nobodys_language() -> Iterator[None]:
    """Begin and end each test in the language and time zone of the installation, whatever was asked before it."""
    _forget_who_read()
    yield
    _forget_who_read()


def _forget_who_read() -> None:
    from django.utils import timezone, translation

    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Keep SQLite in a file where a browser asks: each request then has a connection of its own, as users' have.

    In memory, the server's threads and the test would share one connection, and with it each other's transactions.
    """
    from django.conf import settings

    known = settings.DATABASES["default"]
    if "sqlite" in known["ENGINE"] and any(item.get_closest_marker("browser") for item in request.session.items):
        known.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        # No test cuts the power of the machine: nothing waits for the disk, as on the tests' PostgreSQL.
        options = known["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Copy the tests' database from one that was migrated once, instead of migrating it in each process.

    Tests that commit are cleaned up after by emptying all tables. Django would then write its content types and
    permissions anew, which takes longer than most tests and which nothing of the product reads: they are left out.
    """
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db import connection
    from django.db.models.signals import post_migrate

    from tests.migrated import for_tests

    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    with django_db_blocker.unblock(), for_tests(connection):
        yield


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """Give the system's Chromium, driven by Playwright. Tests open their own contexts: ``chromium.new_context()``."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        unavailable("Chromium")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, in which Django would refuse its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*flags, "--disable-dev-shm-usage"])
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@pytest.fixture
def page(chromium, live_server) -> Iterator[object]:  # type: ignore[no-untyped-def]
    """Give a page in a fresh context against the live server, in a light desktop window."""
    address = live_server.url.replace("127.0.0.1", "localhost")
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(15_000)
    opened = context.new_page()
    yield opened
    context.close()
