"""Tables of roles and duties. Constraints only; members and their access stand in `desk`."""

from django.db import models


class Owned(models.Model):
    """Every row belongs to one organisation and names the entry that it was last written to."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    entry_id = models.CharField(max_length=60)

    class Meta:
        abstract = True


class Role(Owned):
    """A role with its duties and holders; ``version`` counts its changes and guards against lost updates."""

    role_id = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    has_ai_duties = models.BooleanField()
    duties = models.JSONField(default=list)
    holders = models.JSONField(default=list)
    systems = models.JSONField(default=list)
    less = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "role_id"], name="roles_role_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="roles_role_has_name"),
        )

    def __str__(self) -> str:
        return self.name


class Assignment(Owned):
    """A duty given to a person, within a role or, without one, towards the organisation."""

    assignment_id = models.CharField(max_length=60)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, null=True, related_name="assignments")
    duty = models.CharField(max_length=200)
    holder = models.CharField(max_length=60)
    assigned_by = models.CharField(max_length=60)
    assigned_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "assignment_id"], name="roles_assignment_once"),)

    def __str__(self) -> str:
        return f"{self.duty}: {self.holder}"


class Acceptance(Owned):
    """The acceptance of one version of a role by one holder."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="acceptances")
    holder = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    role_version = models.PositiveIntegerField()
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["role", "holder", "number"], name="roles_acceptance_once"),)

    def __str__(self) -> str:
        return f"{self.holder} accepts version {self.role_version}"


class PerformanceReport(Owned):
    """A report on the performance of the management system to those named."""

    report_id = models.CharField(max_length=60)
    received_by = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    summary = models.TextField()
    reported_by = models.CharField(max_length=60)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "report_id"], name="roles_report_once"),)

    def __str__(self) -> str:
        return self.report_id


class SystemDuties(Owned):
    """One decision on who holds the AI duties around a system; the highest version is the newest."""

    system_id = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    held = models.JSONField(default=dict)
    accountable = models.CharField(max_length=60)
    decided_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "system_id", "version"], name="roles_duties_once"),
        )

    def __str__(self) -> str:
        return f"{self.system_id} {self.version}"


class MatrixLine(Owned):
    """One decision on who has which letters for a piece of work; the highest version is the newest."""

    work_kind = models.CharField(max_length=20)
    work_id = models.CharField(max_length=300)
    version = models.PositiveIntegerField()
    letters = models.JSONField(default=dict)
    decided_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "work_kind", "work_id", "version"], name="roles_line_once"),
        )

    def __str__(self) -> str:
        return f"{self.work_kind} {self.work_id} {self.version}"


class Committee(Owned):
    """One version of a committee; the highest is the newest."""

    committee_id = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    charter = models.TextField()
    seats = models.JSONField(default=list)
    quorum = models.PositiveSmallIntegerField()
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "committee_id", "version"], name="roles_committee_once"),
        )

    def __str__(self) -> str:
        return self.name


class Meeting(models.Model):
    """A meeting that was called, with its agenda as it was then."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    committee_id = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    planned_for = models.DateField()
    agenda = models.JSONField(default=list)
    called_by = models.CharField(max_length=60)
    called_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "committee_id", "number"], name="roles_meeting_once"),
        )

    def __str__(self) -> str:
        return f"{self.committee_id} {self.number}"


class Minutes(Owned):
    """One version of the minutes of a meeting; the highest is the newest."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="minutes")
    version = models.PositiveIntegerField()
    held_on = models.DateField()
    present = models.JSONField(default=list)
    quorum = models.PositiveSmallIntegerField()
    text = models.TextField()
    decisions = models.JSONField(default=list)
    written_by = models.CharField(max_length=60)
    written_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["meeting", "version"], name="roles_minutes_once"),)

    def __str__(self) -> str:
        return f"{self.meeting} {self.version}"


class Recognition(Owned):
    """Thanks to somebody who raised a risk early; whether they are named stays open until they choose."""

    number = models.PositiveIntegerField()
    person = models.CharField(max_length=60)
    what = models.TextField()
    is_named = models.BooleanField(null=True)
    version = models.PositiveIntegerField(default=1)
    thanked_by = models.CharField(max_length=60)
    thanked_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="roles_recognition_once"),)

    def __str__(self) -> str:
        return str(self.number)
