"""Forms of the organisation register. They read texts into its words; what may not be is refused by the commands."""

from collections.abc import Iterable
from datetime import date, datetime

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.day import noon_of, today_of
from clerestory.desk.forms import lines
from clerestory.registers.organisation.facts import NIL_RETURN
from clerestory.registers.organisation.rules import (
    CHANGE_OUTCOMES,
    CLAUSE_FAMILIES,
    RUN_OUTCOMES,
    Process,
    Profile,
    Run,
    Shared,
    time_zones,
)
from clerestory.registers.organisation.rules.aims import OTHERS
from clerestory.terms.evidence import Content

Choices = Iterable[tuple[str, str]]
INTERVALS = (
    ("P7D", _("every week")),
    ("P1M", _("every month")),
    ("P3M", _("every three months")),
    ("P6M", _("every six months")),
    ("P1Y", _("every year")),
)
MARKDOWN = "text/markdown; charset=utf-8"


class Day(forms.DateField):
    """A day, picked in the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def zone_field() -> forms.ChoiceField:
    """Return the field of the organisation's time zone, with all that there are."""
    return forms.ChoiceField(
        label=_("Time zone"),
        choices=_zones,
        required=False,
        initial="UTC",
        help_text=_("Where your days begin and end: what is due today, and what lies in the future."),
    )


def _zones() -> list[tuple[str, str]]:
    places = sorted(time_zones() - {"UTC"}, key=lambda name: ("/" not in name or name.startswith("Etc/"), name))
    return [(name, name.replace("_", " ")) for name in ("UTC", *places)]


