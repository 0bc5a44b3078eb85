"""Forms about one risk: identify and rate it, decide, plan tasks, judge the effect, accept what remains."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import Steps, lines
from clerestory.desk.people import Member
from clerestory.registers.risk.forms.rating import TEXT, RatingForm
from clerestory.registers.risk.queries import words
from clerestory.registers.risk.queries.record import RiskRecord
from clerestory.registers.risk.rules.residual import MOST_PERCENT, MOST_STEPS_TAKEN
from clerestory.registers.risk.rules.risk import (
    Acceptance,
    Decision,
    Done,
    Nature,
    NewTask,
    Reduction,
    Risk,
    Treatment,
    Trigger,
)
from clerestory.registers.risk.rules.scale import DIMENSIONS, LIKELIHOOD, Criteria, Level, Rating
from clerestory.terms.ids import EntryId, PersonId

WIDE = "-"
"""What stands for the whole organisation where a system is chosen."""
ROWS = 6
"""So many measures can be argued for on the page; the command takes more."""


def day_field(**options: object) -> forms.DateField:
    """Return a field for a day that browsers offer a calendar for."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, input_formats=["%Y-%m-%d"], **options)  # type: ignore[arg-type]


class IdentifyForm(RatingForm):
    """A risk in words, with its owner, and its rating where that is known already."""

    rating_required = False
    event = forms.CharField(
        label=_("What could happen"),
        max_length=300,
        help_text=_("One sentence: who does or suffers what. It is the name of the risk in every list."),
    )
    source = forms.ChoiceField(label=_("Where it comes from"))
    cause = forms.CharField(label=_("Why it could happen"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    consequence_text = forms.CharField(
        label=_("What would follow"), widget=forms.Textarea(attrs={"rows": 2}), help_text=_("For whom, and how bad.")
    )
    affected = forms.CharField(
        label=_("Who is affected"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One group per line."),
    )
    stage = forms.ChoiceField(label=_("Stage of the life cycle"), required=False)
    objectives = forms.MultipleChoiceField(
        label=_("What it stands in the way of"), required=False, widget=forms.CheckboxSelectMultiple
    )
    owner = forms.ChoiceField(label=_("Risk owner"), help_text=_("Answers for it and alone accepts what remains."))

    def __init__(
        self,
        *args: object,
        members: Iterable[Member],
        systems: Sequence[tuple[str, str]] | None,
        criteria: Criteria,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, criteria=criteria, **kwargs)  # type: ignore[arg-type]
        self.fields["system"] = _system_field(systems)
        sources = [("", _("Choose …")), *words.SOURCES.items()]
        self.fields["source"].choices = sources  # type: ignore[attr-defined]
        self.fields["stage"].choices = [("", _("all stages")), *words.STAGES.items()]  # type: ignore[attr-defined]
        self.fields["objectives"].choices = list(words.OBJECTIVES.items())  # type: ignore[attr-defined]
        self.fields["owner"].choices = [(m.person_id, m.name) for m in members]  # type: ignore[attr-defined]
        self.order_fields(
            ["event", "system", "source", "stage", "consequence_text", "cause", "owner", "affected", "objectives"]
        )

    def risk(self) -> Risk:
        """Return what was filled in."""
        told = self.cleaned_data
        return Risk(
            event=told["event"],
            source=told["source"],
            consequence=told["consequence_text"],
            owner=PersonId(told["owner"]),
            system_id="" if told["system"].strip() == WIDE else told["system"].strip(),
            wide=told["system"].strip() == WIDE,
            stage=told["stage"],
            objectives=tuple(told["objectives"]),
            cause=told["cause"],
            affected=lines(told["affected"]),
        )


class EditForm(IdentifyForm):
    """What a risk is, without its rating."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in (LIKELIHOOD, *DIMENSIONS, "reason"):
            del self.fields[name]


class TaskForm(forms.Form):
    """One step of treatment with owner and day."""

    action = forms.CharField(label=_("What is to be done"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    task_owner = forms.ChoiceField(label=_("Who does it"))
    due_on = day_field(label=_("Due on"))
    cost = forms.DecimalField(
        label=_("What it costs"), required=False, min_value=0, max_digits=14, decimal_places=2, localize=False
    )

    def __init__(self, *args: object, members: Iterable[Member], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["task_owner"].choices = [(m.person_id, m.name) for m in members]  # type: ignore[attr-defined]

    def task(self) -> NewTask:
        """Return what was filled in."""
        told = self.cleaned_data
        return NewTask(
            action=told["action"], owner=PersonId(told["task_owner"]), due_on=told["due_on"], cost=told["cost"]
        )


class DecisionForm(TaskForm):
    """Which treatment, why, with which controls, and the first task."""

    treatment = forms.ChoiceField(label=_("Treatment"), widget=forms.RadioSelect)
    nature = forms.ChoiceField(
        label=_("Kind of measure"), required=False, help_text=_("Needed where the risk is to be modified."),
        widget=Steps,
    )  # fmt: skip
    reason = forms.CharField(label=_("Why"), widget=TEXT)
    controls = forms.MultipleChoiceField(
        label=_("Controls that it calls for"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tests = forms.CharField(
        label=_("Tests that show it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "drift.chi-square|model_version:credit-scoring/63e97b"}),
        help_text=_(
            "For a technical measure: the check that shows it, a vertical bar, and what it runs on as kind and id; one "
            "per line. Both stand on the page of a result under Evidence."
        ),
    )

    def __init__(
        self, *args: object, criteria: Criteria, controls: Sequence[tuple[str, str]], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in ("action", "due_on"):
            self.fields[name].required = False
        self.fields["action"].label = _("First task")
        self.fields["action"].help_text = _("Without a task nothing is treated. More can be planned later.")
        self.fields["treatment"].choices = list(words.TREATMENTS.items())  # type: ignore[attr-defined]
        self.fields["nature"].choices = list(words.NATURES.items())  # type: ignore[attr-defined]
        self.fields["controls"].choices = [(c, f"{c} {title}") for c, title in controls]  # type: ignore[attr-defined]
        self.measures = [str(c) for c, _title in controls]
        self._argue(max(len(criteria.matrix), criteria.widest))
        self.order_fields(["treatment", "nature", "reason", "action", "task_owner", "due_on"])

    def clean(self) -> dict[str, object]:
        """Ask for the day of a task, and for both targets or none."""
        told = self.cleaned_data
        if told.get("action", "").strip() and not told.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", _("Say until when."))
        if told.get("treatment") == str(Treatment.MODIFY) and not told.get("nature"):
            self.add_error("nature", _("Say what kind of measure it is."))
        for row in range(ROWS):
            if told.get(f"measure_{row}") and not told.get(f"why_{row}", "").strip():
                self.add_error(f"why_{row}", _("Say why it lowers the risk."))
        return told

    def _argue(self, steps: int) -> None:
        """Add the rows in which measures are argued for: what each takes away, and why."""
        away = [("0", "–"), *((str(n), str(n)) for n in range(1, min(steps, MOST_STEPS_TAKEN + 1)))]
        for row in range(ROWS):
            self.fields[f"measure_{row}"] = forms.CharField(
                label=_("Measure"), required=False, max_length=300, widget=forms.TextInput(attrs={"list": "measures"})
            )
            for name, label in (("likelihood", _("Likelihood, steps")), ("consequence", _("Consequence, steps"))):
                self.fields[f"{name}_{row}"] = forms.ChoiceField(label=label, required=False, choices=away)
            for name, label in (("frequency", _("Frequency, %")), ("loss", _("Loss, %"))):
                self.fields[f"{name}_{row}"] = forms.IntegerField(
                    label=label, required=False, min_value=0, max_value=MOST_PERCENT
                )
            self.fields[f"why_{row}"] = forms.CharField(
                label=_("Why it lowers the risk"), required=False, max_length=4000
            )

    def rows(self) -> Iterable[list[BoundField]]:
        """Return the rows of measures with their fields, for the template."""
        names = ("measure", "likelihood", "consequence", "frequency", "loss", "why")
        return [[self[f"{name}_{row}"] for name in names] for row in range(ROWS)]

    @property
    def argued(self) -> bool:
        """Whether a row of measures says or lacks something."""
        return any(self[f"measure_{row}"].value() for row in range(ROWS))

    def reductions(self) -> tuple[Reduction, ...]:
        """Return what each measure was argued to take away."""
        told = self.cleaned_data
        return tuple(
            Reduction(
                measure=told[f"measure_{row}"].strip(),
                why=told[f"why_{row}"],
                likelihood=int(told[f"likelihood_{row}"] or 0),
                consequence=int(told[f"consequence_{row}"] or 0),
                frequency=told[f"frequency_{row}"] or 0,
                loss=told[f"loss_{row}"] or 0,
            )
            for row in range(ROWS)
            if told[f"measure_{row}"].strip()
        )

    def decision(self) -> Decision:
        """Return what was filled in."""
        told, argued = self.cleaned_data, self.reductions()
        named = [said.measure for said in argued]
        return Decision(
            treatment=Treatment(told["treatment"]),
            reason=told["reason"],
            nature=Nature(told["nature"]) if told["nature"] else None,
            controls=tuple(dict.fromkeys((*told["controls"], *(name for name in named if "|" not in name)))),
            tests=tuple(dict.fromkeys((*lines(told["tests"]), *(name for name in named if "|" in name)))),
            reductions=argued,
        )

    def tasks(self) -> tuple[NewTask, ...]:
        """Return the first task, where one was planned."""
        return (self.task(),) if self.cleaned_data["action"].strip() else ()

    def treatments(self) -> Iterable[tuple[object, object, object]]:
        """Return each treatment's choice with its word and what it means."""
        for widget in self["treatment"].subwidgets:
            value = str(widget.data["value"])
            yield widget, words.TREATMENTS[value], words.TREATMENT_MEANS[value]


class DoneForm(forms.Form):
    """That a task was carried out, and what shows it."""

    done_on = day_field(label=_("Done on"))
    note = forms.CharField(label=_("What was put in place"), required=False, widget=TEXT)
    shown_by = forms.CharField(
        label=_("Entries that show it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "entry-01a1fec94d04bb3f9bc310568311"}),
        help_text=_("What proves it in the evidence log: the id that stands on the page of an entry, one per line."),
    )

    def done(self) -> Done:
        """Return what was filled in."""
        told = self.cleaned_data
        shown = tuple(EntryId(line) for line in lines(told["shown_by"]))
        return Done(done_on=told["done_on"], note=told["note"], shown_by=shown)


class EffectForm(RatingForm):
    """What somebody who did not treat a risk found the treatment to have done, and what remains now."""

    rating_required = False
    effective = forms.ChoiceField(
        label=_("Did it have the effect meant"),
        choices=(("yes", _("yes")), ("no", _("no"))),
        widget=forms.RadioSelect,
    )
    judged_by = forms.CharField(
        label=_("Judged by what"), widget=TEXT, help_text=_("What you looked at: figures, tests, cases.")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        del self.fields["reason"]

    def clean(self) -> dict[str, object]:
        """Take the ground of the judgement as the reason of the rating too."""
        self.cleaned_data["reason"] = self.cleaned_data.get("judged_by", "")
        return super().clean()


class AcceptForm(forms.Form):
    """The signature of the owner under what remains, until a day."""

    seen_level = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={"required": _("The risk has no level yet, so nothing can be accepted. Analyse it first.")},
    )
    seen_criteria = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**9)
    valid_until = day_field(label=_("Until"), help_text=_("Within a year. After that day the risk comes back to you."))
    reason = forms.CharField(label=_("Why it can be kept"), widget=TEXT)
    signed_on = day_field(
        label=_("Signed on"),
        required=False,
        help_text=_("Only where it was signed on paper before today; both days are shown then."),
    )

    def acceptance(self) -> Acceptance:
        """Return what was signed."""
        told = self.cleaned_data
        return Acceptance(
            seen_level=Level(told["seen_level"]),
            valid_until=told["valid_until"],
            reason=told["reason"],
            signed_on=told["signed_on"],
            seen_criteria=told["seen_criteria"],
        )

    def clean_seen_level(self) -> str:
        """Refuse a level that is none."""
        said = str(self.cleaned_data["seen_level"])
        if said not in {str(level) for level in Level}:
            raise forms.ValidationError(_("This is no level of risk."))
        return said


class ReasonForm(forms.Form):
    """A reason, where that is all that is asked."""

    reason = forms.CharField(label=_("Why"), widget=TEXT)


class AssessForm(forms.Form):
    """The risks of a system looked at as a whole, source by source."""

    trigger = forms.ChoiceField(label=_("Why now"))
    summary = forms.CharField(label=_("What was found, in sum"), widget=TEXT)

    def __init__(self, *args: object, counted: dict[str, int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["trigger"].choices = list(words.TRIGGERS.items())  # type: ignore[attr-defined]
        for source, title in words.SOURCES.items():
            if not counted.get(source):
                self.fields[source] = forms.CharField(
                    label=title,
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 2}),
                    help_text=_("No risk from this source. Say why not; left empty, it stays uncovered."),
                )

    def said(self) -> dict[str, object]:
        """Return what was filled in, as the command takes it."""
        told = self.cleaned_data
        statements = {source: told[source] for source in words.SOURCES if told.get(source)}
        return {"trigger": Trigger(told["trigger"]), "summary": told["summary"], "statements": statements}


def edit_values(record: RiskRecord) -> dict[str, object]:
    """Return what a form about a risk starts with."""
    risk = record.risk
    return {
        "event": risk.event,
        "source": risk.source,
        "cause": risk.cause,
        "consequence_text": risk.consequence,
        "affected": "\n".join(risk.affected),
        "owner": risk.owner,
        "stage": risk.stage,
        "objectives": list(risk.objectives),
        "system": WIDE if risk.wide else risk.system_id,
    }


def decision_values(record: RiskRecord, today: date) -> dict[str, object]:
    """Return what a decision starts with: the one before, and a task for the owner within three months."""
    argued: dict[str, object] = {}
    for row, said in enumerate(record.reductions[:ROWS]):
        for name in ("measure", "likelihood", "consequence", "frequency", "loss", "why"):
            argued[f"{name}_{row}"] = getattr(said, name) or ""
    return argued | {
        "treatment": record.treatment or "",
        "nature": record.nature or "",
        "controls": record.controls,
        "tests": "\n".join(record.tests),
        "task_owner": record.risk.owner,
        "due_on": today + timedelta(days=90),
    }


def half_a_year(today: date) -> date:
    """Return the day that an acceptance is offered to end on."""
    return today + timedelta(days=180)


def _system_field(systems: Sequence[tuple[str, str]] | None) -> forms.Field:
    label, whole = _("AI system"), _("None: the whole organisation")
    if systems is None:
        told = _("Id of the system, such as credit-scoring; - for the whole organisation.")
        return forms.CharField(label=label, max_length=80, help_text=told)
    return forms.ChoiceField(label=label, choices=[("", _("Choose …")), (WIDE, whole), *systems])


__all__ = ["Rating"]
