"""Tables of changes, releases and criteria. Releases and criteria are versions that are never changed."""

from django.db import models


class Change(models.Model):
    """A change of one system from request to review; ``version`` guards against lost updates."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    system = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    aspects = models.JSONField(default=list)
    why = models.TextField()
    planned = models.BooleanField(default=True)
    emergency = models.BooleanField(default=False)
    decide_by = models.DateField()
    seen = models.JSONField(default=list)
    state = models.CharField(max_length=30)
    assessment = models.JSONField(default=dict)
    outcome = models.CharField(max_length=30, blank=True)
    decisions = models.PositiveIntegerField(default=0)
    decision_id = models.CharField(max_length=60, blank=True)
    approved_at = models.DateTimeField(null=True)
    made_on = models.DateField(null=True)
    made_at = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="lifecycle_change_number"),)
        indexes = (models.Index(fields=["organisation", "system"], name="lifecycle_change_system"),)

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """A release of a system or the criteria of a process; ``kind`` says which, ``about`` of what."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    said = models.JSONField(default=dict)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "kind", "about", "version"], name="lifecycle_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.about} {self.version}"
