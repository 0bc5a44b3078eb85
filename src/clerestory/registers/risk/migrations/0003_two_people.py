"""Whether an acceptance was approved is kept with the risk, and who asked for a task to be dropped with the task."""

from typing import Any

from django.db import migrations, models

WHOLE = [
    "organisation",
    "status",
    "level",
    "over",
    "next_due",
    "accepted_until",
    "accepted_by_two",
    "likelihood",
    "consequence",
    "now_likelihood",
    "now_consequence",
]


def note_approved(apps: Any, _editor: Any) -> None:
    """Note which of the newest acceptances have an approval that stands, and were not taken back."""
    risks, steps = apps.get_model("risk", "Risk"), apps.get_model("risk", "Step")
    approvals, revocations = apps.get_model("desk", "Approval"), apps.get_model("desk", "Revocation")
    for risk in risks.objects.exclude(accepted_until=None).iterator():
        newest = steps.objects.filter(risk=risk, kind="acceptance").order_by("-number").first()
        if newest is None:
            continue
        ended = revocations.objects.filter(organisation_id=risk.organisation_id)
        given = approvals.objects.filter(organisation_id=risk.organisation_id, proposal__entry_id=newest.entry_id)
        stands = given.exclude(entry_id__in=ended.values("revoked_entry_id")).exists()
        if stands and not ended.filter(revoked_entry_id=newest.entry_id).exists():
            risks.objects.filter(pk=risk.pk).update(accepted_by_two=True)


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0008_visits"),
        ("risk", "0002_counted"),
    ]

    operations = [
        migrations.AddField(
            model_name="risk",
            name="accepted_by_two",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="dropping_by",
            field=models.CharField(blank=True, default="", max_length=60),
            preserve_default=False,
        ),
        migrations.RunPython(note_approved, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="risk", name="risk_counted"),
        migrations.AddIndex(model_name="risk", index=models.Index(fields=WHOLE, name="risk_counted")),
    ]
