"""When members last looked at their page."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One row per member."""

    dependencies = (("desk", "0007_notices"), ("organisation", "0001_initial"))
    operations = (
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_at", models.DateTimeField()),
                ("before_at", models.DateTimeField(null=True)),
                (
                    "membership",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="desk.membership"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organisation.organisation"
                    ),
                ),
            ],
        ),
    )
