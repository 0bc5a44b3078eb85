"""Tables of the organisation register: the organisation, its processes and what was recorded about running them."""

from django.db import models

from clerestory.registers.organisation.rules import CLAUSE_FAMILIES, RUN_OUTCOMES


class Organisation(models.Model):
    """The organisation whose management system is judged."""

    id = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=200)
    units = models.JSONField(default=list)
    sites = models.JSONField(default=list)
    jurisdictions = models.JSONField(default=list)
    time_zone = models.CharField(max_length=64, default="UTC")
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60, default="")
    founded_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Process(models.Model):
    """A process of the management system or of operation."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    process_id = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    clause_family = models.CharField(max_length=2)
    owner = models.CharField(max_length=60)
    interval = models.CharField(max_length=40)
    first_run_on = models.DateField()
    externally_provided = models.BooleanField(default=False)
    inputs = models.JSONField(default=list)
    outputs = models.JSONField(default=list)
    less = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "process_id"], name="organisation_process_id"),
            models.CheckConstraint(
                condition=models.Q(clause_family__in=CLAUSE_FAMILIES), name="organisation_process_clause"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProcessRun(models.Model):
    """One run of a process with its outcome."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="runs")
    run_id = models.CharField(max_length=60)
    outcome = models.CharField(max_length=20)
    criteria_met = models.BooleanField()
    planned_for = models.DateField()
    ran_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "run_id"], name="organisation_run_id"),
            models.CheckConstraint(condition=models.Q(outcome__in=RUN_OUTCOMES), name="organisation_run_outcome"),
        ]


class Record(models.Model):
    """An append-only record about the management system: its description, a leadership act, a nil return."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    record_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    values = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "record_id"], name="organisation_record_id"),
        ]
        indexes = [
            models.Index(fields=["organisation", "kind", "-recorded_at"], name="organisation_record_kind"),
        ]
