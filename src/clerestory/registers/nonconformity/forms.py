"""Forms of nonconformities: one for opening, one for each step, one for changing grade, owner and days."""

from collections.abc import Iterable, Mapping
from datetime import date

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import Offer, put_offer
from clerestory.registers.nonconformity.queries import FOUND_WORDS, GRADE_WORDS, Detail
from clerestory.registers.nonconformity.rules import (
    METHODS,
    SIMILAR,
    STEPS,
    Action,
    Cause,
    Correction,
    Days,
    Effect,
    FoundBy,
    Grade,
    Opening,
    Step,
    default_days,
)
from clerestory.terms.ids import EntryId, PersonId

DAYS = ("correct_by", "cause_by", "act_by", "confirm_by")
DAY_WORDS = {
    "correct_by": _("To be corrected by"),
    "cause_by": _("Cause to be found by"),
    "act_by": _("Action to be taken by"),
    "confirm_by": _("Effect to be confirmed by"),
}
METHOD_WORDS = {
    "five whys": _("Five whys"),
    "cause and effect diagram": _("Cause and effect diagram"),
    "fault tree": _("Fault tree"),
    "comparison of cases": _("Comparison of cases"),
    "work sample": _("Work sample"),
    "other": _("Other"),
}
PLACE_WORDS = {
    "other systems": _("Other AI systems"),
    "other versions": _("Other versions of the model and the data"),
    "other processes": _("Other processes"),
}
FIELD_WORDS = {
    "action": _("What was done"),
    "done_on": _("Done on"),
    "method": _("How the cause was found"),
    "cause": _("Cause"),
    "similar": _("Like cases"),
    "responsible": _("Who answers for the action"),
    "confirmer": _("Who looks whether it worked"),
    "effective": _("The action worked"),
    "finding": _("What was looked at and found"),
    "risks_reviewed": _("The risks concerned were looked at again"),
    "recheck": _("Results of the same check since"),
    "without_recheck": _("Why the check cannot be repeated"),
}
People = Iterable[tuple[str, str]]


def _text(label: object, rows: int = 4, help_text: object = "", *, required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
    return forms.CharField(label=label, widget=area, help_text=help_text, required=required)  # type: ignore[arg-type]


def _day(label: object, help_text: object = "", *, required: bool = True) -> forms.DateField:
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=picker, help_text=help_text, required=required)  # type: ignore[arg-type]


def _chosen(field: forms.Field, options: Iterable[tuple[str, object]]) -> None:
    field.choices = list(options)  # type: ignore[attr-defined]


