"""Forms about threats: the questions about an architecture, a decision on a mitigation, reasons."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.threats.fact import UNKNOWN
from clerestory.catalogue.threats.load import load_threats
from clerestory.registers.risk.forms.rating import TEXT
from clerestory.registers.risk.forms.risk import day_field
from clerestory.registers.risk.queries import threat_words as words
from clerestory.registers.risk.rules.threat_cover import Decided, Measure


class FactsForm(forms.Form):
    """Every question about the architecture of a system; nothing chosen is not known."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for fact in load_threats().facts.values():
            label, hint = words.FACTS[fact.id]
            choices = [(value, words.VALUES[value]) for value in (*fact.values, UNKNOWN)]
            kind = forms.MultipleChoiceField if fact.many else forms.ChoiceField
            widget = forms.CheckboxSelectMultiple if fact.many else forms.RadioSelect
            more = _("All that are true.") if fact.many else ""
            self.fields[fact.id] = kind(
                label=str(label), help_text=f"{hint} {more}".strip(), choices=choices, widget=widget, required=False
            )

    def facts(self) -> dict[str, tuple[str, ...]]:
        """Return what was filled in."""
        told = self.cleaned_data
        return {name: tuple(v) if isinstance(v := told[name], list) else (v,) if v else () for name in self.fields}


class MitigationForm(forms.Form):
    """Whether a mitigation is in place, planned or not taken."""

    measure = forms.ChoiceField(
        label=_("Is it in place"), choices=list(words.MEASURES.items()), widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("How, or why not"),
        required=False,
        widget=TEXT,
        help_text=_("In a sentence; needed where it is not taken."),
    )
    due_on = day_field(label=_("In place by"), required=False, help_text=_("Where it is planned."))
    controls = forms.MultipleChoiceField(
        label=_("Controls that carry it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Where it is in place: approved controls show it beside the checks, and it falls when one lacks."),
    )

    def __init__(self, *args: object, controls: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["controls"].choices = [(c, f"{c} {title}") for c, title in controls]  # type: ignore[attr-defined]

    def decided(self) -> Decided:
        """Return what was filled in."""
        told = self.cleaned_data
        return Decided(
            measure=Measure(told["measure"]),
            reason=told["reason"],
            due_on=told["due_on"],
            controls=tuple(told["controls"]),
        )


class AsideForm(forms.Form):
    """Why nothing is done about a threat."""

    reason = forms.CharField(
        label=_("Why nothing is done about it"),
        required=False,
        widget=TEXT,
        help_text=_("Left empty, it is taken up again."),
    )


class ReviewForm(forms.Form):
    """What going through the threats came to."""

    conclusion = forms.CharField(
        label=_("What follows"), widget=TEXT, help_text=_("What was looked at, and what is done next.")
    )


def fact_values(facts: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """Return what the questions begin with."""
    known = load_threats().facts
    return {name: list(values) if known[name].many else values[0] for name, values in facts.items() if name in known}


def mitigation_values(decided: Decided | None) -> dict[str, object]:
    """Return what a decision begins with."""
    if decided is None:
        return {}
    return {
        "measure": str(decided.measure),
        "reason": decided.reason,
        "due_on": decided.due_on,
        "controls": decided.controls,
    }
