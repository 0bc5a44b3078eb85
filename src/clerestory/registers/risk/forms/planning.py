"""Forms about money, planned actions and trials of the method."""

from collections.abc import Iterable, Iterator, Sequence

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.desk.people import Member
from clerestory.registers.risk.forms.rating import TEXT, said
from clerestory.registers.risk.forms.risk import day_field
from clerestory.registers.risk.queries import words
from clerestory.registers.risk.queries.plan import ActionRecord
from clerestory.registers.risk.queries.residual import EstimateRecord
from clerestory.registers.risk.rules.agreement import TOLERANCE
from clerestory.registers.risk.rules.money import MOST_A_YEAR, Estimate, Shape
from clerestory.registers.risk.rules.planning import Action, Sort
from clerestory.registers.risk.rules.scale import DIMENSIONS, LIKELIHOOD, Criteria, Rating
from clerestory.terms.ids import PersonId

SORTS = ((str(Sort.RISK), _("a risk")), (str(Sort.OPPORTUNITY), _("an opportunity")))
CASES = (
    _("A model refuses loans to women more often than to men with the same income"),
    _("Data of the training came from one region, and the model is used in three"),
    _("A chat tool makes a law up and a customer relies on it"),
    _("Nobody notices for six weeks that a score is always the same"),
    _("A supplier changes the model behind a service without a word"),
    _("A person's illness can be read from the explanation of a decision"),
    _("The only person who can retrain the model leaves"),
    _("A prompt hidden in a letter makes an assistant send documents out"),
    _("Reviewers agree with every proposal of the model within two seconds"),
    _("A sensor is replaced and measures in another unit"),
    _("Labels were bought and a tenth of them is wrong"),
    _("An agent orders goods for ten thousand euros in one night"),
    _("A model for adverts is used to choose applicants"),
    _("The service is down for a day and staff decide by hand"),
    _("Training a model anew each night uses as much power as a village"),
    _("An archive of old decisions is deleted before anybody may complain"),
)
"""Cases for a trial where an organisation has too few risks of its own; own words."""


