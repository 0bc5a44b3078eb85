"""Receives a pushed run: computes it again, registers what is new, and appends one piece of evidence per check."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clerestory.assurance.measurement import Measurement, measurement_document
from clerestory.assurance.tally import Tallies, request_document, tally_document
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.intake.receive.admission import admit
from clerestory.intake.receive.contradiction import inputs_document, refuse_contradiction
from clerestory.intake.receive.document import PushedRun, read_pushed
from clerestory.intake.receive.emitted import CHECK, kind_of, observed
from clerestory.intake.receive.recompute import Computed, RunDiffers, recompute, tallies_of
from clerestory.intake.subject import organisation_subject
from clerestory.ledger.canonical import encode
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Content, Evidence, FactValue, Machine, Subject, number_text
from clerestory.terms.fact import Document
from clerestory.terms.ids import Digest, EntryId
from clerestory.terms.status import Verdict

CLOCK_SKEW = timedelta(minutes=5)
_OF_DATA = ("data_role", "share_unassessable")
PUSHED, SERVER = "pushed", "server"
"""Who counted: the sender, whose counts are believed until contradicted, or this server from the data itself."""


class RunFromTheFuture(ClerestoryError):
    """A run says that it ended later than now, or before it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCheck:
    """One check as it was received; without an entry where the sender could not run it."""

    name: str
    criterion: str
    slice: str
    verdict: Verdict | None
    reason: str
    entry_id: EntryId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a push. The same run pushed again gives the same entries and ``already_received``."""

    run_id: str
    system_id: str
    checks: tuple[ReceivedCheck, ...]
    registered: tuple[str, ...]
    differences: tuple[str, ...]
    already_received: bool


def receive(
    document: Document,
    *,
    actor: Actor,
    now: datetime | None = None,
    run_mode: str = PUSHED,
    is_window: bool = False,
) -> Receipt:
    """Receive the document of a run, whole or not at all.

    ``run_mode`` says who counted: only a job of this server that read the data itself may say `SERVER`. ``is_window``:
    the current data are decisions of some days, which are no version of a data set and are not registered as one.

    Raises:
        NotPermitted: the actor may not push.
        PushUnreadable: the document has another form, or an id does not follow from its digest.
        RunDiffers, PushedCheckUnusable: a check does not follow from its tallies.
        RunFromTheFuture: it ended later than now.
        ContradictsHeldResult: other counts are held for the same input, check, parameters and requests.
        OwnerUnknown: the system is new and its owner is no member.
        WindowOutsideRun: a result is about a window that ends after the run.
    """
    permit(actor, "push", "intake")
    moment = now or clock.now()
    run = read_pushed(PushedRun, document)
    _check_time(run, moment)
    computed = tuple(_of_organisation(item, actor) for item in recompute(run))
    if not any(item.verdict is not None for item in computed):
        raise RunDiffers(
            "No check of the run was judged, so nothing can be recorded.",
            "Look at the reasons that `clerestory check` gave, and run it again.",
        )
    digest = hashlib.sha256(encode(document)).hexdigest()
    tallies = tallies_of(run)
    with atomic():
        admitted = admit(run, actor=actor, now=moment, leave_out="current" if is_window else None)
        refuse_contradiction(run, computed, tallies, actor.organisation_id)
        entries = [
            _append(actor, run, item, computed, tallies, f"run-{digest}/{place}", moment, run_mode)
            for place, item in enumerate(computed)
        ]
    kept = [entry for entry in entries if entry is not None]
    return Receipt(
        run_id=f"run-{digest[:16]}",
        system_id=run.system.id,
        checks=tuple(
            ReceivedCheck(
                name=item.check.name,
                criterion=item.criterion,
                slice=item.slice,
                verdict=item.verdict,
                reason=item.reason,
                entry_id=None if entry is None else entry.entry_id,
            )
            for item, entry in zip(computed, entries, strict=True)
        ),
        registered=admitted.registered,
        differences=admitted.differences,
        already_received=all(entry.fact.received_at != moment for entry in kept),
    )


def _of_organisation(item: Computed, actor: Actor) -> Computed:
    """Let a result about the sender's own organisation be about the one that it was pushed to."""
    if item.subject != organisation_subject():
        return item
    return replace(item, subject=organisation_subject(actor.organisation_id))


