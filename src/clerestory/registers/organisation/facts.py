"""Evidence of the organisation register; pure. People stand in it by pseudonymous id only."""

from collections.abc import Sequence
from datetime import date, datetime

from clerestory.registers.organisation.rules import Process, Profile, Run, planned_runs
from clerestory.terms.evidence import Content, Evidence, FactValue, Person, Subject
from clerestory.terms.ids import EntryId
from clerestory.terms.moment import Period

AIMS_DESCRIPTION = "record.aims_description"
LEADERSHIP_ACT = "record.leadership_act"
NIL_RETURN = "record.nil_return"
AIMS_CHANGE = "register.aims_change"
CHANGE_PLAN = "record.aims_change_plan"
CHANGE_REVIEW = "record.aims_change_review"
INTEGRATED_PART = "record.integrated_part"
TEXT = "text/plain; charset=utf-8"


def organisation_subject(organisation_id: str) -> Subject:
    """Return the subject of an organisation."""
    return Subject("organisation", organisation_id)


def profile_evidence(organisation_id: str, profile: Profile, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence that one version of the organisation's profile is; its content is the name."""
    lists = {"jurisdictions": profile.jurisdictions, "relevant_functions": profile.units}
    return Evidence(
        kind="register.organisation",
        subject=organisation_subject(organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"organisation/{organisation_id}",
        entity_version=version,
        values={
            "units": profile.units,
            "sites": profile.sites,
            "jurisdictions": profile.jurisdictions,
            "time_zone": profile.time_zone,
        },
        lists={name: items for name, items in lists.items() if items},
        content=Content(profile.name.encode(), TEXT),
    )


def founder_evidence(organisation_id: str, founder: Person, *, at: datetime) -> Evidence:
    """Return the evidence that the founder administers the organisation."""
    return Evidence(
        kind="record.membership",
        subject=organisation_subject(organisation_id),
        produced_by=founder,
        observed=Period.at(at),
        entity=f"member/{founder.person_id}",
        values={"member_id": founder.person_id, "access": "admin", "standing": ()},
    )


def process_evidence(
    organisation_id: str, process: Process, *, by: Person, at: datetime, today: date, version: int
) -> Evidence:
    """Return the evidence that one version of a process is, with the runs that are due."""
    runs = tuple(run_item(process.process_id, day) for day in planned_runs(process, today))
    return Evidence(
        kind="register.process",
        subject=Subject("process", process.process_id),
        produced_by=by,
        observed=Period.at(at),
        values={
            "clause_family": process.clause_family,
            "process_owner": process.owner,
            "interval": process.interval,
            "externally_provided": process.externally_provided,
            **({"inputs": process.inputs} if process.inputs else {}),
            **({"outputs": process.outputs} if process.outputs else {}),
        },
        lists={"aims_processes": (process.process_id,), "planned_runs": runs},
        links=(organisation_subject(organisation_id),),
        entity=f"process/{process.process_id}",
        entity_version=version,
    )


def run_evidence(run: Run, *, run_id: str, by: Person, content: Content | None) -> Evidence:
    """Return the evidence of one run; a completed run covers the day for which it was planned."""
    covers = (run_item(run.process_id, run.planned_for),) if run.outcome == "completed" else ()
    return Evidence(
        kind="record.process_run",
        subject=Subject("process", run.process_id),
        produced_by=by,
        observed=Period.at(run.ran_at),
        covers=covers,
        entity=f"process_run/{run_id}",
        content=content,
        values={"outcome": run.outcome, "criteria_met": run.criteria_met, "planned_for": run.planned_for.isoformat()},
    )


def record_evidence(
    kind: str,
    subject: Subject,
    values: dict[str, FactValue],
    *,
    record_id: str,
    by: Person,
    at: datetime,
    covers: Sequence[str] = (),
    answers: Sequence[EntryId] = (),
    content: Content | None = None,
) -> Evidence:
    """Return the evidence of one record about the management system."""
    return Evidence(
        kind=kind,
        subject=subject,
        produced_by=by,
        observed=Period.at(at),
        values=values,
        covers=tuple(covers),
        answers=tuple(answers),
        entity=f"{kind.partition('.')[2]}/{record_id}",
        content=content,
    )


def run_item(process_id: str, day: date) -> str:
    """Return how a planned run is named in lists: process and day."""
    return f"{process_id}@{day.isoformat()}"
