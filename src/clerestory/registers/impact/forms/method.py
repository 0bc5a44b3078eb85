"""Forms of the method, of the thresholds, and of how long reports are kept."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.registers.impact.queries import words
from clerestory.registers.impact.rules.method import SCALES, WRITTEN, Method
from clerestory.registers.impact.rules.threshold import CRITERIA, Thresholds, Weight

TEXT = forms.Textarea(attrs={"rows": 3})
_SCALE_LABELS = {"severity": _("Steps of gravity"), "likelihood": _("Steps of likelihood"),
                 "reversibility": _("Steps of reversibility")}  # fmt: skip
WEIGHTS = tuple(words.WEIGHTS.items())


class MethodForm(forms.Form):
    """How consequences are judged."""

    triggers = forms.CharField(
        label=words.METHOD_PARTS["triggers"], widget=forms.Textarea(attrs={"rows": 5}), help_text=_("One per line.")
    )
    every_months = forms.IntegerField(
        label=_("Again after so many months"), min_value=1, max_value=12,
        help_text=_("High or unknown tiers after 180 days at the latest."),
    )  # fmt: skip
    treat_from = forms.IntegerField(
        label=_("A harm calls for treatment from"), min_value=1,
        help_text=_("The number of its gravity times the number of its likelihood; what cannot be undone always does."),
    )  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for part in WRITTEN:
            self.fields[part] = forms.CharField(label=words.METHOD_PARTS[part], widget=TEXT, max_length=5000)
        for name in SCALES:
            self.fields[name] = forms.CharField(
                label=_SCALE_LABELS[name], widget=forms.Textarea(attrs={"rows": 5}),
                help_text=_("One step per line, the least first."),
            )  # fmt: skip
        self.order_fields(["triggers", "scope", "roles", *SCALES, "treat_from", "every_months"])

    def method(self) -> Method:
        """Return what was filled in."""
        said = self.cleaned_data
        return Method(
            triggers=lines(said["triggers"]),
            texts={part: said[part].strip() for part in WRITTEN},
            scales={name: lines(said[name]) for name in SCALES},
            every_months=said["every_months"],
            treat_from=said["treat_from"],
        )


class ThresholdsForm(forms.Form):
    """What follows from each criterion."""

    severity_from = forms.IntegerField(label=_("A harm is severe from step"), min_value=1, max_value=7)
    autonomy_from = forms.IntegerField(label=_("Autonomy is high from level"), min_value=1, max_value=5)
    own = forms.CharField(
        label=_("Own uses"), required=False, widget=TEXT,
        help_text=_("One per line: use: sensitive, restricted or refused."),
    )  # fmt: skip
    sensitive_role = forms.ChoiceField(label=_("Sensitive uses are approved by"), required=False)
    restricted_role = forms.ChoiceField(label=_("Restricted uses are approved by"), required=False)
    reason = forms.CharField(label=_("Why these"), widget=TEXT)

    def __init__(self, *args: object, roles: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for n, name in enumerate(CRITERIA):
            self.fields[f"weight_{n}"] = forms.ChoiceField(label=words.CRITERIA[name], choices=WEIGHTS)
        offered = [("", _("any second person")), *roles]
        for field in ("sensitive_role", "restricted_role"):
            self.fields[field].choices = offered  # type: ignore[attr-defined]
        self.order_fields([f"weight_{n}" for n in range(len(CRITERIA))])

    def clean_own(self) -> tuple[tuple[str, Weight], ...]:
        """Read the own uses; refuse a line that does not say what follows."""
        found = []
        for line in lines(self.cleaned_data["own"]):
            name, _colon, weight = line.rpartition(":")
            if not name.strip() or weight.strip() not in {str(w) for w in Weight}:
                raise forms.ValidationError(_("Write it as a use, a colon, and sensitive, restricted or refused."))
            found.append((name.strip(), Weight(weight.strip())))
        return tuple(found)

    def thresholds(self) -> Thresholds:
        """Return what was filled in."""
        said = self.cleaned_data
        return Thresholds(
            weights={name: Weight(said[f"weight_{n}"]) for n, name in enumerate(CRITERIA)},
            own=said["own"],
            severity_from=said["severity_from"],
            autonomy_from=said["autonomy_from"],
            roles={Weight.SENSITIVE: said["sensitive_role"], Weight.RESTRICTED: said["restricted_role"]},
            reason=said["reason"].strip(),
        )


class RetentionForm(forms.Form):
    """How long reports are kept, and by which law or contract."""

    years = forms.IntegerField(label=_("Years"), min_value=1, max_value=100, initial=10)
    citation = forms.CharField(
        label=_("By which law or contract"), max_length=300, help_text=_("And the place in it. Not legal advice.")
    )


def method_values(method: Method) -> dict[str, object]:
    """Return what a form about the method starts with."""
    return {
        "triggers": "\n".join(method.triggers),
        "every_months": method.every_months,
        "treat_from": method.treat_from,
        **method.texts,
        **{name: "\n".join(method.scales.get(name, ())) for name in SCALES},
    }


def thresholds_values(said: Thresholds) -> dict[str, object]:
    """Return what a form about the thresholds starts with."""
    return {
        **{f"weight_{n}": str(said.weight_of(name)) for n, name in enumerate(CRITERIA)},
        "own": "\n".join(f"{name}: {weight}" for name, weight in said.own),
        "severity_from": said.severity_from,
        "autonomy_from": said.autonomy_from,
        "sensitive_role": said.roles.get(Weight.SENSITIVE, ""),
        "restricted_role": said.roles.get(Weight.RESTRICTED, ""),
        "reason": said.reason,
    }
