"""Forms of the inventory. They read texts into the inventory's words; what may not be is refused by the commands."""

from collections.abc import Iterable
from enum import StrEnum

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.registers.inventory.rules.record import (
    NO_AREA,
    AIRole,
    AISystem,
    DatasetVersion,
    ModelStatus,
    Origin,
    Stage,
    read_dataset,
    read_system,
)
from clerestory.registers.inventory.rules.tier import tier_rules

UNKNOWN = ("", _("unknown"))
TRUTH = (UNKNOWN, ("true", _("yes")), ("false", _("no")))

AUTONOMY = (
    (1, _("1: it informs, a person decides")),
    (2, _("2: it proposes, a person approves each step")),
    (3, _("3: it acts, a person watches and can stop it")),
    (4, _("4: it acts, a person is called in exceptions only")),
    (5, _("5: it acts without anybody watching")),
)


class SystemForm(forms.Form):
    """An AI system; every part that is not known yet can stay unknown."""

    system_id = forms.CharField(label=_("Id"), max_length=80, help_text=_("Short and lasting, like credit-scoring."))
    name = forms.CharField(label=_("Name"), max_length=200)
    purpose = forms.CharField(
        label=_("Purpose"), widget=forms.Textarea(attrs={"rows": 2}), help_text=_("One sentence.")
    )
    owner = forms.ChoiceField(label=_("Owner"))
    stage = forms.ChoiceField(label=_("Stage of life"))
    ai_role = forms.MultipleChoiceField(
        label=_("Our AI role"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A provider offers it, a producer builds it, a customer uses it, a partner adds to it."),
    )
    use_areas = forms.MultipleChoiceField(
        label=_("Where it is used"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked is unknown, and unknown is judged as high."),
    )
    interacts = forms.ChoiceField(
        label=_("People talk with it, or see or hear what it makes"), choices=TRUTH, required=False
    )
    in_scope = forms.ChoiceField(
        label=_("In scope"),
        choices=TRUTH,
        required=False,
        help_text=_("Whether the management system covers it."),
    )
    affects_people = forms.ChoiceField(
        label=_("Affects people"),
        choices=TRUTH,
        required=False,
        help_text=_("Whether it decides, or helps to decide, about people."),
    )
    affected_groups = forms.CharField(
        label=_("Groups affected"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        help_text=_("One per line."),
    )
    has_customers = forms.ChoiceField(label=_("Used by customers"), choices=TRUTH, required=False)
    involves_third_parties = forms.ChoiceField(label=_("Other parties take part"), choices=TRUTH, required=False)
    suppliers = forms.CharField(
        label=_("Suppliers"), widget=forms.Textarea(attrs={"rows": 2}), required=False, help_text=_("One per line.")
    )
    deployment_context = forms.CharField(label=_("Where and for whom it works"), required=False)
    autonomy_level = forms.TypedChoiceField(
        label=_("Level of autonomy"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=(UNKNOWN, *AUTONOMY),
        help_text=_("How much the system does without a person."),
    )

    def __init__(self, *args: object, people: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "owner", people)
        _choose(self, "stage", words(Stage))
        _choose(self, "ai_role", words(AIRole))
        _choose(self, "use_areas", areas())

    def system(self) -> AISystem:
        """Return what was filled in."""
        said = dict(self.cleaned_data)
        said |= {
            name: truth(said[name])
            for name in ("interacts", "in_scope", "affects_people", "has_customers", "involves_third_parties")
        }
        said |= {name: lines(said[name]) for name in ("affected_groups", "suppliers")}
        return read_system(said)


class StatusForm(forms.Form):
    """The next status of a model version."""

    status = forms.ChoiceField(label=_("Status"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "status", words(ModelStatus))


class DatasetForm(forms.Form):
    """What is known of a version of data."""

    origin = forms.ChoiceField(label=_("Origin"), required=False)
    about_people = forms.ChoiceField(label=_("Rows describe persons"), choices=TRUTH, required=False)
    labelled_by_people = forms.ChoiceField(label=_("Labels were set by people"), choices=TRUTH, required=False)
    sources = forms.CharField(
        label=_("Sources"), widget=forms.Textarea(attrs={"rows": 2}), required=False, help_text=_("One per line.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "origin", (UNKNOWN, *words(Origin)))

    def dataset(self, known: DatasetVersion) -> DatasetVersion:
        """Return the version with what was filled in; its digest and role stay."""
        said = self.cleaned_data
        return read_dataset(
            known.system_id,
            {
                "role": known.role,
                "content_digest": known.content_digest,
                "origin": said["origin"],
                "about_people": truth(said["about_people"]),
                "labelled_by_people": truth(said["labelled_by_people"]),
                "sources": lines(said["sources"]),
            },
        )


def system_values(system: AISystem) -> dict[str, object]:
    """Return what a form about a registered system starts with."""
    return {
        "system_id": system.system_id,
        "name": system.name,
        "purpose": system.purpose,
        "owner": system.owner,
        "stage": str(system.stage),
        "ai_role": [str(role) for role in system.ai_role],
        "use_areas": list(system.use_areas),
        "interacts": said(system.interacts),
        "in_scope": said(system.in_scope),
        "affects_people": said(system.affects_people),
        "affected_groups": "\n".join(system.affected_groups),
        "has_customers": said(system.has_customers),
        "involves_third_parties": said(system.involves_third_parties),
        "suppliers": "\n".join(system.suppliers),
        "deployment_context": system.deployment_context,
        "autonomy_level": system.autonomy_level or "",
    }


def dataset_values(dataset: DatasetVersion, version: int) -> dict[str, object]:
    """Return what a form about a version of data starts with."""
    return {
        "origin": str(dataset.origin or ""),
        "about_people": said(dataset.about_people),
        "version": version,
        "labelled_by_people": said(dataset.labelled_by_people),
        "sources": "\n".join(dataset.sources),
    }


def words(kind: type[StrEnum]) -> tuple[tuple[str, str], ...]:
    """Return a list of words for a choice."""
    return tuple((str(word), capfirst(gettext(str(word)))) for word in kind)


def areas() -> list[tuple[str, str]]:
    """Return the areas of use for a choice."""
    known = [(area.name, gettext(area.label)) for area in tier_rules().areas]
    return [*known, (NO_AREA, capfirst(gettext(NO_AREA)))]


def truth(text: str) -> bool | None:
    """Read yes, no and unknown."""
    return {"true": True, "false": False}.get(text)


def said(value: bool | None) -> str:
    """Write yes, no and unknown."""
    return "" if value is None else str(value).lower()


def _choose(form: forms.Form, name: str, choices: Iterable[tuple[object, object]]) -> None:
    form.fields[name].choices = list(choices)  # type: ignore[attr-defined]
