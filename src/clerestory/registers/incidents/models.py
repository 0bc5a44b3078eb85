"""Tables of concerns: constraints only. What somebody wrote stays here, sealed, and goes into no evidence."""

from django.db import models


class Procedure(models.Model):
    """One version of how people speak up."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    text = models.TextField()
    safeguards = models.JSONField(default=list)
    receivers = models.JSONField(default=list)
    answer_days = models.PositiveSmallIntegerField()
    outside = models.TextField()
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "version"], name="incidents_procedure_once"),)

    def __str__(self) -> str:
        return f"procedure {self.version}"


class Channel(models.Model):
    """The secret part of the address at which people speak up without signing in."""

    organisation = models.OneToOneField("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    secret = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"channel of {self.organisation_id}"


class Trial(models.Model):
    """A trial of the channel: the word to look for, who began it, and how it ended."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    word = models.CharField(max_length=40)
    begun_by = models.CharField(max_length=60)
    begun_at = models.DateTimeField()
    ended_by = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)
    reached = models.BooleanField(null=True)
    entry_id = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="incidents_trial_once"),)

    def __str__(self) -> str:
        return f"trial {self.number}"


class Concern(models.Model):
    """A concern, or the message of a trial; its sender opens it with a code of which only the digest is kept."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    topic = models.CharField(max_length=40)
    sealed = models.BinaryField(default=bytes)
    code_digest = models.CharField(max_length=64, unique=True)
    trial = models.ForeignKey(Trial, null=True, on_delete=models.PROTECT, related_name="messages")
    received_at = models.DateTimeField()
    due_on = models.DateField()
    outcome = models.CharField(max_length=500, blank=True)
    ended_by = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)
    entry_id = models.CharField(max_length=60, blank=True)
    erased_by = models.CharField(max_length=60, blank=True)
    erased_at = models.DateTimeField(null=True)
    erased_for = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="incidents_concern_once"),)

    def __str__(self) -> str:
        return f"concern {self.number}"


class Message(models.Model):
    """One further message about a concern: from its sender, where nobody is named, or from a receiver."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    concern = models.ForeignKey(Concern, on_delete=models.PROTECT, related_name="messages")
    written_by = models.CharField(max_length=60, blank=True)
    sealed = models.BinaryField(default=bytes)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.concern} {self.at}"


class Answer(models.Model):
    """One entry by which a concern was answered; once it was taken back, another one answers."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    concern = models.ForeignKey(Concern, on_delete=models.PROTECT, related_name="+")
    entry_id = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.entry_id
