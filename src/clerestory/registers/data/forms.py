"""Forms of documents about data: one field per topic, so that a topic left out is seen to be left out."""

from collections.abc import Iterable

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.registers.data.rules import Datasheet, Limit, Procedure, QualityCriteria

TEXT = forms.Textarea(attrs={"rows": 2})


class CriteriaForm(forms.Form):
    """Limits by topic of quality, one per line."""

    def __init__(self, *args: object, topics: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for topic in topics:
            self.fields[topic] = _text(topic)

    def criteria(self, dataset_version_id: str) -> QualityCriteria:
        """Return what was filled in."""
        return QualityCriteria(
            dataset_version_id=dataset_version_id,
            limits=tuple(Limit(topic, text) for topic, said in self.cleaned_data.items() for text in lines(said)),
        )


class DatasheetForm(forms.Form):
    """A description by topic, the bias that is known, and how long the data are kept."""

    def __init__(self, *args: object, topics: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.topics = tuple(topics)
        for topic in self.topics:
            self.fields[topic] = _text(topic)
        self.fields["known_bias"] = forms.CharField(
            label=_("Known bias"), required=False, widget=TEXT, help_text=_("One per line.")
        )
        self.fields["keep_for"] = forms.CharField(
            label=_("Kept for"), initial="P10Y", help_text=_("An ISO 8601 duration, such as P10Y.")
        )

    def sheet(self, dataset_version_id: str) -> Datasheet:
        """Return what was filled in."""
        said = self.cleaned_data
        return Datasheet(
            dataset_version_id=dataset_version_id,
            known_bias=lines(said["known_bias"]),
            sections=tuple((topic, said[topic]) for topic in self.topics),
            keep_for=said["keep_for"].strip(),
        )


class ProcedureForm(forms.Form):
    """How data are managed."""

    parts = forms.MultipleChoiceField(label=_("It covers"), widget=forms.CheckboxSelectMultiple)
    steps = forms.CharField(
        label=_("Steps that each version goes through"),
        help_text=_("One per line."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    text = forms.CharField(label=_("The procedure"), widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, *args: object, parts: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [(part, capfirst(gettext(part))) for part in parts]
        self.fields["parts"].choices = choices  # type: ignore[attr-defined]

    def procedure(self) -> Procedure:
        """Return what was filled in."""
        said = self.cleaned_data
        return Procedure(parts=tuple(said["parts"]), steps=lines(said["steps"]), text=said["text"].strip())


def criteria_values(criteria: QualityCriteria) -> dict[str, str]:
    """Return what a form about limits starts with."""
    return {
        topic: "\n".join(limit.text for limit in criteria.limits if limit.topic == topic) for topic in criteria.topics
    }


def datasheet_values(sheet: Datasheet) -> dict[str, str]:
    """Return what a form about a datasheet starts with."""
    return {**dict(sheet.sections), "known_bias": "\n".join(sheet.known_bias), "keep_for": sheet.keep_for}


def procedure_values(procedure: Procedure) -> dict[str, object]:
    """Return what a form about the procedure starts with."""
    return {"parts": procedure.parts, "steps": "\n".join(procedure.steps), "text": procedure.text}


def _text(topic: str) -> forms.CharField:
    return forms.CharField(label=capfirst(gettext(topic)), required=False, widget=TEXT)
