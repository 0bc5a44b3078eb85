"""Tables of threat models: one row per system with its facts and decisions, and its reviews as they were made."""

from django.db import models


class ThreatModel(models.Model):
    """The threat model of one system: facts, decisions on mitigations, and answers to single threats."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict)
    decided = models.JSONField(default=dict)
    set_aside = models.JSONField(default=dict)
    risks = models.JSONField(default=dict)
    data_version = models.CharField(max_length=60)
    applying = models.PositiveIntegerField(default=0)
    unassessed = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    by_person = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "system"], name="risk_threat_model_once"),)

    def __str__(self) -> str:
        return str(self.pk)


class ThreatReview(models.Model):
    """One review of a threat model: which threats were in play and judged, and what was concluded."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(ThreatModel, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    threats = models.JSONField(default=dict)
    judged = models.JSONField(default=list)
    unknown = models.JSONField(default=list)
    data_version = models.CharField(max_length=60)
    conclusion = models.TextField()
    by_person = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["model", "number"], name="risk_threat_review_once"),)

    def __str__(self) -> str:
        return f"{self.pk} {self.number}"
