"""Who answers for which work."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One row for each decision on a line; the highest version counts."""

    dependencies = (("organisation", "0001_initial"), ("roles", "0001_initial"))
    operations = (
        migrations.CreateModel(
            name="MatrixLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.CharField(max_length=60)),
                ("work_kind", models.CharField(max_length=20)),
                ("work_id", models.CharField(max_length=300)),
                ("version", models.PositiveIntegerField()),
                ("letters", models.JSONField(default=dict)),
                ("decided_by", models.CharField(max_length=60)),
                ("decided_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.organisation"
                    ),
                ),
            ],
            options={
                "constraints": (
                    models.UniqueConstraint(
                        fields=("organisation", "work_kind", "work_id", "version"), name="roles_line_once"
                    ),
                )
            },
        ),
    )
