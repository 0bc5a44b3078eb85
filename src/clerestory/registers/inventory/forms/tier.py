"""Forms about what decides a tier: four fields to register with, and an override of what the rules say."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.registers.inventory.forms.record import AUTONOMY, areas, truth, words
from clerestory.registers.inventory.rules.record import AISystem, Tier
from clerestory.registers.inventory.rules.tier import (
    FACTS,
    INSIDE,
    PEOPLE,
    TALKS,
    UNKNOWN,
    FourFields,
    Override,
    Tiering,
    tier_rules,
)
from clerestory.terms.ids import PersonId


class RegisterForm(forms.Form):
    """The four fields with which a system is registered."""

    name = forms.CharField(label=_("What is it called?"), max_length=200)
    purpose = forms.CharField(
        label=_("What is it for?"), widget=forms.Textarea(attrs={"rows": 2}), help_text=_("One sentence.")
    )
    owner = forms.ChoiceField(label=_("Who answers for it?"))
    touches = forms.ChoiceField(
        label=_("Whom does it touch?"),
        help_text=_("The tier follows from this, and says why. What you do not know yet can be said later."),
    )

    why_another = forms.CharField(
        label=_("Why is it another one?"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: object, people: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if "why_another" not in self.data:
            del self.fields["why_another"]  # asked only where one is likely registered already
        self.fields["owner"].choices = list(people)  # type: ignore[attr-defined]
        self.fields["touches"].choices = touched()  # type: ignore[attr-defined]

    def ask_why(self) -> None:
        """Ask from now on why it is another one than those that look like it."""
        if "why_another" not in self.fields:
            self.fields["why_another"] = self.base_fields["why_another"]

    def said(self) -> FourFields:
        """Return what was filled in."""
        said = self.cleaned_data
        return FourFields(said["name"], said["purpose"], PersonId(said["owner"]), said["touches"])


_TRUTH = (("true", _("yes")), ("false", _("no")), ("", _("not known yet")))
_ASKED = {
    "affects_people": _("Does it decide, or help to decide, about people?"),
    "interacts": _("Do people talk with it, or see or hear what it makes?"),
    "has_customers": _("Do customers use it?"),
}


class FactsForm(forms.Form):
    """Only the facts that are unknown and could make the tier stricter; what stays open stays unknown."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: object, tiering: Tiering, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        open_facts = {fact for unless in tiering.unless for fact in unless.facts}
        self.facts = tuple(fact for fact in FACTS if fact in open_facts)
        for fact in self.facts:
            self.fields[fact] = _fact_field(fact)

    def system(self, known: AISystem) -> AISystem:
        """Return the system with what was said; what was left open stays as it was."""
        said: dict[str, Any] = {}
        for fact in self.facts:
            value = self.cleaned_data[fact]
            told = truth(value) if fact in _ASKED else tuple(value) if isinstance(value, list) else value
            if told not in (None, (), ""):
                said[fact] = told
        return replace(known, **said)


def _fact_field(fact: str) -> forms.Field:
    if fact in _ASKED:
        return forms.ChoiceField(label=_ASKED[fact], choices=_TRUTH, required=False, widget=forms.RadioSelect)
    if fact == "use_areas":
        return forms.MultipleChoiceField(
            label=_("Where it is used"), choices=areas(), required=False, widget=forms.CheckboxSelectMultiple
        )
    return forms.TypedChoiceField(
        label=_("How much does it do without a person?"), required=False, coerce=int, empty_value=None,
        choices=(*AUTONOMY, ("", _("not known yet"))), widget=forms.RadioSelect,
    )  # fmt: skip


class OverrideForm(forms.Form):
    """Another tier than the rules say, why, and until when."""

    tier = forms.ChoiceField(label=_("Tier that counts instead"))
    reason = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 3}))
    ends_on = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("At most a year away."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    proposals = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, derived: Tier | None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        offered = [(name, label) for name, label in words(Tier) if name != str(derived or "")]
        self.fields["tier"].choices = offered  # type: ignore[attr-defined]

    def override(self, system_id: str) -> Override:
        """Return what was filled in."""
        said = self.cleaned_data
        ends_on: date = said["ends_on"]
        return Override(system_id=system_id, tier=Tier(said["tier"]), reason=said["reason"], ends_on=ends_on)


def touched() -> list[tuple[str, object]]:
    """Return whom a system can touch, as a choice."""
    areas = [(area.name, gettext(area.label)) for area in tier_rules().areas]
    return [
        ("", gettext("Choose")),
        (INSIDE, gettext("Nobody: it helps with our own work and judges no one")),
        (TALKS, gettext("Those who talk with it, or see or hear what it makes")),
        (PEOPLE, gettext("Other people: its output is about them")),
        (capfirst(gettext("people, where much depends on it")), areas),
        (UNKNOWN, gettext("I do not know yet")),
    ]
