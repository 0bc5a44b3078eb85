"""Tables of the inventory. Constraints only; every write goes through `commands`."""

from django.db import models

from clerestory.registers.inventory.rules.record import DataRole, ModelStatus, Stage


class AISystem(models.Model):
    """An AI system as it counts; ``waiting`` is said but asks for less, ``version`` guards against lost updates."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system_id = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    purpose = models.TextField()
    sought = models.TextField(default="")
    owner = models.CharField(max_length=60)
    stage = models.CharField(max_length=40)
    ai_role = models.JSONField(default=list)
    use_areas = models.JSONField(default=list)
    interacts = models.BooleanField(null=True)
    assumed = models.JSONField(default=list)
    tier = models.CharField(max_length=10, blank=True)
    tier_said = models.JSONField(default=dict)
    tier_rules = models.CharField(max_length=20, blank=True)
    in_scope = models.BooleanField(null=True)
    affects_people = models.BooleanField(null=True)
    affected_groups = models.JSONField(default=list)
    has_customers = models.BooleanField(null=True)
    involves_third_parties = models.BooleanField(null=True)
    suppliers = models.JSONField(default=list)
    deployment_context = models.TextField(blank=True)
    autonomy_level = models.PositiveSmallIntegerField(null=True)
    architecture_facts = models.JSONField(default=dict)
    waiting = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "system_id"], name="inventory_system_once"),
            models.CheckConstraint(condition=~models.Q(owner=""), name="inventory_system_has_owner"),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="inventory_system_has_purpose"),
            models.CheckConstraint(
                condition=models.Q(stage__in=[str(s) for s in Stage]), name="inventory_system_stage"
            ),
        )
        indexes = (models.Index(fields=["organisation", "name"], name="inventory_system_by_name"),)

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """One version of a model of one system, as it counts; ``waiting`` is said but asks for less."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    version_id = models.CharField(max_length=100)
    artefact_digest = models.CharField(max_length=71)
    status = models.CharField(max_length=12)
    origin = models.CharField(max_length=20, blank=True)
    generative = models.BooleanField(null=True)
    waiting = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "version_id"], name="inventory_model_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=[str(s) for s in ModelStatus]), name="inventory_model_status"
            ),
        )

    def __str__(self) -> str:
        return self.version_id


class DatasetVersion(models.Model):
    """One version of a data set of one system in one role, as it counts; ``waiting`` is said but asks for less."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    version_id = models.CharField(max_length=120)
    role = models.CharField(max_length=12)
    content_digest = models.CharField(max_length=71)
    origin = models.CharField(max_length=20, blank=True)
    labelled_by_people = models.BooleanField(null=True)
    about_people = models.BooleanField(null=True)
    sources = models.JSONField(default=list)
    waiting = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "version_id"], name="inventory_dataset_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[str(r) for r in DataRole]), name="inventory_dataset_role"
            ),
        )

    def __str__(self) -> str:
        return self.version_id
