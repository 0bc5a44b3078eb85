"""Records are found by the beginnings of their words, whatever their case and accents."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from clerestory.store.directory import normalised

_AT_ONCE = 1000


def fill(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Give records that are there already the words that they are sought by."""
    record_model = apps.get_model("store", "DirectoryRecord")
    waiting = []
    for record in record_model.objects.filter(sought="").iterator(chunk_size=_AT_ONCE):
        record.sought = normalised(f"{record.label} {record.record_id}")
        waiting.append(record)
        if len(waiting) == _AT_ONCE:
            record_model.objects.bulk_update(waiting, ["sought"])
            waiting = []
    record_model.objects.bulk_update(waiting, ["sought"])


class Migration(migrations.Migration):
    """A column with the words of label and id."""

    dependencies = (("store", "0004_entities"),)
    operations = (
        migrations.AddField("directoryrecord", "sought", models.TextField(default="")),
        migrations.RunPython(fill, migrations.RunPython.noop),
    )
