"""How far each process has read the log, and the entries with which one failed."""

import django.db.models.deletion
from django.db import migrations, models

OWNER = {
    "db_index": False,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": "organisation.organisation",
}


class Migration(migrations.Migration):
    """How far each process has read the log, and the entries with which one failed."""

    dependencies = (("organisation", "0001_initial"), ("store", "0002_counts"))

    operations = (
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("process", models.CharField(max_length=40)),
                ("position", models.BigIntegerField(default=0)),
                ("organisation", models.ForeignKey(**OWNER)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "process"), name="store_handover_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoverTrouble",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("process", models.CharField(max_length=40)),
                ("entry_id", models.CharField(max_length=60)),
                ("tries", models.PositiveIntegerField(default=1)),
                ("problem", models.TextField()),
                ("failed_at", models.DateTimeField()),
                ("next_try_at", models.DateTimeField()),
                ("organisation", models.ForeignKey(**OWNER)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "process", "entry_id"), name="store_handover_trouble"
                    )
                ],
            },
        ),
    )
