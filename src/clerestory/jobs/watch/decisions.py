"""What of the decision log a run looks at: days whose batches are what was logged, and what tells a day from itself."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from clerestory.intake.watch.order import DECISIONS, DayOrder, Part, WatchOrder
from clerestory.registers.monitoring.queries import Order
from clerestory.store.decisions import DecisionLog, verify_batch
from clerestory.terms.ids import OrganisationId


def window_order(order: Order, now: datetime) -> WatchOrder:
    """Return the days of the window, and those since which evidence of a change is gathered.

    A batch is compared with its root in the log when its day is looked at first, or has changed.

    Raises:
        BatchAltered: rows on disk are not what was logged, or a manifest of a day cannot be read.
    """
    monitor = order.monitor
    place = DecisionLog(settings.CLERESTORY_HOME, order.organisation_id, monitor.system_id, monitor.model_version)
    state = state_folder(order.organisation_id, monitor.monitor_id)
    # house: allow organisation-day: the days of a decision log are those of UTC
    first = now.date() - timedelta(days=monitor.window_days - 1)
    since = monitor.counts_from or first
    return WatchOrder(
        watches=DECISIONS,
        checks=monitor.checks,
        model_version=monitor.model_version,
        window_from=first.isoformat(),
        counts_from=since.isoformat(),
        # house: allow organisation-day: the days of a decision log are those of UTC
        days=_days(place, min(first, since).isoformat(), now.date().isoformat(), state / "verified"),
        state=str(state),
    )


def state_folder(organisation_id: OrganisationId, monitor_id: str) -> Path:
    """Return where a monitor keeps what it counted: below the home folder, apart for each organisation."""
    folder: Path = settings.CLERESTORY_HOME / "monitors" / str(organisation_id) / monitor_id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _days(place: DecisionLog, first: str, last: str, verified: Path) -> tuple[DayOrder, ...]:
    verified.mkdir(exist_ok=True)
    found = []
    for day in place.days():
        if not first <= day.isoformat() <= last:
            continue
        batches = place.read(day).batches
        if not batches:
            continue
        said = "".join(f"{batch.batch_id} {batch.rows} {batch.row_root}\n" for batch in batches)
        digest = "sha256:" + hashlib.sha256(said.encode()).hexdigest()
        mark = verified / f"{day.isoformat()}.{digest[-32:]}"
        if not mark.exists():
            for batch in batches:
                verify_batch(place, day, batch)
            for earlier in verified.glob(f"{day.isoformat()}.*"):
                earlier.unlink()
            mark.touch()
        folder = place.folder(day)
        parts = tuple(Part(str(folder / batch.file), batch.start, batch.rows) for batch in batches)
        found.append(DayOrder(day.isoformat(), digest, parts))
    return tuple(found)
