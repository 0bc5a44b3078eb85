"""Forms of applicability. What a decision must say is refused by the commands."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.registers.applicability.rules import Decision, Ground, Loosening
from clerestory.terms.ids import RequirementId


class DecisionForm(forms.Form):
    """Whether a control applies, and why."""

    included = forms.ChoiceField(
        label=_("Decision"), widget=forms.RadioSelect, choices=(("yes", _("It applies")), ("no", _("It is excluded")))
    )
    justification = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
    ground = forms.ChoiceField(label=_("It rests on"))
    risks = forms.CharField(
        label=_("Risks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Ids of the risks that call for it, one per line."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [(str(ground), capfirst(gettext(str(ground)))) for ground in Ground]
        self.fields["ground"].choices = choices  # type: ignore[attr-defined]

    def decision(self, control: RequirementId) -> Decision:
        """Return what was filled in."""
        said = self.cleaned_data
        return Decision(
            control=control,
            included=said["included"] == "yes",
            justification=said["justification"],
            ground=Ground(said["ground"]),
            risks=lines(said["risks"]),
        )


class LooseningForm(forms.Form):
    """A rule that cannot be kept for a time."""

    rule = forms.ChoiceField(label=_("Rule"))
    justification = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
    valid_until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: object, rules: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["rule"].choices = [(rule, rule) for rule in rules]  # type: ignore[attr-defined]

    def loosening(self) -> Loosening:
        """Return what was filled in."""
        said = self.cleaned_data
        until: date = said["valid_until"]
        return Loosening(rule=said["rule"], justification=said["justification"], valid_until=until)


def decision_values(decision: Decision) -> dict[str, object]:
    """Return what a form about a decision starts with."""
    return {
        "included": "yes" if decision.included else "no",
        "justification": decision.justification,
        "ground": str(decision.ground),
        "risks": "\n".join(decision.risks),
    }
