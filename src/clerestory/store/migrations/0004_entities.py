"""The versions of one record are found by their entity."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index over the entity of each entry."""

    dependencies = (("store", "0003_handover"),)
    operations = (
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(fields=["organisation", "entity", "-id"], name="store_entry_entity"),
        ),
    )
