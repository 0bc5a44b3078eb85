"""Tables of what lowers risks: how each measure stands, which risks rely on it, and how risks moved."""

from django.db import models

from clerestory.registers.risk.models.risk import Risk


class Measure(models.Model):
    """How the evidence of one control or check stood when it was looked at last; a cache of what the log says."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=300)
    state = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    since = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="risk_measure_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class Relies(models.Model):
    """That a risk is argued to be lower by a measure; what was argued stands with the risk."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="+")
    measure = models.CharField(max_length=300)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["risk", "measure"], name="risk_relies_once"),)
        indexes = (models.Index(fields=["organisation", "measure"], name="risk_relies_on"),)

    def __str__(self) -> str:
        return self.measure


class Move(models.Model):
    """That a risk came to another place or level, with what moved it; never changed."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    cause = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    from_likelihood = models.PositiveSmallIntegerField()
    from_consequence = models.PositiveSmallIntegerField()
    from_level = models.PositiveSmallIntegerField()
    likelihood = models.PositiveSmallIntegerField()
    consequence = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        indexes = (
            models.Index(fields=["organisation", "-at"], name="risk_move_by_day"),
            models.Index(fields=["risk", "at"], name="risk_move_of_risk"),
        )

    def __str__(self) -> str:
        return f"{self.from_level} to {self.level}"


class Estimate(models.Model):
    """What one risk may cost in a year: the quantiles asked for, the seed, and what the simulation gave then."""

    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    said = models.JSONField()
    result = models.JSONField()
    reason = models.TextField()
    by_person = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry_id = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["risk", "number"], name="risk_estimate_once"),)

    def __str__(self) -> str:
        return str(self.number)
