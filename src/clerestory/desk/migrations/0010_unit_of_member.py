"""The unit of the organisation that a member works in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Members so far have none."""

    dependencies = (("desk", "0009_approval_in_order"),)
    operations = (migrations.AddField("membership", "unit", models.CharField(max_length=200, blank=True, default="")),)
