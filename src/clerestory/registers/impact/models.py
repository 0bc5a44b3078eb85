"""Tables of the impact register. What was proposed or decided is a version that is never changed."""

from django.db import models


class Assessment(models.Model):
    """What is being written about one AI system; it is proposed as a version."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system_id = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    method_version = models.PositiveIntegerField(default=0)
    answers = models.JSONField(default=dict)
    effects = models.JSONField(default=list)
    marks = models.JSONField(default=list)
    marks_reason = models.TextField(blank=True)
    numbered = models.PositiveIntegerField(default=0)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "system_id"], name="impact_one_per_system"),)

    def __str__(self) -> str:
        return self.system_id


class Version(models.Model):
    """One version of the method, of thresholds, of an assessment, or one decision or act about a system."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField()
    said = models.JSONField(default=dict)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "kind", "about", "version"], name="impact_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.about} {self.version}"
