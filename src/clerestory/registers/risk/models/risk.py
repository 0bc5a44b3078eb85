"""Tables of the risk register: constraints and indexes only. Levels are ranks from 1 (low); 0 is not analysed.

A risk holds its present state, so that lists and counts ask one table; ``accepted_by_two`` says whether its acceptance
was approved. Steps keep each analysis, decision and signature as it was made and are never changed. A task that
``dropping_by`` asked to drop stays open until a second person agrees. ``wide`` says that a risk concerns the whole
organisation; ``failing`` counts measures that it relies on and that do not hold, ``approved`` keeps what the decision
in force lets them take away. ``text_version`` counts how often it came to say something else, so that a step knows
whether it was about the risk as it reads now. ``asked_treatment`` and ``asked_nature`` are what counts of its
decisions: one that asks for less than before waits for a second person.
"""

from django.db import models

from clerestory.registers.risk.rules.risk import Status, Treatment


class Kept(models.Model):
    """One version of a document about the whole register."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    by_person = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        abstract = True


class Scales(Kept):
    """One version of the criteria and method; ``in_force_at`` is set once it was approved and applied."""

    criteria = models.JSONField()
    parts = models.JSONField(default=list)
    method_entry_id = models.CharField(max_length=60)
    in_force_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "version"], name="risk_scales_once"),)

    def __str__(self) -> str:
        return str(self.version)


class Process(Kept):
    """One version of how treatments are chosen."""

    steps = models.JSONField(default=list)
    text = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "version"], name="risk_process_once"),)

    def __str__(self) -> str:
        return str(self.version)


class Plan(Kept):
    """One version of the treatment plan."""

    risks = models.JSONField(default=list)
    body = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "version"], name="risk_plan_once"),)

    def __str__(self) -> str:
        return str(self.version)


class Risk(models.Model):
    """A risk with its present level, treatment and acceptance."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    risk_id = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, null=True, related_name="+")
    event = models.CharField(max_length=300)
    event_key = models.CharField(max_length=32)
    source = models.CharField(max_length=20)
    cause = models.TextField(blank=True)
    consequence_text = models.TextField()
    affected = models.JSONField(default=list)
    stage = models.CharField(max_length=40, blank=True)
    objectives = models.JSONField(default=list)
    wide = models.BooleanField(default=False)
    text_version = models.PositiveIntegerField(default=1)
    owner = models.CharField(max_length=60)
    status = models.CharField(max_length=10)

    likelihood = models.PositiveSmallIntegerField(default=0)
    consequence = models.PositiveSmallIntegerField(default=0)
    inherent = models.PositiveSmallIntegerField(default=0)
    now_likelihood = models.PositiveSmallIntegerField(default=0)
    now_consequence = models.PositiveSmallIntegerField(default=0)
    level = models.PositiveSmallIntegerField(default=0)
    level_since = models.DateTimeField(null=True)
    over = models.BooleanField(default=False)
    criteria_version = models.PositiveIntegerField(default=0)
    analysed_at = models.DateTimeField(null=True)

    treatment = models.CharField(max_length=10, blank=True)
    nature = models.CharField(max_length=20, blank=True)
    asked_treatment = models.CharField(max_length=10, blank=True)
    asked_nature = models.CharField(max_length=20, blank=True)
    controls = models.JSONField(default=list)
    tests = models.JSONField(default=list)
    target = models.PositiveSmallIntegerField(default=0)
    reductions = models.JSONField(default=list)
    approved = models.JSONField(default=list)
    failing = models.PositiveSmallIntegerField(default=0)
    observed_likelihood = models.PositiveSmallIntegerField(default=0)
    observed_consequence = models.PositiveSmallIntegerField(default=0)
    expected_loss = models.FloatField(null=True)
    loss_over = models.BooleanField(null=True)
    decided_level = models.PositiveSmallIntegerField(default=0)
    tasks_total = models.PositiveIntegerField(default=0)
    tasks_open = models.PositiveIntegerField(default=0)
    next_due = models.DateField(null=True)
    effective = models.BooleanField(null=True)
    accepted_until = models.DateField(null=True)
    accepted_criteria = models.PositiveIntegerField(default=0)
    accepted_by_two = models.BooleanField(default=False)
    closing_by = models.CharField(max_length=60, blank=True)

    version = models.PositiveIntegerField(default=1)
    entry_id = models.CharField(max_length=60)
    identified_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "risk_id"], name="risk_once"),
            models.UniqueConstraint(fields=["organisation", "number"], name="risk_number_once"),
            models.CheckConstraint(condition=~models.Q(owner=""), name="risk_has_owner"),
            models.CheckConstraint(condition=~models.Q(event=""), name="risk_has_event"),
            models.CheckConstraint(condition=models.Q(status__in=[str(s) for s in Status]), name="risk_status"),
            models.CheckConstraint(
                condition=models.Q(treatment__in=["", *(str(t) for t in Treatment)]), name="risk_treatment"
            ),
            models.CheckConstraint(
                condition=models.Q(level__lte=4) & models.Q(inherent__lte=4), name="risk_level_on_scale"
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "-level", "number"], name="risk_by_level"),
            models.Index(fields=["organisation", "status", "-level"], name="risk_by_status"),
            models.Index(fields=["organisation", "owner", "status"], name="risk_by_owner"),
            models.Index(fields=["organisation", "system", "-level"], name="risk_by_system"),
            models.Index(fields=["organisation", "next_due"], name="risk_by_due"),
            models.Index(fields=["organisation", "accepted_until"], name="risk_by_acceptance"),
            models.Index(fields=["organisation", "event_key"], name="risk_by_event"),
            models.Index(fields=["organisation", "-changed_at"], name="risk_by_change"),
            # Counts and the heat map read this alone, not the rows.
            models.Index(
                fields=[
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
                ],
                name="risk_counted",
            ),
        )

    def __str__(self) -> str:
        return self.risk_id


