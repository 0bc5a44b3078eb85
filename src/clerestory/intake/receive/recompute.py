"""Computes every measurement and verdict of a pushed run again from its tallies. Refuses what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clerestory.assurance import registry
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, measurement_document
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import Check
from clerestory.assurance.tally import (
    Request,
    Tallies,
    Tally,
    Trial,
    read_request,
    read_tally,
    require_answer,
    require_one_table,
)
from clerestory.intake.receive.document import PushedCheck, PushedRun
from clerestory.intake.repeat import same
from clerestory.intake.subject import dataset_subject, model_subject, organisation_subject, system_subject
from clerestory.ledger.canonical import encode
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import Digest
from clerestory.terms.moment import read_moment
from clerestory.terms.status import Verdict

NO_DATA_ROLE = "test"
"""What a check of a run without data says of its data: what it tries are tests."""


class RunDiffers(ClerestoryError):
    """What a pushed run says of a check is not what follows from its tallies."""


class PushedCheckUnusable(ClerestoryError):
    """A check of a pushed run, its parameters, criterion or tallies are not known here or do not fit together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """One check as computed here. ``measurement`` and ``verdict`` are None where the sender could not run it."""

    check: Check
    criterion: str
    source: str
    slice: str
    data_role: str
    subject: Subject
    requests: tuple[Request, ...]
    measurement: Measurement | None
    verdict: Verdict | None
    reason: str


def tallies_of(run: PushedRun) -> Tallies:
    """Read the tallies of a run; refuse one that stands there twice, or that fits neither its request nor the others.

    Raises:
        RunDiffers, TallyUnreadable, InconsistentTally: naming the tally.
    """
    found: dict[Request, Tally] = {}
    for item in run.tallies:
        request = read_request(item.request)
        if request in found:
            raise RunDiffers(f"The tally {request} stands in the file twice.", _REMEDY)
        found[request] = read_tally(item.tally)
        require_answer(request, found[request])
    require_one_table(found)
    return found


def recompute(run: PushedRun) -> tuple[Computed, ...]:
    """Compute all checks of a run again.

    Raises:
        RunDiffers: a check says something else than follows from tallies, parameters and criterion.
        ClerestoryError: a check, parameter, criterion or tally is unknown or unusable.
    """
    tallies = tallies_of(run)
    computed = tuple(_check(run, pushed, place, tallies) for place, pushed in enumerate(run.checks))
    wanted = {request for item in computed for request in item.requests}
    for request in tallies:
        if request not in wanted:
            raise RunDiffers(f"No check of the file asks for the tally {request}.", _REMEDY)
    seen: set[tuple[str, ...]] = set()
    for item in computed:
        key = (item.check.name, item.criterion, item.slice, str(item.subject))
        if key in seen:
            raise RunDiffers(
                f"{item.check.name} stands in the file twice with the criterion {item.criterion}.", _REMEDY
            )
        seen.add(key)
    return computed


def _check(run: PushedRun, pushed: PushedCheck, place: int, tallies: Tallies) -> Computed:
    try:
        check = registry.find(pushed.name)
        parameters = check.read_parameters(pushed.parameters)
        check.require_reference(parameters, given="reference" in run.data)
        criterion = check.criterion(pushed.criterion, parameters)
        _require_moment_of_run(run, check, parameters)
        subject = _subject(run, check, pushed)
        _compare(
            pushed,
            place,
            {
                "family": (pushed.family, check.family),
                "criterion": (pushed.criterion, str(criterion)),
                "slice": (pushed.slice, check.slice(parameters)),
                "data_role": (pushed.data_role, run.data["current"].role if run.data else NO_DATA_ROLE),
                "subject": (f"{pushed.subject.kind}:{pushed.subject.id}", str(subject)),
            },
        )
        requests = check.wants(parameters)
        if not run.data and not all(isinstance(request, Trial) for request in requests):
            raise PushedCheckUnusable(
                f"{check.name} counts data, and the run names none.", "Push the file that `clerestory check` wrote."
            )
        measurement, verdict, reason = None, None, pushed.reason
        if pushed.outcome == "judged":
            measurement = check.measure(tallies, parameters)
            judged = judge(measurement, criterion)
            verdict, reason = judged.verdict, str(judged.reason or "")
    except RunDiffers:
        raise
    except ClerestoryError as error:
        raise PushedCheckUnusable(f"checks.{place} ({pushed.name}): {error.problem}", error.remedy) from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # Counts in the form of a tally that no run of this check makes: the sender's fault, and never a broken server.
        raise PushedCheckUnusable(
            f"checks.{place} ({pushed.name}): its counts are of no form that the check makes.",
            "Push the file that `clerestory check` wrote.",
        ) from error
    _compare_result(pushed, place, measurement, verdict, reason)
    return Computed(
        check=check,
        criterion=str(criterion),
        source=pushed.source,
        slice=pushed.slice,
        data_role=pushed.data_role,
        subject=subject,
        requests=requests,
        measurement=measurement,
        verdict=verdict,
        reason=reason,
    )


