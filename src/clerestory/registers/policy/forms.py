"""Forms of policies. They read texts into the register's words; what may not be is refused by the commands."""

from collections.abc import Iterable
from datetime import date, timedelta

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.forms import kept, lines, offered
from clerestory.desk.forms.key import key_field
from clerestory.desk.lists.words import word
from clerestory.registers.policy.rules import (
    ASKED,
    KINDS,
    MAIN,
    TOP,
    Alignment,
    Draft,
    Outcome,
    Policy,
    Publication,
    Review,
    Template,
    templates,
)
from clerestory.terms.ids import PersonId

Choices = Iterable[tuple[str, str]]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TEXT = forms.Textarea(attrs={"rows": 4})
YEAR = timedelta(days=365)
AUDIENCES = tuple(dict.fromkeys(audience for template in templates() for audience in template.audiences))
"""For whom the texts that are shipped are: kept by their names, in whichever language somebody filled them in."""
KIND_WORDS = {
    "built": _("systems that we build or offer"),
    "used": _("systems that we use"),
    "about people": _("systems that affect people"),
    "generative": _("systems that generate content"),
    "agents": _("agents that act by themselves"),
}
OUTCOMES = {
    Outcome.KEPT: _("kept as they are"),
    Outcome.CHANGED: _("to be changed"),
    Outcome.WITHDRAWN: _("to be withdrawn"),
}


