"""The class that counts is kept beside the one that was said last; what was approved before stays until two agree."""

from typing import Any

from django.db import migrations, models


def counts_now(apps: Any, _editor: Any) -> None:
    """Let the newest class be the one that counts, as it was; an older approval had ended with newer answers."""
    apps.get_model("inventory", "Classification").objects.update(counts=models.F("klass"))


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0006_less_asked"),
    ]

    operations = [
        migrations.AddField("classification", "counts", models.CharField(default="unknown", max_length=20)),
        migrations.AddField("classification", "before", models.JSONField(default=dict)),
        migrations.RemoveIndex("classification", "inventory_class"),
        migrations.AddIndex("classification", models.Index(fields=["organisation", "counts"], name="inventory_class")),
        migrations.RunPython(counts_now, migrations.RunPython.noop),
    ]