def _require_moment_of_run(run: PushedRun, check: Check, parameters: Parameters) -> None:
    """Refuse a moment that ages are counted at and that is not of the run: it would decide what is fresh."""
    for declared in check.parameters:
        if declared.from_data == "as_of" and declared.name in parameters:
            moment = read_moment(parameters.text(declared.name))
            if not run.started <= moment <= run.ended:
                raise PushedCheckUnusable(
                    f"{declared.name} is {parameters.text(declared.name)}, outside the run from {run.started_at} to "
                    f"{run.ended_at}.",
                    f"Leave {declared.name} out of the manifest: it is the moment of the run.",
                )


def _subject(run: PushedRun, check: Check, pushed: PushedCheck) -> Subject:
    if "deployment" in (check.subject, pushed.subject.kind):
        return _deployment(run, check)
    if check.subject == "organisation":
        return organisation_subject()
    if check.subject == "dataset_version":
        if not run.data:
            raise PushedCheckUnusable("It is about data, and the run names none.", "Add [data] and run again.")
        current = run.data["current"]
        return dataset_subject(run.system.id, current.role, Digest(current.content_digest))
    if check.subject == "model_version" and run.model is not None:
        return model_subject(run.system.id, Digest(run.model.artefact_digest))
    return system_subject(run.system.id)


def _deployment(run: PushedRun, check: Check) -> Subject:
    """Return the deployment of the run, which is one of its own system.

    Raises:
        PushedCheckUnusable: there is none, it is of another system, or the data are not of what runs.
    """
    if run.deployment is None:
        raise PushedCheckUnusable("It is about a deployment, and none is named.", "Add [deployment] and run again.")
    system, _, name = run.deployment.id.rpartition("/")
    if system != run.system.id or not name:
        raise PushedCheckUnusable(
            f"The deployment {run.deployment.id!r} is none of the system {run.system.id!r}.",
            "Push the file that `clerestory check` wrote, unchanged.",
        )
    if check.subject != "deployment" and run.data and run.data["current"].role != "production":
        raise PushedCheckUnusable(
            "It is about a deployment, and its data are not of what runs.", 'Give data with role = "production".'
        )
    return Subject("deployment", run.deployment.id)


def _compare_result(
    pushed: PushedCheck, place: int, measurement: Measurement | None, verdict: Verdict | None, reason: str
) -> None:
    computed = {} if measurement is None else dict(measurement_document(measurement))
    said = dict(pushed.measurement or {})
    for document in (said, computed):
        groups = document.get("by_group")
        if isinstance(groups, list):
            document["by_group"] = sorted(groups, key=encode)
    fields: dict[str, tuple[object, object]] = {
        f"measurement.{key}": (said.get(key), computed.get(key)) for key in sorted({*said, *computed})
    }
    fields["verdict"] = (pushed.verdict, None if verdict is None else str(verdict))
    fields["reason"] = (pushed.reason, reason)
    _compare(pushed, place, fields)


def _compare(pushed: PushedCheck, place: int, fields: Mapping[str, tuple[object, object]]) -> None:
    for field, (said, computed) in fields.items():
        if not same(said, computed):
            raise RunDiffers(
                f"checks.{place} ({pushed.name}): the file says {field} is {_short(said)}, its tallies give "
                f"{_short(computed)}.",
                _REMEDY,
            )


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value) if isinstance(value, Sequence | Mapping) else str(value)
    return text if len(text) <= 120 else text[:117] + "..."


_REMEDY = "Run `clerestory check` again and push its file unchanged; a result cannot be edited."
