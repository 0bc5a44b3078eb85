"""Questions of members whether they may use AI for something, likely duplicates, and the fast lane."""

from django.db import models


class UseRequest(models.Model):
    """A question with its answer; ``state`` says whether a person still has to look."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    asker = models.CharField(max_length=60)
    purpose = models.TextField()
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+", null=True)
    marks = models.JSONField(default=list)
    answer = models.CharField(max_length=30)
    state = models.CharField(max_length=10)
    reasons = models.JSONField(default=list)
    conditions = models.JSONField(default=list)
    policy = models.CharField(max_length=300, blank=True)
    rules_version = models.CharField(max_length=20)
    asked_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=500, blank=True)
    same_as = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="inventory_use_number"),)
        indexes = (models.Index(fields=["organisation", "state"], name="inventory_use_by_state"),)

    def __str__(self) -> str:
        return f"use-{self.number}"


class LikelyPair(models.Model):
    """Two systems that are likely the same; ``state`` says whether somebody joined them or explained why not."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="open")
    kept = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    entry_id = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "first", "second"], name="inventory_pair_once"),)

    def __str__(self) -> str:
        return f"{self.score} {self.state}"


class FastLane(models.Model):
    """A low-risk system that went the short way; ``rests_on`` are the facts with which it drops out."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    rests_on = models.TextField()
    policy = models.CharField(max_length=300)
    taken_by = models.CharField(max_length=60)
    taken_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "system", "number"], name="inventory_lane_number"),
        )

    def __str__(self) -> str:
        return f"lane {self.number}"


class ColumnMapping(models.Model):
    """Which columns of a file mean what, by the head of the file, as it was imported last."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    head = models.CharField(max_length=71)
    said = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "head"], name="inventory_mapping_once"),)

    def __str__(self) -> str:
        return self.head


class ImportRun(models.Model):
    """One import of systems that takes longer than a page waits: what was handed in, and how far it is."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=60)
    file_name = models.CharField(max_length=200)
    table = models.JSONField(default=dict)
    rows = models.PositiveIntegerField()
    state = models.CharField(max_length=10)
    problem = models.TextField(blank=True)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name
