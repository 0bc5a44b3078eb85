"""The form of a monitor: which of the server's manifests, how often, at what hour, and who answers for it."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from clerestory.registers.monitoring.commands import Wanted
from clerestory.registers.monitoring.queries import Project
from clerestory.registers.monitoring.rules import Interval, Monitor

INTERVALS = (
    (str(Interval.HOURLY), _("each hour")),
    (str(Interval.DAILY), _("each day")),
    (str(Interval.WEEKLY), _("each Monday")),
    (str(Interval.MONTHLY), _("on the first of each month")),
)


class MonitorForm(forms.Form):
    """A monitor. The folder decides which AI system it is about."""

    folder = forms.ChoiceField(
        label=_("Manifest on the server"),
        help_text=_("Folders with a clerestory.toml below the server's projects folder."),
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

    def __init__(
        self,
        *args: object,
        projects: Iterable[Project],
        people: Iterable[tuple[str, str]],
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.projects = {project.folder: project for project in projects}
        shown = [(folder, f"{folder} · {project.system_id}") for folder, project in self.projects.items()]
        self.fields["folder"].choices = shown  # type: ignore[attr-defined]
        self.fields["owner"].choices = list(people)  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """Return what was filled in."""
        said = self.cleaned_data
        return Wanted(
            system_id=self.projects[said["folder"]].system_id,
            folder=said["folder"],
            interval=said["interval"],
            hour=said["hour"],
            owner=said["owner"],
        )


def monitor_values(monitor: Monitor) -> dict[str, object]:
    """Return what a form about a monitor starts with."""
    return {
        "folder": monitor.folder,
        "interval": str(monitor.interval),
        "hour": monitor.hour,
        "owner": monitor.owner,
    }
