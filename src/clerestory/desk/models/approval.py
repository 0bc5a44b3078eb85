"""Versions that wait for a second person, their approvals, and what was taken back."""

from django.db import models


class Proposal(models.Model):
    """One version of a record that counts only once somebody else approved it, or several people in order.

    ``approver_role`` is the role that is asked next; ``steps_left`` is empty where one approval is enough.
    """

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    entry_id = models.CharField(max_length=60)
    leaf_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=250)
    entity = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=400)
    approver_role = models.CharField(max_length=80, blank=True)
    approval_order = models.JSONField(default=list)
    steps_left = models.PositiveSmallIntegerField(null=True)
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "entry_id"], name="desk_proposal_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "entity"], name="desk_proposal_entity"),
        ]

    def __str__(self) -> str:
        return self.title


class Approval(models.Model):
    """One person's approval of one proposal; ``granted_by`` gave them the standing in which they approved.

    ``counts`` ends where a step of an approval in order was opened again; the person may then approve in a new round.
    """

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="approvals")
    approver = models.CharField(max_length=60)
    role = models.CharField(max_length=80)
    approved_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)
    granted_by = models.CharField(max_length=60, blank=True, default="")
    round = models.PositiveSmallIntegerField(default=1)
    counts = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "approver", "round"], name="desk_approval_once"),
        ]

    def __str__(self) -> str:
        return f"{self.approver} as {self.role}"


class Revocation(models.Model):
    """The end of what one entry counts for, with its reason."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    revoked_entry_id = models.CharField(max_length=60)
    reason = models.TextField()
    revoked_by = models.CharField(max_length=60)
    revoked_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "revoked_entry_id"], name="desk_revocation_once"),
        ]

    def __str__(self) -> str:
        return self.revoked_entry_id
