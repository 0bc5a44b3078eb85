"""The kind of fact that a check emits, by its line in the catalogue, and the moments that such a fact is true of."""

from clerestory.assurance.measurement import Measurement
from clerestory.catalogue.load import load
from clerestory.intake.receive.document import PushedRun
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import MomentUnreadable, Period, read_moment

CHECK = "check"
RUNNING = (
    "runtime.release",
    "runtime.operation",
    "runtime.logging",
    "runtime.oversight",
    "runtime.stop_drill",
    "runtime.access",
    "runtime.use",
    "runtime.transparency",
)
"""Results about what runs are facts of their own kinds."""
RESULTS = (CHECK, *RUNNING)
WINDOW = ("window_from", "window_to")


class WindowOutsideRun(ClerestoryError):
    """A result is about a window that ends after its run, or before it begins."""


def kind_of(check: str) -> str:
    """Return the kind of fact that a check emits: the one that its line in the catalogue names, where a run may."""
    entry = load().checks.get(check)
    return CHECK if entry is None or entry.emits not in RESULTS else entry.emits


def observed(run: PushedRun, found: Measurement) -> Period:
    """Return when a result was true: the window that was measured, or the run where it has none.

    So a log of last month does not become fresh by being measured again today.

    Raises:
        WindowOutsideRun: the window is none, or ends after the run.
    """
    moments = [found.figures.get(name) for name in WINDOW]
    if moments == [None, None]:
        return Period(run.started, run.ended)
    try:
        window = Period(*(read_moment(str(moment)) for moment in moments))
    except MomentUnreadable as error:
        raise WindowOutsideRun(f"{found.check}: its window is none: {error.problem}", error.remedy) from error
    if window.end > run.ended:
        raise WindowOutsideRun(
            f"{found.check}: its window ends at {moments[1]}, after the run.",
            "Push the file that `clerestory check` wrote, unchanged.",
        )
    return window
