"""Tables of monitors and their runs: constraints only."""

from django.db import models


class Monitor(models.Model):
    """A scheduled check as it stands now; its versions are in the log."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    monitor_id = models.CharField(max_length=40)
    system_id = models.CharField(max_length=80)
    folder = models.CharField(max_length=300)
    interval = models.CharField(max_length=10)
    hour = models.PositiveSmallIntegerField(default=0)
    owner = models.CharField(max_length=60)
    next_due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    paused_reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=20, blank=True)
    last_ran_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField()
    entry_id = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "monitor_id"], name="monitoring_monitor_id"),
            models.CheckConstraint(condition=models.Q(hour__lt=24), name="monitoring_monitor_hour"),
        )
        indexes = (
            models.Index(
                fields=["next_due_at"],
                name="monitoring_monitor_due",
                condition=models.Q(paused_at=None, ended_at=None),
            ),
        )

    def __str__(self) -> str:
        return self.monitor_id


class MonitorRun(models.Model):
    """One run of a monitor: asked for, queued, running, done."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="runs")
    run_id = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=10)
    planned_at = models.DateTimeField()
    asked_by = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    progress = models.CharField(max_length=20, blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    results = models.JSONField(default=list)
    inputs = models.CharField(max_length=64, blank=True)
    entry_id = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["monitor"], name="monitoring_one_open_run", condition=~models.Q(state="done")
            ),
        )
        indexes = (models.Index(fields=["monitor", "-planned_at"], name="monitoring_run_newest"),)

    def __str__(self) -> str:
        return self.run_id
