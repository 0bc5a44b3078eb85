"""Forms of roles and duties. They read texts into the register's words; what may not be is refused by the commands."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import Offer, lines, put_offer
from clerestory.desk.forms.key import key_field, key_from
from clerestory.registers.roles.queries.committee import MeetingRecord
from clerestory.registers.roles.rules import CONFORMITY_DUTY, LETTERS, Assignment, Line, Role, SystemDuties
from clerestory.registers.roles.rules.committee import Committee, Decision, Minutes, Seat
from clerestory.terms.ids import PersonId

Choices = Iterable[tuple[str, str]]


class RoleForm(forms.Form):
    """A role with its duties."""

    name = forms.CharField(label=_("Name"), max_length=200)
    role_id = key_field(80)
    has_ai_duties = forms.BooleanField(label=_("Bears on how AI performs"), required=False, initial=True)
    duties = forms.CharField(label=_("Duties"), widget=forms.Textarea(attrs={"rows": 4}), help_text=_("One per line."))
    systems = forms.MultipleChoiceField(
        label=_("For these AI systems"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means for all."),
    )

    def __init__(self, *args: object, systems: Offer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        put_offer(self, "systems", systems)

    def role(self) -> Role:
        """Return what was filled in, without holders."""
        said = self.cleaned_data
        return Role(
            role_id=key_from(said["role_id"], said["name"], 80),
            name=said["name"],
            has_ai_duties=said["has_ai_duties"],
            duties=lines(said["duties"]),
            systems=tuple(said["systems"]),
        )


class AssignmentForm(forms.Form):
    """A duty and who is to hold it."""

    duty = forms.ChoiceField(label=_("Duty"))
    holder = forms.ChoiceField(label=_("Holder"))

    def __init__(self, *args: object, duties: Iterable[str], people: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "duty", [(duty, gettext(duty) if duty == CONFORMITY_DUTY else duty) for duty in duties])
        _choose(self, "holder", people)

    def assignment(self, role_id: str | None) -> Assignment:
        """Return what was filled in."""
        said = self.cleaned_data
        return Assignment(role_id=role_id, duty=said["duty"], holder=PersonId(said["holder"]))


class ReportForm(forms.Form):
    """A report on the performance of the management system."""

    received_by = forms.MultipleChoiceField(label=_("Received by"), widget=forms.CheckboxSelectMultiple)
    topics = forms.CharField(label=_("Topics"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("One per line."))
    summary = forms.CharField(label=_("What was reported"), widget=forms.Textarea(attrs={"rows": 6}))

    def __init__(self, *args: object, roles: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "received_by", roles)


class DutiesForm(forms.Form):
    """Who holds each AI duty around a system."""

    accountable = forms.ChoiceField(label=_("Accountable person"))

    def __init__(self, *args: object, duties: Iterable[str], people: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        chosen = list(people)
        _choose(self, "accountable", chosen)
        for duty in duties:
            self.fields[duty] = forms.ChoiceField(
                label=capfirst(gettext(duty)), required=False, choices=[("", _("nobody yet")), *chosen]
            )

    def system_duties(self, system_id: str) -> SystemDuties:
        """Return what was filled in."""
        held = {
            duty: PersonId(person) for duty, person in self.cleaned_data.items() if person and duty != "accountable"
        }
        return SystemDuties(system_id=system_id, held=held, accountable=PersonId(self.cleaned_data["accountable"]))


class LineForm(forms.Form):
    """Who has which letters for a piece of work."""

    A = forms.MultipleChoiceField(
        label=_("Accountable"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("One person answers for it; more than one shows as a gap."),
    )  # fmt: skip
    R = forms.MultipleChoiceField(label=_("Responsible"), required=False, widget=forms.CheckboxSelectMultiple)
    C = forms.MultipleChoiceField(label=_("Consulted"), required=False, widget=forms.CheckboxSelectMultiple)
    I = forms.MultipleChoiceField(  # noqa: E741
        label=_("Informed"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, people: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        chosen = list(people)
        for letter in LETTERS:
            _choose(self, letter, chosen)

    def letters(self) -> dict[str, str]:
        """Return the letters of each person."""
        found: dict[str, str] = {}
        for letter in LETTERS:
            for person in self.cleaned_data[letter]:
                found[person] = found.get(person, "") + letter
        return found


class CommitteeForm(forms.Form):
    """A committee: its charter and who sits in it, each for a function."""

    name = forms.CharField(label=_("Name"), max_length=200)
    committee_id = key_field(60)
    charter = forms.CharField(
        label=_("Charter"), widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What it is for, what it decides, how often it meets, to whom it reports."),
    )  # fmt: skip
    quorum = forms.IntegerField(label=_("Quorum"), min_value=2, help_text=_("Members that must be there to decide."))

    def __init__(self, *args: object, people: Iterable[tuple[str, str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._people = list(people)
        for person, name, unit in self._people:
            known = self.initial.get(f"seat-{person}", "")
            self.fields[f"seat-{person}"] = forms.CharField(
                label=gettext("%(name)s speaks for") % {"name": name}, required=False, max_length=200, initial=known,
                widget=forms.TextInput(attrs={"placeholder": unit or gettext("function, empty for no seat")}),
            )  # fmt: skip

    def committee(self, known: str) -> Committee:
        """Return what was filled in; a known committee keeps its id."""
        said = self.cleaned_data
        seats = tuple(
            Seat(PersonId(person), said[f"seat-{person}"].strip())
            for person, _name, _unit in self._people
            if said[f"seat-{person}"].strip()
        )
        return Committee(
            committee_id=known or key_from(said["committee_id"], said["name"], 60), name=said["name"],
            charter=said["charter"], seats=seats, quorum=said["quorum"],
        )  # fmt: skip


class MeetingForm(forms.Form):
    """When a committee meets."""

    planned_for = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class MinutesForm(forms.Form):
    """The minutes of a meeting: who was there, what was said, and a decision for each point of the agenda."""

    held_on = forms.DateField(label=_("Held on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    present = forms.MultipleChoiceField(label=_("Took part"), widget=forms.CheckboxSelectMultiple)
    text = forms.CharField(label=_("Minutes"), widget=forms.Textarea(attrs={"rows": 8}))

    def __init__(self, *args: object, people: Choices, record: MeetingRecord, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "present", people)
        self._points = len(record.agenda)
        known = record.minutes
        decided = {one.place: one.text for one in known.decisions} if known else {}
        self.initial = {
            **self.initial,
            "held_on": known.held_on if known else min(record.planned_for, today),
            "present": known.present if known else [person for person, _name in people],
            "text": known.text if known else "",
        }
        for place, item in enumerate(record.agenda):
            label = gettext("Decided on %(point)s") % {"point": f"{place + 1}. {item.title}"}
            self.fields[f"decision-{place}"] = forms.CharField(
                label=label, required=False, initial=decided.get(place, ""), widget=forms.Textarea(attrs={"rows": 2})
            )

    def minutes(self) -> Minutes:
        """Return what was filled in."""
        said = self.cleaned_data
        decisions = tuple(
            Decision(place, said[f"decision-{place}"])
            for place in range(self._points)
            if said[f"decision-{place}"].strip()
        )
        present = tuple(PersonId(person) for person in said["present"])
        return Minutes(held_on=said["held_on"], present=present, text=said["text"], decisions=decisions)


def committee_values(committee: Committee) -> dict[str, object]:
    """Return what a form about a committee begins with."""
    return {
        "name": committee.name,
        "committee_id": committee.committee_id,
        "charter": committee.charter,
        "quorum": committee.quorum,
        **{f"seat-{seat.person}": seat.function for seat in committee.seats},
    }


class RecognitionForm(forms.Form):
    """Thanks to somebody who raised a risk early."""

    person = forms.ChoiceField(label=_("Who raised it"))
    what = forms.CharField(
        label=_("What was raised"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In words that do not give away who it was."),
    )  # fmt: skip

    def __init__(self, *args: object, people: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "person", [("", gettext("Choose …")), *people])  # nobody is thanked by being first in the list


def line_values(line: Line) -> dict[str, object]:
    """Return what a form about a line begins with."""
    return {letter: line.having(letter) for letter in LETTERS}


def conformity_form(data: object, people: Choices) -> AssignmentForm:
    """Return the form that gives the duty to answer for conformity of the management system."""
    return AssignmentForm(data, duties=(CONFORMITY_DUTY,), people=people)


def _choose(form: forms.Form, name: str, choices: Iterable[tuple[str, str]]) -> None:
    form.fields[name].choices = list(choices)  # type: ignore[attr-defined]
