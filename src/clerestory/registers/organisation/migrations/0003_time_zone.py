"""Where the organisation's day begins and ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Organisations so far counted their days in UTC."""

    dependencies = (("organisation", "0002_flows"),)
    operations = (migrations.AddField("organisation", "time_zone", models.CharField(max_length=64, default="UTC")),)
