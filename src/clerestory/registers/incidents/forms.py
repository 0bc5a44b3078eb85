"""Forms of concerns. What may not be is refused by the commands."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.registers.incidents.rules import DAYS, MOST_DAYS, TOPICS, Concern, Outcome, Procedure
from clerestory.terms.ids import PersonId

TOPIC_WORDS = {
    "unfair treatment": _("Somebody is treated unfairly"),
    "safety": _("Somebody could be harmed"),
    "privacy": _("Personal data are used wrongly"),
    "missing oversight": _("Nobody watches, or nobody can stop it"),
    "misuse": _("AI is used for what it is not for"),
    "wrong results": _("Results are wrong and nobody acts"),
    "pressure": _("Somebody is put under pressure"),
    "other": _("Something else"),
}
SAFEGUARD_WORDS = {
    "confidential": _("what is said stays between sender and receivers"),
    "anonymous": _("no name is needed"),
    "no reprisals": _("nobody who speaks up suffers for it"),
    "qualified receiver": _("receivers know how to look into it"),
    "escalation": _("what concerns a receiver goes to somebody else, or outside"),
}
TEXT = _(
    "Everybody who works for us or with us, and everybody whom our AI affects, can tell us what worries them about it."
    " No name is needed. Those named here read it, look into it, and answer by the day that is promised. Nobody who"
    " speaks up in good faith suffers for it. Who is concerned by what is said does not look into it."
)
OUTSIDE = _("The authority for the protection of whistleblowers, or the supervisor named in our notices.")


class ProcedureForm(forms.Form):
    """How people speak up."""

    text = forms.CharField(label=_("How it works"), widget=forms.Textarea(attrs={"rows": 8}))
    safeguards = forms.MultipleChoiceField(
        label=_("What we promise"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("A procedure that protects people holds all five."),
    )  # fmt: skip
    receivers = forms.MultipleChoiceField(
        label=_("Who receives it"), widget=forms.CheckboxSelectMultiple,
        help_text=_("Nobody else can read a concern. Two or more, so that one can be left out."),
    )  # fmt: skip
    answer_days = forms.IntegerField(
        label=_("Days until an answer"), min_value=1, max_value=MOST_DAYS, initial=DAYS,
        help_text=_("Three months at most: Directive (EU) 2019/1937, Art. 9. Not legal advice."),
    )  # fmt: skip
    outside = forms.CharField(label=_("Where to turn outside"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: object, people: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["receivers"].choices = list(people)  # type: ignore[attr-defined]
        known = load().coverages["concern_safeguards"].items
        self.fields["safeguards"].choices = [(name, SAFEGUARD_WORDS[name]) for name in known]  # type: ignore[attr-defined]

    def procedure(self) -> Procedure:
        """Return what was filled in."""
        said = self.cleaned_data
        return Procedure(
            text=said["text"].replace("\r\n", "\n").strip(),
            safeguards=tuple(said["safeguards"]),
            receivers=tuple(PersonId(name) for name in said["receivers"]),
            answer_days=said["answer_days"],
            outside=said["outside"].replace("\r\n", "\n").strip(),
        )


class ConcernForm(forms.Form):
    """What somebody wants to say, without signing in."""

    topic = forms.ChoiceField(label=_("What is it about?"), choices=tuple(TOPIC_WORDS.items()), initial=TOPICS[0])
    text = forms.CharField(
        label=_("What happened?"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Where, when, which system, who is affected. Leave out what would give you away."),
    )  # fmt: skip
    contact = forms.CharField(
        label=_("How to reach you"), required=False, max_length=300,
        help_text=_("Leave it empty to stay unknown. You can read the answer with a code."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def concern(self) -> Concern:
        """Return what was filled in."""
        said = self.cleaned_data
        return Concern(
            topic=said["topic"], text=said["text"].replace("\r\n", "\n").strip(), contact=said["contact"].strip()
        )


class CodeForm(forms.Form):
    """The code that opens a concern, and what its sender adds."""

    code = forms.CharField(
        label=_("Your code"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono"})
    )
    text = forms.CharField(
        label=_("Add something"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )


class MessageForm(forms.Form):
    """A message of a receiver."""

    text = forms.CharField(
        label=_("Write to the sender"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It can be read with the code. Never ask for a name."),
    )  # fmt: skip


class OutcomeForm(forms.Form):
    """What came of a concern."""

    outcome = forms.CharField(
        label=_("What came of it"), max_length=500,
        help_text=_("Without names: this goes into the evidence, which everybody here can read."),
    )  # fmt: skip
    answer = forms.CharField(label=_("Answer to the sender"), widget=forms.Textarea(attrs={"rows": 4}))
    not_involved = forms.BooleanField(
        label=_("I am not involved in what this is about, nor do I answer for the system."), required=False
    )

    def said(self) -> Outcome:
        """Return what was filled in."""
        said = self.cleaned_data
        return Outcome(
            outcome=said["outcome"].strip(),
            answer=said["answer"].replace("\r\n", "\n").strip(),
            not_involved=said["not_involved"],
        )


class ErasureForm(forms.Form):
    """Why what was written about a concern goes."""

    ground = forms.CharField(
        label=_("Why it goes"), max_length=500,
        help_text=_("The law or request that asks for it, without names. What was written is gone for good."),
    )  # fmt: skip


def procedure_values(procedure: Procedure | None, all_safeguards: Iterable[str]) -> dict[str, object]:
    """Return what a form begins with: the procedure as it is, or a text to begin with."""
    if procedure is None:
        return {"text": TEXT, "outside": OUTSIDE, "safeguards": list(all_safeguards), "answer_days": DAYS}
    return {
        "text": procedure.text,
        "safeguards": list(procedure.safeguards),
        "receivers": list(procedure.receivers),
        "answer_days": procedure.answer_days,
        "outside": procedure.outside,
    }
