"""Whose approval a version waits for, in order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Versions so far waited for top management alone."""

    dependencies = (("policy", "0001_initial"),)
    operations = (migrations.AddField("version", "approvers", models.JSONField(default=list)),)
