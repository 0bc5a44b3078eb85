"""Comments, attachments and drafts."""

from django.db import migrations


class Migration(migrations.Migration):
    """Comments, attachments and drafts."""

    dependencies = (("desk", "0005_lists"),)
    operations = ()