def _check_time(run: PushedRun, now: datetime) -> None:
    if run.ended > now + CLOCK_SKEW:
        raise RunFromTheFuture(
            f"ended_at: the run says it ended at {run.ended_at}, which is still to come.",
            "Correct the clock of the machine that ran it, and run the checks again.",
        )
    if run.ended < run.started:
        raise RunFromTheFuture("ended_at: the run says it ended before it began.", "Run the checks again.")


def _append(
    actor: Actor,
    run: PushedRun,
    item: Computed,
    computed: tuple[Computed, ...],
    tallies: Tallies,
    key: str,
    now: datetime,
    run_mode: str,
) -> evidence.Entry | None:
    if item.measurement is None or item.verdict is None:
        return None
    declared = {
        f"{other.check.name}|{other.criterion}|{other.slice}"
        for other in computed
        if other.check.family == item.check.family and other.subject == item.subject
    }
    inputs = tuple(
        sorted(
            {data.content_digest for data in run.data.values()}
            | ({run.model.artefact_digest} if run.model is not None else set())
        )
    )
    kind = kind_of(item.check.name)
    said = _values(run, item, item.measurement, item.verdict, tuple(sorted(declared)), inputs) | {"run_mode": run_mode}
    made = Evidence(
        kind=kind,
        subject=item.subject,
        observed=observed(run, item.measurement),
        entity=f"check/{key}",
        produced_by=Machine(
            run.tool.name, run.tool.version, Digest(run.manifest_digest), tuple(Digest(digest) for digest in inputs)
        ),
        values=said if kind == CHECK else _of_kind(said, item.measurement),
        covers=item.measurement.covers,
        lists=item.measurement.lists,
        links=() if item.subject.kind == "ai_system" else (Subject("ai_system", run.system.id),),
        content=Content(_content(run, item, item.measurement, tallies), "application/json"),
    )
    return evidence.append(made, organisation_id=actor.organisation_id, now=now, idempotency_key=key)


def _values(
    run: PushedRun,
    item: Computed,
    found: Measurement,
    verdict: Verdict,
    declared: tuple[str, ...],
    inputs: tuple[str, ...],
) -> dict[str, FactValue]:
    numbers = {"value": found.value, "low": found.low, "high": found.high}
    return {
        "check": item.check.name,
        "family": item.check.family,
        "criterion": item.criterion,
        "threshold_source": item.source,
        **{name: number_text(number) for name, number in numbers.items() if number is not None},
        "n": found.n,
        "verdict": str(verdict),
        "reason": item.reason,
        "data_role": item.data_role,
        "slice": item.slice,
        "share_unassessable": number_text(found.share_unassessable),
        "reproduced_by": (),
        "tool_version": f"{run.tool.name} {run.tool.version}",
        "config_digest": run.manifest_digest,
        "input_digests": inputs,
        "declared": declared,
    }


def _of_kind(said: Mapping[str, FactValue], found: Measurement) -> dict[str, FactValue]:
    """Return the values of a fact of another kind than `check`: no role of data, and the fields of its own."""
    return {name: value for name, value in said.items() if name not in _OF_DATA} | dict(found.figures)


def _content(run: PushedRun, item: Computed, found: Measurement, tallies: Tallies) -> bytes:
    return encode(
        {
            "inputs": inputs_document(run),
            "measurement": measurement_document(found),
            "tallies": [
                {"request": request_document(request), "tally": tally_document(tallies[request])}
                for request in item.requests
            ],
        }
    )
