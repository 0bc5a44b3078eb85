"""Measure lists and details of a large organisation: 10,000 AI systems, 20,000 risks, 100,000 entries, 4 clients.

Run: python -m benchmarks.load, on the database of DATABASE_URL or SQLite: `python -m tests.postgres python -m
benchmarks.load`. The organisation is filled through the same commands as users use; `-- --small` takes a hundredth.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerestory.desk.actor import Actor

CLIENTS, ROUNDS, WARM = 4, 12, 2
GOAL_MS, GOAL_QUERIES, GOAL_KB = 150.0, 10, 400.0
GATHERS = {"my page"}
"""Neither list nor detail: it asks every register once what waits for the member."""
CHUNK = 500
SIZES = {"systems": 10_000, "risks": 20_000, "entries": 100_000}
PATIENCE_S = 120.0


def main() -> int:
    """Fill, serve, ask; return 1 when a goal is missed."""
    scale = 100 if "--small" in sys.argv[1:] else 1
    sizes = {name: size // scale for name, size in SIZES.items()}
    with tempfile.TemporaryDirectory(prefix="clerestory-load-") as home:
        _start_django(Path(home))
        started = time.monotonic()
        actor = _found()
        _fill(actor, sizes)
        filled = time.monotonic() - started
        cookie = _session(actor)
        pages = _pages(actor)
        queries = _queries(actor, pages)
        with _Server() as address:
            times, weights = _ask(address, cookie, pages)
    return _tell(sizes, filled, queries, times, weights)


def _start_django(home: Path) -> None:
    os.environ["CLERESTORY_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")
    import django

    django.setup()
    from clerestory.store.upkeep import prepare

    prepare()


def _found() -> "Actor":
    from clerestory.desk.entrance.links import first_owner_link
    from clerestory.registers.organisation.commands import found_organisation
    from clerestory.registers.organisation.rules import Profile
    from clerestory.store import clock

    now = clock.now()
    return found_organisation(
        link=first_owner_link(now=now), profile=Profile(name="Large Bank", units=("Retail",)), now=now,
        email="owner@large.example", name="Ada Owner", password="a window high in the wall",
    ).actor  # fmt: skip


def _fill(actor: "Actor", sizes: dict[str, int]) -> None:
    from clerestory.store.models import LogEntry

    _in_chunks(range(sizes["systems"]), lambda number: _system(actor, number))
    _in_chunks(range(sizes["risks"]), lambda number: _risk(actor, number, sizes["systems"]))
    _in_chunks(range(LogEntry.objects.count(), sizes["entries"]), lambda number: _statement(actor, number))


def _in_chunks(numbers: Iterable[int], write: Callable[[int], None]) -> None:
    from clerestory.store.unit import atomic

    waiting = list(numbers)
    for start in range(0, len(waiting), CHUNK):
        with atomic():
            for number in waiting[start : start + CHUNK]:
                write(number)


def _system(actor: "Actor", number: int) -> None:
    from clerestory.registers.inventory.commands import register_ai_system
    from clerestory.registers.inventory.rules import NO_AREA, AIRole, AISystem, Stage

    stages, areas = tuple(Stage), ("credit", NO_AREA, "employment")
    system = AISystem(
        system_id=f"system-{number}", name=f"System {number} of the unit {number % 37}", owner=actor.person_id,
        purpose="Rank consumer loan applications for an officer's decision", ai_role=(AIRole.PROVIDER,),
        stage=stages[number % len(stages)], use_areas=(areas[number % len(areas)],), in_scope=True,
        affects_people=number % 2 == 0, affected_groups=("applicants",) if number % 2 == 0 else (),
    )  # fmt: skip
    register_ai_system(actor=actor, system=system)


def _risk(actor: "Actor", number: int, systems: int) -> None:
    from clerestory.catalogue.load import load
    from clerestory.registers.risk.commands.identify import identify_risk
    from clerestory.registers.risk.rules.risk import Risk
    from clerestory.registers.risk.rules.scale import Rating

    sources, dimensions = load().coverages["risk_sources"].items, ("organisation", "individuals", "societies")
    risk = Risk(
        event=f"Labels of batch {number} no longer fit the people who apply", source=sources[number % len(sources)],
        consequence="Some are refused who would repay", owner=actor.person_id, system_id=f"system-{number % systems}",
    )  # fmt: skip
    rating = Rating(1 + number % 5, tuple((name, 1 + (number + at) % 5) for at, name in enumerate(dimensions)))
    identify_risk(actor=actor, risk=risk, rating=rating, reason="rated by the unit")


def _statement(actor: "Actor", number: int) -> None:
    """Append one statement that a register holds nothing, as evidence without a row: it makes the log long."""
    from clerestory.store import clock, evidence
    from clerestory.terms.evidence import Evidence, Subject
    from clerestory.terms.moment import Period

    day = (clock.now().date() - timedelta(days=number % 300)).isoformat()
    made = Evidence(
        kind="record.nil_return", subject=Subject("organisation", actor.organisation_id), produced_by=actor.person(),
        observed=Period.at(clock.now()), entity=f"nil_return/{number}",
        values={"register": "incident", "period_from": day, "period_to": day, "how_known": "alarms compared"},
    )  # fmt: skip
    evidence.append(made, organisation_id=actor.organisation_id)


def _session(actor: "Actor") -> str:
    """Return the cookie of a session in which the owner is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from clerestory.desk.models import User

    user = User.objects.get(pk=actor.user_id)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _pages(actor: "Actor") -> dict[str, str]:
    """Return the addresses of lists and details, by what they show."""
    from clerestory.store import log

    entry = log.search(actor.organisation_id, log.Search(size=25)).rows[0].entry_id
    return {
        "my page": "/",
        "seven questions": "/questions/",
        "requirements": "/requirements/",
        "requirement": "/requirements/iso42001-2023/6.1.2/",
        "AI systems": "/systems/",
        "AI systems, searched and sorted": "/systems/?q=unit+7&sort=-name&page=3&size=100",
        "AI system": "/systems/system-7/",
        "risks": "/risk/",
        "risks, filtered": "/risk/?q=batch&sort=-level&size=100&page=2",
        "risk": "/risk/R-7/",
        "heat map": "/risk/map/",
        "evidence": "/evidence/",
        "entry": f"/evidence/{entry}/",
        "statement": "/applicability/",
        "nonconformities": "/nonconformity/",
        "search": "/search/?q=batch+77",
    }


