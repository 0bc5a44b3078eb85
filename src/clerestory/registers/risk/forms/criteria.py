"""The form of scales, matrix and method: steps as lines, the matrix as a grid that follows them."""

from collections.abc import Iterator, Mapping

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.forms import kept, lines, offered
from clerestory.registers.risk.forms.rating import TEXT
from clerestory.registers.risk.queries import words
from clerestory.registers.risk.queries.residual import share_text
from clerestory.registers.risk.rules.money import Appetite, MoneyRefused
from clerestory.registers.risk.rules.scale import (
    DIMENSIONS,
    FEWEST_STEPS,
    LIKELIHOOD,
    MOST_STEPS,
    Criteria,
    Level,
    Method,
    Step,
    shipped_method,
    shipped_steps,
)
from clerestory.terms import sentence

PARTS = {
    "identify": _("How risks are identified"),
    "analyse": _("How they are analysed"),
    "evaluate": _("How they are evaluated"),
    "scales": _("About the scales"),
    "owners": _("Who owns a risk"),
    "triggers": _("When it is done again"),
    "comparability": _("How results stay comparable"),
}


class MethodForm(forms.Form):
    """Scales, matrix, acceptable level and the parts of the method."""

    def __init__(self, *args: object, method: Method, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        criteria = method.criteria
        for name in (LIKELIHOOD, *DIMENSIONS):
            self.fields[name] = forms.CharField(
                label=words.SCALES[name],
                initial="\n".join(f"{offered(s.label)}: {offered(s.description)}" for s in criteria.scale(name)),
                widget=forms.Textarea(attrs={"rows": 6}),
                help_text=_("One step per line, from the lowest: label, colon, what it means."),
            )
        levels = list(words.LEVEL_WORDS.items())
        self.fields["acceptable"] = forms.ChoiceField(
            label=_("Highest acceptable level"), choices=levels[:-1], initial=str(criteria.acceptable)
        )
        self.fields["source"] = forms.CharField(
            label=_("Where the criteria come from"), max_length=500, initial=offered(criteria.source)
        )
        money = criteria.money
        self.fields["currency"] = forms.CharField(
            label=_("Currency of the appetite"), required=False, max_length=3, initial=money.currency if money else ""
        )
        self.fields["appetite"] = forms.CharField(
            label=_("Appetite in money"),
            required=False,
            initial="\n".join(f"{a}: {p}" for a, p in share_text(money.points)) if money else "",
            widget=forms.Textarea(attrs={"rows": 3, "placeholder": "100000: 10\n1000000: 1"}),
            help_text=_("One point per line: an amount, colon, how many percent of years may cost more than it."),
        )
        self.size = (self._steps(LIKELIHOOD, criteria), self._steps(DIMENSIONS[0], criteria))
        for up in range(1, self.size[0] + 1):
            for right in range(1, self.size[1] + 1):
                before = criteria.cell(up, right) or Level.HIGH
                self.fields[f"m_{up}_{right}"] = forms.ChoiceField(
                    label=f"{up} × {right}", choices=levels, initial=str(before)
                )
        said = dict(method.parts)
        for part in load().coverages["risk_method_parts"].items:
            self.fields[part] = forms.CharField(
                label=PARTS.get(part, part), initial=offered(said.get(part, "")), widget=TEXT
            )

    def method(self) -> Method:
        """Return what was filled in."""
        told = self.cleaned_data
        criteria = Criteria(
            likelihood=_read(told, LIKELIHOOD),
            consequences=tuple((name, _read(told, name)) for name in DIMENSIONS),
            matrix=tuple(
                tuple(Level(told[f"m_{up}_{right}"]) for right in range(1, self.size[1] + 1))
                for up in range(1, self.size[0] + 1)
            ),
            acceptable=Level(told["acceptable"]),
            source=kept(told["source"].strip(), [shipped_method().criteria.source]),
            money=_appetite(told["currency"], told["appetite"]),
        )
        parts, shipped = load().coverages["risk_method_parts"].items, dict(shipped_method().parts)
        said = tuple((part, kept(told[part].strip(), [shipped.get(part, "")])) for part in parts)
        return Method(criteria=criteria, parts=said)

    def grid(self) -> Iterator[tuple[int, list[BoundField]]]:
        """Yield the rows of the matrix, from the highest likelihood."""
        for up in range(self.size[0], 0, -1):
            yield up, [self[f"m_{up}_{right}"] for right in range(1, self.size[1] + 1)]

    def columns(self) -> range:
        """The steps of consequence."""
        return range(1, self.size[1] + 1)

    def scale_fields(self) -> Iterator[BoundField]:
        """Yield the fields of the scales and of what is acceptable."""
        yield from (self[name] for name in (LIKELIHOOD, *DIMENSIONS, "acceptable", "currency", "appetite", "source"))

    def part_fields(self) -> Iterator[BoundField]:
        """Yield the fields of the method."""
        yield from (self[part] for part in load().coverages["risk_method_parts"].items)

    def _steps(self, name: str, criteria: Criteria) -> int:
        sent = lines(str(self.data.get(name, ""))) if self.is_bound else ()
        return min(max(len(sent) or len(criteria.scale(name)), FEWEST_STEPS), MOST_STEPS)


class ProcessForm(forms.Form):
    """How treatments and controls are chosen."""

    steps = forms.CharField(
        label=_("Steps of each treatment"), help_text=_("One per line."), widget=forms.Textarea(attrs={"rows": 8})
    )
    text = forms.CharField(label=_("More about it"), required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def said_steps(self) -> tuple[str, ...]:
        """Return the steps that were filled in."""
        return tuple(kept(step, shipped_steps()) for step in lines(self.cleaned_data["steps"]))


def _appetite(currency: str, text: str) -> Appetite | None:
    """Read the points of an appetite; none where nothing is written."""
    pairs = [line.partition(":") for line in lines(text)]
    if not pairs:
        return None
    try:
        points = tuple((float(a.replace(",", "")), float(p.strip(" %")) / 100) for a, _colon, p in pairs)
    except ValueError as error:
        raise MoneyRefused(
            sentence.gettext("A point of the appetite is not an amount and a percent."),
            sentence.gettext("Write lines such as 100000: 10."),
        ) from error
    return Appetite(currency=currency.strip().upper() or "EUR", points=points)


def _read(told: Mapping[str, str], scale: str) -> tuple[Step, ...]:
    """Read the steps of a scale; those that are as shipped stay the same steps, in whichever language they stood."""
    shipped = shipped_method().criteria.scale(scale)
    labels, meanings = [step.label for step in shipped], [step.description for step in shipped]
    pairs = ((label.strip(), means.strip()) for label, _colon, means in (x.partition(":") for x in lines(told[scale])))
    return tuple(Step(kept(label, labels), kept(means or label, meanings)) for label, means in pairs)
