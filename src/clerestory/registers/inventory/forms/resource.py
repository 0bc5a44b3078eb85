"""Forms of resources: begun with what the inventory holds and what was measured."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.day import day_here
from clerestory.desk.forms import lines
from clerestory.registers.inventory.queries import DatasetRecord, ModelRecord
from clerestory.registers.inventory.queries.part import PartRecord
from clerestory.registers.inventory.queries.resource import MeasuredFact, Seen
from clerestory.registers.inventory.rules.agent import Agent
from clerestory.registers.inventory.rules.part import Deployment, EmbeddedAI
from clerestory.registers.inventory.rules.record import AISystem, Stage
from clerestory.registers.inventory.rules.resource import (
    TOPICS_OF,
    Description,
    Post,
    Sort,
    Staffing,
    StaffingCheck,
)
from clerestory.terms.ids import PersonId

TOPIC_WORDS: Mapping[str, str | Promise] = {
    "data": _("Data"),
    "tools": _("Tools and models"),
    "computing": _("Computing"),
    "people": _("People"),
    "money": _("Money"),
    "algorithms": _("Algorithms"),
    "frameworks": _("Frameworks"),
    "optimisation": _("Optimisation"),
    "evaluation": _("Evaluation"),
    "interfaces": _("Interfaces"),
    "hardware": _("Hardware"),
    "place": _("Place"),
    "capacity": _("Capacity"),
    "supplier": _("Supplier"),
    "energy": _("Energy"),
}
LIVING = tuple(stage for stage in Stage if stage is not Stage.RETIREMENT)


class DescriptionForm(forms.Form):
    """What is said of each topic of a description."""

    tools = forms.CharField(
        label=_("Tools with versions"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One per line, like scikit-learn 1.9."),
    )

    def __init__(self, *args: Any, sort: Sort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sort = sort
        if sort is not Sort.TOOLING:
            del self.fields["tools"]
        for topic in topics_of(sort):
            self.fields[topic + "_said"] = forms.CharField(
                label=TOPIC_WORDS[topic],  # type: ignore[arg-type]
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("Empty stays open. Where nothing is needed, say so and why."),
            )

    def description(self, system_id: str, about: str) -> Description:
        """Return what was filled in."""
        said = self.cleaned_data
        return Description(
            sort=self.sort,
            about=about,
            system_id=system_id,
            topics={topic: said[topic + "_said"] for topic in topics_of(self.sort)},
            tools=lines(said.get("tools", "")),
        )


class PostForm(forms.Form):
    """A post that a system needs."""

    name = forms.CharField(label=_("Post"), max_length=120)
    skills = forms.CharField(label=_("Skills"), widget=forms.Textarea(attrs={"rows": 2}))
    number = forms.IntegerField(label=_("How many people"), min_value=1, max_value=50, initial=1)
    stages = forms.MultipleChoiceField(
        label=_("Needed in"), widget=forms.CheckboxSelectMultiple, choices=[(str(s), str(s)) for s in Stage]
    )
    oversight = forms.BooleanField(label=_("Oversees the system"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stages"].choices = [(str(s), capfirst(gettext(str(s)))) for s in Stage]  # type: ignore[attr-defined]

    def post(self) -> Post:
        """Return what was filled in."""
        said = self.cleaned_data
        return Post(
            name=said["name"], skills=said["skills"], stages=tuple(said["stages"]), number=said["number"],
            oversight=said["oversight"],
        )  # fmt: skip


class FilledForm(forms.Form):
    """Who fills each place today."""

    basis = forms.CharField(
        label=_("How it is known that they are able to"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Training, certificate, years in the field; where that is kept."),
    )

    def __init__(self, *args: Any, staffing: Staffing, people: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seats = staffing.seats
        choices = [("", _("nobody")), *people]
        for number, seat in enumerate(self.seats):
            self.fields[f"seat_{number}"] = forms.ChoiceField(label=seat, choices=choices, required=False)
        self.order_fields([*(f"seat_{number}" for number in range(len(self.seats))), "basis"])

    def check(self, system_id: str) -> StaffingCheck:
        """Return what was filled in; a place with nobody stays open."""
        said = {seat: self.cleaned_data[f"seat_{number}"] for number, seat in enumerate(self.seats)}
        holders = {seat: PersonId(person) for seat, person in said.items() if person}
        return StaffingCheck(system_id=system_id, holders=holders, basis=self.cleaned_data["basis"])


def topics_of(sort: Sort) -> tuple[str, ...]:
    """Return the topics of a description, as the catalogue lists them."""
    return load().coverages[TOPICS_OF[sort]].items


def description_values(topics: Mapping[str, str], tools: Sequence[str] = ()) -> dict[str, str]:
    """Return what a form about a description starts with."""
    return {topic + "_said": text for topic, text in topics.items()} | {"tools": "\n".join(tools)}


def post_values(post: Post | None) -> dict[str, Any]:
    """Return what a form about a post starts with; a new one is needed while the system lives."""
    if post is None:
        return {"number": 1, "stages": [str(stage) for stage in LIVING]}
    return {
        "name": post.name, "skills": post.skills, "number": post.number, "stages": post.stages,
        "oversight": post.oversight,
    }  # fmt: skip


def known_resources(
    parts: Sequence[PartRecord],
    models: Sequence[ModelRecord],
    datasets: Sequence[DatasetRecord],
    staffing: Staffing | None,
    seen: Seen,
) -> dict[str, str]:
    """Return what the inventory and the log say of the resources of a system, to begin a description with."""
    tools = [f"{gettext('Model')} {one.model.version_id} ({one.model.status})" for one in models]
    for record in parts:
        if isinstance(record.part, Agent):
            tools += [f"{record.part.name}: {tool}" for tool in record.part.tools]
        elif isinstance(record.part, EmbeddedAI):
            tools.append(f"{record.part.name}, {record.part.supplier}")
    computing = [
        f"{record.part.name}: {record.part.place}, {record.part.environment}"
        for record in parts
        if isinstance(record.part, Deployment)
    ]
    posts = [f"{post.name}: {post.number}" for post in staffing.posts] if staffing else []
    return {
        "data": "\n".join(_data(one) for one in datasets),
        "tools": "\n".join(tools),
        "computing": "\n".join([*computing, *(measured_text(fact) for fact in seen.energy)]),
        "people": "\n".join(posts),
        "money": "",
    }


def known_tooling(version_id: str, seen: Seen, parts: Sequence[PartRecord]) -> dict[str, str]:
    """Return what is known of the tools behind a model version: the checks that were made of it, and where it runs."""
    runs = [
        record.part.name
        for record in parts
        if isinstance(record.part, Deployment) and record.part.model_version == version_id
    ]
    return {"evaluation": ", ".join(seen.checks.get(version_id, ())), "interfaces": ", ".join(runs)}


def known_computing(deployment: Deployment, system: AISystem, seen: Seen) -> dict[str, str]:
    """Return what is known of the computing of a deployment."""
    return {
        "hardware": deployment.environment,
        "place": deployment.place,
        "supplier": ", ".join(system.suppliers),
        "energy": "\n".join(measured_text(fact) for fact in seen.energy),
    }


def measured_text(fact: MeasuredFact) -> str:
    """Write a measured figure as a line of a description."""
    return gettext("measured %(value)s %(unit)s on %(day)s") % {
        "value": fact.value or "–", "unit": fact.unit, "day": day_here(fact.at).isoformat(),
    }  # fmt: skip


def _data(record: DatasetRecord) -> str:
    data = record.dataset
    sources = ", ".join(data.sources)
    return f"{data.role}: {data.version_id}" + (f" ({sources})" if sources else "")
