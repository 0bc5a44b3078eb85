"""The form of a monitor: what runs, on which data, how often, and who is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.registers.monitoring.commands import Wanted
from clerestory.registers.monitoring.queries import Approved, Declared, Project
from clerestory.registers.monitoring.rules import (
    LONGEST_ANSWER,
    LONGEST_WINDOW,
    AlarmKind,
    Interval,
    Monitor,
    Watch,
)

INTERVALS = (
    (str(Interval.HOURLY), _("each hour")),
    (str(Interval.DAILY), _("each day")),
    (str(Interval.WEEKLY), _("each Monday")),
    (str(Interval.MONTHLY), _("on the first of each month")),
)
WATCHES = (
    (str(Watch.MANIFEST), _("the data that the manifest names")),
    (str(Watch.DECISIONS), _("the decision log of the last days")),
    (str(Watch.FILES), _("the files themselves: hashed again, compared with what is registered and released")),
)
ALARM_WORDS = {
    AlarmKind.FAILED: _("a check failed"),
    AlarmKind.BROKEN: _("could not run"),
    AlarmKind.SILENT: _("silent"),
    AlarmKind.CHANGED: _("data changed"),
}


@dataclass(frozen=True, slots=True)
class Checkable:
    """A declared check, and the limits that a second person approved for it."""

    declared: Declared
    approved: tuple[Approved, ...]

    @property
    def label(self) -> str:
        """What stands beside its box."""
        limits = ", ".join(dict.fromkeys(item.criterion for item in self.approved))
        approved = f" · {gettext('approved')}: {limits}" if limits else ""
        return f"{self.declared.name} {self.declared.criterion} · {self.declared.source}{approved}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be chosen. ``checks`` are those of the folder that is shown; ``address`` shows those of another."""

    projects: Mapping[str, Project]
    people: Sequence[tuple[str, str]]
    roles: Sequence[str]
    checks: Sequence[Checkable]
    models: Sequence[str]
    address: str


class MonitorForm(forms.Form):
    """A monitor. The folder decides which AI system it is about."""

    folder = forms.ChoiceField(
        label=_("Manifest on the server"),
        help_text=_("Folders with a clerestory.toml below the server's projects folder."),
    )
    watches = forms.ChoiceField(label=_("On which data"), choices=WATCHES, required=False)
    checks = forms.MultipleChoiceField(
        label=_("Which checks"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Each with the criterion that the manifest declares. None chosen: all, also those that come later."
        ),
    )
    model_version = forms.ChoiceField(
        label=_("Whose decisions"), required=False, help_text=_("For the decision log: the version of the model.")
    )
    window_days = forms.IntegerField(
        label=_("Days together"),
        required=False,
        min_value=1,
        max_value=LONGEST_WINDOW,
        initial=30,
        help_text=_("For the decision log: so many days are looked at as one; each is counted once."),
    )
    interval = forms.ChoiceField(label=_("Runs"), choices=INTERVALS, initial=str(Interval.DAILY))
    hour = forms.TypedChoiceField(
        label=_("Not before"),
        choices=[(hour, f"{hour:02d}:00 UTC") for hour in range(24)],
        coerce=int,
        initial=3,
        help_text=_("Hourly runs begin at each full hour."),
    )
    owner = forms.ChoiceField(label=_("Owner"), help_text=_("Hears of each run that does not pass."))
    told = forms.MultipleChoiceField(
        label=_("Who hears of it too"), required=False, widget=forms.CheckboxSelectMultiple
    )
    told_roles = forms.MultipleChoiceField(
        label=_("And whoever holds one of these roles"), required=False, widget=forms.CheckboxSelectMultiple
    )
    answer_days = forms.IntegerField(
        label=_("Days to close an alarm in"), required=False, min_value=1, max_value=LONGEST_ANSWER, initial=7
    )

    def __init__(self, *args: object, offer: Offer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.projects = offer.projects
        shown = [(folder, f"{folder} · {project.system_id}") for folder, project in offer.projects.items()]
        choices = {
            "folder": shown,
            "checks": [(item.declared.key, item.label) for item in offer.checks],
            "model_version": [("", "–"), *((version, version) for version in offer.models)],
            "owner": list(offer.people),
            "told": list(offer.people),
            "told_roles": [(role, role) for role in offer.roles],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        if not offer.roles:
            del self.fields["told_roles"]
        self.fields["folder"].widget.attrs.update(
            {
                "hx-get": offer.address,
                "hx-trigger": "change",
                "hx-target": "#id_checks",
                "hx-select": "#id_checks",
                "hx-swap": "outerMorph",
            }
        )

    def wanted(self) -> Wanted:
        """Return what was filled in."""
        said = self.cleaned_data
        return Wanted(
            system_id=self.projects[said["folder"]].system_id,
            folder=said["folder"],
            interval=said["interval"],
            hour=said["hour"],
            owner=said["owner"],
            watches=said["watches"] or str(Watch.MANIFEST),
            checks=tuple(said["checks"]),
            model_version=said["model_version"],
            window_days=said["window_days"] or 30,
            told=tuple(said["told"]),
            told_roles=tuple(said.get("told_roles", ())),
            answer_days=said["answer_days"] or 7,
        )


def monitor_values(monitor: Monitor) -> dict[str, object]:
    """Return what a form about a monitor starts with."""
    return {
        "folder": monitor.folder,
        "interval": str(monitor.interval),
        "hour": monitor.hour,
        "owner": monitor.owner,
        "watches": str(monitor.watches),
        "checks": list(monitor.checks),
        "model_version": monitor.model_version,
        "window_days": monitor.window_days,
        "told": list(monitor.told),
        "told_roles": list(monitor.told_roles),
        "answer_days": monitor.answer_days,
    }
