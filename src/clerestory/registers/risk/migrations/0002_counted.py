"""An index that counts and the heat map read alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0001_initial"),
        ("organisation", "0001_initial"),
        ("risk", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="risk",
            index=models.Index(
                fields=[
                    "organisation",
                    "status",
                    "level",
                    "over",
                    "next_due",
                    "accepted_until",
                    "likelihood",
                    "consequence",
                    "now_likelihood",
                    "now_consequence",
                ],
                name="risk_counted",
            ),
        ),
    ]
