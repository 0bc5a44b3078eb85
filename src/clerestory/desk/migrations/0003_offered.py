"""Memberships that are offered to an existing account until the person accepts them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_approvals")]

    operations = [
        migrations.AddField(model_name="membership", name="is_offered", field=models.BooleanField(default=False)),
    ]
