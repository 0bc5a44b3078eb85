from django.db import migrations


def plan_what_runs(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Hold monitors that were there against their interval from the moment on at which they were last changed."""
    del schema_editor
    plans = apps.get_model("monitoring", "MonitorPlan")
    for row in apps.get_model("monitoring", "Monitor").objects.filter(ended_at=None, paused_at=None):
        plans.objects.create(
            organisation_id=row.organisation_id, monitor=row, interval=row.interval, hour=row.hour,
            from_at=row.changed_at,
        )  # fmt: skip


def keep(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Leave the plans to the removal of their table."""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0002_what_is_watched"),
    ]

    operations = [
        migrations.RunPython(plan_what_runs, keep),
    ]