def _queries(actor: "Actor", pages: dict[str, str]) -> dict[str, int]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from clerestory.desk.models import User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(pk=actor.user_id), "allauth.account.auth_backends.AuthenticationBackend")
    counted = {}
    for name, path in pages.items():
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} answers {response.status_code}")
        counted[name] = len(captured)
    return counted


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
        for turn in range(rounds):
            for step in range(len(names)):
                name = names[(step + number * len(names) // CLIENTS + turn) % len(names)]
                started = time.perf_counter()
                weights[name] = len(_get(address + pages[name], cookie))
                times[name].append((time.perf_counter() - started) * 1000)

    def together(rounds: int) -> dict[str, list[float]]:
        times: dict[str, list[float]] = {name: [] for name in names}
        clients = [threading.Thread(target=client, args=(number, rounds, times)) for number in range(CLIENTS)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        return times

    together(WARM)
    return together(ROUNDS), weights


def _get(url: str, cookie: str) -> bytes:
    request = urllib.request.Request(url, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
    with urllib.request.urlopen(request, timeout=60) as response:
        body: bytes = response.read()
        return body


def _p95(values: list[float]) -> float:
    return sorted(values)[max(round(0.95 * len(values)) - 1, 0)]


def _tell(
    sizes: dict[str, int],
    filled: float,
    queries: dict[str, int],
    times: dict[str, list[float]],
    weights: dict[str, int],
) -> int:
    from django.db import connection

    every = [value for name, values in times.items() if name not in GATHERS for value in values]
    worst = {name: round(_p95(values), 1) for name, values in times.items()}
    missed = sorted(
        ({"p95 of lists and details"} if _p95(every) > GOAL_MS else set())
        | {f"queries of {name}" for name, count in queries.items() if count > GOAL_QUERIES and name not in GATHERS}
        | {f"bytes of {name}" for name, size in weights.items() if size / 1000 > GOAL_KB}
    )
    print(json.dumps({
        "database": connection.vendor, **sizes, "fill_s": round(filled, 1), "requests": len(every),
        "p95_ms": round(_p95(every), 1), "p95_ms_by_page": worst, "queries_by_page": queries,
        "kb_by_page": {name: round(size / 1000, 1) for name, size in weights.items()},
        "goals": {"p95_ms": GOAL_MS, "queries": GOAL_QUERIES, "kb": GOAL_KB}, "missed": missed,
    }))  # fmt: skip
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
