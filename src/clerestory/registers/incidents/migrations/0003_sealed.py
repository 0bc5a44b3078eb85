"""What somebody wrote is sealed with a key of its concern, so that a copy of the database alone shows none of it."""

import json
import os

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from clerestory.store.evidence.seal import encrypted, master_key


def seal(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Seal what lies there."""
    concerns, messages = apps.get_model("incidents", "Concern"), apps.get_model("incidents", "Message")
    keys = apps.get_model("store", "SubjectKey")
    if editor.connection.vendor == "sqlite":
        editor.execute("PRAGMA secure_delete = ON")  # what is overwritten stays in no free page
    for row in concerns.objects.order_by("pk").iterator():
        about, key = f"concern:{row.number}", os.urandom(32)
        bound = f"{row.organisation_id} {about}"
        keys.objects.create(
            organisation_id=row.organisation_id,
            subject=about,
            sealed_key=encrypted(master_key(), key, about),
            created_at=row.received_at,
        )
        both = json.dumps({"text": row.text, "contact": row.contact}, ensure_ascii=False)
        row.sealed, row.text, row.contact = encrypted(key, both.encode(), bound), "", ""
        row.save()
        for message in messages.objects.filter(concern=row).order_by("pk"):
            message.sealed, message.text = encrypted(key, message.text.encode(), bound), ""
            message.save()


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_answers"), ("store", "0007_sent_forms")]

    operations = [
        migrations.AddField("concern", "sealed", models.BinaryField(default=bytes)),
        migrations.AddField("concern", "erased_by", models.CharField(blank=True, default="", max_length=60), False),
        migrations.AddField("concern", "erased_at", models.DateTimeField(null=True)),
        migrations.AddField("concern", "erased_for", models.CharField(blank=True, default="", max_length=500), False),
        migrations.AddField("message", "sealed", models.BinaryField(default=bytes)),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
