"""Tables of applicability. Each row is one version of one decision and is never changed."""

from django.db import models


class Decision(models.Model):
    """One version of the decision on one control; the highest version is the newest."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    control = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    included = models.BooleanField()
    justification = models.TextField()
    ground = models.CharField(max_length=20)
    risks = models.JSONField(default=list)
    impacts = models.JSONField(default=list)
    obligations = models.JSONField(default=list)
    decided_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "control", "version"], name="applicability_once"),
            models.CheckConstraint(condition=~models.Q(justification=""), name="applicability_has_reason"),
        )

    def __str__(self) -> str:
        return f"{self.control} {self.version}"


class OwnControl(models.Model):
    """One version of a control that the organisation added; the highest version is the newest."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    purpose = models.TextField()
    owner = models.CharField(max_length=60)
    why = models.TextField()
    risks = models.JSONField(default=list)
    impacts = models.JSONField(default=list)
    obligations = models.JSONField(default=list)
    proved_by = models.JSONField(default=list)
    retired = models.TextField(default="")
    decided_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "number", "version"], name="applicability_own_once"),
            models.CheckConstraint(condition=~models.Q(why=""), name="applicability_own_has_reason"),
        )

    def __str__(self) -> str:
        return f"O.{self.number} {self.version}"


class Statement(models.Model):
    """One version of the whole statement; ``decisions`` are triples of control, version and entry."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    decisions = models.JSONField()
    included = models.PositiveIntegerField()
    excluded = models.PositiveIntegerField()
    issued_by = models.CharField(max_length=60)
    issued_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "version"], name="applicability_statement_once"),
        )

    def __str__(self) -> str:
        return f"version {self.version}"


class Loosening(models.Model):
    """A rule that is loosened for a time."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    exception_id = models.CharField(max_length=60)
    rule = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=200)
    justification = models.TextField()
    valid_until = models.DateField()
    owner = models.CharField(max_length=60)
    decided_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "exception_id"], name="applicability_exception_once"),
        )

    def __str__(self) -> str:
        return f"{self.rule} until {self.valid_until}"


class Trace(models.Model):
    """One time that the decisions were followed back to their grounds."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    rows_traced = models.PositiveIntegerField()
    rows_total = models.PositiveIntegerField()
    traced_by = models.CharField(max_length=60)
    traced_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "version"], name="applicability_trace_once"),)

    def __str__(self) -> str:
        return f"{self.rows_traced} of {self.rows_total}"
