"""AI systems are found by the words of name, id and purpose, whatever their case and accents, without a slow search."""

from typing import Any

from django.db import migrations, models

from clerestory.store.directory import normalised

_AT_ONCE = 500


def fill(apps: Any, _editor: Any) -> None:
    """Give systems that are there already the words that they are sought by."""
    systems = apps.get_model("inventory", "AISystem").objects
    waiting = []
    for row in systems.filter(sought="").iterator(chunk_size=_AT_ONCE):
        row.sought = normalised(f"{row.name} {row.system_id} {row.purpose}")
        waiting.append(row)
        if len(waiting) == _AT_ONCE:
            systems.bulk_update(waiting, ["sought"])
            waiting = []
    systems.bulk_update(waiting, ["sought"])


class Migration(migrations.Migration):
    dependencies = (("inventory", "0008_less_of_parts"),)
    operations = (
        migrations.AddField("aisystem", "sought", models.TextField(default="")),
        migrations.RunPython(fill, migrations.RunPython.noop),
    )
