"""Tables of documents about data. Each row is one version and is never changed; data sets stand in the inventory."""

from django.db import models


class Version(models.Model):
    """What all versions of documents about data share."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        abstract = True


class QualityCriteria(Version):
    """One version of the limits that a version of data must keep."""

    dataset_version_id = models.CharField(max_length=120)
    limits = models.JSONField(default=list)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "dataset_version_id", "version"], name="data_criteria_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.dataset_version_id} {self.version}"


class Datasheet(Version):
    """One version of the description of a version of data."""

    dataset_version_id = models.CharField(max_length=120)
    sections = models.JSONField(default=list)
    known_bias = models.JSONField(default=list)
    keep_for = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "dataset_version_id", "version"], name="data_sheet_once"),
        )

    def __str__(self) -> str:
        return f"{self.dataset_version_id} {self.version}"


class Procedure(Version):
    """One version of the data management procedure."""

    parts = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    text = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "version"], name="data_procedure_once"),)

    def __str__(self) -> str:
        return str(self.version)