class VersionForm(forms.Form):
    """One version of a policy."""

    text = forms.CharField(label=_("The policy"), widget=forms.Textarea(attrs={"rows": 18}))
    elements = forms.MultipleChoiceField(
        label=_("It holds"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Together, the policies hold all four."),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=_("It has rules for"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(kind, KIND_WORDS[kind]) for kind in KINDS],
        help_text=_("Together, the policies have rules for every kind of system in the inventory."),
    )  # fmt: skip
    audiences = forms.CharField(
        label=_("For whom"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One per line. Members are asked to confirm what is for staff."),
    )  # fmt: skip
    related = forms.CharField(
        label=_("Other policies that touch AI"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One per line: those kept elsewhere, such as information security or purchasing."),
    )  # fmt: skip
    approvers = forms.MultipleChoiceField(
        label=_("Who approves it, in this order"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Each is asked once the one before approved it; a different person each, top management last."),
    )  # fmt: skip
    review_by = forms.DateField(label=_("Review by"), widget=DAY)

    def __init__(self, *args: object, policy_id: str, held: Iterable[str] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        first = tuple(self.initial.get("approvers", ()))
        roles = [role for role in dict.fromkeys((*first, *ASKED)) if role != TOP]
        self.fields["approvers"].choices = [(role, _role_said(role, held)) for role in (*roles, TOP)]  # type: ignore[attr-defined]
        elements = load().coverages["policy_elements"].items
        self.fields["elements"].choices = [(e, capfirst(gettext(e))) for e in elements]  # type: ignore[attr-defined]
        if policy_id != MAIN:
            del self.fields["related"]

    def draft(self, policy_id: str) -> Draft:
        """Return what was filled in."""
        said = self.cleaned_data
        return Draft(
            policy_id=policy_id,
            text=said["text"].replace("\r\n", "\n").strip(),
            elements=tuple(said["elements"]),
            kinds=tuple(said["kinds"]),
            audiences=tuple(kept(one, AUDIENCES) for one in lines(said["audiences"])),
            review_by=said["review_by"],
            related=lines(said.get("related", "")),
            approvers=(*(role for role in said["approvers"] if role != TOP), TOP),
        )


class BeginForm(VersionForm):
    """A policy with its first version."""

    policy_id = key_field(60)
    title = forms.CharField(label=_("Title"), max_length=200)
    owner = forms.ChoiceField(label=_("Looked after by"))
    field_order = ("title", "policy_id", "owner")

    def __init__(
        self, *args: object, policy_id: str, people: Choices, held: Iterable[str] = (), **kwargs: object
    ) -> None:
        super().__init__(*args, policy_id=policy_id, held=held, **kwargs)
        self.key = policy_id
        self.fields["owner"].choices = list(people)  # type: ignore[attr-defined]

    def policy(self) -> Policy:
        """Return the place that was filled in."""
        said = self.cleaned_data
        return Policy(policy_id=self.key, title=said["title"], owner=PersonId(said["owner"]))


class PublicationForm(forms.Form):
    """That the version in force was made available."""

    reached = forms.MultipleChoiceField(label=_("It reached"), widget=forms.CheckboxSelectMultiple)
    how = forms.CharField(label=_("How"), widget=TEXT, help_text=_("Where they find it, and how they were told."))

    def __init__(self, *args: object, audiences: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["reached"].choices = [(name, capfirst(gettext(name))) for name in audiences]  # type: ignore[attr-defined]

    def publication(self, policy_id: str, version: int) -> Publication:
        """Return what was filled in."""
        said = self.cleaned_data
        return Publication(policy_id=policy_id, version=version, reached=tuple(said["reached"]), how=said["how"])


class AlignmentForm(forms.Form):
    """That other policies were compared with the AI policy; one conflict at a time can be named with it."""

    compared = forms.MultipleChoiceField(label=_("Compared with"), widget=forms.CheckboxSelectMultiple)
    other = forms.ChoiceField(label=_("Conflict with"), required=False)
    conflict = forms.CharField(label=_("What contradicts"), required=False, widget=TEXT)
    due_on = forms.DateField(label=_("To be gone by"), required=False, widget=DAY)

    def __init__(self, *args: object, related: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        names = [(name, name) for name in related]
        self.fields["compared"].choices = names  # type: ignore[attr-defined]
        self.fields["other"].choices = [("", _("no conflict found")), *names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """Ask for words and day of a conflict that is named."""
        said = super().clean() or {}
        if said.get("other"):
            for name in ("conflict", "due_on"):
                if not said.get(name):
                    self.add_error(name, _("Say this too where there is a conflict."))
        return said

    def alignment(self) -> Alignment:
        """Return what was filled in."""
        said = self.cleaned_data
        conflicts = ((said["other"], said["conflict"], said["due_on"]),) if said["other"] else ()
        return Alignment(compared=tuple(said["compared"]), conflicts=conflicts)


class ReviewForm(forms.Form):
    """A review of the policies."""

    inputs = forms.MultipleChoiceField(label=_("Looked at"), widget=forms.CheckboxSelectMultiple)
    recommendation = forms.CharField(label=_("What is recommended"), widget=TEXT)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        inputs = load().coverages["policy_review_inputs"].items
        self.fields["inputs"].choices = [(name, capfirst(gettext(name))) for name in inputs]  # type: ignore[attr-defined]

    def review(self) -> Review:
        """Return what was filled in."""
        said = self.cleaned_data
        return Review(inputs=tuple(said["inputs"]), recommendation=said["recommendation"])


class OutcomeForm(forms.Form):
    """What top management decides after a review."""

    outcome = forms.ChoiceField(
        label=_("The policies are"), choices=[(str(name), label) for name, label in OUTCOMES.items()],
        widget=forms.RadioSelect,
    )  # fmt: skip
    next_review_on = forms.DateField(label=_("Next review"), widget=DAY)


def draft_values(draft: Draft, today: date) -> dict[str, object]:
    """Return what a form about the next version starts with."""
    return {
        "text": draft.text,
        "elements": draft.elements,
        "kinds": draft.kinds,
        "audiences": audiences_said(draft.audiences),
        "related": "\n".join(draft.related),
        "approvers": draft.approvers,
        "review_by": max(draft.review_by, today + YEAR),
    }


def audiences_said(audiences: Iterable[str]) -> str:
    """Return for whom a policy is, one per line, in the reader's language where the product named them."""
    return "\n".join(offered(audience) for audience in audiences)


def _role_said(role: str, held: Iterable[str]) -> str:
    return word(role) if role in held else gettext("%(role)s (nobody else holds this role yet)") % {"role": word(role)}


def template_values(template: Template, owner: PersonId, today: date) -> dict[str, object]:
    """Return what a form about a first version starts with."""
    return {
        "policy_id": template.policy_id,
        "title": gettext(template.title),
        "owner": owner,
        "text": gettext(template.text),
        "elements": template.elements,
        "kinds": template.kinds,
        "audiences": audiences_said(template.audiences),
        "review_by": today + YEAR,
    }
