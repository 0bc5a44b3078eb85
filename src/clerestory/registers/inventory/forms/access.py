"""Forms of access reviews."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clerestory.registers.inventory.queries.access import KINDS
from clerestory.registers.inventory.rules.access import Right


class OpenForm(forms.Form):
    """A review to be opened."""

    due_on = forms.DateField(
        label=_("To be done by"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class RightForm(forms.Form):
    """A right that no record names."""

    person = forms.CharField(label=_("Person"), max_length=200)
    right = forms.CharField(label=_("May"), max_length=60, help_text=_("Like: read, write, administer."))
    to = forms.CharField(label=_("To"), max_length=300, help_text=_("System, model or data, and where it lies."))
    to_kind = forms.ChoiceField(label=_("Kind"), choices=[one for one in KINDS.items() if one[0] != "organisation"])

    def granted(self) -> Right:
        """Return what was filled in."""
        said = self.cleaned_data
        return Right(
            place=0, person=said["person"], person_id="", right=said["right"], to=said["to"], to_kind=said["to_kind"]
        )


class DecisionForm(forms.Form):
    """What is decided about one right."""

    decision = forms.ChoiceField(
        label=_("Decision"), choices=[("keep", _("keep")), ("withdraw", _("withdraw"))], widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Why"), max_length=500)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


def open_values(today: date) -> dict[str, Any]:
    """Return what the form of a new review starts with: two weeks."""
    return {"due_on": today + timedelta(days=14)}


def decision_values(right: Right) -> dict[str, str]:
    """Return what the form about a right starts with: rights of people who left are withdrawn."""
    usual = "withdraw" if right.has_left else "keep"
    reason = str(_("Left the organisation.")) if right.has_left else ""
    return {"decision": right.decision or usual, "reason": right.reason or reason, "seen": right.decision}
