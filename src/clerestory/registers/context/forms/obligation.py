"""Forms of obligations and of their comparison with the law. Articles of the law that we hold can be taken over."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.forms import Offer, put_offer
from clerestory.registers.context.queries.obligation import SOURCES
from clerestory.registers.context.rules.obligation import Obligation, Source
from clerestory.terms.ids import FrameworkId, PersonId

LAW = FrameworkId("eu-ai-act")
UNION = ("EU", "EUROPEAN UNION", "EEA", "EUROPÄISCHE UNION", "EWR")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
Choices = Iterable[tuple[str, str]]


class ObligationForm(forms.Form):
    """What binds the organisation."""

    title = forms.CharField(label=_("Obligation"), max_length=200)
    source = forms.ChoiceField(label=_("Source"), choices=[(str(name), label) for name, label in SOURCES.items()])
    citation = forms.CharField(
        label=_("Where it stands written"), max_length=300, help_text=_("Law or contract, and the place in it.")
    )
    jurisdiction = forms.ChoiceField(label=_("Jurisdiction"), required=False, help_text=_("Needed for law."))
    what = forms.CharField(label=_("What we must do"), widget=forms.Textarea(attrs={"rows": 4}))
    valid_from = forms.DateField(label=_("In force from"), widget=DAY)
    valid_until = forms.DateField(label=_("In force until"), widget=DAY, required=False)
    owner = forms.ChoiceField(label=_("Watched by"), help_text=_("Who notices that it changes."))
    systems = forms.MultipleChoiceField(
        label=_("For these AI systems"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means for all."),
    )

    def __init__(
        self, *args: object, jurisdictions: Iterable[str], people: Choices, systems: Offer, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        places = [("", _("none")), *((name, name) for name in jurisdictions)]
        for name, choices in (("jurisdiction", places), ("owner", people)):
            self.fields[name].choices = list(choices)  # type: ignore[attr-defined]
        put_offer(self, "systems", systems)

    def obligation(self, obligation_id: str = "") -> Obligation:
        """Return what was filled in."""
        said = self.cleaned_data
        return Obligation(
            obligation_id=obligation_id,
            title=said["title"],
            citation=said["citation"],
            source=Source(said["source"]),
            jurisdiction=said["jurisdiction"],
            valid_from=said["valid_from"],
            valid_until=said["valid_until"],
            owner=PersonId(said["owner"]),
            what=said["what"],
            systems=tuple(said["systems"]),
        )


class LawReviewForm(forms.Form):
    """That the obligations were compared with the law."""

    jurisdictions = forms.MultipleChoiceField(label=_("Law of"), widget=forms.CheckboxSelectMultiple)
    law_as_of = forms.DateField(label=_("State of law"), widget=DAY, help_text=_("The day whose law you looked at."))

    def __init__(self, *args: object, jurisdictions: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["jurisdictions"].choices = [(name, name) for name in jurisdictions]  # type: ignore[attr-defined]


def obligation_values(obligation: Obligation) -> dict[str, object]:
    """Return what a form about an obligation starts with."""
    return {
        "title": obligation.title,
        "citation": obligation.citation,
        "source": str(obligation.source),
        "jurisdiction": obligation.jurisdiction,
        "valid_from": obligation.valid_from,
        "valid_until": obligation.valid_until,
        "owner": obligation.owner,
        "what": obligation.what,
        "systems": obligation.systems,
    }


def articles() -> tuple[tuple[str, str, date], ...]:
    """Return the articles of the law that we hold: id, title and the first day on which a part of it applies."""
    law = load().frameworks[LAW]
    return tuple(
        (item.id, gettext(item.title), min(day for _part, day in item.applies))
        for item in law.requirements
        if item.applies
    )


def article_values(article_id: str, jurisdictions: Iterable[str]) -> dict[str, object]:
    """Return what a form starts with from an article of the law that we hold; or nothing."""
    law = load().frameworks[LAW]
    found = next((item for item in law.requirements if item.id == article_id and item.applies), None)
    if found is None:
        return {}
    return {
        "title": f"{law.short}, {gettext(found.title)}",
        "citation": f"{law.name}, {found.id}",
        "source": str(Source.LAW),
        "jurisdiction": _union(tuple(jurisdictions)),
        "what": gettext(found.intent),
        "valid_from": min(day for _part, day in found.applies),
    }


def _union(jurisdictions: tuple[str, ...]) -> str:
    """Return which of the organisation's jurisdictions is the Union; law of the Union binds in a single one anyhow."""
    named = next((name for name in jurisdictions if name.upper() in UNION), "")
    return named or (jurisdictions[0] if len(jurisdictions) == 1 else "")