class MoneyForm(forms.Form):
    """How often it happens and what it costs each time, by quantiles that people can answer."""

    often_low = forms.FloatField(
        label=_("Events a year, at least"), min_value=0.0001, max_value=MOST_A_YEAR,
        help_text=_("In 19 of 20 years you would expect more than this. Once in ten years is 0.1."),
    )  # fmt: skip
    often_high = forms.FloatField(
        label=_("Events a year, at most"), min_value=0.0001, max_value=MOST_A_YEAR,
        help_text=_("In 19 of 20 years you would expect fewer than this."),
    )  # fmt: skip
    loss_low = forms.FloatField(
        label=_("Loss of one event, at least"), min_value=1, help_text=_("19 of 20 events would cost more.")
    )
    loss_high = forms.FloatField(
        label=_("Loss of one event, at most"), min_value=1, help_text=_("19 of 20 events would cost less.")
    )
    loss_likely = forms.FloatField(
        label=_("Most likely loss"), required=False, min_value=0,
        help_text=_("Only where you can name it: then least and greatest are bounds, and the shape is beta-PERT."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Where the numbers come from"), widget=TEXT, help_text=_("Cases, claims, offers, people asked.")
    )

    def estimate(self) -> Estimate:
        """Return what was filled in."""
        told = self.cleaned_data
        likely = told["loss_likely"] or 0.0
        numbers = {name: told[name] for name in ("often_low", "often_high", "loss_low", "loss_high")}
        return Estimate(shape=Shape.PERT if likely else Shape.LOGNORMAL, loss_likely=likely, **numbers)


def money_values(record: EstimateRecord | None) -> dict[str, object]:
    """Return what an estimate starts with: the one before."""
    if record is None:
        return {}
    estimated = record.said
    return {
        "often_low": f"{estimated.often_low:g}",
        "often_high": f"{estimated.often_high:g}",
        "loss_low": f"{estimated.loss_low:.15g}",
        "loss_high": f"{estimated.loss_high:.15g}",
        "loss_likely": f"{estimated.loss_likely:.15g}" if estimated.loss_likely else "",
    }


class ActionForm(forms.Form):
    """One planned action on a risk or an opportunity of the management system."""

    sort = forms.ChoiceField(label=_("It is about"), choices=SORTS, widget=forms.RadioSelect)
    about = forms.CharField(label=_("Which risk or opportunity"), max_length=300)
    action = forms.CharField(label=_("What is done"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    meant = forms.CharField(
        label=_("Effect that is meant"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("By what one would see it."),
    )
    owner = forms.ChoiceField(label=_("Who does it"))
    evaluate_by = day_field(label=_("Its effect is judged by"))
    inputs = forms.MultipleChoiceField(
        label=_("Which issues and needs of the context it answers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: object, members: Iterable[Member], inputs: Sequence[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["owner"].choices = [(m.person_id, m.name) for m in members]  # type: ignore[attr-defined]
        self.fields["inputs"].choices = [(item, item) for item in inputs]  # type: ignore[attr-defined]
        if not inputs:
            del self.fields["inputs"]

    def planned(self) -> Action:
        """Return what was filled in."""
        told = self.cleaned_data
        return Action(
            sort=Sort(told["sort"]),
            about=told["about"],
            action=told["action"],
            meant=told["meant"],
            owner=PersonId(told["owner"]),
            evaluate_by=told["evaluate_by"],
            inputs=tuple(told.get("inputs", ())),
        )


def action_values(record: ActionRecord) -> dict[str, object]:
    """Return what the form of an action starts with."""
    one = record.action
    names = ("about", "action", "meant", "owner", "evaluate_by")
    return {name: getattr(one, name) for name in names} | {"sort": str(one.sort), "inputs": list(one.inputs)}


class JudgeForm(forms.Form):
    """What somebody who did not plan an action found it to have done."""

    effective = forms.ChoiceField(
        label=_("Did it have the effect meant"), choices=(("yes", _("yes")), ("no", _("no"))), widget=forms.RadioSelect
    )
    judged_by = forms.CharField(label=_("Judged by what"), widget=TEXT)


class ActionPlanForm(forms.Form):
    """Why nothing is done about the issues and needs that no action answers; an empty line leaves one open."""

    def __init__(self, *args: object, open_inputs: Sequence[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.open_inputs = open_inputs
        for number, item in enumerate(open_inputs):
            self.fields[f"why_{number}"] = forms.CharField(
                label=item, required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("No action answers it. Say why not; left empty, it stays uncovered."),
            )  # fmt: skip

    def statements(self) -> dict[str, str]:
        """Return the reasons by input."""
        return {item: self.cleaned_data[f"why_{number}"] for number, item in enumerate(self.open_inputs)}


class TrialForm(forms.Form):
    """Who rates which cases apart, and how far they must agree."""

    first = forms.ChoiceField(label=_("First assessor"))
    second = forms.ChoiceField(label=_("Second assessor"))
    tolerance = forms.FloatField(
        label=_("Agreement that is enough"), initial=TOLERANCE, min_value=0.2, max_value=1,
        help_text=_("The lower end of the interval of weighted kappa must reach it; 0.4 is called moderate agreement."),
    )  # fmt: skip
    cases = forms.CharField(
        label=_("Cases"), widget=forms.Textarea(attrs={"rows": 16}), help_text=_("One per line, from 12 to 40.")
    )

    def __init__(self, *args: object, members: Iterable[Member], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        people = [("", _("Choose …")), *((m.person_id, m.name) for m in members)]
        for name in ("first", "second"):
            self.fields[name].choices = people  # type: ignore[attr-defined]

    def lines(self) -> tuple[str, ...]:
        """Return the cases."""
        return lines(self.cleaned_data["cases"])


class RateCasesForm(forms.Form):
    """Every case of a trial with a step on each scale."""

    def __init__(self, *args: object, cases: Sequence[str], criteria: Criteria, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.cases = cases
        for number in range(len(cases)):
            for name in (LIKELIHOOD, *DIMENSIONS):
                steps = [(str(n), f"{n} {said(step.label)}") for n, step in enumerate(criteria.scale(name), start=1)]
                self.fields[f"{name}_{number}"] = forms.ChoiceField(
                    label=words.SCALES[name],
                    choices=[("", "–"), *steps],
                    error_messages={"required": _("Choose a step.")},
                )

    def rows(self) -> Iterator[tuple[str, list[BoundField]]]:
        """Yield each case with its fields."""
        for number, case in enumerate(self.cases):
            yield case, [self[f"{name}_{number}"] for name in (LIKELIHOOD, *DIMENSIONS)]

    def ratings(self) -> tuple[Rating, ...]:
        """Return the ratings in the order of the cases."""
        told = self.cleaned_data
        return tuple(
            Rating(
                int(told[f"{LIKELIHOOD}_{number}"]),
                tuple((name, int(told[f"{name}_{number}"])) for name in DIMENSIONS),
            )
            for number in range(len(self.cases))
        )