class Step(models.Model):
    """One analysis, decision, judgement of effect, acceptance or closing of a risk, as it was made."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    level = models.PositiveSmallIntegerField(default=0)
    criteria_version = models.PositiveIntegerField(default=0)
    said = models.JSONField(default=dict)
    reason = models.TextField()
    by_person = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["risk", "kind", "number"], name="risk_step_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Task(models.Model):
    """One step of treatment: open, done or dropped."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="+")
    task_id = models.CharField(max_length=30)
    action = models.CharField(max_length=1000)
    owner = models.CharField(max_length=60)
    due_on = models.DateField()
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    state = models.CharField(max_length=10, default="open")
    dropping_by = models.CharField(max_length=60, blank=True)
    done_on = models.DateField(null=True)
    done_by = models.CharField(max_length=60, blank=True)
    done_entry_id = models.CharField(max_length=60, blank=True)
    shown_by = models.JSONField(default=list)
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    entries = models.JSONField(default=list)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "task_id"], name="risk_task_once"),
            models.CheckConstraint(condition=models.Q(state__in=["open", "done", "dropped"]), name="risk_task_state"),
        )
        indexes = (
            models.Index(fields=["organisation", "state", "due_on"], name="risk_task_by_due"),
            models.Index(fields=["organisation", "owner", "state", "due_on"], name="risk_task_by_owner"),
        )

    def __str__(self) -> str:
        return self.task_id


class Assessment(models.Model):
    """The risks of one system looked at as a whole."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("inventory.AISystem", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=20)
    risks_count = models.PositiveIntegerField()
    over_count = models.PositiveIntegerField()
    covered = models.JSONField(default=list)
    statements = models.JSONField(default=dict)
    summary = models.TextField()
    by_person = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "system", "number"], name="risk_assessment_once"),
        )
        indexes = (models.Index(fields=["organisation", "-at"], name="risk_assessment_by_day"),)

    def __str__(self) -> str:
        return f"{self.system_id} {self.number}"
