"""Saved views of lists."""

from django.db import migrations


class Migration(migrations.Migration):
    """Saved views of lists."""

    dependencies = (("desk", "0004_granted"),)
    operations = ()
