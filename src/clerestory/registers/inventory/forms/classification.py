"""The questionnaire about a system's class: a form made from the law, with what is open first."""

from collections.abc import Iterable, Mapping
from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clerestory.catalogue.law.read import Law, LawVersion, Question
from clerestory.registers.inventory.queries.law_words import article_said
from clerestory.registers.inventory.rules.classification import NO, NONE, YES, Answers, offered

_YES_NO = ((YES, gettext_lazy("yes")), (NO, gettext_lazy("no")), ("", gettext_lazy("not known yet")))


class ClassificationForm(forms.Form):
    """What decides about the class; a field that is left empty stays unknown."""

    def __init__(
        self,
        *args: object,
        law: Law,
        version: LawVersion,
        questions: Iterable[str],
        answers: Answers,
        folded: Iterable[str] = (),
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.questions = [law.question(question) for question in questions]
        self.folded = tuple(folded)
        self.folded_label = _("What you answered before")
        self.answers = answers
        for question in self.questions:
            self.fields[question.id] = _field(law, version, question, answers)

    def given(self) -> Mapping[str, tuple[str, ...]]:
        """Return what was filled in, by question; what stands in no field of the form stays as it was."""
        said = dict(self.answers.given)
        for question in self.questions:
            value = self.cleaned_data[question.id]
            if isinstance(value, date):
                said[question.id] = (value.isoformat(),)
            elif isinstance(value, str):
                said[question.id] = (value,) if value else ()
            else:
                said[question.id] = tuple(value or ())
        return said


def class_values(answers: Answers) -> dict[str, object]:
    """Return what the questionnaire starts with."""
    single = ("yes", "no")
    return {
        question: said[0] if len(said) == 1 and (said[0] in single or question == "market_on") else list(said)
        for question, said in answers.given.items()
        if said
    }


def _help(question: Question) -> str:
    """Return where a question comes from, and what helps to answer it."""
    return f"{article_said(question.article)}. {_(question.help) if question.help else ''}".strip()


def _field(law: Law, version: LawVersion, question: Question, answers: Answers) -> forms.Field:
    shown = {"label": _(question.text), "required": False, "help_text": _help(question)}
    if question.kind == "yes_no":
        return forms.ChoiceField(choices=_YES_NO, widget=forms.RadioSelect, **shown)  # type: ignore[arg-type]
    if question.kind == "day":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **shown)  # type: ignore[arg-type]
    if question.kind == "exceptions":
        ticked = answers.given.get(question.of, ())
        of = [o for o in offered(law.question(question.of), version) if o.exception and o.id in ticked]
        choices = [(o.id, f"{article_said(o.article)}: {_(o.exception)}") for o in of]
    else:
        choices = [(o.id, f"{_(o.text)} ({article_said(o.article)})") for o in offered(question, version)]
    none = [(NONE, _("None of these"))] if question.none else []
    return forms.MultipleChoiceField(
        choices=[*choices, *none],
        widget=forms.CheckboxSelectMultiple,
        **shown,  # type: ignore[arg-type]
    )
