"""Thanks to people who raised a risk early."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Whether the person is named stays open until they choose."""

    dependencies = (("organisation", "0001_initial"), ("roles", "0003_committees"))
    operations = (
        migrations.CreateModel(
            name="Recognition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.CharField(max_length=60)),
                ("number", models.PositiveIntegerField()),
                ("person", models.CharField(max_length=60)),
                ("what", models.TextField()),
                ("is_named", models.BooleanField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("thanked_by", models.CharField(max_length=60)),
                ("thanked_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.organisation"
                    ),
                ),
            ],
            options={
                "constraints": (
                    models.UniqueConstraint(fields=("organisation", "number"), name="roles_recognition_once"),
                )
            },
        ),
    )
