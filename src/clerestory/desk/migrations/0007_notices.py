"""Notifications and their deliveries."""

from django.db import migrations


class Migration(migrations.Migration):
    """Notifications and their deliveries."""

    dependencies = (("desk", "0006_records"),)
    operations = ()
