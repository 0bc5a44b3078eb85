"""Less can be asked of models, data, agents and deployments, too: what is said of them waits beside what counts."""

from typing import Any

from django.db import migrations, models


def about_systems(apps: Any, _editor: Any) -> None:
    """Say of what was asked before that it was about its system."""
    for row in apps.get_model("inventory", "LessAsked").objects.select_related("system").iterator():
        row.about = row.system.system_id
        row.save(update_fields=["about"])


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0007_class_in_force"),
    ]

    operations = [
        migrations.AddField("modelversion", "waiting", models.JSONField(default=dict)),
        migrations.AddField("datasetversion", "waiting", models.JSONField(default=dict)),
        migrations.AddField("part", "waiting", models.JSONField(default=dict)),
        migrations.AddField("lessasked", "about_kind", models.CharField(default="ai_system", max_length=20)),
        migrations.AddField("lessasked", "about", models.CharField(default="", max_length=180), preserve_default=False),
        migrations.RunPython(about_systems, migrations.RunPython.noop),
        migrations.RemoveConstraint("lessasked", "inventory_less_number"),
        migrations.AddConstraint(
            "lessasked",
            models.UniqueConstraint(
                fields=["organisation", "about_kind", "about", "number"], name="inventory_less_number"
            ),
        ),
    ]
