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
    watches = models.CharField(max_length=10, default="manifest")
    checks = models.JSONField(default=list)
    model_version = models.CharField(max_length=120, blank=True, default="")
    window_days = models.PositiveSmallIntegerField(default=30)
    counts_from = models.DateField(null=True)
    told = models.JSONField(default=list)
    told_roles = models.JSONField(default=list)
    answer_days = models.PositiveSmallIntegerField(default=7)
    next_due_at = models.DateTimeField()
    waits_since = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=20, blank=True)
    last_ran_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField()
    entry_id = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

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
    is_silent = models.BooleanField(default=False)
    model_digest = models.CharField(max_length=71, blank=True, default="")
    counted = models.JSONField(default=dict)
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


class MonitorPlan(models.Model):
    """From when until when a monitor was to run, and how often: what its runs are held against."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="plans")
    interval = models.CharField(max_length=10)
    hour = models.PositiveSmallIntegerField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["monitor"], name="monitoring_one_open_plan", condition=models.Q(until_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"{self.interval} from {self.from_at}"


class MonitorAlarm(models.Model):
    """An alarm: raised by a run, perhaps answered by a person, closed when a run or that answer ended it."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="alarms")
    alarm_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20)
    about = models.JSONField(default=list)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=60, blank=True)
    answer = models.TextField(blank=True)
    answer_entry_id = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["monitor", "kind"], name="monitoring_one_open_alarm", condition=models.Q(closed_at=None)
            ),
        )
        indexes = (models.Index(fields=["organisation", "opened_at"], name="monitoring_alarm_newest"),)

    def __str__(self) -> str:
        return self.alarm_id
