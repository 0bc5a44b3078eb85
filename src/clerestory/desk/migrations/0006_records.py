"""Comments, attachments and drafts of records."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Comments, attachments and drafts."""

    dependencies = [("desk", "0005_lists"), ("organisation", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("record_id", models.CharField(max_length=250)),
                ("entry_id", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                ("media_type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("digest", models.CharField(max_length=71)),
                ("personal", models.BooleanField(default=False)),
                ("attached_by", models.CharField(max_length=60)),
                ("attached_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.organisation"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "kind", "record_id", "id"], name="desk_attachment_record")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "entry_id"), name="desk_attachment_once"),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="desk_attachment_not_empty"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("record_id", models.CharField(max_length=250)),
                ("author", models.CharField(max_length=60)),
                ("text", models.TextField(blank=True)),
                ("mentions", models.JSONField(default=list)),
                ("written_at", models.DateTimeField()),
                ("edited_at", models.DateTimeField(null=True)),
                ("deleted_at", models.DateTimeField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.organisation"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "kind", "record_id", "id"], name="desk_comment_record")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("author", ""), _negated=True), name="desk_comment_has_author"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=300)),
                ("fields", models.JSONField(default=dict)),
                ("saved_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.organisation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "person_id", "key"), name="desk_draft_once")
                ],
            },
        ),
    ]
