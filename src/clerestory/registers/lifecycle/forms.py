"""Forms of changes, releases and criteria; what changes usually make old is ticked beforehand."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import Offer, lines, put_offer
from clerestory.registers.lifecycle.queries.change import ASPECTS, LEVELS, RENEWALS
from clerestory.registers.lifecycle.queries.seen import SeenChange
from clerestory.registers.lifecycle.rules import (
    Aspect,
    Assessment,
    Change,
    Level,
    Release,
    Renewal,
    renewals,
)

TWO_WEEKS = timedelta(days=14)
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _choices(words: Mapping[Any, object]) -> list[tuple[str, object]]:
    return [(str(name), capfirst(str(word))) for name, word in words.items()]


class ChangeForm(forms.Form):
    """A change that is wanted, or that happened."""

    system = forms.ChoiceField(label=_("AI system"))
    title = forms.CharField(label=_("What changes"), max_length=300, help_text=_("In one line."))
    aspects = forms.MultipleChoiceField(label=_("Which part of it"), widget=forms.CheckboxSelectMultiple)
    why = forms.CharField(label=_("Why"), widget=_text(3))
    decide_by = forms.DateField(label=_("To be decided by"), widget=_DAY)
    emergency = forms.BooleanField(
        label=_("It cannot wait"),
        required=False,
        help_text=_("An emergency is made at once and reviewed afterwards; it stays marked as such."),
    )

    def __init__(self, *args: object, systems: Offer, seen: SeenChange | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.seen = seen
        put_offer(self, "system", systems)
        self.fields["aspects"].choices = _choices(ASPECTS)  # type: ignore[attr-defined]
        if seen is not None:
            del self.fields["emergency"]

    def change(self) -> Change:
        """Return what was filled in; what the inventory showed happened already."""
        said = self.cleaned_data
        return Change(
            system_id=said["system"],
            title=said["title"].strip(),
            aspects=tuple(Aspect(name) for name in said["aspects"]),
            why=said["why"].strip(),
            decide_by=said["decide_by"],
            planned=self.seen is None,
            emergency=said.get("emergency", False),
            seen=(self.seen.seen.entry_id,) if self.seen is not None else (),
        )


class AssessmentForm(forms.Form):
    """What a change does, and how it is taken back."""

    renew = forms.MultipleChoiceField(
        label=_("Which records does it make old?"), widget=forms.CheckboxSelectMultiple, required=False
    )
    nothing_to_renew = forms.BooleanField(label=_("It makes no record old"), required=False)
    risk_before = forms.ChoiceField(label=_("Risk before"))
    risk_after = forms.ChoiceField(label=_("Risk after"))
    effect = forms.CharField(
        label=_("What it does to people"),
        widget=_text(2),
        help_text=_("Who is affected otherwise than before, and how; or why nobody is."),
    )
    rollback = forms.CharField(label=_("How it is taken back"), widget=_text(2))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["renew"].choices = _choices(RENEWALS)  # type: ignore[attr-defined]
        for name in ("risk_before", "risk_after"):
            self.fields[name].choices = _choices(LEVELS)  # type: ignore[attr-defined]

    def assessment(self) -> Assessment:
        """Return what was filled in."""
        said = self.cleaned_data
        return Assessment(
            renew=tuple(Renewal(name) for name in said["renew"]),
            nothing_to_renew=said["nothing_to_renew"],
            risk_before=Level(said["risk_before"]),
            risk_after=Level(said["risk_after"]),
            effect=said["effect"].strip(),
            rollback=said["rollback"].strip(),
        )


class ReleaseForm(forms.Form):
    """A version that goes to work."""

    system = forms.ChoiceField(label=_("AI system"))
    model_version = forms.CharField(
        label=_("Version"), max_length=200, help_text=_("As the inventory names it, like credit-scoring/4b1f0c2d9e8a.")
    )
    conditions = forms.CharField(
        label=_("Conditions"), widget=_text(3), required=False, help_text=_("One per line; none is a condition, too.")
    )
    despite = forms.CharField(
        label=_("Why all the same, without a valid impact assessment"),
        widget=_text(2),
        required=False,
        help_text=_("Only where none is valid today. The release is then marked for good and does not hold the gate."),
    )

    def __init__(self, *args: object, systems: Offer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        put_offer(self, "system", systems)

    def release(self) -> Release:
        """Return what was filled in."""
        said = self.cleaned_data
        return Release(
            system_id=said["system"],
            model_version=said["model_version"].strip(),
            conditions=lines(said["conditions"]),
            despite=said["despite"].strip(),
        )


class CriteriaForm(forms.Form):
    """The criteria by which a process runs."""

    criteria = forms.CharField(
        label=_("Criteria"),
        widget=_text(4),
        help_text=_("One per line, each with its limit, like completeness >= 0.98."),
    )


def change_values(today: date, seen: SeenChange | None, system_id: str) -> dict[str, object]:
    """Return what a request starts with: what the inventory showed, or the system that one comes from."""
    values: dict[str, object] = {"decide_by": today + TWO_WEEKS, "system": system_id}
    if seen is not None:
        one = seen.seen
        values |= {"system": one.system_id, "aspects": [str(one.aspect)], "title": f"{ASPECTS[one.aspect]}: {one.what}"}
    return values


def assessment_values(assessment: Assessment | None, aspects: Iterable[Aspect]) -> dict[str, object]:
    """Return what an assessment starts with: what was said, or what such changes usually make old."""
    if assessment is None:
        return {"renew": [str(name) for name in renewals(aspects)], "risk_before": "medium", "risk_after": "medium"}
    return {
        "renew": [str(name) for name in assessment.renew],
        "nothing_to_renew": assessment.nothing_to_renew,
        "risk_before": str(assessment.risk_before),
        "risk_after": str(assessment.risk_after),
        "effect": assessment.effect,
        "rollback": assessment.rollback,
    }
