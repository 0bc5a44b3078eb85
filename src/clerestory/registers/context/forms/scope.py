"""Forms of the scope and of the place of a system. They begin with what is known of the organisation."""

from collections.abc import Iterable, Mapping

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.forms import kept, lines, offered
from clerestory.desk.forms.offer import MOST
from clerestory.registers.context.queries.reading import Profile
from clerestory.registers.context.queries.scope import PlacementRecord, SystemRow
from clerestory.registers.context.rules.scope import EXCLUSIONS, ROLES, Exclusion, Placement, Scope

TEXT = forms.Textarea(attrs={"rows": 3})
STAGES = "stages"
HELP = {
    "units": _("Functions and teams, one per line."),
    "places": _("Sites and countries, one per line."),
    "systems": _("AI systems, one per line."),
    "stages": _("Stages of the life cycle that we answer for, one per line."),
    "interfaces": _("Where others begin: suppliers, customers, other management systems; one per line."),
}


class ScopeForm(forms.Form):
    """The boundary of the management system."""

    text = forms.CharField(
        label=_("Scope statement"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the management system is about, in two or three sentences."),
    )

    def __init__(self, *args: object, parts: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.parts = [part for part in parts if part != EXCLUSIONS]
        for part in self.parts:
            self.fields[part] = forms.CharField(
                label=capfirst(gettext(part)), required=False, widget=TEXT, help_text=HELP.get(part, "")
            )
        self.fields["exclusions"] = forms.CharField(
            label=_("Left out"),
            required=False,
            widget=TEXT,
            help_text=_("One per line, with its reason: what is left out: why."),
        )
        self.fields["none_excluded"] = forms.BooleanField(label=_("Nothing is left out"), required=False)

    def scope(self) -> Scope:
        """Return what was filled in; the reason of an exclusion stands behind its first colon."""
        said = self.cleaned_data
        left_out = [line.partition(":") for line in lines(said["exclusions"])]
        return Scope(
            inside={part: _inside(part, lines(said[part])) for part in self.parts},
            exclusions=tuple(Exclusion(what.strip(), reason.strip()) for what, _colon, reason in left_out),
            none_excluded=said["none_excluded"],
            text=said["text"].strip(),
        )


class PlacementForm(forms.Form):
    """Where a system stands, and which roles we play for it."""

    included = forms.ChoiceField(
        label=_("This system is"),
        choices=[("yes", _("inside the scope")), ("no", _("outside the scope"))],
        widget=forms.RadioSelect,
    )
    justification = forms.CharField(label=_("Why"), widget=TEXT)
    roles = forms.MultipleChoiceField(
        label=_("Our AI roles for it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(role, role) for role in ROLES],
        help_text=_("Provider: offers it. Producer: builds it. Customer: uses it. Partner: works with it for others."),
    )
    role_reason = forms.CharField(label=_("Why these roles"), widget=TEXT, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["roles"].choices = [(role, capfirst(gettext(role))) for role in ROLES]  # type: ignore[attr-defined]

    def placement(self, system_id: str) -> Placement:
        """Return what was filled in."""
        said = self.cleaned_data
        return Placement(
            system_id=system_id,
            included=said["included"] == "yes",
            justification=said["justification"].strip(),
            roles=tuple(said["roles"]),
            role_reason=said["role_reason"].strip(),
        )


def scope_values(scope: Scope) -> dict[str, object]:
    """Return what a form about the scope starts with."""
    return {
        **{part: "\n".join(named(part, names)) for part, names in scope.inside.items()},
        "exclusions": "\n".join(f"{item.what}: {item.reason}" for item in scope.exclusions),
        "none_excluded": scope.none_excluded,
        "text": scope.text,
    }


def named(part: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return what is inside by one part as people read it: stages of the life cycle in their language."""
    return tuple(offered(name) if part == STAGES else name for name in names)


def _inside(part: str, names: tuple[str, ...]) -> tuple[str, ...]:
    known = load().kinds["register.ai_system"].fields["stage"].options
    return tuple(kept(name, known) for name in names) if part == STAGES else names


def known_values(profile: Profile, rows: Iterable[SystemRow], stages: Iterable[str]) -> dict[str, str]:
    """Return what a first scope starts with: units and sites of the organisation, and its systems not left out.

    Systems that nobody could read one by one are named as what they are together.
    """
    names = [row.label for row in rows if row.place != "outside"]
    if len(names) > MOST:
        names = [gettext("all %(n)s AI systems of the inventory that are not placed outside") % {"n": len(names)}]
    return {
        "units": "\n".join(profile.units),
        "places": "\n".join((*profile.sites, *profile.jurisdictions)),
        "systems": "\n".join(names),
        "stages": "\n".join(named(STAGES, stages)),
    }


def placement_values(placement: PlacementRecord, known: Mapping[str, object]) -> dict[str, object]:
    """Return what a form about a system's place starts with: what was decided, or what the inventory knows."""
    values: dict[str, object] = dict(known)
    if placement.membership is not None:
        included, justification = placement.membership.said
        values |= {"included": "yes" if included else "no", "justification": justification}
    if placement.ai_role is not None:
        roles, reason = placement.ai_role.said
        values |= {"roles": roles, "role_reason": reason}
    return values
