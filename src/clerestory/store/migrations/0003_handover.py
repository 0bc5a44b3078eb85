"""How far each process has read the log."""

from django.db import migrations


class Migration(migrations.Migration):
    """How far each process has read the log."""

    dependencies = (("store", "0002_counts"),)
    operations = ()
