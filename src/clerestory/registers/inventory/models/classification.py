"""The table of classes under the EU AI Act: one row for each system; every version of it is an entry of the log."""

from django.db import models


class Classification(models.Model):
    """What was answered about one system, and the class that follows; ``version`` guards against lost updates.

    ``counts`` is the class that counts. Until other answers are approved, ``before`` keeps those that were before them.
    """

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.OneToOneField("inventory.AISystem", on_delete=models.PROTECT, related_name="classification")
    answers = models.JSONField(default=dict)
    law_version = models.CharField(max_length=40)
    klass = models.CharField(max_length=20)
    at_least = models.CharField(max_length=20)
    applies_from = models.DateField(null=True)
    open_questions = models.PositiveSmallIntegerField()
    approved = models.BooleanField(default=False)
    counts = models.CharField(max_length=20, default="unknown")
    before = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["organisation", "counts"], name="inventory_class"),)

    def __str__(self) -> str:
        return f"{self.system_id} {self.klass}"
