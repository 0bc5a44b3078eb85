"""What a monitor was to do from when on: written with each change, so that its runs can be held against it."""

from datetime import datetime

from clerestory.registers.monitoring import models


# house: allow permit-first: part of commands that have asked
def begin_plan(row: models.Monitor, now: datetime) -> None:
    """Note that a monitor is to run from now on as its row says; what was planned before ends."""
    end_plan(row, now)
    models.MonitorPlan.objects.create(
        organisation_id=row.organisation_id, monitor=row, interval=row.interval, hour=row.hour, from_at=now
    )


# house: allow permit-first: part of commands that have asked
def end_plan(row: models.Monitor, now: datetime) -> None:
    """Note that nothing is planned any more."""
    open_plans = models.MonitorPlan.objects.filter(organisation_id=row.organisation_id, monitor=row, until_at=None)
    open_plans.update(until_at=now)
