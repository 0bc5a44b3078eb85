"""What the decision in force lets measures take away is kept with the risk; what nobody approved lowers it no more."""

from typing import Any

from django.db import migrations, models


def note_approved(apps: Any, _editor: Any) -> None:
    """Keep what the newest decision that was ever approved argues; look anew at measures that lower a risk without one.

    A measure that is forgotten here counts as not looked at, so the next round derives the risks that rely on it anew.
    """
    risks, steps = apps.get_model("risk", "Risk"), apps.get_model("risk", "Step")
    relies, measures = apps.get_model("risk", "Relies"), apps.get_model("risk", "Measure")
    approvals, revocations = apps.get_model("desk", "Approval"), apps.get_model("desk", "Revocation")
    for risk in risks.objects.exclude(reductions=[]).iterator():
        ended = revocations.objects.filter(organisation_id=risk.organisation_id)
        approved: list[Any] = []
        for step in steps.objects.filter(risk=risk, kind="decision").order_by("-number"):
            given = approvals.objects.filter(organisation_id=risk.organisation_id, proposal__entry_id=step.entry_id)
            if given.exists():
                stands = given.exclude(entry_id__in=ended.values("revoked_entry_id")).exists()
                if stands and not ended.filter(revoked_entry_id=step.entry_id).exists():
                    approved = step.said.get("reductions", [])
                break
        risks.objects.filter(pk=risk.pk).update(approved=approved)
        names = relies.objects.filter(risk=risk).values_list("measure", flat=True)
        if not approved:
            measures.objects.filter(organisation_id=risk.organisation_id, name__in=list(names)).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0008_visits"),
        ("risk", "0005_threats"),
    ]

    operations = [
        migrations.AddField(model_name="risk", name="approved", field=models.JSONField(default=list)),
        migrations.RunPython(note_approved, migrations.RunPython.noop),
    ]