class ProfileForm(forms.Form):
    """The organisation's profile."""

    name = forms.CharField(label=_("Name"), max_length=200)
    units = forms.CharField(
        label=_("Units"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Functions and departments, one per line."),
    )
    sites = forms.CharField(
        label=_("Sites"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Places of work, one per line."),
    )
    jurisdictions = forms.CharField(
        label=_("Jurisdictions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Countries or regions whose law binds, one per line."),
    )
    time_zone = zone_field()

    def profile(self) -> Profile:
        """Return what was filled in."""
        said = self.cleaned_data
        return Profile(
            name=said["name"],
            units=lines(said["units"]),
            sites=lines(said["sites"]),
            jurisdictions=lines(said["jurisdictions"]),
            time_zone=said["time_zone"] or str(self.initial.get("time_zone", "UTC")),
        )


class ProcessForm(forms.Form):
    """A process of the management system and when it runs."""

    process_id = forms.CharField(label=_("Id"), max_length=80, help_text=_("Short and lasting, like risk-assessment."))
    name = forms.CharField(label=_("Name"), max_length=200)
    clause_family = forms.ChoiceField(label=_("Clause that it serves"), choices=[(c, c) for c in CLAUSE_FAMILIES])
    owner = forms.ChoiceField(label=_("Owner"))
    interval = forms.ChoiceField(label=_("Planned"), choices=INTERVALS, initial="P1M")
    first_run_on = Day(label=_("First planned day"), help_text=_("It cannot be moved later."))
    inputs = forms.CharField(
        label=_("What it takes"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One per line, in the same words as the process that gives it; the picture joins them."),
    )  # fmt: skip
    outputs = forms.CharField(
        label=_("What it gives"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("One per line.")
    )
    externally_provided = forms.BooleanField(label=_("Others run it for us"), required=False)

    def __init__(self, *args: object, people: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "owner", people)

    def process(self) -> Process:
        """Return what was filled in."""
        said = self.cleaned_data
        return Process(**{**said, "inputs": lines(said["inputs"]), "outputs": lines(said["outputs"])})


class RunForm(forms.Form):
    """One run of a process."""

    planned_for = forms.ChoiceField(label=_("Planned for"))
    outcome = forms.ChoiceField(label=_("Outcome"))
    criteria_met = forms.BooleanField(label=_("It met its criteria"), required=False)
    ran_on = Day(label=_("Ran on"))
    report = forms.CharField(label=_("Report"), required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: object, days: Iterable[date], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "planned_for", [(day.isoformat(), day.isoformat()) for day in days])
        _choose(self, "outcome", [(outcome, capfirst(gettext(outcome))) for outcome in RUN_OUTCOMES])

    def run(self, actor: Actor, process_id: str, now: datetime) -> Run:
        """Return what was filled in; a run of today ended now, one of another day at its noon."""
        said = self.cleaned_data
        ran_on: date = said["ran_on"]
        ran_at = now if ran_on == today_of(actor, now) else noon_of(actor, ran_on)
        return Run(
            process_id=process_id,
            planned_for=date.fromisoformat(said["planned_for"]),
            outcome=said["outcome"],
            criteria_met=said["criteria_met"],
            ran_at=ran_at,
        )


class DescriptionForm(forms.Form):
    """How the processes act together."""

    version = forms.CharField(label=_("Version"), max_length=40)
    text = forms.CharField(
        label=_("Description"),
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("What each process takes and gives, and in which order they run."),
    )


class UsualForm(forms.Form):
    """Processes to begin with."""

    process_ids = forms.MultipleChoiceField(label=_("Processes"), widget=forms.CheckboxSelectMultiple)
    owner = forms.ChoiceField(label=_("Owner"), help_text=_("Of all of them for now; each can be given away later."))
    first_run_on = Day(label=_("First planned day"), help_text=_("It cannot be moved later."))

    def __init__(self, *args: object, people: Choices, left: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "process_ids", left)
        _choose(self, "owner", people)


class SharedForm(forms.Form):
    """A part that is shared with another management system."""

    other = forms.ChoiceField(label=_("Other system"), choices=list(OTHERS.items()))
    requirement = forms.ChoiceField(label=_("Clause of ISO/IEC 42001"))
    other_clause = forms.CharField(label=_("Clause of the other system"), max_length=40)
    process_id = forms.ChoiceField(label=_("Process that is shared"), required=False)
    reused = forms.CharField(
        label=_("Document or record that is used for both"), max_length=400,
        help_text=_("With its number or place, such as Audit programme 2026."),
    )  # fmt: skip

    def __init__(self, *args: object, clauses: Choices, processes: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "requirement", clauses)
        _choose(self, "process_id", [("", gettext("none in particular")), *processes])

    def shared(self) -> Shared:
        """Return what was filled in."""
        return Shared(**self.cleaned_data)


class ActForm(forms.Form):
    """An act of top management."""

    duty = forms.ChoiceField(label=_("Leadership duty"))
    act = forms.CharField(label=_("What was decided or done"), widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        duties = load().coverages["leadership_duties"].items
        _choose(self, "duty", [(duty, capfirst(gettext(duty))) for duty in duties])


class NilReturnForm(forms.Form):
    """A register that rightly holds nothing."""

    register = forms.ChoiceField(label=_("Nothing to report in"))
    period_from = Day(label=_("First day"))
    period_to = Day(label=_("Last day"))
    how_known = forms.CharField(
        label=_("How it is known that nothing was missed"), widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        options = load().kinds[NIL_RETURN].fields["register"].options
        _choose(self, "register", [(name, capfirst(gettext(name.replace("_", " ")))) for name in options])


class ChangeForm(forms.Form):
    """A change to the management system that is wanted."""

    wanted = forms.CharField(label=_("What changes"), widget=forms.Textarea(attrs={"rows": 3}))
    plan_by = Day(label=_("Planned by"))
    review_by = Day(label=_("Reviewed by"))


class PlanForm(forms.Form):
    """The plan of a change."""

    consequences = forms.CharField(label=_("Consequences foreseen"), widget=forms.Textarea(attrs={"rows": 4}))
    resources_named = forms.BooleanField(label=_("Means and owners are named"), required=False)


class ReviewForm(forms.Form):
    """What a change did."""

    outcome = forms.ChoiceField(label=_("Outcome"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _choose(self, "outcome", [(outcome, capfirst(gettext(outcome))) for outcome in CHANGE_OUTCOMES])


def profile_values(profile: Profile) -> dict[str, str]:
    """Return a profile as a form shows it."""
    return {
        "name": profile.name,
        "units": "\n".join(profile.units),
        "sites": "\n".join(profile.sites),
        "jurisdictions": "\n".join(profile.jurisdictions),
        "time_zone": profile.time_zone,
    }


def process_values(process: Process) -> dict[str, object]:
    """Return a process as a form shows it."""
    return {
        "process_id": process.process_id,
        "name": process.name,
        "clause_family": process.clause_family,
        "owner": process.owner,
        "interval": process.interval,
        "first_run_on": process.first_run_on,
        "externally_provided": process.externally_provided,
        "inputs": "\n".join(process.inputs),
        "outputs": "\n".join(process.outputs),
    }


def written(text: str) -> Content | None:
    """Return a text as content of an entry, or None where nothing was written."""
    return Content(text.strip().encode(), MARKDOWN) if text.strip() else None


def _choose(form: forms.Form, name: str, choices: Choices) -> None:
    form.fields[name].choices = list(choices)  # type: ignore[attr-defined]
