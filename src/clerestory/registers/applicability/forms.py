"""Forms of applicability. What a decision must say is refused by the commands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.desk.forms import lines
from clerestory.registers.applicability.queries import KINDS, StatementRow
from clerestory.registers.applicability.rules import (
    ApplicabilityRefused,
    Decision,
    Ground,
    Loosening,
    OwnControl,
    behind,
)
from clerestory.store.directory import Record
from clerestory.terms import sentence
from clerestory.terms.ids import PersonId, RequirementId

Seek = Callable[[str], Record | None]
"""Finds a record by the name or id that somebody typed."""


class DecisionForm(forms.Form):
    """Whether a control applies, and why. ``known`` are the records that one can choose: those that call for it."""

    included = forms.ChoiceField(
        label=_("Decision"), widget=forms.RadioSelect, choices=(("yes", _("It applies")), ("no", _("It is excluded")))
    )
    justification = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))
    ground = forms.ChoiceField(label=_("It rests on"))
    risks = forms.MultipleChoiceField(
        label=_("Risks that call for it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    links = forms.MultipleChoiceField(
        label=_("Impact assessments and obligations"), required=False, widget=forms.CheckboxSelectMultiple
    )
    more = forms.CharField(
        label=_("Other records"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=_("Names of risks, impact assessments or obligations, one per line."),
    )

    def __init__(self, *args: object, known: Sequence[Record] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [("", _("It rests on …")), *((str(ground), capfirst(gettext(str(ground)))) for ground in Ground)]
        self.fields["ground"].choices = choices  # type: ignore[attr-defined]
        _offer(self, known)

    def decision(self, control: RequirementId, seek: Seek) -> Decision:
        """Return what was filled in; ``seek`` finds the records that were named by hand.

        Raises:
            ApplicabilityRefused: a name is that of no record, or of several.
        """
        said = self.cleaned_data
        named = _chosen(said, seek)
        return Decision(
            control=control,
            included=said["included"] == "yes",
            justification=said["justification"],
            ground=Ground(said["ground"]),
            risks=named["risk"],
            impacts=named["impact_assessment"],
            obligations=named["obligation"],
        )


class OwnControlForm(forms.Form):
    """A control that the organisation adds: what for, whose, why, and what shows that it works."""

    title = forms.CharField(label=_("Title"), max_length=200, widget=forms.TextInput(attrs={"dir": "auto"}))
    purpose = forms.CharField(label=_("What it is for"), widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}))
    owner = forms.ChoiceField(label=_("Owner"), help_text=_("Who answers for it."))
    why = forms.CharField(
        label=_("Why we want it"),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("The reason stands in the Statement of Applicability."),
    )
    risks = forms.MultipleChoiceField(
        label=_("Risks that call for it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    links = forms.MultipleChoiceField(
        label=_("Impact assessments and obligations"), required=False, widget=forms.CheckboxSelectMultiple
    )
    more = forms.CharField(
        label=_("Other records"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=_("Names of risks, impact assessments or obligations, one per line."),
    )
    proved_by = forms.CharField(
        label=_("What shows that it works"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Rules or checks by name, one per line, such as A.7.4/quality-measured or fairness.selection-rate-ratio. "
            "Without any, its status is unknown."
        ),
    )

    def __init__(
        self, *args: object, people: Iterable[tuple[str, str]], known: Sequence[Record] = (), **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["owner"].choices = list(people)  # type: ignore[attr-defined]
        _offer(self, known)

    def control(self, seek: Seek) -> OwnControl:
        """Return what was filled in; ``seek`` finds the records that were named by hand.

        Raises:
            ApplicabilityRefused: a name is that of no record, or of several.
        """
        said = self.cleaned_data
        named = _chosen(said, seek)
        return OwnControl(
            title=said["title"],
            purpose=said["purpose"],
            owner=PersonId(said["owner"]),
            why=said["why"],
            risks=named["risk"],
            impacts=named["impact_assessment"],
            obligations=named["obligation"],
            proved_by=lines(said["proved_by"]),
        )


def own_values(control: OwnControl, known: Sequence[Record]) -> dict[str, object]:
    """Return what a form about an own control starts with."""
    named = behind(control.risks, control.impacts, control.obligations)
    return {
        "title": control.title,
        "purpose": control.purpose,
        "owner": control.owner,
        "why": control.why,
        "proved_by": "\n".join(control.proved_by),
        **_link_values(named, known),
    }


def _offer(form: forms.Form, known: Sequence[Record]) -> None:
    """Offer records to choose from; a field that has none to offer goes."""
    risks = [(record.id, record.label) for record in known if record.kind == "risk"]
    others = [(f"{record.kind}:{record.id}", record.label) for record in known if record.kind != "risk"]
    for name, choices in (("risks", risks), ("links", others)):
        if choices:
            form.fields[name].choices = choices  # type: ignore[attr-defined]
        else:
            del form.fields[name]


def _chosen(said: Mapping[str, Any], seek: Seek) -> Mapping[str, tuple[str, ...]]:
    """Return the records that were chosen or named by hand, by kind, each once."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for risk in said.get("risks", ()):
        found["risk"][risk] = None
    for pair in said.get("links", ()):
        kind, _colon, record_id = pair.partition(":")
        found[kind][record_id] = None
    for name in lines(said["more"]):
        if (record := seek(name)) is None:
            raise ApplicabilityRefused(
                sentence.gettext("No risk, impact assessment or obligation is called {name!r}.", name=name[:80]),
                sentence.gettext("Write its whole name as its page shows it; where several have the same, its id."),
            )
        found[record.kind][record.id] = None
    return {kind: tuple(ids) for kind, ids in found.items()}


