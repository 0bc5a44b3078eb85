"""What people and machines are told: notices, how each person wants them, and what waits to be sent or posted."""

from django.db import models


class Notice(models.Model):
    """One thing that one person is told, once. ``is_shown`` is false where the person wants it by mail alone."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    person_id = models.CharField(max_length=60)
    topic = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=400)
    key = models.CharField(max_length=200)
    at = models.DateTimeField()
    is_shown = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key", "person_id"], name="desk_notice_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "person_id", "-at"], name="desk_notice_newest"),
            models.Index(
                fields=["organisation", "person_id"],
                name="desk_notice_unread",
                condition=models.Q(read_at=None, is_shown=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class NoticeChoice(models.Model):
    """How one person wants to hear of one topic."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    person_id = models.CharField(max_length=60)
    topic = models.CharField(max_length=40)
    in_app = models.BooleanField()
    mail = models.CharField(max_length=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person_id", "topic"], name="desk_notice_choice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.mail}"


class Mail(models.Model):
    """One notice that goes out by e-mail: the outbox. ``message_id`` is set before the first attempt and stays."""

    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="mail")
    is_daily = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="waiting")
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    message_id = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="desk_mail_due"),
            models.Index(fields=["error", "state"], name="desk_mail_tried"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.due_at}"


class WebhookTarget(models.Model):
    """An address of another program that is told of some topics; its secret follows from the server's key and salt."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=500)
    topics = models.JSONField(default=list)
    salt = models.CharField(max_length=60)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    stopped_reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "ended_at"], name="desk_webhook_present")]

    def __str__(self) -> str:
        return self.name


class WebhookPost(models.Model):
    """One message for one target: the outbox of webhooks, and afterwards the list of what was answered."""

    target = models.ForeignKey(WebhookTarget, on_delete=models.PROTECT, related_name="posts")
    key = models.CharField(max_length=200)
    message_id = models.CharField(max_length=60, unique=True)
    topic = models.CharField(max_length=40)
    body = models.TextField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="waiting")
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    status = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "key"], name="desk_webhook_post_once")]
        indexes = [models.Index(fields=["state", "due_at"], name="desk_webhook_due")]

    def __str__(self) -> str:
        return self.message_id
