"""Forms of notices: how topics come to a member, and a target of webhooks."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from clerestory.desk.notice.inbox import Choice
from clerestory.desk.notice.topics import TOPICS, WAYS


class ChoicesForm(forms.Form):
    """One pair of controls for each topic."""

    def __init__(self, *args: object, chosen: Iterable[Choice], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for choice in chosen:
            topic = TOPICS[choice.topic]
            shown = forms.BooleanField(label=topic.label, required=False, initial=choice.in_app)
            self.fields[f"shown-{choice.topic}"] = shown
            self.fields[f"mail-{choice.topic}"] = forms.ChoiceField(
                label=topic.label, choices=WAYS, initial=choice.mail
            )

    def rows(self) -> list[dict[str, object]]:
        """Return the controls by topic, for a table."""
        return [
            {
                "name": name,
                "label": topic.label,
                "about": topic.about,
                "shown": self[f"shown-{name}"],
                "mail": self[f"mail-{name}"],
            }
            for name, topic in TOPICS.items()
        ]

    def wanted(self) -> dict[str, tuple[bool, str]]:
        """Return what was chosen, by topic."""
        said = self.cleaned_data
        return {name: (said[f"shown-{name}"], said[f"mail-{name}"]) for name in TOPICS}


class TargetForm(forms.Form):
    """A target of webhooks."""

    name = forms.CharField(label=_("Name"), max_length=100)
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("A public https address. Internal addresses are refused."),
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/hooks/clerestory"}),
    )
    topics = forms.MultipleChoiceField(
        label=_("Told of"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, topic.label) for name, topic in TOPICS.items() if topic.for_machines],
        initial=["monitor", "nonconformity"],
    )
