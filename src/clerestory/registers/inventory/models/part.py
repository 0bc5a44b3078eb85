"""Tables of the parts of systems, of descriptions of resources, and of reviews of access. Versions never change."""

from django.db import models

from clerestory.registers.inventory.rules.part import KINDS


class Part(models.Model):
    """A part of a system as it counts: agent, deployment, prompt, use, bought software; ``waiting`` asks for less."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    part_id = models.CharField(max_length=170)
    slug = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=12)
    said = models.JSONField(default=dict)
    waiting = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "kind", "part_id"], name="inventory_part_once"),
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="inventory_part_kind"),
        )
        indexes = (models.Index(fields=["organisation", "name"], name="inventory_part_by_name"),)

    def __str__(self) -> str:
        return self.name


class Said(models.Model):
    """One version of what was said about something: a prompt's text, a description of resources, a post list."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=180)
    version = models.PositiveIntegerField()
    said = models.JSONField(default=dict)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "kind", "about", "version"], name="inventory_said_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.about} {self.version}"


class AccessReview(models.Model):
    """A review of who has access; open until it was handed in."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    due_on = models.DateField()
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    entry_id = models.CharField(max_length=60, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "number"], name="inventory_review_number"),
            models.UniqueConstraint(
                fields=["organisation"], name="inventory_one_review_open", condition=models.Q(closed_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"access-review-{self.number}"


class AccessRow(models.Model):
    """One right of one person, to be kept or withdrawn."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(AccessReview, on_delete=models.PROTECT, related_name="rows")
    place = models.PositiveIntegerField()
    person = models.CharField(max_length=200)
    person_id = models.CharField(max_length=60, blank=True)
    right = models.CharField(max_length=60)
    to = models.CharField(max_length=300)
    to_kind = models.CharField(max_length=40)
    has_left = models.BooleanField(default=False)
    decision = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["review", "place"], name="inventory_access_row_place"),)

    def __str__(self) -> str:
        return f"{self.person}: {self.right}"