class OpeningForm(forms.Form):
    """What does not fulfil a requirement, where it was found, and who takes the steps."""

    title = forms.CharField(label=_("What is wrong, in one line"), max_length=200)
    statement = _text(_("Description"), 5, _("What is, and what should be. No names of people."))
    requirement = forms.ChoiceField(label=_("Requirement not fulfilled"))
    found_by = forms.ChoiceField(label=_("Found by"))
    found_on = _day(_("Found on"))
    grade = forms.ChoiceField(
        label=_("Grade"),
        initial=Grade.MINOR.value,
        help_text=_("A major one holds the requirement as nonconforming until its effect is confirmed."),
    )
    system_id = forms.ChoiceField(label=_("AI system"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), help_text=_("Takes the steps, and does not confirm the effect."))
    correct_by = _day(DAY_WORDS["correct_by"], _("Days left empty follow from the grade."), required=False)
    cause_by = _day(DAY_WORDS["cause_by"], required=False)
    act_by = _day(DAY_WORDS["act_by"], required=False)
    confirm_by = _day(DAY_WORDS["confirm_by"], required=False)

    def __init__(
        self,
        *args: object,
        requirements: Iterable[tuple[str, str]],
        systems: Offer,
        people: People,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _chosen(self.fields["requirement"], [("", "–"), *requirements])
        put_offer(self, "system_id", systems, before=[("", gettext("none, the organisation itself"))])
        _chosen(self.fields["owner"], people)
        _chosen(self.fields["found_by"], ((f.value, FOUND_WORDS[f]) for f in FoundBy if f is not FoundBy.CHECK))
        _chosen(self.fields["grade"], ((grade.value, GRADE_WORDS[grade]) for grade in Grade))

    def opening(self, today: date) -> Opening:
        """Return what was filled in; days left empty follow from the grade."""
        said = self.cleaned_data
        grade = Grade(said["grade"])
        usual = default_days(grade, today)
        return Opening(
            title=said["title"],
            statement=said["statement"],
            requirement=said["requirement"],
            grade=grade,
            found_by=FoundBy(said["found_by"]),
            found_on=said["found_on"],
            days=Days(**{name: said[name] or getattr(usual, name) for name in DAYS}),
            owner=PersonId(said["owner"]),
            system_id=said["system_id"],
        )


class ChangeForm(forms.Form):
    """Another grade, owner or day, with its reason."""

    grade = forms.ChoiceField(label=_("Grade"), help_text=_("A major nonconformity is not made less of."))
    owner = forms.ChoiceField(label=_("Owner"))
    correct_by = _day(DAY_WORDS["correct_by"])
    cause_by = _day(DAY_WORDS["cause_by"])
    act_by = _day(DAY_WORDS["act_by"])
    confirm_by = _day(DAY_WORDS["confirm_by"])
    reason = _text(_("Reason"), 3, _("It stands in the log with the change."))

    def __init__(self, *args: object, people: People, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _chosen(self.fields["grade"], ((grade.value, GRADE_WORDS[grade]) for grade in Grade))
        _chosen(self.fields["owner"], people)

    def days(self) -> Days:
        """Return the days that were filled in."""
        return Days(**{name: self.cleaned_data[name] for name in DAYS})


class CorrectionForm(forms.Form):
    """What was done at once."""

    step = forms.CharField(widget=forms.HiddenInput, initial=Step.CORRECTION.value)
    action = _text(_("What was done at once"), 4, _("Stopped, repaired, people told: what brought it under control."))
    done_on = _day(_("Done on"))

    def correction(self) -> Correction:
        """Return what was filled in."""
        return Correction(action=self.cleaned_data["action"], done_on=self.cleaned_data["done_on"])


class CauseForm(forms.Form):
    """Why it happened, and where else it could have."""

    step = forms.CharField(widget=forms.HiddenInput, initial=Step.CAUSE.value)
    method = forms.ChoiceField(label=_("How the cause was found"))
    cause = _text(_("Cause"), 4, _("Why it could happen, not who did it."))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _chosen(self.fields["method"], ((method, METHOD_WORDS[method]) for method in METHODS))
        for place in SIMILAR:
            self.fields[_field(place)] = _text(
                PLACE_WORDS[place], 2, _("Like cases: where was looked, and what was found."), required=False
            )

    def analysis(self) -> Cause:
        """Return what was filled in."""
        said = self.cleaned_data
        return Cause(
            cause=said["cause"],
            method=said["method"],
            similar=tuple((place, said[_field(place)]) for place in SIMILAR),
        )


class ActionForm(forms.Form):
    """What was done so that it does not happen again."""

    step = forms.CharField(widget=forms.HiddenInput, initial=Step.ACTION.value)
    action = _text(_("What was done so that it does not happen again"), 4)
    done_on = _day(_("Done on"))
    responsible = forms.ChoiceField(label=_("Who answers for the action"))
    confirmer = forms.ChoiceField(
        label=_("Who looks whether it worked"), help_text=_("Somebody who does not answer for it.")
    )

    def __init__(self, *args: object, people: People, owner: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        everybody = list(people)
        _chosen(self.fields["responsible"], everybody)
        _chosen(self.fields["confirmer"], [("", "–"), *(pair for pair in everybody if pair[0] != owner)])

    def taken(self) -> Action:
        """Return what was filled in."""
        said = self.cleaned_data
        return Action(
            action=said["action"],
            done_on=said["done_on"],
            responsible=PersonId(said["responsible"]),
            confirmer=PersonId(said["confirmer"]),
        )


class EffectForm(forms.Form):
    """Whether the action worked, and what that rests on."""

    step = forms.CharField(widget=forms.HiddenInput, initial=Step.EFFECT.value)
    effective = forms.ChoiceField(
        label=_("Did the action work?"),
        widget=forms.RadioSelect,
        choices=(("yes", _("Yes, it cannot happen again for this cause")), ("no", _("No, the search begins again"))),
    )
    finding = _text(_("What you looked at, and what you found"), 4)
    recheck = forms.MultipleChoiceField(
        label=_("Results of the same check since"), widget=forms.CheckboxSelectMultiple, required=False
    )
    without_recheck = _text(_("Why the check cannot be repeated"), 2, required=False)
    risks_reviewed = forms.BooleanField(
        label=_("The risks concerned were looked at again"), required=False, help_text=_("10.2 asks for it.")
    )

    def __init__(self, *args: object, results: Iterable[tuple[str, str]], from_check: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        offered = list(results)
        _chosen(self.fields["recheck"], offered)
        if not offered:
            del self.fields["recheck"]
        if not from_check:
            del self.fields["without_recheck"]

    def effect(self) -> Effect:
        """Return what was filled in."""
        said = self.cleaned_data
        return Effect(
            effective=said["effective"] == "yes",
            finding=said["finding"],
            risks_reviewed=said["risks_reviewed"],
            recheck=tuple(EntryId(entry) for entry in said.get("recheck", ())),
            without_recheck=said.get("without_recheck", ""),
        )


StepForm = CorrectionForm | CauseForm | ActionForm | EffectForm


def step_form(
    step: Step,
    data: Mapping[str, object] | None,
    detail: Detail,
    *,
    people: People,
    labels: Mapping[str, str],
    on: date,
) -> StepForm | None:
    """Return the form of a step, filled with what is known; None where no step is open.

    Args:
        step: which step.
        data: what was sent, or None.
        detail: the nonconformity.
        people: members as (id, name).
        labels: entry -> how a result of the check is called.
        on: today.
    """
    if step not in STEPS:
        return None
    newest = detail.taken(step)
    before = dict(newest[-1].said) if newest and newest[-1].cycle == detail.row.cycle else {}
    if step is Step.CORRECTION:
        return CorrectionForm(data, initial={"step": step.value, "done_on": on})
    if step is Step.CAUSE:
        return CauseForm(data, initial={"step": step.value, **_cause_values(before)})
    if step is Step.ACTION:
        start = {"step": step.value, "done_on": on, "responsible": detail.row.owner, **before}
        return ActionForm(data, people=people, owner=detail.row.owner, initial=start)
    passed = detail.rechecks
    return EffectForm(
        data,
        results=[(entry, labels[entry]) for entry in passed],
        from_check=bool(detail.check),
        initial={"step": step.value, "recheck": list(passed[:1])},
    )


def _cause_values(before: Mapping[str, object]) -> dict[str, object]:
    similar = before.get("similar")
    pairs = similar if isinstance(similar, list) else []
    return {**before, **{_field(place): found for place, found in pairs}}


def _field(place: str) -> str:
    return place.replace(" ", "_")
