"""Forms of the fast lane and of likely duplicates."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.registers.inventory.commands.lane import Lane
from clerestory.registers.inventory.forms.record import AUTONOMY, TRUTH, areas, said, truth
from clerestory.registers.inventory.queries import PairRecord
from clerestory.registers.inventory.queries.lane import ClassProposal
from clerestory.registers.inventory.queries.law_words import CLASSES
from clerestory.registers.inventory.rules.record import AISystem
from clerestory.terms.ids import PersonId


class LaneForm(forms.Form):
    """The one page of the fast lane."""

    owner = forms.ChoiceField(label=_("Who answers for it?"))
    use_areas = forms.MultipleChoiceField(
        label=_("Where it is used"), widget=forms.CheckboxSelectMultiple, required=False
    )
    affects_people = forms.ChoiceField(label=_("Affects people"), choices=TRUTH, required=False)
    interacts = forms.ChoiceField(
        label=_("People talk with it, or see or hear what it makes"), choices=TRUTH, required=False
    )
    has_customers = forms.ChoiceField(label=_("Used by customers"), choices=TRUTH, required=False)
    autonomy_level = forms.TypedChoiceField(
        label=_("Level of autonomy"), required=False, coerce=int, empty_value=None,
        choices=(("", _("unknown")), *AUTONOMY),
    )  # fmt: skip
    place = forms.CharField(label=_("Where and for whom it works"), required=False, max_length=4000)
    accepts_policy = forms.BooleanField(label=_("The policy on acceptable use binds everybody who uses it"))
    class_key = forms.CharField(widget=forms.HiddenInput, required=False)
    confirms_class = forms.BooleanField(required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: object, people: Iterable[tuple[str, str]], proposed: ClassProposal | None = None, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["owner"].choices = list(people)  # type: ignore[attr-defined]
        self.fields["use_areas"].choices = areas()  # type: ignore[attr-defined]
        self.proposed = proposed if proposed is not None and proposed.answers else None
        if self.proposed is None:
            del self.fields["confirms_class"], self.fields["class_key"]
            return
        self.fields["class_key"].initial = self.proposed.key
        word = CLASSES[self.proposed.klass]
        self.fields["confirms_class"].label = gettext("I looked at the answers: the class is %(class)s") % {
            "class": word
        }
        self.fields["confirms_class"].help_text = gettext("Left unticked, the class stays open and nothing is set.")

    def clean(self) -> dict[str, Any]:
        """Refuse to confirm answers that are others by now than those that were shown."""
        said = dict(super().clean() or {})
        if self.proposed is not None and said.get("confirms_class") and said.get("class_key") != self.proposed.key:
            self.add_error("confirms_class", gettext("What is proposed is something else by now. Look at it again."))
        return said

    def lane(self) -> Lane:
        """Return what was filled in."""
        told = self.cleaned_data
        return Lane(
            owner=PersonId(told["owner"]),
            affects_people=truth(told["affects_people"]),
            interacts=truth(told["interacts"]),
            has_customers=truth(told["has_customers"]),
            autonomy_level=told["autonomy_level"],
            use_areas=tuple(told["use_areas"]),
            accepts_policy=told["accepts_policy"],
            place=told["place"],
            answers=self.proposed.answers if self.proposed is not None and told.get("confirms_class") else {},
        )


class PairForm(forms.Form):
    """What becomes of two systems that are likely the same."""

    decision = forms.ChoiceField(label=_("Join or explain"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: object, pair: PairRecord, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        one, other = pair.first_name, pair.second_name
        keep = gettext("They are one: keep %(kept)s (%(id)s), retire the other")
        self.fields["decision"].choices = [  # type: ignore[attr-defined]
            (pair.first_id, keep % {"kept": one, "id": pair.first_id}),
            (pair.second_id, keep % {"kept": other, "id": pair.second_id}),
            ("", gettext("They are two")),
        ]
        self.fields["decision"].required = False


def lane_values(system: AISystem, version: int, place: str = "") -> dict[str, object]:
    """Return what the page of the fast lane begins with; ``place`` is proposed where the record names none."""
    return {
        "place": system.deployment_context or place,
        "owner": system.owner,
        "use_areas": list(system.use_areas),
        "affects_people": said(system.affects_people),
        "interacts": said(system.interacts),
        "has_customers": said(system.has_customers),
        "autonomy_level": system.autonomy_level or "",
        "version": version,
    }
