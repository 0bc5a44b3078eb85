"""Forms of what follows from an assessment: people heard, the decision, findings carried on, results disclosed."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import Offer, SeenVersion, lines, put_offer
from clerestory.registers.impact.queries import words
from clerestory.registers.impact.rules.outcome import (
    Carried,
    Condition,
    Consultation,
    Disclosure,
    Outcome,
    Proceeding,
    Way,
)
from clerestory.terms.ids import PersonId

TEXT = forms.Textarea(attrs={"rows": 3})
CONDITIONS = 3


def _day(**options: object) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, input_formats=["%Y-%m-%d"], **options)  # type: ignore[arg-type]


class ConsultationForm(forms.Form):
    """Who was heard, when and how, what they said and what was done."""

    group = forms.CharField(label=_("Who was heard"), max_length=300)
    held_on = _day(label=_("When"))
    way = forms.ChoiceField(label=_("How"), choices=tuple(words.WAYS.items()))
    people = forms.IntegerField(label=_("How many people"), min_value=1, max_value=1_000_000, initial=1)
    said = forms.CharField(label=_("What they said"), widget=TEXT, help_text=_("Without names."))
    done = forms.CharField(label=_("What was done about it"), widget=TEXT, help_text=_("Or why nothing was."))

    def consultation(self) -> Consultation:
        """Return what was filled in."""
        said = self.cleaned_data
        return Consultation(
            group=said["group"], held_on=said["held_on"], way=Way(said["way"]), people=said["people"],
            said=said["said"], done=said["done"],
        )  # fmt: skip


class ProceedingForm(forms.Form):
    """Should we build it, or go on with it?"""

    assessment = SeenVersion()
    outcome = forms.ChoiceField(label=_("Decision"), choices=tuple(words.OUTCOMES.items()), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"), widget=TEXT, help_text=_("Benefits against harms, and what was not built instead.")
    )

    def __init__(self, *args: object, members: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [("", _("Choose …")), *members]
        for n in range(1, CONDITIONS + 1):
            self.fields[f"condition_{n}"] = forms.CharField(
                label=_("Condition %(n)s") % {"n": n}, required=False, max_length=1000
            )
            self.fields[f"owner_{n}"] = forms.ChoiceField(label=_("Who sees to it"), required=False, choices=choices)
            self.fields[f"due_{n}"] = _day(label=_("Until"), required=False)

    def clean(self) -> dict[str, object]:
        """Ask for owner and day of each condition."""
        said = self.cleaned_data
        for n in range(1, CONDITIONS + 1):
            if said.get(f"condition_{n}", "").strip():
                if not said.get(f"owner_{n}"):
                    self.add_error(f"owner_{n}", _("Say who sees to it."))
                if not said.get(f"due_{n}") and f"due_{n}" not in self.errors:
                    self.add_error(f"due_{n}", _("Say until when."))
        return said

    def proceeding(self) -> Proceeding:
        """Return what was filled in."""
        said = self.cleaned_data
        named = [n for n in range(1, CONDITIONS + 1) if said[f"condition_{n}"].strip()]
        return Proceeding(
            outcome=Outcome(said["outcome"]),
            reason=said["reason"],
            conditions=tuple(
                Condition(
                    text=said[f"condition_{n}"].strip(), owner=PersonId(said[f"owner_{n}"]), due_on=said[f"due_{n}"]
                )
                for n in named
            ),
        )


class TraceForm(forms.Form):
    """For each finding the risks that it became, or why it became none."""

    assessment = SeenVersion()

    def __init__(self, *args: object, findings: Sequence[str], risks: Offer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.findings = tuple(findings)
        for finding in self.findings:
            place = place_of(finding)
            self.fields[f"risks_{place}"] = forms.MultipleChoiceField(
                label=finding, required=False, widget=forms.SelectMultiple(attrs={"size": 4}),
                help_text=_("The risks that it became."),
            )  # fmt: skip
            put_offer(self, f"risks_{place}", risks)
            self.fields[f"reason_{place}"] = forms.CharField(
                label=_("Or why it becomes no risk"), required=False, widget=forms.Textarea(attrs={"rows": 2})
            )

    def rows(self) -> tuple[Carried, ...]:
        """Return the findings that have a risk or a reason."""
        said = self.cleaned_data
        rows = (
            Carried(finding=finding, risks=tuple(said[f"risks_{place}"]), reason=said[f"reason_{place}"])
            for finding, place in ((finding, place_of(finding)) for finding in self.findings)
        )
        return tuple(row for row in rows if row.risks or row.reason.strip())


class DisclosureForm(forms.Form):
    """Who is told the results, and why these."""

    assessment = SeenVersion()
    audiences = forms.CharField(
        label=_("Who is told"), required=False, widget=TEXT, help_text=_("One per line. Nobody, if it is left empty.")
    )
    justification = forms.CharField(label=_("Why"), widget=TEXT)

    def disclosure(self) -> Disclosure:
        """Return what was filled in."""
        said = self.cleaned_data
        return Disclosure(audiences=lines(said["audiences"]), justification=said["justification"])


def place_of(finding: str) -> str:
    """Return by what the fields of a finding are named: its number, which no other line of the assessment ever gets."""
    number = finding.partition(" ")[0]
    return number if number.removeprefix("E").isdecimal() else "none"


def due_values(today: date) -> dict[str, object]:
    """Return the days that conditions are offered with."""
    return {f"due_{n}": today + timedelta(days=90) for n in range(1, CONDITIONS + 1)}
