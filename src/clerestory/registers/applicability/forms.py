"""Forms of applicability. What a decision must say is refused by the commands."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.registers.applicability.queries import StatementRow
from clerestory.registers.applicability.rules import Decision, Ground, Loosening
from clerestory.store.directory import Record
from clerestory.terms.ids import RequirementId


class DecisionForm(forms.Form):
    """Whether a control applies, and why. ``known`` are the risks that one can choose: those that call for it."""

    included = forms.ChoiceField(
        label=_("Decision"), widget=forms.RadioSelect, choices=(("yes", _("It applies")), ("no", _("It is excluded")))
    )
    justification = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))
    ground = forms.ChoiceField(label=_("It rests on"))
    risks = forms.MultipleChoiceField(
        label=_("Risks that call for it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    more = forms.CharField(
        label=_("Other risks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Ids of risks, one per line."),
    )

    def __init__(self, *args: object, known: Sequence[Record] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [("", _("Choose …")), *((str(ground), capfirst(gettext(str(ground)))) for ground in Ground)]
        self.fields["ground"].choices = choices  # type: ignore[attr-defined]
        if known:
            self.fields["risks"].choices = [(risk.id, risk.label) for risk in known]  # type: ignore[attr-defined]
        else:
            del self.fields["risks"]

    def decision(self, control: RequirementId) -> Decision:
        """Return what was filled in."""
        said = self.cleaned_data
        return Decision(
            control=control,
            included=said["included"] == "yes",
            justification=said["justification"],
            ground=Ground(said["ground"]),
            risks=tuple(dict.fromkeys((*said.get("risks", ()), *lines(said["more"])))),
        )


class LooseningForm(forms.Form):
    """A rule that cannot be kept for a time."""

    rule = forms.ChoiceField(
        label=_("Rule"), help_text=_("Its number and name, then what it asks for, as on the page of the requirement.")
    )
    justification = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
    valid_until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: object, rules: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["rule"].choices = list(rules)  # type: ignore[attr-defined]

    def loosening(self) -> Loosening:
        """Return what was filled in."""
        said = self.cleaned_data
        until: date = said["valid_until"]
        return Loosening(rule=said["rule"], justification=said["justification"], valid_until=until)


def decision_values(decision: Decision | None, known: Sequence[Record] = ()) -> dict[str, object]:
    """Return what a form about a decision starts with; an undecided control starts with the risks that call for it."""
    offered = [risk.id for risk in known]
    if decision is None:
        return {"ground": str(Ground.RISK) if offered else "", "risks": offered}
    return {
        "included": "yes" if decision.included else "no",
        "justification": decision.justification,
        "ground": str(decision.ground),
        "risks": [risk for risk in decision.risks if risk in offered],
        "more": "\n".join(risk for risk in decision.risks if risk not in offered),
    }


_WORKSHEET: Mapping[str, Mapping[str, object]] = {
    "included": {"class": "radio"},
    "risks": {"class": "checkbox"},
    "justification": {"rows": 2, "placeholder": _("Reason")},
    "more": {"rows": 2},
}


def seen_of(row: StatementRow, sent: QueryDict) -> int:
    """Return the version of the decision that a sheet was opened with; the newest where it does not say."""
    newest = 0 if row.newest is None else row.newest.version
    told = sent.get(f"{row.control}-seen", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else newest


def worksheet(
    rows: Iterable[StatementRow],
    known: Mapping[str, Sequence[Record]],
    sent: QueryDict | None,
    before: Mapping[str, Decision | None] | None = None,
) -> list[tuple[StatementRow, DecisionForm]]:
    """Return one form for each control, named by it; one that nobody touched may stay empty.

    ``before`` holds what the sheet showed of controls that somebody decided anew since; what its editor left alone of
    them is taken from the newest decision.
    """
    made = []
    for row in rows:
        behind = known.get(row.control, ())
        if sent is not None and before is not None and row.control in before:
            made.append((row, _raced(row, behind, sent, before[row.control])))
            continue
        made.append((row, _row(row, behind, sent)))
    return made


def _raced(row: StatementRow, behind: Sequence[Record], sent: QueryDict, shown: Decision | None) -> DecisionForm:
    """Return the form of a control that was decided anew meanwhile: what its editor wrote, else what stands now."""
    told = _row(row, behind, sent, initial=decision_values(shown, behind))
    if not told.has_changed():
        return _row(row, behind, None)
    form = _row(row, behind, sent)
    form.add_error("justification", _("Somebody decided on this control meanwhile. Look at it, then save again."))
    return form


def _row(
    row: StatementRow, behind: Sequence[Record], sent: QueryDict | None, initial: Mapping[str, object] | None = None
) -> DecisionForm:
    form = DecisionForm(
        sent,
        known=behind,
        prefix=row.control,
        initial=initial or decision_values(None if row.newest is None else row.newest.decision, behind),
        empty_permitted=True,
        use_required_attribute=False,
    )
    for name, more in _WORKSHEET.items():
        if name in form.fields:
            form.fields[name].widget.attrs.update(more)
    return form
