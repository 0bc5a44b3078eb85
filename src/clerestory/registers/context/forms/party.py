"""Forms of interested parties and their needs, with parties that many organisations have."""

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.registers.context.rules.party import Decision, Need, Party

TEXT = forms.Textarea(attrs={"rows": 3})
DECISIONS = {
    Decision.ADOPTED: _("we take it on"),
    Decision.DECLINED: _("we do not take it on"),
    Decision.OPEN: _("not decided yet"),
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A party that many organisations have, with needs to begin with."""

    name: str | Promise
    needs: tuple[str | Promise, ...]


PROMPTS = (
    Prompt(
        _("People about whom AI decides"),
        (
            _("To be told that AI takes part in the decision"),
            _("Reasons for a decision that they understand"),
            _("A person who looks at the decision again"),
            _("Not to be worse off because of who they are"),
        ),
    ),
    Prompt(
        _("Customers"),
        (_("AI that does what was promised"), _("Notice before a system changes"), _("Their data kept to its purpose")),
    ),
    Prompt(
        _("Employees"),
        (
            _("To know which AI they may use, and for what"),
            _("Training for what they are responsible for"),
            _("A way to raise a concern without harm to themselves"),
        ),
    ),
    Prompt(
        _("Supervisory authorities"),
        (_("Evidence that duties are met"), _("Reports of serious incidents within their time limits")),
    ),
    Prompt(_("Suppliers of AI"), (_("Clear requirements"), _("Word of problems found in what they supplied"))),
    Prompt(_("Owners and top management"), (_("Benefit from AI within the risk that they accept"),)),
    Prompt(_("Society and the environment"), (_("No harm to groups or public life"), _("Sparing use of energy"))),
)


class PartyForm(forms.Form):
    """A party with its needs."""

    name = forms.CharField(label=_("Interested party"), max_length=200)
    needs = forms.CharField(
        label=_("What it needs or expects"),
        help_text=_("One per line. What was decided about a line stays as long as its words do."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def party(self, party_id: str = "") -> Party:
        """Return what was filled in, with every need open."""
        said = self.cleaned_data
        return Party(
            party_id=party_id, name=said["name"], needs=tuple(Need(text=text) for text in lines(said["needs"]))
        )


class NeedForm(forms.Form):
    """What is decided about one need, and where it is answered."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[(str(name), label) for name, label in DECISIONS.items()],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why"), widget=TEXT, required=False, help_text=_("Needed where it is not taken on.")
    )
    answered_by = forms.MultipleChoiceField(
        label=_("Answered by"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 12}),
        help_text=_("The clauses and controls whose evidence shows that the need is met."),
    )

    def __init__(self, *args: object, requirements: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["answered_by"].choices = list(requirements)  # type: ignore[attr-defined]

    def need(self, text: str) -> Need:
        """Return what was filled in about the need of that text."""
        said = self.cleaned_data
        return Need(
            text=text,
            decision=Decision(said["decision"]),
            reason=said["reason"],
            answered_by=tuple(said["answered_by"]),
        )


def party_values(party: Party) -> dict[str, str]:
    """Return what a form about a party starts with."""
    return {"name": party.name, "needs": "\n".join(need.text for need in party.needs)}


def need_values(need: Need) -> dict[str, object]:
    """Return what a form about a need starts with."""
    decision = Decision.ADOPTED if need.decision is Decision.OPEN else need.decision
    return {"decision": str(decision), "reason": need.reason, "answered_by": need.answered_by}


def prompt_values(number: str) -> dict[str, str]:
    """Return what a form starts with from one of the prompts; nothing where there is none of that number."""
    if not number.isdecimal() or int(number) >= len(PROMPTS):
        return {}
    prompt = PROMPTS[int(number)]
    return {"name": str(prompt.name), "needs": "\n".join(map(str, prompt.needs))}
