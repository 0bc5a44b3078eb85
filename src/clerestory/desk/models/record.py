"""What is said about a record and kept with it: comments, attachments, and the drafts of its forms."""

from django.db import models


class Comment(models.Model):
    """One remark of a member about a record. Talk, not evidence: nothing of it enters the log."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    record_id = models.CharField(max_length=250)
    author = models.CharField(max_length=60)
    text = models.TextField(blank=True)
    mentions = models.JSONField(default=list)
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(author=""), name="desk_comment_has_author"),
        ]
        indexes = [
            models.Index(fields=["organisation", "kind", "record_id", "id"], name="desk_comment_record"),
        ]

    def __str__(self) -> str:
        return f"{self.author} on {self.kind}/{self.record_id}"


class Attachment(models.Model):
    """A file kept with a record. Its bytes lie behind an entry of the log; taking it away is a revocation of that."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    record_id = models.CharField(max_length=250)
    entry_id = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=71)
    personal = models.BooleanField(default=False)
    attached_by = models.CharField(max_length=60)
    attached_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "entry_id"], name="desk_attachment_once"),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="desk_attachment_not_empty"),
        ]
        indexes = [
            models.Index(fields=["organisation", "kind", "record_id", "id"], name="desk_attachment_record"),
        ]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What a member typed into a form and did not send yet; nobody else sees it and nothing of it enters the log."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    person_id = models.CharField(max_length=60)
    key = models.CharField(max_length=300)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person_id", "key"], name="desk_draft_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.person_id}"
