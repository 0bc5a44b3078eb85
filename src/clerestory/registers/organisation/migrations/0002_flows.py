"""What processes take and give."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Processes so far say neither."""

    dependencies = (("organisation", "0001_initial"),)
    operations = (
        migrations.AddField("process", "inputs", models.JSONField(default=list)),
        migrations.AddField("process", "outputs", models.JSONField(default=list)),
    )
