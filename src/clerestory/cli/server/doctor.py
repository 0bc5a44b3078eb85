"""``clerestory doctor``: what on this machine would keep the product from working, and what to do about it."""

import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer

from clerestory.cli.server.start import start_django
from clerestory.cli.shell import FAILED, FINE, _, output, print_document
from clerestory.terms.error import ClerestoryError

LEAST_FREE = 200 * 1024 * 1024
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "doctor", help=_("Look for what would keep the product from working.\n\nExample: clerestory doctor --json")
    )(doctor)


def doctor(as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout."))) -> None:
    """Look at the machine, the data folder, the database and the logs; exit code 1 where something is wrong."""
    findings = list(examine())
    if as_json:
        print_document(
            {"checks": [{"name": f.name, "ok": f.ok, "detail": f.detail, "remedy": f.remedy} for f in findings]}
        )
    else:
        for finding in findings:
            output().print(
                f"{_('ok') if finding.ok else _('PROBLEM'):<9}{finding.name}: {finding.detail}",
                markup=False,
                soft_wrap=True,
            )
            if finding.remedy:
                output().print(f"{'':<9}{finding.remedy}", markup=False, soft_wrap=True)
    raise typer.Exit(FINE if all(finding.ok for finding in findings) else FAILED)


def examine() -> Iterator[Finding]:
    """Yield what was looked at, the basic things first; stop where nothing further can be looked at."""
    yield Finding(_("Python"), sys.version_info >= (3, 11), sys.version.split()[0])
    for look in (
        _home,
        _space,
        _database,
        _tables,
        _durability,
        _assets,
        _keys,
        _logs,
        _clock,
        _worker,
        _jobs,
        _handover,
    ):
        finding = _tried(look)
        yield finding
        if not finding.ok and look in (_home, _database, _tables):
            return


def _tried(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except ClerestoryError as error:
        return Finding(look.__name__.strip("_"), False, error.problem, error.remedy)


def _home() -> Finding:
    start_django()
    from django.conf import settings

    home = Path(settings.CLERESTORY_HOME)
    open_to = stat.S_IMODE(home.stat().st_mode) & 0o022
    if open_to:
        return Finding(
            _("Data folder"), False, _("{home} can be written by others.").format(home=home), f"chmod go-w {home}"
        )
    return Finding(_("Data folder"), True, str(home))


def _space() -> Finding:
    from django.conf import settings

    free = shutil.disk_usage(settings.CLERESTORY_HOME).free
    detail = _("{megabytes} MB free").format(megabytes=free // 2**20)
    return Finding(_("Disk"), free >= LEAST_FREE, detail, "" if free >= LEAST_FREE else _("Free some space."))


def _database() -> Finding:
    from django.db import connection

    from clerestory.store.unit import plain_errors

    with plain_errors():
        connection.ensure_connection()
    return Finding(_("Database"), True, connection.vendor)


def _tables() -> Finding:
    from clerestory.store.upkeep import cache_is_there, waiting_migrations

    count = waiting_migrations()
    if count:
        return Finding(
            _("Tables"), False, _("{count} migrations wait.").format(count=count), "python -m clerestory.jobs.migrate"
        )
    if not cache_is_there():
        return Finding(_("Tables"), False, _("The table of the cache is missing."), "python -m clerestory.jobs.migrate")
    return Finding(_("Tables"), True, _("up to date"))


def _durability() -> Finding:
    from django.db import connection

    if connection.vendor != "sqlite":
        return Finding(_("Durability"), True, connection.vendor)
    with connection.cursor() as cursor:
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
    durable = (journal, synchronous) == ("wal", 2)
    return Finding(_("Durability"), durable, f"journal {journal}, synchronous {synchronous}")


def _assets() -> Finding:
    built = Path(__file__).parents[2] / "web" / "static" / "built"
    if built.is_dir() and any(built.iterdir()):
        return Finding(_("Browser files"), True, str(built))
    return Finding(_("Browser files"), False, _("They are not built."), "script/setup")


def _keys() -> Finding:
    from clerestory.registers.organisation.queries import organisations
    from clerestory.store.keys import check_key

    known = organisations()
    for organisation_id, _name in known:
        try:
            check_key(organisation_id)
        except ClerestoryError as error:
            return Finding(_("Signing keys"), False, error.problem, error.remedy)
    return Finding(_("Signing keys"), True, _("{count} logs").format(count=len(known)))


def _logs() -> Finding:
    from clerestory.registers.organisation.queries import organisations
    from clerestory.store import log

    states = [log.status(organisation_id) for organisation_id, _name in organisations()]
    bad = next((state for state in states if state.problem), None)
    if bad is not None:
        return Finding(_("Logs"), False, f"{bad.organisation_id}: {bad.problem}", bad.remedy)
    entries = sum(state.size for state in states)
    waiting = sum(state.outbox for state in states)
    return Finding(
        _("Logs"),
        True,
        _("{count} logs, {entries} entries, {waiting} waiting").format(
            count=len(states), entries=entries, waiting=waiting
        ),
    )


def _clock() -> Finding:
    from clerestory.registers.organisation.queries import organisations
    from clerestory.store import clock, evidence

    now = clock.now()
    newest = max((evidence.not_before_the_newest(known, now) for known, _name in organisations()), default=now)
    if newest - now <= CLOCKS_DIFFER:
        return Finding(_("Clock"), True, f"{now:%Y-%m-%d %H:%M} UTC")
    return Finding(
        _("Clock"),
        False,
        _("It is {now} here, and the newest entry is of {newest}.").format(
            now=f"{now:%Y-%m-%d %H:%M} UTC", newest=f"{newest:%Y-%m-%d %H:%M} UTC"
        ),
        _("Set the clock right. Where it was ahead before, what is entered now is shown from that moment on."),
    )


def _worker() -> Finding:
    from clerestory.store import clock
    from clerestory.store.queue.pulse import SILENT_AFTER, pulse

    now = clock.now()
    seen = pulse(now)
    if seen.is_alive:
        return Finding(_("Worker"), True, _("{name} lives").format(name=seen.worker))
    waits = seen.overdue_since is not None and now - seen.overdue_since > SILENT_AFTER
    return Finding(
        _("Worker"),
        not waits,
        _("None lives; {count} jobs wait.").format(count=seen.waiting),
        _("Run: clerestory worker, or clerestory up without --no-worker.") if waits else "",
    )


def _jobs() -> Finding:
    from clerestory.store import clock
    from clerestory.store.queue.pulse import pulse

    failures = pulse(clock.now()).failures
    if not failures:
        return Finding(_("Jobs"), True, _("none failed"))
    newest = failures[0]
    return Finding(
        _("Jobs"),
        False,
        _("{name} failed {count} times, last at {at}: {problem}").format(
            name=newest.name, count=newest.attempts, at=f"{newest.at:%Y-%m-%d %H:%M} UTC", problem=newest.problem
        ),
        _("What failed is tried again; remove the cause."),
    )


def _handover() -> Finding:
    from clerestory.store.handover import troubles

    failing = troubles()
    if not failing:
        return Finding(_("Processes"), True, _("every entry was handed on"))
    first = failing[0]
    return Finding(
        _("Processes"),
        False,
        _("The process {process} failed with the entry {entry}, {tries} times: {problem}").format(
            process=first.process, entry=first.entry_id, tries=first.tries, problem=first.problem
        ),
        _("It is tried again by itself; look into the log of the server."),
    )
