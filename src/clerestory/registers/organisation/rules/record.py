"""What an organisation, a process of the management system and the records about them must satisfy."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

from clerestory.terms.day import not_after, not_before, years_ahead, years_back
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import MomentUnreadable, read_duration
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

CLAUSE_FAMILIES = ("4", "5", "6", "7", "8", "9", "10")
RUN_OUTCOMES = ("completed", "stopped", "missed")
CHANGE_OUTCOMES = ("as intended", "with open points", "not as intended")
MOST_PLANNED_RUNS = 800
"""Two years and more of daily runs: those of the last year, by which they are counted, and of the next."""
HORIZON = timedelta(days=365)
_SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_SHORTEST_INTERVAL = timedelta(days=1)


class OrganisationRefused(ClerestoryError):
    """A record of the organisation lacks something or contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The organisation as the register holds it: units are its functions, jurisdictions the law that binds it.

    ``time_zone`` is where its days begin and end, by the name that the IANA gives it.
    """

    name: str
    units: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of the management system; runs are due from ``first_run_on`` at every ``interval``."""

    process_id: str
    name: str
    clause_family: str
    owner: str
    interval: str
    first_run_on: date
    externally_provided: bool = False
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a process. A missed run is recorded too."""

    process_id: str
    planned_for: date
    outcome: str
    criteria_met: bool
    ran_at: datetime


def check_profile(profile: Profile) -> Profile:
    """Return the profile with clean texts; refuse one without a name, and a time zone that is none."""
    if not profile.name.strip():
        raise OrganisationRefused(_("The organisation has no name."), _("Give the name that stands in its contracts."))
    return Profile(
        name=plain(profile.name, _("name of the organisation"), longest=200),
        units=clean(profile.units),
        sites=clean(profile.sites),
        jurisdictions=clean(profile.jurisdictions),
        time_zone=check_time_zone(profile.time_zone),
    )


def check_time_zone(name: str) -> str:
    """Return the name of a time zone; refuse what the IANA does not list, such as an offset."""
    if name not in time_zones():
        raise OrganisationRefused(
            _("{name!r} is no time zone.", name=name[:64]),
            _("Name one of the IANA, such as Europe/Berlin or Pacific/Auckland."),
        )
    return name


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Return the names of all time zones that this machine knows."""
    return frozenset(available_timezones() - {"Factory", "localtime"})


def check_process(process: Process) -> Process:
    """Return the process; refuse unusable ids, clauses and intervals."""
    if not _SLUG.fullmatch(process.process_id) or len(process.process_id) > 80:
        raise OrganisationRefused(
            _("{process_id!r} is no id of a process.", process_id=process.process_id),
            _("Use up to 80 small letters, digits and hyphens, like risk-assessment."),
        )
    if not process.name.strip():
        raise OrganisationRefused(_("The process has no name."), _("Give the name that people use for it."))
    plain(process.name, _("name of the process"), longest=200)
    if process.clause_family not in CLAUSE_FAMILIES:
        raise OrganisationRefused(
            _("{clause_family!r} is no clause of the management system.", clause_family=process.clause_family),
            _("Use one of: {choices}.", choices=", ".join(CLAUSE_FAMILIES)),
        )
    if interval_of(process.interval) < _SHORTEST_INTERVAL:
        raise OrganisationRefused(_("Runs cannot be planned more often than once a day."), _("Use at least P1D."))
    for text in (*process.inputs, *process.outputs):
        plain(text, _("input or output"), longest=100)
    if len({*process.inputs} & {*process.outputs}):
        raise OrganisationRefused(_("The process gives what it takes."), _("Name what it makes of it."))
    return replace(process, inputs=clean(process.inputs), outputs=clean(process.outputs))


def less_of_process(process: Process, before: Process) -> dict[str, object]:
    """Return what is said of a process and asks for less than before: another clause, rarer runs, our own hands.

    Runs of clause 8 are judged by their criteria, and a process that others run is looked at by itself.
    """
    less: dict[str, object] = {}
    if before.clause_family == "8" != process.clause_family:
        less["clause_family"] = process.clause_family
    if interval_of(process.interval) > interval_of(before.interval):
        less["interval"] = process.interval
    if before.externally_provided and not process.externally_provided:
        less["externally_provided"] = False
    return less


def check_first_run(first_run_on: date, today: date) -> None:
    """Refuse a first run longer ago than anything that counts, and one that no plan reaches yet."""
    not_before(first_run_on, _("day of the first run"), years_back(today))
    if first_run_on > today + HORIZON:
        raise OrganisationRefused(
            _("The first run would be on {first_run_on}.", first_run_on=first_run_on), _("Plan it within a year.")
        )


def check_period(period_from: date, period_to: date, today: date) -> None:
    """Refuse a period that is empty, not over, or longer ago than anything that counts."""
    if period_to < period_from or period_to > today:
        raise OrganisationRefused(_("The period is empty or not over."), _("Give its first and last day, in the past."))
    not_before(period_from, _("first day of the period"), years_back(today))


def check_days_of_change(plan_by: date, review_by: date, today: date) -> None:
    """Refuse a change that is planned before today, reviewed before it is planned, or years from now."""
    if plan_by < today:
        raise OrganisationRefused(
            _("The change would be planned by {plan_by}.", plan_by=plan_by), _("Give a day that comes.")
        )
    if review_by < plan_by:
        raise OrganisationRefused(_("The change is reviewed before it is planned."), _("Give a later day of review."))
    not_after(review_by, _("day of the change's review"), years_ahead(today))


def check_run(run: Run, planned: Iterable[date]) -> Run:
    """Return the run; refuse an unknown outcome, a day that was not planned, and success that was not reached."""
    if run.outcome not in RUN_OUTCOMES:
        raise OrganisationRefused(
            _("{outcome!r} is no outcome of a run.", outcome=run.outcome),
            _("Use: {choices}.", choices=", ".join(RUN_OUTCOMES)),
        )
    if run.planned_for not in set(planned):
        raise OrganisationRefused(
            _("No run was planned for {planned_for}.", planned_for=run.planned_for),
            _("Choose a planned day of the process."),
        )
    if run.criteria_met and run.outcome != "completed":
        raise OrganisationRefused(
            _("A run that was not completed cannot meet its criteria."), _("Untick the criteria.")
        )
    return run


def planned_runs(process: Process, at: date) -> tuple[date, ...]:
    """Return the days on which runs are due, up to a year after ``at``: from the first, or the newest of very many."""
    step = interval_of(process.interval)
    last = (at + HORIZON - process.first_run_on) // step
    return tuple(process.first_run_on + n * step for n in range(max(0, last + 1 - MOST_PLANNED_RUNS), last + 1))


def interval_of(text: str) -> timedelta:
    """Read an interval such as P1M."""
    try:
        return read_duration(text)
    except MomentUnreadable as error:
        raise OrganisationRefused(error.problem, error.remedy) from error


def clean(texts: Iterable[str]) -> tuple[str, ...]:
    """Strip texts, drop empty and repeated ones, keep the order."""
    return tuple(dict.fromkeys(plain(text, _("entry of the list"), longest=400) for text in texts if text.strip()))


def slug(name: str) -> str:
    """Return a name as small letters, digits and hyphens, at most 40."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "organisation"
