"""The form in which a member asks to use AI for something: three fields."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import Offer, put_offer
from clerestory.registers.inventory.rules.use import Question, use_rules


class UseForm(forms.Form):
    """What for, with what, and what is true of it."""

    purpose = forms.CharField(
        label=_("I want to use AI for"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In your own words, without names of people."),
    )
    system_id = forms.ChoiceField(label=_("With"), required=False)
    marks = forms.MultipleChoiceField(
        label=_("What is true of it?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one sentence that is true of it.")},
    )

    def __init__(self, *args: object, systems: Offer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        put_offer(self, "system_id", systems, before=[("", gettext("something that is not in the list"))])
        marks = [(name, gettext(label)) for name, label in use_rules().marks]
        self.fields["marks"].choices = marks  # type: ignore[attr-defined]

    def question(self) -> Question:
        """Return what was asked."""
        said = self.cleaned_data
        return Question(said["purpose"], said["system_id"], tuple(said["marks"]))


class RefusalForm(forms.Form):
    """Why a use is refused."""

    reason = forms.CharField(label=_("Why not, and what would have to be different"), max_length=500)
