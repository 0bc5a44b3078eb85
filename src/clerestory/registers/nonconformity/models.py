"""Tables of nonconformities and their steps. No column says what is next: that follows from the steps."""

from django.db import models


class Nonconformity(models.Model):
    """A nonconformity in its newest version; ``check_key`` is the check that found it, ``cycle`` counts its rounds."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    nonconformity_id = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    statement = models.TextField()
    requirement = models.CharField(max_length=40)
    bears_on = models.JSONField(default=list)
    grade = models.CharField(max_length=40)
    found_by = models.CharField(max_length=20)
    found_on = models.DateField()
    system_id = models.CharField(max_length=120, blank=True)
    owner = models.CharField(max_length=60, blank=True)
    correct_by = models.DateField()
    cause_by = models.DateField()
    act_by = models.DateField()
    confirm_by = models.DateField()
    similar = models.JSONField(default=list)
    cycle = models.PositiveIntegerField(default=1)
    check_key = models.CharField(max_length=600, blank=True)
    occurrence = models.PositiveIntegerField(default=1)
    origin_entry_id = models.CharField(max_length=60, blank=True)
    earlier_id = models.CharField(max_length=40, blank=True)
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "nonconformity_id"], name="nonconformity_once"),
            models.UniqueConstraint(fields=["organisation", "number"], name="nonconformity_number"),
            models.UniqueConstraint(
                fields=["organisation", "check_key", "occurrence"],
                condition=~models.Q(check_key=""),
                name="nonconformity_one_per_check",
            ),
            models.UniqueConstraint(
                fields=["organisation", "origin_entry_id"],
                condition=~models.Q(origin_entry_id=""),
                name="nonconformity_one_per_result",
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "system_id"], name="nonconformity_system"),
            models.Index(fields=["organisation", "owner"], name="nonconformity_owner"),
        )

    def __str__(self) -> str:
        return f"{self.nonconformity_id} {self.title}"


class StepTaken(models.Model):
    """One version of one step in one round; never changed. ``effective`` is set for the effect alone."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    nonconformity = models.ForeignKey(Nonconformity, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    cycle = models.PositiveIntegerField()
    said = models.JSONField(default=dict)
    effective = models.BooleanField(null=True)
    taken_by = models.CharField(max_length=60)
    taken_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "entry_id"], name="nonconformity_step_once"),
            models.UniqueConstraint(fields=["nonconformity", "kind", "version"], name="nonconformity_step_version"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.version} of {self.nonconformity_id}"
