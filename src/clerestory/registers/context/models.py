"""Tables of the context. Reviews, decisions and scope statements are versions that are never changed."""

from django.db import models


class Numbered(models.Model):
    """What issues, parties and obligations share: a number of their own, a version, and whether they ended."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True


class Issue(Numbered):
    """An issue that bears on the management system."""

    text = models.CharField(max_length=500)
    topic = models.CharField(max_length=40)
    effect = models.CharField(max_length=10)
    bearing = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="context_issue_number"),)

    def __str__(self) -> str:
        return self.text


class Party(Numbered):
    """An interested party with its needs."""

    name = models.CharField(max_length=200)
    needs = models.JSONField(default=list)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "number"], name="context_party_number"),
            models.UniqueConstraint(
                fields=["organisation", "name"], name="context_party_name", condition=models.Q(ended_at=None)
            ),
        )

    def __str__(self) -> str:
        return self.name


class Obligation(Numbered):
    """Something that binds the organisation."""

    title = models.CharField(max_length=200)
    citation = models.CharField(max_length=300)
    source = models.CharField(max_length=20)
    jurisdiction = models.CharField(max_length=100, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    owner = models.CharField(max_length=60)
    what = models.TextField()
    systems = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="context_obligation_number"),)

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """What all versions that are never changed share; ``kind`` names what it is a version of."""

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
            models.UniqueConstraint(fields=["organisation", "kind", "about", "version"], name="context_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.about} {self.version}"
