"""Saved views of lists."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Saved views of lists."""

    dependencies = [("desk", "0004_granted"), ("organisation", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.CharField(max_length=60)),
                ("list_name", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=80)),
                ("address", models.CharField(max_length=3000)),
                ("is_shared", models.BooleanField(default=False)),
                ("is_first", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.organisation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "list_name", "person_id", "title"), name="desk_savedview_title"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_first", True)),
                        fields=("organisation", "list_name", "person_id"),
                        name="desk_savedview_one_first",
                    ),
                ],
            },
        ),
    ]
