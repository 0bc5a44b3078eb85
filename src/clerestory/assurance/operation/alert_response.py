"""Alarms: picked up and closed in time, or late."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.columns import moments, texts
from clerestory.assurance.running.window import AS_OF, column, ends, log_of, over, window_of, with_figures
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Table, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import UNJUDGED, Census, counted
from clerestory.terms.moment import read_duration

NAME = "operation.alert-response"
_KIND = "alarm"
_PARAMETERS = (
    log_of("alarms.*", "one alarm a row"),
    column("alarm", "id", "the alarm"),
    column("raised", "raised_at", "moment at which it was raised"),
    column("acknowledged", "acknowledged_at", "moment at which somebody took it up, empty while nobody did"),
    column("closed", "closed_at", "moment at which it was closed, empty while it is open"),
    column("severity", "severity", "how grave it is; may be missing"),
    Parameter(
        name="acknowledge_within", kind="duration", default="P1D", names_slice=True, meaning="Time to take an alarm up."
    ),
    Parameter(name="close_within", kind="duration", default="P7D", names_slice=True, meaning="Time to close an alarm."),
    over("P30D"),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hold each alarm of the window against both times; one that is open and not yet due is left out."""
    acknowledged, closed = parameters.text("acknowledged"), parameters.text("closed")
    severity, alarm = parameters.text("severity"), parameters.text("alarm")

    def open_still(table: Table) -> NDArray[np.bool_]:
        return np.array([not said for said in texts(table, closed)], dtype=np.bool_)

    window = yield from window_of(
        parameters, parameters.text("raised"), (acknowledged, closed), (severity, alarm), open_still
    )
    _, now = ends(parameters)
    limits = {
        "taken up": (read_duration(parameters.text("acknowledge_within")), acknowledged),
        "closed": (read_duration(parameters.text("close_within")), closed),
    }
    done = {name: (moments(window.table, held), texts(window.table, held)) for name, (_, held) in limits.items()}
    census, pending = Census(), 0
    names, graves = texts(window.table, alarm), texts(window.table, severity)
    for at, raised in enumerate(window.at.tolist()):
        kind, named = graves[at] or _KIND, names[at] or f"alarm {at + 1}"
        states = [
            _state(what, float(done[what][0][at]), done[what][1][at], raised, limit, now)
            for what, (limit, _) in limits.items()
        ]
        faults = [state for state in states if state and state != _PENDING]
        if any(state is None for state in states):
            census.unjudged(kind, f"{named}: a moment that cannot be read")
        elif not faults and _PENDING in states:
            pending += 1
        else:
            census.judged(kind, named, faults)
    for _ in range(window.unreadable):
        census.unjudged(_KIND, "an alarm without a readable moment")
    for name, text in (*window.notes.items(), ("open and not yet due", str(pending))):
        census.note(name, text)
    return census.tally()


_PENDING = "not yet due"


def _state(what: str, at: float, written: str, raised: float, limit: timedelta, now: float) -> str | None:
    """Return what is wrong with a step of an alarm: empty nothing, None unreadable."""
    if written and at != at:
        return None
    if written and (at < raised or at > now):
        return f"{what} at a moment out of order"
    due = raised + limit.total_seconds()
    if written:
        return f"{what} late" if at > due else ""
    return f"not {what} in time" if now > due else _PENDING


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def alert_response(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the alarms that were taken up or closed late; ``<= 0`` asks that none was.

    Formula: of the alarms of the window, and of older ones that are open still, one counts when it was acknowledged
    later than ``acknowledge_within`` or closed later than ``close_within`` after it was raised, when either is due by
    now and did not happen, or when its moments are out of order. One that is open and not yet due counts neither way
    and is shown. Unit: number of alarms. The interval is from those counted to those plus alarms whose moments cannot
    be read. INCONCLUSIVE where no alarm could be judged: an alarm chain that nobody tried proves nothing, so raise a
    test alarm now and then. Time to acknowledge and to resolve: Beyer et al., Site Reliability Engineering (2016),
    chapter 14.
    Misleads where alarms are closed to be in time; look at what was done.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    raised = sum(cell.n for cell in tally.cells) + int(dict(tally.notes).get("open and not yet due", "0"))
    late = sum(cell.hits for cell in tally.cells if UNJUDGED not in cell.kind[1:])
    return with_figures(
        counted(NAME, "each alarm against its times", tally), tally, {"alarms": raised, "alarms_late": late}
    )
