"""Forms of issues and of their review, with issues that many organisations have."""

from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clerestory.registers.context.queries.issue import EFFECTS, TOPICS
from clerestory.registers.context.rules.issue import ContextReview, Effect, Issue

TEXT = forms.Textarea(attrs={"rows": 3})


@dataclass(frozen=True, slots=True)
class Prompt:
    """An issue that many organisations have, to begin with."""

    topic: str
    effect: Effect
    text: str | Promise
    bearing: str | Promise


PROMPTS = (
    Prompt(
        "outside",
        Effect.HINDERS,
        _("Law on AI changes and comes into force in steps"),
        _("Duties differ by role and class of a system, and their dates move; what was decided is looked at anew."),
    ),
    Prompt(
        "outside",
        Effect.HINDERS,
        _("Customers and the public expect decisions to be explained and fair"),
        _("A decision that nobody can explain costs trust and is contested."),
    ),
    Prompt(
        "outside",
        Effect.BOTH,
        _("Models and AI services of others are bought and change without us"),
        _("Quality, terms and risks depend on suppliers; a change on their side is a change of our systems."),
    ),
    Prompt(
        "outside",
        Effect.HELPS,
        _("Competitors and partners use AI; tools get better and cheaper"),
        _("There is benefit in moving, and risk in moving without control."),
    ),
    Prompt(
        "inside",
        Effect.HINDERS,
        _("Few people know both the business and machine learning"),
        _("Oversight, tests and reviews need people who understand what they look at."),
    ),
    Prompt(
        "inside",
        Effect.HINDERS,
        _("Staff use AI services that nobody registered"),
        _("Data leave the organisation, and decisions rest on outputs that nobody answers for."),
    ),
    Prompt(
        "inside",
        Effect.BOTH,
        _("Data were collected for other purposes"),
        _("Quality, consent and representativeness limit what a model may be built for."),
    ),
    Prompt(
        "climate",
        Effect.HINDERS,
        _("Training and use of models need energy and water"),
        _("Consumption counts towards our own climate goals and may bind where it is reported."),
    ),
    Prompt(
        "AI roles",
        Effect.BOTH,
        _("We build some systems and use others that we bought"),
        _("Duties follow from the role that we play for each system."),
    ),
)


class IssueForm(forms.Form):
    """An issue that bears on the management system."""

    text = forms.CharField(label=_("Issue"), max_length=500, help_text=_("One sentence: what is so, or changes."))
    topic = forms.ChoiceField(label=pgettext_lazy("of an issue", "Topic"), choices=list(TOPICS.items()))
    effect = forms.ChoiceField(
        label=_("Effect"),
        choices=[(str(name), label) for name, label in EFFECTS.items()],
        widget=forms.RadioSelect,
        initial=str(Effect.HINDERS),
        help_text=_("What it does to what we want to reach with AI."),
    )
    bearing = forms.CharField(
        label=_("How it bears on the management system"), widget=TEXT, help_text=_("What follows from it for us.")
    )

    def issue(self, issue_id: str = "") -> Issue:
        """Return what was filled in."""
        said = self.cleaned_data
        return Issue(
            issue_id=issue_id,
            text=said["text"],
            topic=said["topic"],
            effect=Effect(said["effect"]),
            bearing=said["bearing"],
        )


class ReviewForm(forms.Form):
    """That the issues were weighed."""

    climate_relevant = forms.ChoiceField(
        label=_("Is climate change a relevant issue?"),
        choices=[("yes", _("yes")), ("no", _("no"))],
        widget=forms.RadioSelect,
        help_text=_("The amendment of 2024 to the management system standards asks every organisation to decide this."),
    )
    climate_reason = forms.CharField(label=_("Why"), widget=TEXT)
    conclusion = forms.CharField(
        label=_("What follows for the management system"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What is changed, watched or left as it is."),
    )

    def review(self) -> ContextReview:
        """Return what was filled in."""
        said = self.cleaned_data
        return ContextReview(
            climate_relevant=said["climate_relevant"] == "yes",
            climate_reason=said["climate_reason"],
            conclusion=said["conclusion"],
        )


def issue_values(issue: Issue) -> dict[str, str]:
    """Return what a form about an issue starts with."""
    return {"text": issue.text, "topic": issue.topic, "effect": str(issue.effect), "bearing": issue.bearing}


def prompt_values(number: str) -> dict[str, str]:
    """Return what a form starts with from one of the prompts; nothing where there is none of that number."""
    if not number.isdecimal() or int(number) >= len(PROMPTS):
        return {}
    prompt = PROMPTS[int(number)]
    return {
        "text": str(prompt.text), "topic": prompt.topic, "effect": str(prompt.effect), "bearing": str(prompt.bearing),
    }  # fmt: skip
