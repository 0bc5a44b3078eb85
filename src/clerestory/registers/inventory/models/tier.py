"""Decisions that another tier counts than the rules say, for a time, and that less is asked of a system from now on."""

from django.db import models


class TierOverride(models.Model):
    """One such decision; ``rests_on`` are the facts under which it was made, with which it falls."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    tier = models.CharField(max_length=10)
    derived = models.CharField(max_length=10, blank=True)
    reason = models.TextField()
    ends_on = models.DateField()
    rests_on = models.TextField()
    stands = models.BooleanField(default=False)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "system", "number"], name="inventory_override_number"),
        )

    def __str__(self) -> str:
        return f"{self.tier} until {self.ends_on}"


class LessAsked(models.Model):
    """What is said of a system, or of ``about`` that is part of it, so that less is asked: it waits for two people.

    ``gave_up`` is what it was before.
    """

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    about_kind = models.CharField(max_length=20, default="ai_system")
    about = models.CharField(max_length=180)
    number = models.PositiveIntegerField()
    said = models.JSONField()
    gave_up = models.JSONField(default=dict)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)
    applied_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "about_kind", "about", "number"], name="inventory_less_number"
            ),
        )

    def __str__(self) -> str:
        return str(self.number)
