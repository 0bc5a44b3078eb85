"""Whether the required steps and approvals happened in order: an event log against the declared process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.running.columns import plain_word
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, matching, needed, rows_of, structured, tables, texts
from clerestory.terms.moment import MomentUnreadable, moment_text, read_moment

NAME = "pipeline.process-conformance"
_PARAMETERS = (
    Parameter(
        name="process",
        kind="text",
        default="process.toml",
        names_slice=True,
        meaning="The process as TOML or JSON: [[step]] with name and, where they hold, required, once, after (steps "
        "that come before), role, not_by (steps that another person did); end: the steps that close a case.",
    ),
    Parameter(
        name="log",
        kind="texts",
        default=("events*.csv",),
        names_slice=True,
        meaning="Patterns of the event log: CSV with case, step and at, and perhaps person (a pseudonym) and role.",
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the process and what must hold of it."""

    name: str
    required: bool
    once: bool
    after: tuple[str, ...]
    role: str
    not_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One step that happened."""

    at: str
    step: str
    person: str
    role: str


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Put the events of each case in order, and hold them against the steps."""
    path = parameters.text("process")
    document = structured(path, (yield from needed(path)))
    steps = _steps(path, document)
    ends = texts(path, document, "end") or tuple(name for name, step in steps.items() if step.required)[-1:]
    cases: dict[str, list[Event]] = {}
    for file in (yield from matching(parameters.texts("log"))):
        for row in rows_of(file, (yield from needed(file)), ("case", "step", "at")):
            cases.setdefault(row["case"], []).append(_event(file, row))
    census = Census()
    for name, events in sorted(cases.items()):
        faults, unclear = deviations(steps, sorted(events))
        closed = any(event.step in ends for event in events)
        now = faults if closed else [fault for fault in faults if not fault.endswith(" is missing")]
        if now or (closed and not unclear):
            census.judged("case", name, now)
        else:
            census.unjudged("case", f"{name}: {', '.join(unclear) or 'is not closed yet'}")
    census.note("cases", str(len(cases)))
    census.note("events", str(sum(map(len, cases.values()))))
    return census.tally()


def _steps(path: str, document: Mapping[str, Any]) -> dict[str, Step]:
    found = {
        str(item["name"]): Step(
            str(item["name"]),
            _flag(path, item, "required", standard=True),
            _flag(path, item, "once", standard=False),
            texts(path, item, "after"),
            str(item.get("role", "")),
            texts(path, item, "not_by"),
        )
        for item in tables(path, document, "step", ("name",))
    }
    if not found:
        raise FileUnusable(f"{path} names no step.", "Write [[step]] with name.")
    for step in found.values():
        for other in (*step.after, *step.not_by):
            if other not in found:
                raise FileUnusable(
                    f"{path}: step {step.name!r} names {other!r}, which is no step.", "Name a step of the file."
                )
    return found


def _flag(path: str, item: Mapping[str, Any], key: str, *, standard: bool) -> bool:
    found = item.get(key, standard)
    if not isinstance(found, bool):
        raise FileUnusable(f"{path}: {key} of step {item['name']!r} is {found!r}.", "Write true or false.")
    return found


def _event(path: str, row: Mapping[str, str]) -> Event:
    try:
        at = moment_text(read_moment(row["at"].replace(" ", "T", 1)))
    except MomentUnreadable as error:
        raise FileUnusable(f"{path}: {error.problem}", error.remedy) from error
    return Event(at, row["step"], plain_word(row.get("person", "")), row.get("role", ""))


def deviations(steps: Mapping[str, Step], events: Sequence[Event]) -> tuple[list[str], list[str]]:
    """Return what deviates in a case, each once, and what cannot be told because the log does not say it."""
    faults, unclear = dict[str, None](), dict[str, None]()
    done: dict[str, list[Event]] = {}
    for event in events:
        step = steps.get(event.step)
        if step is None:
            faults[f"{event.step} is no step of the process"] = None
            continue
        for before in step.after:
            if not any(earlier.step == before and earlier.at <= event.at for earlier in events):
                faults[f"{event.step} without {before} before it"] = None
        if step.once and event.step in done:
            faults[f"{event.step} more than once"] = None
        if step.role and not event.role:
            unclear[f"the role of {event.step} is not said"] = None
        elif step.role and event.role != step.role:
            faults[f"{event.step} not by a {step.role}"] = None
        done.setdefault(event.step, []).append(event)
    for step in steps.values():
        if step.required and step.name not in done:
            faults[f"{step.name} is missing"] = None
        _apart(step, done, faults, unclear)
    return list(faults), list(unclear)


def _apart(step: Step, done: Mapping[str, list[Event]], faults: dict[str, None], unclear: dict[str, None]) -> None:
    """Find steps that one person did although two must (four eyes)."""
    own = {event.person for event in done.get(step.name, ())}
    for other in step.not_by:
        theirs = {event.person for event in done.get(other, ())}
        if (own & theirs) - {""}:
            faults[f"{step.name} by who did {other}"] = None
        elif own and theirs and "" in own | theirs:
            unclear[f"who did {step.name} and {other} is not said"] = None


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def process_conformance(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the cases that deviate from the declared process; ``<= 0`` asks that none does.

    Formula: the events of a case in the order of their moments; it counts when a required step is missing once the case
    is closed, a step came without the ones before it, twice though only once, by another role, by the same person as a
    step that another must do, or is no step of the process. These are the constraints existence, precedence, absence
    and separation of duty of Declare (Pesic and van der Aalst 2006), checked per case (conformance: van der Aalst
    2016, chapter 8). Unit: number of cases. All cases of the log are looked at: the interval is from those that
    deviate to those plus the ones that are not closed, or whose log lacks a role or a person. INCONCLUSIVE without a
    case. A log says what was recorded, in what order: steps that were recorded later than they happened mislead.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "constraints per case", trial_tally(NAME, tallies, parameters))
