"""When a member last looked at their page, so that the page can say what is new since then. No record of conduct."""

from django.db import models

from clerestory.desk.models.people import Membership


class Visit(models.Model):
    """The present visit of a member and the end of the one before it."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.CASCADE, related_name="+")
    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    before_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.membership_id} at {self.seen_at}"
