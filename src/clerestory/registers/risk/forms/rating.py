"""Fields that rate a risk on the scales in force, each step with what it means in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.registers.risk.queries import words
from clerestory.registers.risk.rules.scale import DIMENSIONS, LIKELIHOOD, Criteria, Rating
from clerestory.registers.risk.rules.scale import Step as ScaleStep

TEXT = forms.Textarea(attrs={"rows": 3})
SCALES = (LIKELIHOOD, *DIMENSIONS)
SHIPPED = (
    _("rare"), _("unlikely"), _("possible"), _("likely"), _("almost certain"),
    _("negligible"), _("minor"), _("moderate"), _("major"), _("severe"),
    _("Not expected within ten years; no case is known"),
    _("Once in three to ten years; known from others"),
    _("Once in one to three years; it happened here before"),
    _("Several times a year"), _("Every month, or it is happening now"),
    _("Handled in daily work, no cost worth naming"), _("Extra work of days, small cost, no report to anybody"),
    _("A service suffers for days, complaints, a noticeable cost"),
    _("A service stops, an authority asks, the name suffers"),
    _("The organisation or a line of business is in question"),
    _("An inconvenience that passes by itself"), _("Annoyance or lost time; easily put right"),
    _("A disadvantage that can be put right with effort, such as a wrong refusal"),
    _("Lasting harm to health, money, freedom or rights of some people"),
    _("Death, or harm that cannot be undone, or many people hit hard"),
    _("No effect beyond those directly concerned"), _("A group notices a disadvantage for a short time"),
    _("A group is disadvantaged for long, or trust in a service falls"),
    _("Unequal treatment of a group across a region or a market"),
    _("Damage to public safety, democracy, culture or environment"),
)  # fmt: skip
"""Words of the criteria that are shipped (rules/criteria.toml), so that they are translated."""


@dataclass(frozen=True, slots=True)
class ScaleField:
    """One scale of a form: its field and, for each step, the choice with its words."""

    field: BoundField
    steps: tuple[tuple[object, str, str], ...]


class RatingForm(forms.Form):
    """Likelihood, a consequence for each dimension, and the reason; ``rating_required`` False lets all be left out."""

    rating_required = True
    reason = forms.CharField(
        label=_("Why these steps"),
        widget=TEXT,
        help_text=_("What you know, from where, and what is uncertain. A second person approves the rating."),
    )

    def __init__(self, *args: object, criteria: Criteria, made_with: int = 0, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.criteria = criteria
        self.made_with = made_with
        for name in (LIKELIHOOD, *DIMENSIONS):
            choices = [(str(n), f"{n} {said(s.label)}") for n, s in enumerate(criteria.scale(name), start=1)]
            self.fields[name] = forms.ChoiceField(
                label=words.SCALES[name],
                choices=choices,
                required=self.rating_required,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose a step.")},
            )
        if not self.rating_required:
            self.fields["reason"].required = False
            self.fields["reason"].help_text = _(
                "Needed once a step is chosen: what you know, from where, and what is uncertain. "
                "A second person approves the rating."
            )
        self.order_fields(["event", "system", "source", "cause", "consequence_text", "affected", "owner"])

    def clean(self) -> dict[str, object]:
        """Ask for every scale where one was used."""
        said_so = self.cleaned_data
        used = [name for name in (LIKELIHOOD, *DIMENSIONS) if said_so.get(name)]
        if used and not self.rating_required:
            for name in (LIKELIHOOD, *DIMENSIONS):
                if not said_so.get(name) and name not in self.errors:
                    self.add_error(name, _("Choose a step here too, or leave all of them out."))
            if not said_so.get("reason", "").strip():
                self.add_error("reason", _("Say why, in a sentence."))
        return said_so

    def rating(self) -> Rating | None:
        """Return the rating, or None where none was given."""
        if not self.cleaned_data.get(LIKELIHOOD):
            return None
        chosen = {name: int(self.cleaned_data[name]) for name in (LIKELIHOOD, *DIMENSIONS)}
        return Rating(chosen.pop(LIKELIHOOD), tuple(chosen.items()))

    def scales(self) -> Iterator[ScaleField]:
        """Yield the scales with their steps in words, for the template."""
        for name in (LIKELIHOOD, *DIMENSIONS):
            steps = self.criteria.scale(name)
            drawn = tuple(
                (widget, said(step.label), said(step.description))
                for widget, step in zip(self[name].subwidgets, steps, strict=True)
            )
            yield ScaleField(self[name], drawn)

    def plain_fields(self) -> Iterator[BoundField]:
        """Yield the other fields."""
        rated = {LIKELIHOOD, *DIMENSIONS, "reason"}
        yield from (self[name] for name in self.fields if name not in rated)

    @property
    def matrix(self) -> str:
        """The matrix as a page hands it to the browser: rows from the lowest likelihood, cells by comma."""
        return ";".join(",".join(map(str, row)) for row in self.criteria.matrix)


def said(text: str) -> str:
    """Return words of a scale in the reader's language, where they are those shipped."""
    return gettext(text) if text else ""


def rating_values(rating: Rating | None) -> dict[str, str]:
    """Return what the scales start with."""
    if rating is None:
        return {}
    return {LIKELIHOOD: str(rating.likelihood), **{name: str(step) for name, step in rating.consequences}}


def said_steps(criteria: Criteria, told: Mapping[str, str]) -> dict[str, str]:
    """Return the steps that another register judged already, where its word is the word of a step here."""
    found = {}
    for name in SCALES:
        word = told.get(name, "").casefold()
        for number, step in enumerate(criteria.scale(name), start=1):
            if word and word in (step.label.casefold(), said(step.label).casefold()):
                found[name] = str(number)
    return found


def spoken_steps(steps: tuple[ScaleStep, ...]) -> tuple[tuple[int, str, str], ...]:
    """Return number, label and description of each step in the reader's language."""
    return tuple((number, said(step.label), said(step.description)) for number, step in enumerate(steps, start=1))
