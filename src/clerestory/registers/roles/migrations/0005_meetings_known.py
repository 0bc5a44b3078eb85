"""Make meetings known that were called and have no minutes yet, so that people can comment on them."""

from typing import Any

from django.db import migrations

from clerestory.store.directory import normalised


def make_known(apps: Any, _editor: Any) -> None:
    """Publish each meeting under its committee and number."""
    records, committees = apps.get_model("store", "DirectoryRecord"), apps.get_model("roles", "Committee")
    for meeting in apps.get_model("roles", "Meeting").objects.iterator():
        place = {"organisation_id": meeting.organisation_id, "committee_id": meeting.committee_id}
        newest = committees.objects.filter(**place).order_by("-version").first()
        name = newest.name if newest else meeting.committee_id
        label, key = f"{name}, meeting {meeting.number}"[:300], f"{meeting.committee_id}/{meeting.number}"
        records.objects.update_or_create(
            organisation_id=meeting.organisation_id,
            kind="meeting",
            record_id=key,
            defaults={"label": label, "url": f"/roles/committees/{key}/", "sought": normalised(f"{label} {key}")},
        )


class Migration(migrations.Migration):
    """Records of the directory only; no table changes."""

    dependencies = (("roles", "0004_recognition"), ("store", "0006_ended"))
    operations = (migrations.RunPython(make_known, migrations.RunPython.noop),)
