"""Forms of an assessment: its parts, the characteristics of the use, one effect, and topics without any effect."""

from collections.abc import Iterable, Sequence

from django import forms
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from clerestory.desk.forms import Steps
from clerestory.desk.lists.words import word
from clerestory.registers.impact.queries import words
from clerestory.registers.impact.rules.assessment import LONGEST_ANSWER, Assessment, Cause, Effect, Nature, Reach
from clerestory.registers.impact.rules.change import Result
from clerestory.registers.impact.rules.method import Method
from clerestory.registers.impact.rules.question import QUESTIONS, SOCIETAL, TOPICS, Question
from clerestory.registers.impact.rules.threshold import OF_AREA, Thresholds

TEXT = forms.Textarea(attrs={"rows": 3})


def _questions(form: forms.Form, asked: Iterable[Question]) -> None:
    """Add a field for each question."""
    for question in asked:
        form.fields[question.name] = forms.CharField(
            label=words.QUESTIONS[question.name],
            help_text=words.HELP.get(question.name, ""),
            required=False,
            max_length=LONGEST_ANSWER,
            widget=forms.Textarea(attrs={"rows": 3}),
        )


class PartForm(forms.Form):
    """The questions of one part; what is left empty stays open."""

    def __init__(self, *args: object, part: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _questions(self, (q for q in QUESTIONS if q.part == part))

    def answers(self) -> dict[str, str]:
        """Return what was filled in."""
        return {name: str(text) for name, text in self.cleaned_data.items()}


class UseForm(forms.Form):
    """What a use touches that thresholds ask for, and why that, or why nothing of it."""

    marks = forms.MultipleChoiceField(
        label=_("This use touches"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("What is chosen decides how much is asked, who approves, and whether the use is refused."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why"), widget=TEXT, help_text=_("How it touches them; or why it touches none, if none is chosen.")
    )

    def __init__(self, *args: object, thresholds: Thresholds, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        told = [(mark, words.CRITERIA.get(mark, mark)) for mark in thresholds.marks]
        self.fields["marks"].choices = told  # type: ignore[attr-defined]


class ShortForm(UseForm):
    """All that an ordinary use is asked, on one page; what is left empty stays open."""

    def __init__(self, *args: object, thresholds: Thresholds, **kwargs: object) -> None:
        super().__init__(*args, thresholds=thresholds, **kwargs)
        _questions(self, (q for q in QUESTIONS if q.always))

    def answers(self) -> dict[str, str]:
        """Return what was filled in."""
        return {q.name: str(self.cleaned_data[q.name]) for q in QUESTIONS if q.always}


class EffectForm(forms.Form):
    """One judged line."""

    topic = forms.ChoiceField(label=_("Topic"), choices=tuple(words.TOPICS.items()))
    nature = forms.ChoiceField(
        label=_("It is a"), choices=tuple(words.NATURES.items()), widget=forms.RadioSelect, initial="harm"
    )
    who = forms.CharField(label=_("Who is affected"), max_length=400)
    what = forms.CharField(
        label=_("What happens"), widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One sentence that names what they suffer or gain."),
    )  # fmt: skip
    reach = forms.ChoiceField(label=_("It reaches"), choices=tuple(words.REACHES.items()))
    cause = forms.ChoiceField(label=_("It comes from"), choices=tuple(words.CAUSES.items()))
    severity = forms.ChoiceField(label=words.SCALES["severity"], widget=Steps)
    likelihood = forms.ChoiceField(label=words.SCALES["likelihood"], widget=Steps)
    reversibility = forms.ChoiceField(
        label=words.SCALES["reversibility"], required=False, help_text=_("Of a harm."), widget=Steps
    )
    reason = forms.CharField(label=_("Why this judgement"), widget=TEXT)
    rests_on = forms.MultipleChoiceField(
        label=_("Measured results it rests on"), required=False, widget=forms.CheckboxSelectMultiple
    )
    measure = forms.CharField(
        label=_("What is done about it"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Then say what remains."),
    )  # fmt: skip
    remaining_severity = forms.ChoiceField(label=_("How grave it then is"), required=False, widget=Steps)
    remaining_likelihood = forms.ChoiceField(label=_("How likely it then is"), required=False, widget=Steps)

    def __init__(
        self, *args: object, method: Method, results: Sequence[Result], may_be_none: bool, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, scale in (
            ("severity", "severity"), ("likelihood", "likelihood"), ("reversibility", "reversibility"),
            ("remaining_severity", "severity"), ("remaining_likelihood", "likelihood"),
        ):  # fmt: skip
            steps = [(n, f"{n} {step}") for n, step in enumerate(method.scales[scale], start=1)]
            self.fields[name].choices = steps  # type: ignore[attr-defined]
        if may_be_none:
            for name in ("who", "what", "severity", "likelihood"):
                self.fields[name].required = False
        else:
            kinds = [(name, word) for name, word in words.NATURES.items() if name != "none"]
            self.fields["nature"].choices = kinds  # type: ignore[attr-defined]
        told = [(result.entry_id, result_label(result)) for result in results]
        self.fields["rests_on"].choices = told  # type: ignore[attr-defined]
        if not told:
            del self.fields["rests_on"]

    def effect(self, effect_id: str = "") -> Effect:
        """Return what was filled in; of no effect its reason alone, of a benefit nothing about harm."""
        said = self.cleaned_data
        nature = Nature(said["nature"])
        if nature is Nature.NONE:
            return Effect(effect_id=effect_id, topic=said["topic"], nature=nature, reason=said["reason"].strip())
        harm = nature is Nature.HARM
        return Effect(
            effect_id=effect_id,
            topic=said["topic"],
            nature=nature,
            reason=said["reason"].strip(),
            reach=Reach(said["reach"]),
            cause=Cause(said["cause"]),
            who=said["who"].strip(),
            what=said["what"].strip(),
            severity=int(said["severity"] or 0),
            likelihood=int(said["likelihood"] or 0),
            reversibility=int(said["reversibility"] or 0) if harm else 0,
            measure=said["measure"].strip() if harm else "",
            remaining_severity=int(said["remaining_severity"] or 0) if harm else 0,
            remaining_likelihood=int(said["remaining_likelihood"] or 0) if harm else 0,
            rests_on=tuple(said.get("rests_on", ())),
        )


SAME, ALL = "same_reason", "holds_for_all"


class RuleOutForm(forms.Form):
    """For each topic that is open, why there is no effect; what is left empty stays open."""

    def __init__(self, *args: object, topics: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for topic in topics:
            self.fields[_field(topic)] = forms.CharField(
                label=words.TOPICS[topic], help_text=words.TOPIC_HELP[topic], required=False, max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip
        if len(self.fields) > 1:
            self.fields[SAME] = forms.CharField(
                label=_("One reason that holds for all others"), required=False, max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip
            self.fields[ALL] = forms.BooleanField(
                label=_("I looked at each topic that is left empty here; it holds for every one"), required=False
            )
            self.order_fields([SAME, ALL])

    def clean(self) -> dict[str, object]:
        """Ask that whoever gives one reason for many says to have looked at each, and the other way round."""
        said = self.cleaned_data
        others = any(not said.get(name, "").strip() for name in self.fields if name not in (SAME, ALL))
        if others and said.get(SAME, "").strip() and not said.get(ALL):
            self.add_error(ALL, _("Say that it holds for each of them, or give each its own reason."))
        if said.get(ALL) and not said.get(SAME, "").strip():
            self.add_error(SAME, _("Say why, in a sentence."))
        return said

    def reasons(self) -> dict[str, str]:
        """Return the topics that have a reason: their own, or the one that was said to hold for all others."""
        said = self.cleaned_data
        same = said.get(SAME, "").strip() if said.get(ALL) else ""
        asked = [topic for topic in TOPICS if _field(topic) in self.fields]
        told = {topic: said.get(_field(topic), "").strip() or same for topic in asked}
        return {topic: reason for topic, reason in told.items() if reason}


def result_label(result: Result) -> str:
    """Return how a measured result is told in one line."""
    about = f", {result.slice}" if result.slice else ""
    on = formats.date_format(result.observed_at, pgettext("date format", "j M Y"))
    return f"{result.check} {result.value} ({word(result.verdict)}{about}, {on})"


def effect_values(effect: Effect) -> dict[str, object]:
    """Return what a form about a line starts with."""
    return {
        "topic": effect.topic, "nature": str(effect.nature), "who": effect.who, "what": effect.what,
        "reach": str(effect.reach), "cause": str(effect.cause), "severity": effect.severity or "",
        "likelihood": effect.likelihood or "", "reversibility": effect.reversibility or "", "reason": effect.reason,
        "rests_on": effect.rests_on, "measure": effect.measure, "remaining_severity": effect.remaining_severity or "",
        "remaining_likelihood": effect.remaining_likelihood or "",
    }  # fmt: skip


def topic_values(topic: str, said: Assessment, results: Iterable[Result]) -> dict[str, object]:
    """Return what a new line about a topic starts with: the groups, whom it reaches, and what was measured."""
    group = ", ".join(said.listed("affected_groups"))[:400]
    reach = Reach.ENVIRONMENT if topic == "environment" else Reach.SOCIETIES if topic in SOCIETAL else Reach.INDIVIDUALS
    return {
        "topic": topic,
        "nature": "harm",
        "who": group if topic not in SOCIETAL else "",
        "reach": str(reach),
        "cause": str(Cause.MISUSE if topic == "misuse" else Cause.USE),
        "rests_on": [result.entry_id for result in results if result.topic == topic],
    }


def _field(topic: str) -> str:
    return topic.replace(" ", "_")


def use_values(said: Assessment, areas: Iterable[str]) -> dict[str, object]:
    """Return what the form of the use starts with: what was said, or what follows from the areas of the inventory."""
    if said.marks_reason:
        return {"marks": said.marks, "reason": said.marks_reason}
    return {"marks": list(dict.fromkeys(OF_AREA[area] for area in areas if area in OF_AREA))}
