"""Tables of planned actions on risks and opportunities, of their plan, and of trials of the method."""

from django.db import models

from clerestory.registers.risk.models.risk import Kept


class PlannedAction(models.Model):
    """An action on a risk or an opportunity of the management system: open until its effect was judged, or ended."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    sort = models.CharField(max_length=12)
    about = models.CharField(max_length=300)
    action = models.CharField(max_length=1000)
    meant = models.TextField()
    owner = models.CharField(max_length=60)
    evaluate_by = models.DateField()
    inputs = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="open")
    effective = models.BooleanField(null=True)
    judged_by = models.TextField(blank=True)
    judge = models.CharField(max_length=60, blank=True)
    judged_at = models.DateTimeField(null=True)
    judge_entry_id = models.CharField(max_length=60, blank=True)
    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "number"], name="risk_action_once"),
            models.CheckConstraint(condition=models.Q(sort__in=["risk", "opportunity"]), name="risk_action_sort"),
            models.CheckConstraint(condition=models.Q(state__in=["open", "judged"]), name="risk_action_state"),
        )
        indexes = (models.Index(fields=["organisation", "state", "evaluate_by"], name="risk_action_by_day"),)

    def __str__(self) -> str:
        return f"PA-{self.number}"


class ActionPlan(Kept):
    """One version of the plan of actions on risks and opportunities."""

    actions = models.JSONField(default=list)
    covered = models.JSONField(default=list)
    statements = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "version"], name="risk_action_plan_once"),)

    def __str__(self) -> str:
        return str(self.version)


class Trial(models.Model):
    """Two people rate the same cases apart; ``ratings`` by person stay hidden until both are done."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    cases = models.JSONField(default=list)
    criteria = models.JSONField()
    criteria_version = models.PositiveIntegerField()
    tolerance = models.FloatField()
    first = models.CharField(max_length=60)
    second = models.CharField(max_length=60)
    ratings = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    begun_by = models.CharField(max_length=60)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    entry_id = models.CharField(max_length=60, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "number"], name="risk_trial_once"),
            models.CheckConstraint(condition=~models.Q(first=models.F("second")), name="risk_trial_two_people"),
        )

    def __str__(self) -> str:
        return f"CT-{self.number}"
