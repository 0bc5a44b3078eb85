"""Measure every page of a large organisation: 10,000 AI systems, 20,000 risks, 100,000 entries, 4 clients.

Run: python -m benchmarks.load, on the database of DATABASE_URL or SQLite: `python -m tests.postgres python -m
benchmarks.load`. The organisation is filled through the same commands as users use; `-- --small` takes a hundredth,
`-- --home=FOLDER` keeps it for another run, which fills nothing, and `-- --from=FOLDER` copies such a home of SQLite
into PostgreSQL. CPU is that of one request in this process, the database's of SQLite too. `-- --alone` measures
queries and CPU without a server and clients, the slowest pages first.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._addresses import pages
from benchmarks._copied import copy, copy_keys
from benchmarks._large import fill, found

if TYPE_CHECKING:
    from django.test import Client

    from clerestory.desk.actor import Actor

CLIENTS, ROUNDS, WARM = 4, 6, 2
CPU_ROUNDS = 2
GOAL_MS, GOAL_QUERIES, GOAL_KB = 150.0, 10, 400.0
PATIENCE_S = 120.0


def main() -> int:
    """Fill, serve, ask; return 1 when a goal is missed."""
    words = sys.argv[1:]
    scale = 100 if "--small" in words else 1
    kept = next((word.partition("=")[2] for word in words if word.startswith("--home=")), "")
    source = next((word.partition("=")[2] for word in words if word.startswith("--from=")), "")
    with tempfile.TemporaryDirectory(prefix="clerestory-load-") as passing:
        if source:
            copy_keys(Path(source), Path(kept or passing))
        _start_django(Path(kept or passing))
        if source:
            copy(Path(source))
        started = time.monotonic()
        actor, sizes = _actor(scale)
        filled = time.monotonic() - started
        client = _client(actor)
        shown, without = pages(actor, client)
        queries, spent = _count(client, shown)
        if "--alone" in words:
            return _tell_alone(sizes, queries, spent)
        cookie = _session(actor)
        with _Server() as address:
            times, weights = _ask(address, cookie, shown)
    return _tell(sizes, filled, Measured(queries, spent, times, weights, without))


def _actor(scale: int) -> "tuple[Actor, dict[str, int]]":
    """Return the owner of the large organisation, which is filled unless the kept home holds it."""
    from clerestory.desk.models import User
    from clerestory.desk.people import actor_for
    from clerestory.store.models import LogEntry, LogState
    from clerestory.terms.ids import OrganisationId

    user = User.objects.order_by("pk").first()
    if user is None:
        actor = found()
        return actor, fill(actor, scale)
    here = OrganisationId(LogState.objects.get().organisation_id)
    known = actor_for(user, organisation_id=here, authentication_id="benchmark")
    assert known is not None
    return known, {"entries": LogEntry.objects.count()}


def _start_django(home: Path) -> None:
    os.environ["CLERESTORY_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")
    import django

    django.setup()
    from clerestory.store.upkeep import prepare

    prepare()


def _session(actor: "Actor") -> str:
    """Return the cookie of a session in which the owner is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from clerestory.desk.models import User

    user = User.objects.get(pk=actor.user_id or 0)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _client(actor: "Actor") -> "Client":
    from django.conf import settings
    from django.test import Client

    from clerestory.desk.models import User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(pk=actor.user_id or 0), settings.AUTHENTICATION_BACKENDS[-1])
    return client


