"""Saved views of lists: which rows and columns a member wants to see again."""

from django.db import models


class SavedView(models.Model):  # house: allow no-empty-suffix: people save views of lists, and call them so
    """One member's view of one list: its address, whether others may open it, whether the list opens with it."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    person_id = models.CharField(max_length=60)
    list_name = models.CharField(max_length=60)
    title = models.CharField(max_length=80)
    address = models.CharField(max_length=3000)
    is_shared = models.BooleanField(default=False)
    is_first = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "list_name", "person_id", "title"], name="desk_savedview_title"
            ),
            models.UniqueConstraint(
                fields=["organisation", "list_name", "person_id"],
                condition=models.Q(is_first=True),
                name="desk_savedview_one_first",
            ),
        ]

    def __str__(self) -> str:
        return self.title
