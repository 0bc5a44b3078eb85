"""Committees, their meetings and minutes."""

import django.db.models.deletion
from django.db import migrations, models

_ORGANISATION = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "to": "organisation.organisation"}


def _id() -> tuple[str, models.Field]:
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    """A committee has a row for each version; so have the minutes of a meeting."""

    dependencies = (("organisation", "0001_initial"), ("roles", "0002_matrix"))
    operations = (
        migrations.CreateModel(
            name="Committee",
            fields=[
                _id(),
                ("entry_id", models.CharField(max_length=60)),
                ("committee_id", models.CharField(max_length=60)),
                ("version", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("charter", models.TextField()),
                ("seats", models.JSONField(default=list)),
                ("quorum", models.PositiveSmallIntegerField()),
                ("changed_by", models.CharField(max_length=60)),
                ("changed_at", models.DateTimeField()),
                ("organisation", models.ForeignKey(**_ORGANISATION)),
            ],
            options={
                "constraints": (
                    models.UniqueConstraint(
                        fields=("organisation", "committee_id", "version"), name="roles_committee_once"
                    ),
                )
            },
        ),
        migrations.CreateModel(
            name="Meeting",
            fields=[
                _id(),
                ("committee_id", models.CharField(max_length=60)),
                ("number", models.PositiveIntegerField()),
                ("planned_for", models.DateField()),
                ("agenda", models.JSONField(default=list)),
                ("called_by", models.CharField(max_length=60)),
                ("called_at", models.DateTimeField()),
                ("organisation", models.ForeignKey(**_ORGANISATION)),
            ],
            options={
                "constraints": (
                    models.UniqueConstraint(
                        fields=("organisation", "committee_id", "number"), name="roles_meeting_once"
                    ),
                )
            },
        ),
        migrations.CreateModel(
            name="Minutes",
            fields=[
                _id(),
                ("entry_id", models.CharField(max_length=60)),
                ("version", models.PositiveIntegerField()),
                ("held_on", models.DateField()),
                ("present", models.JSONField(default=list)),
                ("quorum", models.PositiveSmallIntegerField()),
                ("text", models.TextField()),
                ("decisions", models.JSONField(default=list)),
                ("written_by", models.CharField(max_length=60)),
                ("written_at", models.DateTimeField()),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="minutes", to="roles.meeting"
                    ),
                ),
                ("organisation", models.ForeignKey(**_ORGANISATION)),
            ],
            options={
                "constraints": (models.UniqueConstraint(fields=("meeting", "version"), name="roles_minutes_once"),)
            },
        ),
    )
