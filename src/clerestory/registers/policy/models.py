"""Tables of policies: constraints only. What was said once is a row that is never changed."""

from django.db import models


class Policy(models.Model):
    """A policy as a place for its versions."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    policy_id = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    owner = models.CharField(max_length=60)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "policy_id"], name="policy_once"),)

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """One version of a policy."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    text = models.TextField()
    elements = models.JSONField(default=list)
    kinds = models.JSONField(default=list)
    audiences = models.JSONField(default=list)
    related = models.JSONField(default=list)
    approvers = models.JSONField(default=list)
    review_by = models.DateField()
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["policy", "version"], name="policy_version_once"),)

    def __str__(self) -> str:
        return f"{self.policy} {self.version}"


class Act(models.Model):
    """Something done about policies: published, compared, a conflict, an amendment, a review, its outcome."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    about = models.CharField(max_length=80, blank=True)
    said = models.JSONField(default=dict)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "kind", "number"], name="policy_act_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Confirmation(models.Model):
    """That one person confirmed one version of a policy."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="confirmations")
    person = models.CharField(max_length=60)
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["version", "person"], name="policy_confirmation_once"),)

    def __str__(self) -> str:
        return f"{self.person} {self.version}"
