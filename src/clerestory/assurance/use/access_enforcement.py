"""Attempts to use or change the system against the rights that were granted."""

from collections.abc import Iterable

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.columns import texts
from clerestory.assurance.running.window import AS_OF, column, log_of, over, window_of, with_figures
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import UNJUDGED, Census, counted
from clerestory.assurance.trial.files import FileUnusable, needed, rows_of

NAME = "use.access-enforcement"
_DUE = "without the right"
_ANY = "*"
_PARAMETERS = (
    Parameter(
        name="rights",
        kind="text",
        default="rights.csv",
        names_slice=True,
        meaning="The rights granted: CSV with role, action and object; * stands for any.",
    ),
    log_of("attempts.*", "one attempt a row, those that were denied too"),
    column("at", "at", "moment of the attempt"),
    column("role", "role", "role in which it was tried, empty for nobody signed in"),
    column("action", "action", "what was tried"),
    column("object", "object", "on what"),
    column("decision", "decision", "what the system decided"),
    Parameter(name="allowed", kind="texts", default=("allowed",), meaning="Decisions that let the attempt happen."),
    Parameter(name="denied", kind="texts", default=("denied",), meaning="Decisions that stop the attempt."),
    over("P90D"),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look each attempt of the window up in the rights, and compare with what was decided."""
    path = parameters.text("rights")
    rights = _rights(path, rows_of(path, (yield from needed(path)), ("role", "action", "object")))
    names = {key: parameters.text(key) for key in ("role", "action", "object", "decision")}
    window = yield from window_of(parameters, parameters.text("at"), tuple(names.values()))
    values = [texts(window.table, names[key]) for key in ("role", "action", "object", "decision")]
    census, granted, refused = Census(), 0, 0
    for role, action, thing, decision in zip(*values, strict=True):
        let = True if decision in parameters.texts("allowed") else None
        let = False if decision in parameters.texts("denied") else let
        right = _holds(rights, role, action, thing)
        if right and let is not None:
            granted, refused = granted + 1, refused + (not let)
        elif let is None or not action:
            census.unjudged(_DUE, f"{action or 'nothing'} by {role or 'nobody'}: decision {decision!r}")
        elif let:
            census.broken(_DUE, f"{action} {thing} by {role or 'nobody signed in'} was allowed")
        else:
            census.kept(_DUE)
    for _ in range(window.unreadable):
        census.unjudged(_DUE, "an attempt without a readable moment")
    notes = {"with the right": str(granted), "denied although granted": str(refused), **window.notes}
    for name, text in notes.items():
        census.note(name, text)
    return census.tally()


def _rights(path: str, rows: Iterable[dict[str, str]]) -> frozenset[tuple[str, str, str]]:
    found = frozenset((row["role"].strip(), row["action"].strip(), row["object"].strip()) for row in rows)
    if not found or not all(all(right) for right in found):
        raise FileUnusable(f"{path} grants no right, or one with an empty part.", "Write * where any is meant.")
    return found


def _holds(rights: frozenset[tuple[str, str, str]], role: str, action: str, thing: str) -> bool:
    return any(
        (who, what, where) in rights
        for who in (role or "nobody", _ANY)
        for what in (action, _ANY)
        for where in (thing, _ANY)
    )


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def access_enforcement(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the attempts that were allowed without the right to; ``<= 0`` asks that none was.

    Formula: an attempt has the right when the matrix (Lampson 1971) holds its role, action and object, or ``*`` in
    their place; of all others those count that were allowed. Who is not signed in has the role nobody. Unit: number
    of attempts. The interval is from those counted to those plus attempts whose decision is neither allowed nor
    denied or whose moment cannot be read. INCONCLUSIVE where nobody tried anything without the right: a lock that was
    never tried proves nothing, so try it in a drill. Denied although granted is shown; it is a fault of service.
    Misleads where the log is written behind the gate: what went round it is not in it.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    due = [cell for cell in tally.cells if UNJUDGED not in cell.kind[1:]]
    wrongly = sum(cell.hits for cell in due)
    figures = {"denied_as_due": sum(cell.n for cell in due) - wrongly, "allowed_wrongly": wrongly}
    return with_figures(counted(NAME, "attempts against the matrix of rights", tally), tally, figures)
