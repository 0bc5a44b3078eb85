"""Make the trials of the method known, so that people can comment on those that began before."""

from typing import Any

from django.db import migrations

from clerestory.store.directory import normalised


def make_known(apps: Any, _editor: Any) -> None:
    """Publish each trial under its number."""
    records = apps.get_model("store", "DirectoryRecord")
    for trial in apps.get_model("risk", "Trial").objects.iterator():
        name = f"CT-{trial.number}"
        records.objects.update_or_create(
            organisation_id=trial.organisation_id,
            kind="comparability_trial",
            record_id=name,
            defaults={"label": name, "url": f"/risk/trials/{name}/", "sought": normalised(f"{name} {name}")},
        )


class Migration(migrations.Migration):
    """Records of the directory only; no table changes."""

    dependencies = (("risk", "0006_approved_reductions"), ("store", "0006_ended"))
    operations = (migrations.RunPython(make_known, migrations.RunPython.noop),)