def _count(client: "Client", pages: dict[str, str]) -> tuple[dict[str, int], dict[str, float]]:
    """Return queries and milliseconds of this process's CPU by page, warm; the least of some rounds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    queries, spent = {}, {}
    for name, path in pages.items():
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        queries[name] = len(captured)
        took = []
        for _ in range(CPU_ROUNDS):
            began = time.process_time()
            client.get(path)
            took.append((time.process_time() - began) * 1000)
        spent[name] = round(min(took), 1)
    return queries, spent


class _Server:
    """The product as users start it, on a port of its own."""

    def __enter__(self) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-c", "from clerestory.cli.main import run; run()", "up", "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
        address, until = f"http://localhost:{port}", time.monotonic() + PATIENCE_S
        while not _answers(address):
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the server did not answer")
            time.sleep(0.05)
        return address

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/account/login/", timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def _ask(address: str, cookie: str, pages: dict[str, str]) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Let all clients ask for every page, each starting at another one; return milliseconds and bytes by page.

    Each asks for the next page as soon as it has one, and nobody reads: that is more than four people do. The first
    rounds are not counted: each process reads the log once.
    """
    weights: dict[str, int] = {}
    names = list(pages)

    def client(number: int, rounds: int, times: dict[str, list[float]]) -> None:
        with closing(HTTPConnection(address.removeprefix("http://"), timeout=PATIENCE_S)) as connection:
            for turn in range(rounds):
                for step in range(len(names)):
                    name = names[(step + number * len(names) // CLIENTS + turn) % len(names)]
                    started = time.perf_counter()
                    weights[name] = len(_get(connection, pages[name], cookie))
                    times[name].append((time.perf_counter() - started) * 1000)

    def together(rounds: int) -> dict[str, list[float]]:
        times: dict[str, list[float]] = {name: [] for name in names}
        with ThreadPoolExecutor(CLIENTS) as clients:
            for asked in [clients.submit(client, number, rounds, times) for number in range(CLIENTS)]:
                asked.result()
        return times

    together(WARM)
    return together(ROUNDS), weights


def _get(connection: HTTPConnection, path: str, cookie: str) -> bytes:
    """Ask on a connection that stays, as a browser's does."""
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
    response = connection.getresponse()
    body = response.read()
    if response.status != HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {response.status}")
    return body


def _p95(values: list[float]) -> float:
    return sorted(values)[max(round(0.95 * len(values)) - 1, 0)]


@dataclass(frozen=True)
class Measured:
    """What was measured, by page."""

    queries: dict[str, int]
    cpu_ms: dict[str, float]
    times: dict[str, list[float]]
    weights: dict[str, int]
    without: tuple[str, ...]
    """Addresses that name no record of the organisation, or none that the measurement has an example of."""


def _tell_alone(sizes: dict[str, int], queries: dict[str, int], spent: dict[str, float]) -> int:
    over = sorted(name for name, count in queries.items() if count > GOAL_QUERIES)
    slowest = dict(sorted(spent.items(), key=lambda page: -page[1]))
    print(json.dumps({
        **sizes, "pages": len(spent), "load_average": [round(value, 1) for value in os.getloadavg()],
        "median_cpu_ms": round(statistics.median(spent.values()), 1), "p95_cpu_ms": _p95(list(spent.values())),
        "cpu_ms": slowest, "goals": {"queries": GOAL_QUERIES}, "missed": [f"queries of {name}" for name in over],
    }))  # fmt: skip
    return 1 if over else 0


def _tell(sizes: dict[str, int], filled: float, measured: Measured) -> int:
    from django.db import connection

    every = [value for values in measured.times.values() for value in values]
    worst = {name: _p95(values) for name, values in measured.times.items()}
    missed = sorted(
        ({"p95 of all pages"} if _p95(every) > GOAL_MS else set())
        | {f"p95 of {name}" for name, value in worst.items() if value > GOAL_MS}
        | {f"queries of {name}" for name, count in measured.queries.items() if count > GOAL_QUERIES}
        | {f"no example of {name}" for name in measured.without}
        | {f"bytes of {name}" for name, size in measured.weights.items() if size / 1000 > GOAL_KB}
    )
    by_page = {
        name: [
            measured.queries[name], measured.cpu_ms[name], round(statistics.median(measured.times[name]), 1),
            round(worst[name], 1), round(measured.weights[name] / 1000, 1),
        ]
        for name in sorted(measured.times)
    }  # fmt: skip
    print(json.dumps({
        "database": connection.vendor, **sizes, "fill_s": round(filled, 1), "pages": len(by_page),
        "requests": len(every), "load_average": [round(value, 1) for value in os.getloadavg()],
        "p50_ms": round(statistics.median(every), 1), "p95_ms": round(_p95(every), 1),
        "queries, cpu_ms, p50_ms, p95_ms, kb": by_page,
        "goals": {"p95_ms": GOAL_MS, "queries": GOAL_QUERIES, "kb": GOAL_KB}, "missed": missed,
    }))  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
