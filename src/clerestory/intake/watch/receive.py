"""Receives what a server found when it hashed files again: one result of ``records.content-integrity``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.assurance import registry
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, measurement_document
from clerestory.assurance.tally import TrialTally, tally_document
from clerestory.assurance.trial.census import Census, counted
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.intake.receive.run import SERVER
from clerestory.ledger.canonical import encode
from clerestory.store import evidence
from clerestory.terms.evidence import Content, Evidence, Machine, Subject, number_text
from clerestory.terms.ids import Digest, EntryId
from clerestory.terms.moment import Period
from clerestory.terms.status import Verdict

CHECK = "records.content-integrity"
CRITERION = "<= 0"
SOURCE = "what is registered and released in the inventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One file against the inventory: as registered (no fault), otherwise with what is wrong; or not to be judged."""

    kind: str
    location: str
    digest: str
    fault: str = ""
    unjudged: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehashed:
    """The result that was kept."""

    measurement: Measurement
    verdict: Verdict
    reason: str
    entry_id: EntryId


def receive_rehash(
    compared: Sequence[Compared],
    *,
    actor: Actor,
    system_id: str,
    manifest_digest: str,
    tool: tuple[str, str],
    run_id: str,
    observed: Period,
    now: datetime,
) -> Rehashed:
    """Judge and keep what came of each file, in the caller's transaction.

    Raises:
        NotPermitted: the actor may not push.
    """
    permit(actor, "push", "intake")
    tally = _tally(compared)
    found = counted(CHECK, "files hashed again against the inventory", tally)
    judged = judge(found, registry.find(CHECK).criterion(CRITERION))
    faults = "; ".join(f"{one.location}: {one.fault or one.unjudged}" for one in compared if one.fault or one.unjudged)
    inputs = tuple(sorted({one.digest for one in compared if one.digest}))
    made = Evidence(
        kind="check",
        subject=Subject("ai_system", system_id),
        observed=observed,
        entity=f"check/{run_id}/0",
        produced_by=Machine(*tool, Digest(manifest_digest), tuple(Digest(digest) for digest in inputs)),
        values={
            "check": CHECK,
            "family": CHECK.partition(".")[0],
            "criterion": CRITERION,
            "threshold_source": SOURCE,
            **_numbers(found),
            "n": found.n,
            "verdict": str(judged.verdict),
            "reason": (faults or str(judged.reason or ""))[:2000],
            "data_role": "production",
            "slice": "inventory",
            "share_unassessable": number_text(found.share_unassessable),
            "run_mode": SERVER,
            "reproduced_by": (),
            "tool_version": " ".join(tool),
            "config_digest": manifest_digest,
            "input_digests": inputs,
            "declared": (f"{CHECK}|{CRITERION}|inventory",),
        },
        content=Content(encode(_content(found, tally, compared)), "application/json"),
    )
    entry = evidence.append(made, organisation_id=actor.organisation_id, now=now, idempotency_key=f"rehash/{run_id}")
    return Rehashed(measurement=found, verdict=judged.verdict, reason=faults, entry_id=entry.entry_id)


def _tally(compared: Sequence[Compared]) -> TrialTally:
    census = Census()
    for one in compared:
        if one.unjudged and not one.fault:
            census.unjudged(one.kind, f"{one.location}: {one.unjudged}")
        else:
            census.judged(one.kind, one.location, [one.fault] if one.fault else [])
    return census.tally()


def _numbers(found: Measurement) -> dict[str, str]:
    numbers = {"value": found.value, "low": found.low, "high": found.high}
    return {name: number_text(number) for name, number in numbers.items() if number is not None}


def _content(found: Measurement, tally: TrialTally, compared: Sequence[Compared]) -> Mapping[str, object]:
    return {
        "measurement": measurement_document(found),
        "tally": tally_document(tally),
        "files": [{"kind": one.kind, "location": one.location, "digest": one.digest} for one in compared],
    }
