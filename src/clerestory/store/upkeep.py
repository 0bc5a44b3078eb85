"""Makes the database ready at start-up: tables, cache, what a crash left behind. Running it again changes nothing."""

from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clerestory.store import clock
from clerestory.store.log.reading import LogAltered
from clerestory.store.log.state import check_places
from clerestory.store.models import LogState, Payload
from clerestory.store.sequencer import catch_up
from clerestory.store.unit import plain_errors
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId

ORPHAN_AGE = 24 * 3600


def prepare() -> dict[OrganisationId, ClerestoryError]:
    """Migrate, make the cache table, place what waits, remove payload files that nothing refers to.

    Return which logs could not be signed or have lost entries, and why.

    Raises:
        NotWritten: the database cannot be opened or written.
    """
    with plain_errors():
        if waiting_migrations():
            call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
    _keep_to_owner()
    problems = _lost_entries() | catch_up()
    sweep()
    return problems


def waiting_migrations() -> int:
    """Return how many migrations are not applied yet."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def cache_is_there() -> bool:
    """Return whether the table of the cache is there, which no migration makes."""
    return str(settings.CACHES["default"]["LOCATION"]) in connection.introspection.table_names()


def sweep(now: float | None = None) -> int:
    """Remove payload files that nothing refers to and that are older than a day; return how many."""
    folder = Path(settings.CLERESTORY_HOME) / "payloads"
    moment = clock.now().timestamp() if now is None else now
    old = [path for path in folder.rglob("*") if path.is_file() and moment - path.stat().st_mtime > ORPHAN_AGE]
    names = {str(path.relative_to(folder)) for path in old}
    held = Payload.objects.exclude(file="")  # house: allow organisation-scope: files of every organisation
    used = set(held.values_list("file", flat=True)) if names else set()
    for name in names - used:
        (folder / name).unlink(missing_ok=True)
    return len(names - used)


def _lost_entries() -> dict[OrganisationId, ClerestoryError]:
    states = LogState.objects.all()  # house: allow organisation-scope: every log of this server
    problems: dict[OrganisationId, ClerestoryError] = {}
    for organisation_id in map(OrganisationId, states.order_by("organisation_id").values_list("pk", flat=True)):
        try:
            check_places(organisation_id)
        except LogAltered as error:
            problems[organisation_id] = error
    return problems


def _keep_to_owner() -> None:
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        for path in (Path(name), Path(f"{name}-wal"), Path(f"{name}-shm")):
            if path.exists():
                path.chmod(0o600)
