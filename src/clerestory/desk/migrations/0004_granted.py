"""Approvals remember who gave the approver the standing in which they approved."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0003_offered")]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="granted_by",
            field=models.CharField(max_length=60, blank=True, default=""),
        ),
    ]