def _link_values(named: Iterable[tuple[str, str]], known: Sequence[Record]) -> dict[str, object]:
    """Return which of the offered records a form starts with, and those that it does not offer, by id."""
    offered = {(record.kind, record.id) for record in known}
    here = [pair for pair in named if pair in offered]
    return {
        "risks": [record_id for kind, record_id in here if kind == "risk"],
        "links": [f"{kind}:{record_id}" for kind, record_id in here if kind != "risk"],
        "more": "\n".join(record_id for kind, record_id in named if (kind, record_id) not in offered),
    }


class LooseningForm(forms.Form):
    """A rule that cannot be kept for a time."""

    rule = forms.ChoiceField(
        label=_("Rule"), help_text=_("Its number and name, then what it asks for, as on the page of the requirement.")
    )
    justification = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
    valid_until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: object, rules: Iterable[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["rule"].choices = list(rules)  # type: ignore[attr-defined]

    def loosening(self) -> Loosening:
        """Return what was filled in."""
        said = self.cleaned_data
        until: date = said["valid_until"]
        return Loosening(rule=said["rule"], justification=said["justification"], valid_until=until)


def decision_values(decision: Decision | None, called: Sequence[Record] = ()) -> dict[str, object]:
    """Return what a form about a decision starts with; an undecided control starts with what calls for it."""
    if decision is None:
        first = next((record.kind for record in called), "")
        ground = {"risk": Ground.RISK, "impact_assessment": Ground.IMPACT, "obligation": Ground.LAW}.get(first, "")
        named = [(record.kind, record.id) for record in called]
        return {"ground": str(ground), **_link_values(named, called)}
    return {
        "included": "yes" if decision.included else "no",
        "justification": decision.justification,
        "ground": str(decision.ground),
        **_link_values(decision.behind, called),
    }


_WORKSHEET: Mapping[str, Mapping[str, object]] = {
    "included": {"class": "radio"},
    "risks": {"class": "checkbox"},
    "links": {"class": "checkbox"},
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
        called = known.get(row.control, ())
        if sent is not None and before is not None and row.control in before:
            made.append((row, _raced(row, called, sent, before[row.control])))
            continue
        made.append((row, _row(row, called, sent)))
    return made


def _raced(row: StatementRow, called: Sequence[Record], sent: QueryDict, shown: Decision | None) -> DecisionForm:
    """Return the form of a control that was decided anew meanwhile: what its editor wrote, else what stands now."""
    told = _row(row, called, sent, initial=decision_values(shown, called))
    if not told.has_changed():
        return _row(row, called, None)
    form = _row(row, called, sent)
    form.add_error("justification", _("Somebody decided on this control meanwhile. Look at it, then save again."))
    return form


def _row(
    row: StatementRow, called: Sequence[Record], sent: QueryDict | None, initial: Mapping[str, object] | None = None
) -> DecisionForm:
    form = DecisionForm(
        sent,
        known=called,
        prefix=row.control,
        initial=initial or decision_values(None if row.newest is None else row.newest.decision, called),
        empty_permitted=True,
        use_required_attribute=False,
    )
    for name, more in _WORKSHEET.items():
        if name in form.fields:
            form.fields[name].widget.attrs.update(more)
    return form
