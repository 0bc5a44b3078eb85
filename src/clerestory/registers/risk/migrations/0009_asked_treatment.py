from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def _as_decided(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Let what was decided so far go on counting, as it did."""
    apps.get_model("risk", "Risk").objects.update(asked_treatment=F("treatment"), asked_nature=F("nature"))


class Migration(migrations.Migration):
    dependencies = [
        ("risk", "0008_text_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="risk",
            name="asked_treatment",
            field=models.CharField(blank=True, default="", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="risk",
            name="asked_nature",
            field=models.CharField(blank=True, default="", max_length=20),
            preserve_default=False,
        ),
        migrations.RunPython(_as_decided, migrations.RunPython.noop),
    ]
