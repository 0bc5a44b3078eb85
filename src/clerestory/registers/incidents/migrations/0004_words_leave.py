"""The columns that held what somebody wrote go."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_sealed")]

    operations = [
        migrations.RemoveField("concern", "text"),
        migrations.RemoveField("concern", "contact"),
        migrations.RemoveField("message", "text"),
    ]
