"""Approvals by several people in order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Which roles a version waits for in order, and rounds of approval where a step was opened again."""

    dependencies = (("desk", "0008_visits"),)
    operations = (
        migrations.AddField("proposal", "approval_order", models.JSONField(default=list)),
        migrations.AddField("proposal", "steps_left", models.PositiveSmallIntegerField(null=True)),
        migrations.AddField("approval", "round", models.PositiveSmallIntegerField(default=1)),
        migrations.AddField("approval", "counts", models.BooleanField(default=True)),
        migrations.RemoveConstraint("approval", "desk_approval_once"),
        migrations.AddConstraint(
            "approval",
            models.UniqueConstraint(fields=["proposal", "approver", "round"], name="desk_approval_once"),
        ),
    )
