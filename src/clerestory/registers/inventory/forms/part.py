"""Forms of the parts of a system. What is known of the system is filled in; what is refused is refused by commands."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clerestory.registers.inventory.forms.record import AUTONOMY, TRUTH
from clerestory.registers.inventory.rules.agent import Act, Agent, Tool
from clerestory.registers.inventory.rules.part import (
    LONGEST_SLUG,
    STATUSES,
    Deployment,
    EmbeddedAI,
    Part,
    Prompt,
    Use,
    stored,
)

ACTS = {
    Act.READS: _("reads"),
    Act.WRITES: _("writes"),
    Act.SENDS: _("sends"),
    Act.PAYS: _("pays"),
    Act.DELETES: _("deletes"),
}
STATUS_WORDS = {
    "active": _("active"),
    "candidate": _("candidate"),
    "suspended": _("suspended"),
    "retired": _("retired"),
}
_TEXT = forms.Textarea(attrs={"rows": 3})
_TRUTHS = ("affects_people", "generates_content", "reviewed_by_people", "can_be_switched_off")


NO_MODEL = _(
    "No model version of this system is known yet: clerestory push brings it. "
    "AI that was bought inside software is registered as such, without a model."
)


def truth(text: str) -> bool | None:
    """Return what was chosen of yes, no and unknown."""
    return {"true": True, "false": False}.get(text)


class PartForm(forms.Form):
    """What every part has: a name and a state; its id follows from the first name."""

    kind: ClassVar[str]
    makes: ClassVar[type[Any]]
    """The class of the part, whose fields have the names of the form's."""
    before: Part | None = None
    name = forms.CharField(label=_("Name"), max_length=200)
    status = forms.ChoiceField(label=_("State"))

    def __init__(self, *args: Any, models: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name != "status"])
        self.fields["status"].choices = [(str(one), STATUS_WORDS[str(one)]) for one in STATUSES[self.kind]]  # type: ignore[attr-defined]
        if "model_version" in self.fields:
            known = list(models)
            self.fields["model_version"].choices = known  # type: ignore[attr-defined]
            self.fields["model_version"].help_text = "" if known else NO_MODEL

    def part(self, system_id: str, slug: str = "", before: Part | None = None) -> Part:
        """Return what was filled in, as the part of that id; without one it follows from the name."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "slug"}
        said |= {name: truth(said[name]) for name in _TRUTHS if name in said}
        own = slug or self.cleaned_data.get("slug") or slugify(said["name"])[:LONGEST_SLUG].strip("-")
        self.before = before
        return self.made(said | {"system_id": system_id, "slug": own or self.kind.replace("_", "-")})

    def made(self, said: Mapping[str, Any]) -> Part:
        """Return the part that these values are."""
        part: Part = self.makes(**said)
        return part


class AgentForm(PartForm):
    """An agent; its tools are added one by one on its page."""

    kind, makes = "agent", Agent
    purpose = forms.CharField(label=_("What it does"), widget=_TEXT)
    autonomy_level = forms.TypedChoiceField(
        label=_("Level of autonomy"),
        coerce=int,
        choices=AUTONOMY,
        widget=forms.RadioSelect,
        help_text=_("What you declare. What its runs really show is measured and stands beside it."),
    )
    record = forms.CharField(
        label=_("Record of its runs"),
        required=False,
        max_length=200,
        help_text=_("The record that its manifest names; empty where every record of the system counts."),
    )

    def made(self, said: Mapping[str, Any]) -> Part:
        """Return the agent, with the tools that it has."""
        return super().made({**said, "tools": self.before.tools if isinstance(self.before, Agent) else ()})


class ToolForm(forms.Form):
    """A tool of an agent with its permissions."""

    name = forms.CharField(label=_("Tool"), max_length=120)
    acts = forms.MultipleChoiceField(
        label=_("What it may do"), choices=list(ACTS.items()), widget=forms.CheckboxSelectMultiple
    )
    on_data = forms.CharField(label=_("On which data"), max_length=300, required=False)
    limit = forms.CharField(
        label=_("Limit"), max_length=300, required=False, help_text=_("How much, how often, up to which amount.")
    )
    asks = forms.ChoiceField(
        label=_("Needs a person's yes"), choices=TRUTH, required=False, widget=forms.RadioSelect, initial=""
    )

    def tool(self) -> Tool:
        """Return what was filled in."""
        said = self.cleaned_data
        return Tool(
            name=said["name"], acts=tuple(Act(act) for act in said["acts"]), data=said["on_data"], limit=said["limit"],
            asks=truth(said["asks"]),
        )  # fmt: skip


class DeploymentForm(PartForm):
    """A model version put to work."""

    kind, makes = "deployment", Deployment
    slug = forms.SlugField(
        label=_("Id"),
        max_length=LONGEST_SLUG,
        required=False,
        help_text=_("As [deployment] of the manifest names it; empty: from the name."),
    )
    model_version = forms.ChoiceField(label=_("Model version at work"))
    place = forms.CharField(label=_("Place"), max_length=200, help_text=_("Where it works: site, region, data centre."))
    environment = forms.CharField(
        label=pgettext_lazy("of software", "Environment"),
        max_length=300,
        help_text=_("Digest of image, libraries and hardware, or the name of the image. A change makes tests old."),
    )
    started_on = forms.DateField(
        label=_("At work since"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    affects_people = forms.ChoiceField(label=_("Affects people"), choices=TRUTH, required=False)
    generates_content = forms.ChoiceField(label=_("Shows generated content"), choices=TRUTH, required=False)
    reviewed_by_people = forms.ChoiceField(label=_("People review its outputs"), choices=TRUTH, required=False)


class PromptForm(PartForm):
    """A prompt."""

    kind, makes = "prompt", Prompt
    used_for = forms.CharField(label=_("What it is for"), max_length=500, required=False)
    text = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("A change is a new version with a digest of its own, and marks what must be looked at again."),
    )

    def made(self, said: Mapping[str, Any]) -> Part:
        """Return the prompt; line ends are those of one kind, so that the digest says what changed."""
        return super().made({**said, "text": said["text"].replace("\r\n", "\n")})


class UseForm(PartForm):
    """Who uses the system for what."""

    kind, makes = "use", Use
    users = forms.CharField(label=_("Who uses it"), max_length=200)
    unit = forms.CharField(label=_("Unit"), max_length=200)
    what_for = forms.CharField(label=_("For what"), widget=_TEXT)


class EmbeddedForm(PartForm):
    """AI in bought software."""

    kind, makes = "embedded_ai", EmbeddedAI
    supplier = forms.CharField(label=_("Supplier"), max_length=200)
    does = forms.CharField(label=_("What its AI does"), widget=_TEXT)
    can_be_switched_off = forms.ChoiceField(label=_("Can be switched off"), choices=TRUTH, required=False)


FORMS: Mapping[str, type[PartForm]] = {
    form.kind: form for form in (AgentForm, DeploymentForm, PromptForm, UseForm, EmbeddedForm)
}


def part_values(part: Part) -> dict[str, Any]:
    """Return what a form about a part starts with."""
    values = stored(part) | {"name": part.name, "status": part.status, "slug": part.slug}
    return {name: _shown(value) for name, value in values.items()}


def tool_values(tool: Tool) -> dict[str, Any]:
    """Return what a form about a tool starts with."""
    values = {"name": tool.name, "acts": tool.acts, "on_data": tool.data, "limit": tool.limit, "asks": tool.asks}
    return {name: _shown(value) for name, value in values.items()}


def first_values(kind: str, affects_people: bool | None, level: int | None, today: date) -> dict[str, Any]:
    """Return what a form about a new part starts with: what the record of its system says."""
    if kind == "agent":
        return {"autonomy_level": level or 1, "status": "candidate"}
    if kind == "deployment":
        return {"affects_people": _shown(affects_people), "started_on": today, "status": "active"}
    return {"status": "active"}


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
